#include <algorithm>
#include <cmath>
#include <vector>

#include "image.h"
#include "linear_rows.h"
#include "row_of.h"

namespace mnn_face {
namespace {

// Four neighbours and their weights; indexes are clamped to the source.
struct CubicTap {
  int indexes[4];
  int weights[4];
};

// modules/imgproc/src/resize.cpp, interpolateCubic.
void CubicWeights(float x, float* c) {
  const float a = -0.75f;
  c[0] = ((a * (x + 1) - 5 * a) * (x + 1) + 8 * a) * (x + 1) - 4 * a;
  c[1] = ((a + 2) * x - (a + 3)) * x * x + 1;
  c[2] = ((a + 2) * (1 - x) - (a + 3)) * (1 - x) * (1 - x) + 1;
  c[3] = 1.f - c[0] - c[1] - c[2];
}

std::vector<CubicTap> CubicTaps(int source, int destination) {
  std::vector<CubicTap> taps(destination);
  const double scale = 1.0 / (static_cast<double>(destination) / source);
  for (int d = 0; d < destination; ++d) {
    const float position = static_cast<float>((d + 0.5) * scale - 0.5);
    const int first = static_cast<int>(std::floor(position));
    float weights[4];
    CubicWeights(position - static_cast<float>(first), weights);
    for (int k = 0; k < 4; ++k) {
      taps[d].indexes[k] = std::clamp(first - 1 + k, 0, source - 1);
      taps[d].weights[k] = static_cast<int>(std::lrint(weights[k] * kWeightOne));
    }
  }
  return taps;
}

uint8_t ToByte(long value) { return static_cast<uint8_t>(std::clamp(value, 0L, 255L)); }

}  // namespace

void ResizeCubic(const PixelView& source, const Rectangle& region, int width, int height,
                 RowSink& sink) {
  if (width == region.width && height == region.height) {
    for (int y = 0; y < height; ++y) sink.Row8(y, RowOf(source, region.x, region.y + y));
    return;
  }
  const std::vector<CubicTap> columns = CubicTaps(region.width, width);
  const std::vector<CubicTap> rows = CubicTaps(region.height, height);
  const size_t row_values = static_cast<size_t>(width) * 3;
  std::vector<int> sums[4];
  for (std::vector<int>& sum : sums) sum.resize(row_values);
  // sums[y % 4] holds source row y: the four in use are always neighbours.
  int cached[4] = {-1, -1, -1, -1};
  std::vector<uint8_t> out(row_values);
  // OpenCV takes eight values at a time in float32 and the rest in integers.
  const size_t vectorised = row_values / 8 * 8;
  const float unit = 1.f / (static_cast<float>(kWeightOne) * kWeightOne);
  for (int y = 0; y < height; ++y) {
    const CubicTap& tap = rows[y];
    for (const int row : tap.indexes) {
      if (cached[row % 4] == row) continue;
      cached[row % 4] = row;
      int* to = sums[row % 4].data();
      const uint8_t* from = RowOf(source, region.x, region.y + row);
      for (const CubicTap& column : columns) {
        for (int c = 0; c < 3; ++c) {
          int sum = 0;
          for (int k = 0; k < 4; ++k) sum += from[column.indexes[k] * 3 + c] * column.weights[k];
          *to++ = sum;
        }
      }
    }
    const int* s[4];
    float b[4];
    for (int k = 0; k < 4; ++k) {
      s[k] = sums[tap.indexes[k] % 4].data();
      b[k] = static_cast<float>(tap.weights[k]) * unit;
    }
    for (size_t i = 0; i < vectorised; ++i) {
      const float value =
          static_cast<float>(s[0][i]) * b[0] +
          (static_cast<float>(s[1][i]) * b[1] +
           (static_cast<float>(s[2][i]) * b[2] + static_cast<float>(s[3][i]) * b[3]));
      out[i] = ToByte(std::lrint(value));
    }
    for (size_t i = vectorised; i < row_values; ++i) {
      int64_t value = 0;
      for (int k = 0; k < 4; ++k) value += static_cast<int64_t>(s[k][i]) * tap.weights[k];
      out[i] =
          ToByte(static_cast<long>((value + (1 << (2 * kWeightBits - 1))) >> (2 * kWeightBits)));
    }
    sink.Row8(y, out.data());
  }
}

}  // namespace mnn_face
