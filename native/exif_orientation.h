// The EXIF orientation of a JPEG, or that it is better left to a full parser.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

namespace mnn_face {

// 1 to 8; 1 where the file says nothing. Nothing when the file or its EXIF block is damaged or
// unusual, so that this reader cannot be sure to agree with others.
std::optional<int> ExifOrientation(const uint8_t* jpeg, size_t size);

struct DamagedOrientation {
  int orientation = 1;
  // The EXIF block is one that ExifOrientation() gives nothing for.
  bool doubtful = false;
};

// As OpenCV reads it where ExifOrientation() gives nothing: bytes between segments are passed over,
// the value's type is not looked at, a broken block says nothing.
DamagedOrientation ExifOrientationOfDamaged(const uint8_t* jpeg, size_t size);

}  // namespace mnn_face
