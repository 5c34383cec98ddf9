#include "dot_rows.h"

#if defined(__x86_64__) && (defined(__GNUC__) || defined(__clang__))
#define MNN_FACE_AVX2 1
#include <immintrin.h>
#elif defined(__aarch64__)
#define MNN_FACE_NEON 1
#include <arm_neon.h>
#endif

namespace mnn_face {
namespace {

float DotFloatsScalar(const float* row, const float* probe, size_t length) {
  double sum = 0;
  for (size_t i = 0; i < length; ++i) sum += static_cast<double>(row[i]) * probe[i];
  return static_cast<float>(sum);
}

// Integers: compilers make vector code of it, with the same result.
int32_t DotBytesScalar(const int8_t* row, const int16_t* probe, size_t length) {
  int32_t sum = 0;
  for (size_t i = 0; i < length; ++i) sum += int32_t{row[i]} * probe[i];
  return sum;
}

#ifdef MNN_FACE_AVX2

__attribute__((target("avx2,fma"))) float DotFloatsAvx2(const float* row, const float* probe,
                                                        size_t length) {
  __m256 sums[4] = {_mm256_setzero_ps(), _mm256_setzero_ps(), _mm256_setzero_ps(),
                    _mm256_setzero_ps()};
  size_t i = 0;
  for (; i + 32 <= length; i += 32) {
    for (int lane = 0; lane < 4; ++lane) {
      sums[lane] = _mm256_fmadd_ps(_mm256_loadu_ps(row + i + 8 * lane),
                                   _mm256_loadu_ps(probe + i + 8 * lane), sums[lane]);
    }
  }
  for (; i + 8 <= length; i += 8) {
    sums[0] = _mm256_fmadd_ps(_mm256_loadu_ps(row + i), _mm256_loadu_ps(probe + i), sums[0]);
  }
  const __m256 sum =
      _mm256_add_ps(_mm256_add_ps(sums[0], sums[1]), _mm256_add_ps(sums[2], sums[3]));
  __m128 half = _mm_add_ps(_mm256_castps256_ps128(sum), _mm256_extractf128_ps(sum, 1));
  half = _mm_add_ps(half, _mm_movehl_ps(half, half));
  half = _mm_add_ss(half, _mm_movehdup_ps(half));
  float rest = 0;
  for (; i < length; ++i) rest += row[i] * probe[i];
  return _mm_cvtss_f32(half) + rest;
}

__attribute__((target("avx2"))) int32_t DotBytesAvx2(const int8_t* row, const int16_t* probe,
                                                     size_t length) {
  __m256i sum = _mm256_setzero_si256();
  size_t i = 0;
  for (; i + 16 <= length; i += 16) {
    const __m256i values =
        _mm256_cvtepi8_epi16(_mm_loadu_si128(reinterpret_cast<const __m128i*>(row + i)));
    const __m256i factors = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(probe + i));
    sum = _mm256_add_epi32(sum, _mm256_madd_epi16(values, factors));
  }
  __m128i half = _mm_add_epi32(_mm256_castsi256_si128(sum), _mm256_extracti128_si256(sum, 1));
  half = _mm_add_epi32(half, _mm_shuffle_epi32(half, _MM_SHUFFLE(1, 0, 3, 2)));
  half = _mm_add_epi32(half, _mm_shuffle_epi32(half, _MM_SHUFFLE(2, 3, 0, 1)));
  return _mm_cvtsi128_si32(half) + DotBytesScalar(row + i, probe + i, length - i);
}

bool HasAvx2() {
  static const bool has = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  return has;
}

#endif

#ifdef MNN_FACE_NEON

float DotFloatsNeon(const float* row, const float* probe, size_t length) {
  float32x4_t sums[4] = {vdupq_n_f32(0), vdupq_n_f32(0), vdupq_n_f32(0), vdupq_n_f32(0)};
  size_t i = 0;
  for (; i + 16 <= length; i += 16) {
    for (int lane = 0; lane < 4; ++lane) {
      sums[lane] =
          vfmaq_f32(sums[lane], vld1q_f32(row + i + 4 * lane), vld1q_f32(probe + i + 4 * lane));
    }
  }
  float rest = 0;
  for (; i < length; ++i) rest += row[i] * probe[i];
  return vaddvq_f32(vaddq_f32(vaddq_f32(sums[0], sums[1]), vaddq_f32(sums[2], sums[3]))) + rest;
}

#endif

}  // namespace

DotFloats ScalarDotFloats() { return DotFloatsScalar; }
DotBytes ScalarDotBytes() { return DotBytesScalar; }

DotFloats BestDotFloats() {
#if defined(MNN_FACE_AVX2)
  return HasAvx2() ? DotFloatsAvx2 : DotFloatsScalar;
#elif defined(MNN_FACE_NEON)
  return DotFloatsNeon;
#else
  return DotFloatsScalar;
#endif
}

DotBytes BestDotBytes() {
#ifdef MNN_FACE_AVX2
  if (HasAvx2()) return DotBytesAvx2;
#endif
  return DotBytesScalar;
}

}  // namespace mnn_face
