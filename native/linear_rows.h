// The inner loops of ResizeLinear. The scalar versions are the truth; the vector ones give the same
// bits, and are taken where the CPU has the instructions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace mnn_face {

// OpenCV's INTER_RESIZE_COEF_BITS.
constexpr int kWeightBits = 11;
constexpr int kWeightOne = 1 << kWeightBits;

struct LinearTap {
  int first;           // index of the first of the two neighbours
  int second;          // index of the other one, clamped
  int16_t weights[2];  // sum to kWeightOne
};

// out[3 * i + c] = (row[first_i][c] * weight_i0 + row[second_i][c] * weight_i1) >> 4, which fits 16
// bits: 255 * 2048 / 16. `width` is the number of source pixels in the row.
void HorizontalSums(const uint8_t* row, int width, const std::vector<LinearTap>& taps,
                    int16_t* out);
void HorizontalSumsScalar(const uint8_t* row, const LinearTap* taps, size_t count, int16_t* out);

// out[i] = (((b0 * s0[i]) >> 16) + ((b1 * s1[i]) >> 16) + 2) >> 2
void VerticalBlend(const int16_t* s0, const int16_t* s1, int16_t b0, int16_t b1, size_t count,
                   uint8_t* out);

}  // namespace mnn_face
