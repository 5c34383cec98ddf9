#include "warp_samples.h"

#include "linear_rows.h"

#if defined(__x86_64__) && (defined(__GNUC__) || defined(__clang__))
#define MNN_FACE_SSE41 1
#include <smmintrin.h>
#elif defined(__ARM_NEON)
#define MNN_FACE_NEON 1
#include <arm_neon.h>
#endif

namespace mnn_face {
namespace {

// Where a sample's four pixels begin, and the weights of the right and the lower ones.
struct Sample {
  const uint8_t* upper;
  int right;
  int lower;
};

inline int WeightOf(int64_t position) {
  constexpr int kShift = kFixedBits - kWeightBits;
  constexpr int64_t kHalf = int64_t{1} << (kShift - 1);
  return static_cast<int>(((position & ((int64_t{1} << kFixedBits) - 1)) + kHalf) >> kShift);
}

inline Sample SampleAt(const uint8_t* data, ptrdiff_t stride, FixedPoint at) {
  const ptrdiff_t x = static_cast<ptrdiff_t>(at.x >> kFixedBits);
  const ptrdiff_t y = static_cast<ptrdiff_t>(at.y >> kFixedBits);
  return {data + y * stride + x * 3, WeightOf(at.x), WeightOf(at.y)};
}

#ifdef MNN_FACE_SSE41

// A shuffle pairs each channel of the two neighbours, a multiply-add weighs them.
__attribute__((target("sse4.1"))) void AddSamplesSse41(const uint8_t* data, ptrdiff_t stride,
                                                       FixedPoint at, FixedPoint step, int count,
                                                       uint64_t* sum) {
  const __m128i pair = _mm_setr_epi8(0, -1, 3, -1, 1, -1, 4, -1, 2, -1, 5, -1, -1, -1, -1, -1);
  const __m128i zero = _mm_setzero_si128();
  __m128i red_green = zero;
  __m128i blue = zero;
  for (int i = 0; i < count; ++i, at.x += step.x, at.y += step.y) {
    const Sample sample = SampleAt(data, stride, at);
    const __m128i across = _mm_set1_epi32(sample.right << 16 | (kWeightOne - sample.right));
    const auto line = [&](const uint8_t* pixels) __attribute__((target("sse4.1"))) {
      const __m128i bytes = _mm_loadl_epi64(reinterpret_cast<const __m128i*>(pixels));
      return _mm_madd_epi16(_mm_shuffle_epi8(bytes, pair), across);
    };
    const __m128i upper =
        _mm_mullo_epi32(line(sample.upper), _mm_set1_epi32(kWeightOne - sample.lower));
    const __m128i lower =
        _mm_mullo_epi32(line(sample.upper + stride), _mm_set1_epi32(sample.lower));
    const __m128i value = _mm_add_epi32(upper, lower);
    red_green = _mm_add_epi64(red_green, _mm_unpacklo_epi32(value, zero));
    blue = _mm_add_epi64(blue, _mm_unpackhi_epi32(value, zero));
  }
  alignas(16) uint64_t sums[4];
  _mm_store_si128(reinterpret_cast<__m128i*>(sums), red_green);
  _mm_store_si128(reinterpret_cast<__m128i*>(sums + 2), blue);
  for (int c = 0; c < 3; ++c) sum[c] += sums[c];
}

bool HasSse41() {
  static const bool has = __builtin_cpu_supports("sse4.1");
  return has;
}

#endif

#ifdef MNN_FACE_NEON

void AddSamplesNeon(const uint8_t* data, ptrdiff_t stride, FixedPoint at, FixedPoint step,
                    int count, uint64_t* sum) {
  // The left pixel in the lower half, the right one in the upper.
  static const uint8_t kSplit[8] = {0, 1, 2, 255, 3, 4, 5, 255};
  const uint8x8_t split = vld1_u8(kSplit);
  uint64x2_t red_green = vdupq_n_u64(0);
  uint64x2_t blue = vdupq_n_u64(0);
  for (int i = 0; i < count; ++i, at.x += step.x, at.y += step.y) {
    const Sample sample = SampleAt(data, stride, at);
    const auto line = [&](const uint8_t* pixels) {
      const uint16x8_t both = vmovl_u8(vtbl1_u8(vld1_u8(pixels), split));
      const uint32x4_t left = vmull_n_u16(vget_low_u16(both), kWeightOne - sample.right);
      return vmlal_n_u16(left, vget_high_u16(both), sample.right);
    };
    uint32x4_t value = vmulq_n_u32(line(sample.upper), kWeightOne - sample.lower);
    value = vmlaq_n_u32(value, line(sample.upper + stride), sample.lower);
    red_green = vaddw_u32(red_green, vget_low_u32(value));
    blue = vaddw_u32(blue, vget_high_u32(value));
  }
  sum[0] += vgetq_lane_u64(red_green, 0);
  sum[1] += vgetq_lane_u64(red_green, 1);
  sum[2] += vgetq_lane_u64(blue, 0);
}

#endif

}  // namespace

void AddSamplesScalar(const uint8_t* data, ptrdiff_t stride, FixedPoint at, FixedPoint step,
                      int count, uint64_t* sum) {
  for (int i = 0; i < count; ++i, at.x += step.x, at.y += step.y) {
    const Sample sample = SampleAt(data, stride, at);
    const uint8_t* upper = sample.upper;
    const uint8_t* lower = upper + stride;
    for (int c = 0; c < 3; ++c) {
      const int above = upper[c] * (kWeightOne - sample.right) + upper[c + 3] * sample.right;
      const int below = lower[c] * (kWeightOne - sample.right) + lower[c + 3] * sample.right;
      sum[c] += static_cast<uint64_t>(above * (kWeightOne - sample.lower) + below * sample.lower);
    }
  }
}

void AddSamples(const uint8_t* data, ptrdiff_t stride, FixedPoint start, FixedPoint step, int count,
                uint64_t* sum) {
#if defined(MNN_FACE_SSE41)
  if (HasSse41()) return AddSamplesSse41(data, stride, start, step, count, sum);
#elif defined(MNN_FACE_NEON)
  return AddSamplesNeon(data, stride, start, step, count, sum);
#endif
  AddSamplesScalar(data, stride, start, step, count, sum);
}

}  // namespace mnn_face
