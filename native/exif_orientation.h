// The orientation tag of a JPEG's EXIF block.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

namespace mnn_face {

// 1 to 8 (EXIF 2.32, tag 0x0112); 1 where there is none. Nothing where the block is damaged or
// unusual: readers differ there.
std::optional<int> ExifOrientation(const uint8_t* jpeg, size_t size);

}  // namespace mnn_face
