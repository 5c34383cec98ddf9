// Any bytes as the segments before a JPEG's data, and as its EXIF block.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "../exif_orientation.h"

namespace {

void Read(const uint8_t* jpeg, size_t size) {
  const auto strict = mnn_face::ExifOrientation(jpeg, size);
  const auto damaged = mnn_face::ExifOrientationOfDamaged(jpeg, size);
  if (strict && (*strict < 1 || *strict > 8)) std::abort();
  if (damaged.orientation < 1 || damaged.orientation > 8) std::abort();
  // Where nothing is doubtful both agree.
  if (strict && !damaged.doubtful && *strict != damaged.orientation) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Read(data, size);
  // The same bytes as the content of a well-formed APP1 segment.
  std::vector<uint8_t> jpeg = {0xff, 0xd8, 0xff, 0xe1, 0, 0, 'E', 'x', 'i', 'f', 0, 0};
  const size_t used = size < 0xff00 ? size : 0xff00;
  jpeg.insert(jpeg.end(), data, data + used);
  const size_t length = used + 8;
  jpeg[4] = static_cast<uint8_t>(length >> 8);
  jpeg[5] = static_cast<uint8_t>(length & 0xff);
  jpeg.insert(jpeg.end(), {0xff, 0xda, 0, 2});
  Read(jpeg.data(), jpeg.size());
  return 0;
}
