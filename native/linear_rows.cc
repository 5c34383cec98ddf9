#include "linear_rows.h"

#include <cstring>

#if defined(__x86_64__) && (defined(__GNUC__) || defined(__clang__))
#define MNN_FACE_SSSE3 1
#include <tmmintrin.h>
#endif

namespace mnn_face {

void HorizontalSumsScalar(const uint8_t* row, const LinearTap* taps, size_t count, int16_t* out) {
  for (size_t i = 0; i < count; ++i) {
    const uint8_t* a = row + taps[i].first * 3;
    const uint8_t* b = row + taps[i].second * 3;
    for (int c = 0; c < 3; ++c) {
      out[c] = static_cast<int16_t>((a[c] * taps[i].weights[0] + b[c] * taps[i].weights[1]) >> 4);
    }
    out += 3;
  }
}

namespace {

#ifdef MNN_FACE_SSSE3

// One load takes both neighbours of a tap (6 of its 8 bytes), a shuffle pairs their channels, and a
// multiply-add weighs them. Only for taps whose load stays in the row: first + 1 == second, and two
// bytes more.
__attribute__((target("ssse3"))) void HorizontalSumsSsse3(const uint8_t* row, const LinearTap* taps,
                                                          size_t count, int16_t* out) {
  const __m128i pair = _mm_setr_epi8(0, -1, 3, -1, 1, -1, 4, -1, 2, -1, 5, -1, -1, -1, -1, -1);
  for (size_t i = 0; i < count; ++i) {
    int32_t both;
    std::memcpy(&both, taps[i].weights, sizeof(both));
    const __m128i pixels = _mm_shuffle_epi8(
        _mm_loadl_epi64(reinterpret_cast<const __m128i*>(row + taps[i].first * 3)), pair);
    const __m128i sums = _mm_srai_epi32(_mm_madd_epi16(pixels, _mm_set1_epi32(both)), 4);
    // Eight bytes are written, six count: the next tap overwrites the rest.
    _mm_storel_epi64(reinterpret_cast<__m128i*>(out), _mm_packs_epi32(sums, sums));
    out += 3;
  }
}

bool HasSsse3() {
  static const bool has = __builtin_cpu_supports("ssse3");
  return has;
}

#endif

}  // namespace

void HorizontalSums(const uint8_t* row, int width, const std::vector<LinearTap>& taps,
                    int16_t* out) {
  size_t from = 0;
#ifdef MNN_FACE_SSSE3
  if (HasSsse3()) {
    // Taps ascend. At the left border `second` may be clamped to `first`, but its weight is 0 then.
    size_t to = taps.size();
    while (to > 0 && (taps[to - 1].first + 1) * 3 + 5 > width * 3) --to;
    // The last one writes two bytes beyond its own three values.
    if (to == taps.size() && to > 0) --to;
    HorizontalSumsSsse3(row, taps.data(), to, out);
    from = to;
  }
#else
  (void)width;
#endif
  HorizontalSumsScalar(row, taps.data() + from, taps.size() - from, out + 3 * from);
}

void VerticalBlend(const int16_t* s0, const int16_t* s1, int16_t b0, int16_t b1, size_t count,
                   uint8_t* out) {
  // Written so that compilers find the multiply-high of SSE2 and NEON.
  for (size_t i = 0; i < count; ++i) {
    const int16_t high0 = static_cast<int16_t>((int32_t{b0} * s0[i]) >> 16);
    const int16_t high1 = static_cast<int16_t>((int32_t{b1} * s1[i]) >> 16);
    const int16_t sum = static_cast<int16_t>(high0 + high1 + 2);
    out[i] = static_cast<uint8_t>(sum >> 2);
  }
}

}  // namespace mnn_face
