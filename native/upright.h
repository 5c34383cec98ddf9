// The EXIF orientations: where a stored pixel lies in the upright picture.
#pragma once

#include <cstdint>

namespace mnn_face {

// Orientations 5 to 8 swap the sides.
inline bool SwapsSides(int orientation) { return orientation >= 5; }

// Puts `count` rows of a stored picture of width x height RGB pixels, from row `top` on, to their
// places in the upright picture `out`.
void TurnRows(const uint8_t* rows, int top, int count, int width, int height, int orientation,
              uint8_t* out);

}  // namespace mnn_face
