#include "image.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "linear_rows.h"
#include "row_of.h"

namespace mnn_face {

void PixelSink::Row8(int y, const uint8_t* row) {
  std::memcpy(out_ + static_cast<size_t>(y) * width_ * 3, row, static_cast<size_t>(width_) * 3);
}

void PixelSink::RowFloat(int y, const float* row) {
  uint8_t* out = out_ + static_cast<size_t>(y) * width_ * 3;
  for (int i = 0; i < width_ * 3; ++i) {
    out[i] = static_cast<uint8_t>(std::clamp(std::lrint(row[i]), 0L, 255L));
  }
}

TensorSink::TensorSink(float* out, int width, int height, const Normalisation& normalisation)
    : width_(width), normalisation_(normalisation), table_(3 * 256) {
  for (int c = 0; c < 3; ++c) {
    // Plane p of a BGR network takes channel 2 - p of the RGB row.
    const int plane = normalisation.bgr ? 2 - c : c;
    planes_[c] = out + static_cast<size_t>(plane) * width * height;
    for (int v = 0; v < 256; ++v) {
      table_[c * 256 + v] =
          (static_cast<float>(v) - normalisation.mean[plane]) * normalisation.scale[plane];
    }
  }
}

void TensorSink::Row8(int y, const uint8_t* row) {
  const size_t offset = static_cast<size_t>(y) * width_;
  float* p0 = planes_[0] + offset;
  float* p1 = planes_[1] + offset;
  float* p2 = planes_[2] + offset;
  const float* t0 = table_.data();
  const float* t1 = t0 + 256;
  const float* t2 = t1 + 256;
  for (int x = 0; x < width_; ++x, row += 3) {
    p0[x] = t0[row[0]];
    p1[x] = t1[row[1]];
    p2[x] = t2[row[2]];
  }
}

void TensorSink::RowFloat(int y, const float* row) {
  const size_t offset = static_cast<size_t>(y) * width_;
  for (int c = 0; c < 3; ++c) {
    const int plane = normalisation_.bgr ? 2 - c : c;
    const float mean = normalisation_.mean[plane];
    const float scale = normalisation_.scale[plane];
    float* out = planes_[c] + offset;
    for (int x = 0; x < width_; ++x) out[x] = (row[x * 3 + c] - mean) * scale;
  }
}

namespace {

// The two source columns (or rows) of each destination one. Rows keep their fractional weights
// at the border and clamp the index; columns set the weight of the clamped neighbour to 0: this
// asymmetry is OpenCV's and shows in the last bit.
std::vector<LinearTap> LinearTaps(int source, int destination, bool columns) {
  std::vector<LinearTap> taps(destination);
  const double scale = 1.0 / (static_cast<double>(destination) / source);
  for (int d = 0; d < destination; ++d) {
    float fraction = static_cast<float>((d + 0.5) * scale - 0.5);
    int first = static_cast<int>(std::floor(fraction));
    fraction -= static_cast<float>(first);
    if (columns) {
      if (first < 0) {
        first = 0;
        fraction = 0;
      }
      if (first >= source - 1) {
        first = source - 1;
        fraction = 0;
      }
    }
    LinearTap& tap = taps[d];
    tap.first = std::clamp(first, 0, source - 1);
    tap.second = std::clamp(first + 1, 0, source - 1);
    tap.weights[0] = static_cast<int16_t>(std::lrint((1.f - fraction) * kWeightOne));
    tap.weights[1] = static_cast<int16_t>(std::lrint(fraction * kWeightOne));
  }
  return taps;
}

}  // namespace

void ResizeLinear(const PixelView& source, const Rectangle& region, int width, int height,
                  RowSink& sink) {
  if (width == region.width && height == region.height) {
    for (int y = 0; y < height; ++y) sink.Row8(y, RowOf(source, region.x, region.y + y));
    return;
  }
  const std::vector<LinearTap> columns = LinearTaps(region.width, width, true);
  const std::vector<LinearTap> rows = LinearTaps(region.height, height, false);
  const size_t row_values = static_cast<size_t>(width) * 3;
  // The horizontal sums of the two source rows in use; kept while the next output row needs them.
  std::vector<int16_t> sums[2] = {std::vector<int16_t>(row_values),
                                  std::vector<int16_t>(row_values)};
  int cached[2] = {-1, -1};
  std::vector<uint8_t> out(row_values);
  for (int y = 0; y < height; ++y) {
    const LinearTap& tap = rows[y];
    if (cached[0] != tap.first && cached[1] == tap.first) {
      std::swap(sums[0], sums[1]);
      std::swap(cached[0], cached[1]);
    }
    const int wanted[2] = {tap.first, tap.second};
    for (int k = 0; k < 2; ++k) {
      if (cached[k] == wanted[k]) continue;
      HorizontalSums(RowOf(source, region.x, region.y + wanted[k]), region.width, columns,
                     sums[k].data());
      cached[k] = wanted[k];
    }
    VerticalBlend(sums[0].data(), sums[1].data(), tap.weights[0], tap.weights[1], row_values,
                  out.data());
    sink.Row8(y, out.data());
  }
}

void ResizeArea(const PixelView& source, const Rectangle& region, int width, int height,
                const Rectangle& part, RowSink& sink) {
  // adaptive_avg_pool2d: cell d covers [floor(d*n/m), ceil((d+1)*n/m)).
  const auto first = [](int d, int n, int m) {
    return static_cast<int>(static_cast<int64_t>(d) * n / m);
  };
  const auto last = [](int d, int n, int m) {
    return static_cast<int>((static_cast<int64_t>(d + 1) * n + m - 1) / m);
  };
  // The columns of the region that the part is made of.
  const int left = first(part.x, region.width, width);
  const int right = last(part.x + part.width - 1, region.width, width);
  // A column of kMostPictureSide pixels of 255 still fits.
  std::vector<uint32_t> column_sums(static_cast<size_t>(right - left) * 3);
  std::vector<float> out(static_cast<size_t>(part.width) * 3);
  for (int y = 0; y < part.height; ++y) {
    const int y0 = first(part.y + y, region.height, height);
    const int y1 = last(part.y + y, region.height, height);
    std::fill(column_sums.begin(), column_sums.end(), 0);
    for (int sy = y0; sy < y1; ++sy) {
      const uint8_t* row = RowOf(source, region.x + left, region.y + sy);
      for (size_t i = 0; i < column_sums.size(); ++i) column_sums[i] += row[i];
    }
    for (int x = 0; x < part.width; ++x) {
      const int x0 = first(part.x + x, region.width, width);
      const int x1 = last(part.x + x, region.width, width);
      int64_t sum[3] = {0, 0, 0};
      for (int sx = x0 - left; sx < x1 - left; ++sx) {
        for (int c = 0; c < 3; ++c) sum[c] += column_sums[static_cast<size_t>(sx) * 3 + c];
      }
      const float count = static_cast<float>(y1 - y0) * static_cast<float>(x1 - x0);
      for (int c = 0; c < 3; ++c) {
        out[static_cast<size_t>(x) * 3 + c] = static_cast<float>(sum[c]) / count;
      }
    }
    sink.RowFloat(y, out.data());
  }
}

}  // namespace mnn_face
