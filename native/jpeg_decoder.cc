#include "jpeg_decoder.h"

#include <turbojpeg.h>

#include <algorithm>
#include <cstring>
#include <utility>
#include <vector>

#include "exif_orientation.h"

namespace mnn_face {
namespace {

// A progressive file of many scans takes long for its size; libjpeg-turbo's documentation advises
// this limit.
constexpr int kMostScans = 500;
constexpr int kChannels = 3;

struct Destroy {
  void operator()(void* handle) const { tj3Destroy(handle); }
};
using Decoder = std::unique_ptr<void, Destroy>;

// With the header read; null where it cannot be.
Decoder Open(const uint8_t* jpeg, size_t size) {
  Decoder decoder(tj3Init(TJINIT_DECOMPRESS));
  if (!decoder) return nullptr;
  tj3Set(decoder.get(), TJPARAM_SCANLIMIT, kMostScans);
  tj3Set(decoder.get(), TJPARAM_STOPONWARNING, 1);
  if (tj3DecompressHeader(decoder.get(), jpeg, size) != 0) return nullptr;
  return decoder;
}

bool IsPlain(const Decoder& decoder) {
  const int colours = tj3Get(decoder.get(), TJPARAM_COLORSPACE);
  return tj3Get(decoder.get(), TJPARAM_PRECISION) == 8 &&
         tj3Get(decoder.get(), TJPARAM_LOSSLESS) == 0 &&
         (colours == TJCS_YCbCr || colours == TJCS_GRAY || colours == TJCS_RGB);
}

// Orientations 5 to 8 swap the sides.
bool Swaps(int orientation) { return orientation >= 5; }

// Where the stored pixel (x, y) of a width x height picture lies in the upright one.
std::pair<int, int> Upright(int orientation, int x, int y, int width, int height) {
  switch (orientation) {
    case 2:
      return {width - 1 - x, y};
    case 3:
      return {width - 1 - x, height - 1 - y};
    case 4:
      return {x, height - 1 - y};
    case 5:
      return {y, x};
    case 6:
      return {height - 1 - y, x};
    case 7:
      return {height - 1 - y, width - 1 - x};
    case 8:
      return {y, width - 1 - x};
    default:
      return {x, y};
  }
}

void Turn(const uint8_t* stored, int width, int height, int orientation, uint8_t* out) {
  const ptrdiff_t out_width = Swaps(orientation) ? height : width;
  const auto offset = [&](int x, int y) {
    const auto [to_x, to_y] = Upright(orientation, x, y, width, height);
    return (to_y * out_width + to_x) * kChannels;
  };
  // Tiles, so that neither side walks over a whole picture per row.
  constexpr int kTile = 64;
  for (int top = 0; top < height; top += kTile) {
    for (int left = 0; left < width; left += kTile) {
      const int right = std::min(left + kTile, width);
      for (int y = top; y < std::min(top + kTile, height); ++y) {
        const uint8_t* from = stored + (static_cast<ptrdiff_t>(y) * width + left) * kChannels;
        const ptrdiff_t first = offset(left, y);
        const ptrdiff_t step = offset(left + 1, y) - first;
        uint8_t* to = out + first;
        for (int x = left; x < right; ++x, from += kChannels, to += step) {
          std::memcpy(to, from, kChannels);
        }
      }
    }
  }
}

}  // namespace

std::optional<JpegPlan> PlanJpeg(const uint8_t* jpeg, size_t size, double max_pixels,
                                 int least_side) {
  if (size < 4 || jpeg[0] != 0xff || jpeg[1] != 0xd8) return std::nullopt;
  const auto orientation = ExifOrientation(jpeg, size);
  if (!orientation) return std::nullopt;
  const Decoder decoder = Open(jpeg, size);
  if (!decoder || !IsPlain(decoder)) return std::nullopt;
  JpegPlan plan{};
  plan.orientation = *orientation;
  plan.full_width = tj3Get(decoder.get(), TJPARAM_JPEGWIDTH);
  plan.full_height = tj3Get(decoder.get(), TJPARAM_JPEGHEIGHT);
  if (plan.full_width < 1 || plan.full_height < 1) return std::nullopt;
  if (static_cast<double>(plan.full_width) * plan.full_height > max_pixels) return std::nullopt;
  plan.reduction = 1;
  const int shorter = std::min(plan.full_width, plan.full_height);
  while (least_side > 0 && plan.reduction < 8 && shorter / (2 * plan.reduction) >= least_side) {
    plan.reduction *= 2;
  }
  const tjscalingfactor factor{1, plan.reduction};
  plan.width = TJSCALED(plan.full_width, factor);
  plan.height = TJSCALED(plan.full_height, factor);
  if (Swaps(plan.orientation)) {
    std::swap(plan.width, plan.height);
    std::swap(plan.full_width, plan.full_height);
  }
  return plan;
}

bool DecodeJpeg(const uint8_t* jpeg, size_t size, const JpegPlan& plan, uint8_t* out) {
  const Decoder decoder = Open(jpeg, size);
  if (!decoder) return false;
  // The bytes are the caller's: they may have changed since they were planned.
  int width = plan.width;
  int height = plan.height;
  if (Swaps(plan.orientation)) std::swap(width, height);
  const tjscalingfactor factor{1, plan.reduction};
  if (tj3SetScalingFactor(decoder.get(), factor) != 0) return false;
  if (TJSCALED(tj3Get(decoder.get(), TJPARAM_JPEGWIDTH), factor) != width ||
      TJSCALED(tj3Get(decoder.get(), TJPARAM_JPEGHEIGHT), factor) != height) {
    return false;
  }
  if (plan.orientation == 1) {
    return tj3Decompress8(decoder.get(), jpeg, size, out, width * kChannels, TJPF_RGB) == 0;
  }
  std::vector<uint8_t> stored(static_cast<size_t>(width) * height * kChannels);
  if (tj3Decompress8(decoder.get(), jpeg, size, stored.data(), width * kChannels, TJPF_RGB) != 0) {
    return false;
  }
  Turn(stored.data(), width, height, plan.orientation, out);
  return true;
}

}  // namespace mnn_face
