// Dot products of one probe with many rows. The scalar versions are the truth; the vector ones are
// within 1e-6 of it for unit vectors (floats), or the same bits (8-bit integers), and are taken
// where the CPU has the instructions. Knows no JavaScript.
#pragma once

#include <cstddef>
#include <cstdint>

namespace mnn_face {

// Sums of 8-bit by 12-bit products stay inside of 32 bits up to this length.
constexpr int kMostDimension = 8192;
constexpr int kProbeRange = 2047;

using DotFloats = float (*)(const float* row, const float* probe, size_t length);
using DotBytes = int32_t (*)(const int8_t* row, const int16_t* probe, size_t length);

DotFloats ScalarDotFloats();
DotBytes ScalarDotBytes();

// The fastest that this CPU has.
DotFloats BestDotFloats();
DotBytes BestDotBytes();

}  // namespace mnn_face
