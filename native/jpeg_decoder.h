// JPEG files to RGB pixels, as OpenCV and sharp decode them: libjpeg-turbo's accurate inverse DCT
// and smooth upsampling, colour profiles ignored, the EXIF orientation applied.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>

namespace mnn_face {

// Upright sizes.
struct JpegPlan {
  // Of the picture as it is stored in the file at full size.
  int full_width;
  int full_height;
  // Of the pixels that decoding gives.
  int width;
  int height;
  int orientation;
  // Decoded at 1 / reduction of the full size: 1, 2, 4 or 8.
  int reduction;
};

// What decoding will give. Nothing for files that this decoder leaves to others: not 8 bits, CMYK,
// lossless, more than `max_pixels`, unusual or damaged headers. With `least_side` above 0 the
// largest reduction is taken that leaves the shorter side at least so long.
std::optional<JpegPlan> PlanJpeg(const uint8_t* jpeg, size_t size, double max_pixels,
                                 int least_side);

// Fills width * height * 3 bytes. False for damaged files, also where libjpeg-turbo only warns.
bool DecodeJpeg(const uint8_t* jpeg, size_t size, const JpegPlan& plan, uint8_t* out);

}  // namespace mnn_face
