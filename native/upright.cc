#include "upright.h"

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <utility>

namespace mnn_face {
namespace {

constexpr int kChannels = 3;

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

}  // namespace

void TurnRows(const uint8_t* rows, int top, int count, int width, int height, int orientation,
              uint8_t* out) {
  const ptrdiff_t out_width = SwapsSides(orientation) ? height : width;
  const auto offset = [&](int x, int y) {
    const auto [to_x, to_y] = Upright(orientation, x, y, width, height);
    return (to_y * out_width + to_x) * kChannels;
  };
  // Tiles, so that neither side walks over a whole picture per row.
  constexpr int kTile = 64;
  for (int left = 0; left < width; left += kTile) {
    const int right = std::min(left + kTile, width);
    for (int y = top; y < top + count; ++y) {
      const uint8_t* from = rows + (static_cast<ptrdiff_t>(y - top) * width + left) * kChannels;
      const ptrdiff_t first = offset(left, y);
      const ptrdiff_t step = offset(left + 1, y) - first;
      uint8_t* to = out + first;
      for (int x = left; x < right; ++x, from += kChannels, to += step) {
        std::memcpy(to, from, kChannels);
      }
    }
  }
}

}  // namespace mnn_face
