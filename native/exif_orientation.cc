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

// The same by OpenCV's rules.
DamagedOrientation OrientationOfDamaged(const uint8_t* data, size_t size) {
  const auto strict = OrientationOf(data, size);
  if (strict) return {*strict, false};
  Tiff tiff(data, size);
  if (!tiff.ReadByteOrder()) return {1, true};
  const auto directory = tiff.Long(4);
  const auto entries = directory ? tiff.Short(*directory) : std::nullopt;
  for (size_t i = 0; i < entries.value_or(0); ++i) {
    const size_t at = size_t{*directory} + 2 + 12 * i;
    const auto tag = tiff.Short(at);
    if (!tag) break;
    if (*tag != kOrientationTag) continue;
    const int value = tiff.Short(at + 8).value_or(1);
    return {value >= 1 && value <= 8 ? value : 1, true};
  }
  return {1, true};
}

struct Segment {
  uint8_t marker;
  const uint8_t* content;
  size_t size;
};

bool IsExif(const Segment& segment) {
  return segment.marker == 0xe1 && segment.size >= 6 &&
         std::memcmp(segment.content, "Exif\0\0", 6) == 0;
}

// The segments before the picture's data, which are all that readers look at.
class Segments {
 public:
  // `passes_over`: bytes between segments are left out, as libjpeg does; else they are damage.
  Segments(const uint8_t* jpeg, size_t size, bool passes_over)
      : jpeg_(jpeg), size_(size), passes_over_(passes_over) {}

  // False at the end, or at damage.
  bool Next(Segment& segment) {
    while (size_ >= 4 && at_ <= size_ - 4) {
      const uint8_t marker = jpeg_[at_ + 1];
      const bool is_marker = jpeg_[at_] == 0xff && (marker != 0 || !passes_over_);
      if (!is_marker && !passes_over_) return Damaged();
      if (!is_marker || marker == 0xff) {  // 0xff: a fill byte
        ++at_;
        continue;
      }
      if (marker == 0xda || marker == 0xd9) return false;
      const size_t length = static_cast<size_t>(jpeg_[at_ + 2]) << 8 | jpeg_[at_ + 3];
      if (length < 2 || length > size_ - at_ - 2) return Damaged();
      segment = {marker, jpeg_ + at_ + 4, length - 2};
      at_ += 2 + length;
      return true;
    }
    return false;
  }

  bool damaged() const { return damaged_; }

 private:
  bool Damaged() {
    damaged_ = true;
    return false;
  }

  const uint8_t* jpeg_;
  size_t size_;
  bool passes_over_;
  bool damaged_ = false;
  size_t at_ = 2;
};

}  // namespace

std::optional<int> ExifOrientation(const uint8_t* jpeg, size_t size) {
  std::optional<int> found;
  Segments segments(jpeg, size, false);
  for (Segment segment; segments.Next(segment);) {
    if (!IsExif(segment)) continue;
    if (found) return std::nullopt;
    found = OrientationOf(segment.content + 6, segment.size - 6);
    if (!found) return std::nullopt;
  }
  if (segments.damaged()) return std::nullopt;
  return found.value_or(1);
}

DamagedOrientation ExifOrientationOfDamaged(const uint8_t* jpeg, size_t size) {
  Segments segments(jpeg, size, true);
  for (Segment segment; segments.Next(segment);) {
    if (IsExif(segment)) return OrientationOfDamaged(segment.content + 6, segment.size - 6);
  }
  return {};
}

}  // namespace mnn_face
