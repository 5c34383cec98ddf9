// Warp(): alignment and crops.
#include <algorithm>
#include <cmath>
#include <cstring>

#include "image.h"
#include "linear_rows.h"
#include "row_of.h"
#include "warp_samples.h"

namespace mnn_face {
namespace {

// More samples than this per axis change nothing that an 8-bit mean of a face could show.
constexpr int kMostSamples = 16;

bool IsIntegerTranslation(const Affine& map) {
  const double* m = map.m;
  return m[0] == 1 && m[1] == 0 && m[3] == 0 && m[4] == 1 && m[2] == std::floor(m[2]) &&
         m[5] == std::floor(m[5]) && std::fabs(m[2]) < 1e9 && std::fabs(m[5]) < 1e9;
}

void Translate(const PixelView& source, int dx, int dy, int width, int height, RowSink& sink) {
  std::vector<uint8_t> out(static_cast<size_t>(width) * 3);
  const int from = std::clamp(-dx, 0, width);
  const int to = std::clamp(source.width - dx, from, width);
  for (int y = 0; y < height; ++y) {
    std::fill(out.begin(), out.end(), uint8_t{0});
    const int sy = y + dy;
    if (sy >= 0 && sy < source.height && to > from) {
      std::memcpy(out.data() + from * 3, RowOf(source, from + dx, sy),
                  static_cast<size_t>(to - from) * 3);
    }
    sink.Row8(y, out.data());
  }
}

// Adds one bilinear sample anywhere, in units of 2^-22 grey levels; black outside of the picture.
// Integer weights, so that every compiler and instruction set gives the same bits.
void AddSampleAnywhere(const PixelView& source, double sx, double sy, uint64_t* sum) {
  // Also false for NaN.
  if (!(sx > -1 && sy > -1 && sx < source.width && sy < source.height)) return;
  const int x = static_cast<int>(std::floor(sx));
  const int y = static_cast<int>(std::floor(sy));
  const int wx = static_cast<int>((sx - x) * kWeightOne + 0.5);
  const int wy = static_cast<int>((sy - y) * kWeightOne + 0.5);
  const int weights[4] = {(kWeightOne - wx) * (kWeightOne - wy), wx * (kWeightOne - wy),
                          (kWeightOne - wx) * wy, wx * wy};
  for (int k = 0; k < 4; ++k) {
    const int px = x + (k & 1);
    const int py = y + (k >> 1);
    if (weights[k] == 0 || px < 0 || py < 0 || px >= source.width || py >= source.height) continue;
    const uint8_t* pixel = RowOf(source, px, py);
    for (int c = 0; c < 3; ++c) sum[c] += static_cast<uint64_t>(pixel[c] * weights[k]);
  }
}

// The samples of one destination pixel: a grid over its footprint in the source.
class Footprint {
 public:
  Footprint(const PixelView& source, const Affine& map, int samples)
      : source_(source), m_(map.m), samples_(samples), first_(0.5 / samples - 0.5) {
    for (int k = 0; k < 2; ++k) {
      across_[k] = m_[3 * k] / samples;
      down_[k] = m_[3 * k + 1] / samples;
      least_[k] =
          std::min(0.0, across_[k] * (samples - 1)) + std::min(0.0, down_[k] * (samples - 1));
      most_[k] =
          std::max(0.0, across_[k] * (samples - 1)) + std::max(0.0, down_[k] * (samples - 1));
    }
  }

  void AddTo(int x, int y, uint64_t* sum) const {
    const double sx = m_[0] * (x + first_) + m_[1] * (y + first_) + m_[2];
    const double sy = m_[3] * (x + first_) + m_[4] * (y + first_) + m_[5];
    if (IsInside(sx, sy)) return AddInside(sx, sy, sum);
    for (int j = 0; j < samples_; ++j) {
      for (int i = 0; i < samples_; ++i) {
        AddSampleAnywhere(source_, sx + i * across_[0] + j * down_[0],
                          sy + i * across_[1] + j * down_[1], sum);
      }
    }
  }

 private:
  // With the room that AddSamples() needs, and a little more for its rounding. False for NaN.
  bool IsInside(double sx, double sy) const {
    constexpr double kSlack = 1e-3;
    return sx + least_[0] > kSlack && sx + most_[0] < source_.width - 2 - kSlack &&
           sy + least_[1] > kSlack && sy + most_[1] < source_.height - 1 - kSlack;
  }

  void AddInside(double sx, double sy, uint64_t* sum) const {
    const auto fixed = [](double x, double y) {
      constexpr double kOne = static_cast<double>(int64_t{1} << kFixedBits);
      return FixedPoint{static_cast<int64_t>(x * kOne), static_cast<int64_t>(y * kOne)};
    };
    const FixedPoint across = fixed(across_[0], across_[1]);
    const FixedPoint down = fixed(down_[0], down_[1]);
    FixedPoint start = fixed(sx, sy);
    for (int j = 0; j < samples_; ++j) {
      AddSamples(source_.data, static_cast<ptrdiff_t>(source_.width) * 3, start, across, samples_,
                 sum);
      start.x += down.x;
      start.y += down.y;
    }
  }

  const PixelView& source_;
  const double* m_;
  int samples_;
  // Of the first sample, from the destination pixel's centre.
  double first_;
  // From sample to sample, in the source: x, y.
  double across_[2];
  double down_[2];
  // Of all samples from the first one.
  double least_[2];
  double most_[2];
};

}  // namespace

void Warp(const PixelView& source, const Affine& map, int width, int height, RowSink& sink) {
  const double* m = map.m;
  if (IsIntegerTranslation(map)) {
    Translate(source, static_cast<int>(m[2]), static_cast<int>(m[5]), width, height, sink);
    return;
  }
  // Source pixels per destination pixel along each destination axis.
  const double shrink = std::max(std::hypot(m[0], m[3]), std::hypot(m[1], m[4]));
  const int samples =
      shrink > 2 ? static_cast<int>(std::min(std::ceil(shrink), double{kMostSamples})) : 1;
  const float unit =
      1.f / static_cast<float>(static_cast<int64_t>(samples) * samples << (2 * kWeightBits));
  // Unrounded: what a network sees must not jump by a grey level where a landmark moves by a
  // thousandth of a pixel, as it does between processors.
  std::vector<float> out(static_cast<size_t>(width) * 3);
  const Footprint footprint(source, map, samples);
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      uint64_t sum[3] = {0, 0, 0};
      footprint.AddTo(x, y, sum);
      for (int c = 0; c < 3; ++c) {
        out[static_cast<size_t>(x) * 3 + c] = static_cast<float>(sum[c]) * unit;
      }
    }
    sink.RowFloat(y, out.data());
  }
}

}  // namespace mnn_face
