#pragma once

#include "image.h"

namespace mnn_face {

// Where pixel (x, y) of a picture stands.
inline const uint8_t* RowOf(const PixelView& source, int x, int y) {
  return source.data + (static_cast<size_t>(y) * source.width + x) * 3;
}

}  // namespace mnn_face
