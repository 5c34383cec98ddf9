// The inner loop of Warp: the sum of a line of bilinear samples. The scalar version is the truth;
// the vector ones give the same bits, and are taken where the CPU has the instructions.
#pragma once

#include <cstddef>
#include <cstdint>

namespace mnn_face {

// A position in the source picture, or a step: 32 bits after the point, so that adding steps is
// exact on every processor.
struct FixedPoint {
  int64_t x;
  int64_t y;
};

constexpr int kFixedBits = 32;

// Adds `count` samples at start, start + step, … to sum[0..2], in units of 2^-22 grey levels: at
// most 255 << 22 each. Every sample must lie in the picture with one row below and two pixels to
// its right, since 8 bytes are read at a time. `stride` in bytes.
void AddSamples(const uint8_t* data, ptrdiff_t stride, FixedPoint start, FixedPoint step, int count,
                uint64_t* sum);
void AddSamplesScalar(const uint8_t* data, ptrdiff_t stride, FixedPoint start, FixedPoint step,
                      int count, uint64_t* sum);

}  // namespace mnn_face
