#include "exif_orientation.h"

#include <cstring>

namespace mnn_face {
namespace {

constexpr uint16_t kOrientationTag = 0x0112;
constexpr uint16_t kShort = 3;

// A TIFF block, in either byte order; reads outside of it give nothing.
class Tiff {
 public:
  Tiff(const uint8_t* data, size_t size) : data_(data), size_(size) {}

  bool ReadByteOrder() {
    if (size_ < 8) return false;
    big_ = data_[0] == 'M';
    const char* mark = big_ ? "MM" : "II";
    return std::memcmp(data_, mark, 2) == 0 && Short(2) == 42;
  }

  std::optional<uint16_t> Short(size_t at) const {
    if (at > size_ || size_ - at < 2) return std::nullopt;
    const uint8_t* p = data_ + at;
    return static_cast<uint16_t>(big_ ? p[0] << 8 | p[1] : p[1] << 8 | p[0]);
  }

  std::optional<uint32_t> Long(size_t at) const {
    const auto first = Short(at);
    const auto second = Short(at + 2);
    if (!first || !second) return std::nullopt;
    return big_ ? uint32_t{*first} << 16 | *second : uint32_t{*second} << 16 | *first;
  }

 private:
  const uint8_t* data_;
  size_t size_;
  bool big_ = false;
};

std::optional<int> OrientationOf(const uint8_t* data, size_t size) {
  Tiff tiff(data, size);
  if (!tiff.ReadByteOrder()) return std::nullopt;
  const auto directory = tiff.Long(4);
  const auto entries = directory ? tiff.Short(*directory) : std::nullopt;
  if (!entries) return std::nullopt;
  int orientation = 1;
  for (size_t i = 0; i < *entries; ++i) {
    const size_t at = size_t{*directory} + 2 + 12 * i;
    const auto tag = tiff.Short(at);
    if (!tag) return std::nullopt;
    if (*tag != kOrientationTag) continue;
    const auto value = tiff.Short(at + 8);
    if (tiff.Short(at + 2) != kShort || tiff.Long(at + 4) != 1u || !value) return std::nullopt;
    if (*value < 1 || *value > 8) return std::nullopt;
    orientation = *value;
  }
  return orientation;
}

}  // namespace

std::optional<int> ExifOrientation(const uint8_t* jpeg, size_t size) {
  std::optional<int> found;
  size_t at = 2;
  while (size >= 4 && at <= size - 4) {
    if (jpeg[at] != 0xff) return std::nullopt;
    const uint8_t marker = jpeg[at + 1];
    if (marker == 0xff) {  // a fill byte
      ++at;
      continue;
    }
    // The picture's data begins: no more metadata that readers look at.
    if (marker == 0xda || marker == 0xd9) break;
    const size_t length = static_cast<size_t>(jpeg[at + 2]) << 8 | jpeg[at + 3];
    if (length < 2 || length > size - at - 2) return std::nullopt;
    const uint8_t* content = jpeg + at + 4;
    const size_t content_size = length - 2;
    if (marker == 0xe1 && content_size >= 6 && std::memcmp(content, "Exif\0\0", 6) == 0) {
      if (found) return std::nullopt;
      found = OrientationOf(content + 6, content_size - 6);
      if (!found) return std::nullopt;
    }
    at += 2 + length;
  }
  return found.value_or(1);
}

}  // namespace mnn_face
