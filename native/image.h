// From 8-bit RGB pixels to a network's input: geometry (resize, warp, area average), then mean,
// scale and planar order, a row at a time, so that no intermediate picture is made.
// Knows neither MNN nor JavaScript.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace mnn_face {

// Of a picture; sums of a whole column fit 32 bits.
constexpr int kMostPictureSide = 1 << 24;

// Interleaved 8-bit RGB, rows without gaps. Not owned.
struct PixelView {
  const uint8_t* data = nullptr;
  int width = 0;
  int height = 0;
};

// An integer rectangle inside a picture.
struct Rectangle {
  int x = 0;
  int y = 0;
  int width = 0;
  int height = 0;
};

// Maps a destination pixel (x, y) to the source: sx = m[0]*x + m[1]*y + m[2], sy = m[3]*x + m[4]*y
// + m[5]; integers are pixel centres on both sides, as in OpenCV's warpAffine with
// WARP_INVERSE_MAP.
struct Affine {
  double m[6] = {1, 0, 0, 0, 1, 0};
};

// value = (pixel - mean) * scale, per channel of the network's own order.
struct Normalisation {
  float mean[3] = {0, 0, 0};
  float scale[3] = {1, 1, 1};
  bool bgr = false;
};

// Takes finished rows: `row` holds width*3 interleaved values.
class RowSink {
 public:
  virtual ~RowSink() = default;
  virtual void Row8(int y, const uint8_t* row) = 0;
  virtual void RowFloat(int y, const float* row) = 0;
};

// Writes rows as 8-bit RGB.
class PixelSink final : public RowSink {
 public:
  PixelSink(uint8_t* out, int width) : out_(out), width_(width) {}
  void Row8(int y, const uint8_t* row) override;
  void RowFloat(int y, const float* row) override;

 private:
  uint8_t* out_;
  int width_;
};

// Writes rows as normalised planes (NCHW, one batch entry).
class TensorSink final : public RowSink {
 public:
  TensorSink(float* out, int width, int height, const Normalisation& normalisation);
  void Row8(int y, const uint8_t* row) override;
  void RowFloat(int y, const float* row) override;

 private:
  float* planes_[3];
  int width_;
  Normalisation normalisation_;
  // The 256 possible results of each plane: a look-up is exact and as fast as the arithmetic.
  std::vector<float> table_;
};

// OpenCV's resize with INTER_LINEAR on 8-bit pixels, bit for bit (modules/imgproc/src/resize.cpp,
// HResizeLinear/VResizeLinear with 11-bit weights).
void ResizeLinear(const PixelView& source, const Rectangle& region, int width, int height,
                  RowSink& sink);

// OpenCV's resize with INTER_CUBIC on 8-bit pixels (A = -0.75; horizontal sums in integers,
// vertical ones in float32, as its vector code does), bit for bit. (Where a build of OpenCV hands
// over to Intel's IPP, that differs by at most 1 grey level in some 4 % of the values.)
void ResizeCubic(const PixelView& source, const Rectangle& region, int width, int height,
                 RowSink& sink);

// PyTorch's interpolate(mode="area") = adaptive_avg_pool2d, in float, unrounded: what
// facenet-pytorch resamples with. Of the region at width x height, only `part` is computed.
void ResizeArea(const PixelView& source, const Rectangle& region, int width, int height,
                const Rectangle& part, RowSink& sink);

// Bilinear sampling under an affine map; black outside of the picture. Where the map shrinks by
// more than 2, each output pixel is the mean of a grid of samples over its footprint.
void Warp(const PixelView& source, const Affine& map, int width, int height, RowSink& sink);

}  // namespace mnn_face
