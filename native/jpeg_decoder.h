// JPEG files to RGB pixels, as OpenCV and sharp decode them: libjpeg-turbo's accurate inverse DCT
// and smooth upsampling, colour profiles ignored, the EXIF orientation applied.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "cancel_flag.h"

namespace mnn_face {

// Upright sizes.
struct JpegPlan {
  // Of the picture as it is stored in the file at full size.
  int full_width = 0;
  int full_height = 0;
  // Of the pixels that decoding gives.
  int width = 0;
  int height = 0;

  size_t bytes() const { return static_cast<size_t>(width) * height * 3; }
};

struct JpegOptions {
  double max_pixels = 0;
  // Above 0 the largest reduction (1, 2, 4, 8) is taken that leaves the shorter side so long.
  int least_side = 0;
  // Damaged files give the pixels that imread gives, with grey for what is missing.
  bool keep_damaged = false;
};

// One file, whose header is read once. The bytes must outlive it and stay as they are. Any thread,
// but one at a time.
class JpegDecoder {
 public:
  JpegDecoder(const uint8_t* jpeg, size_t size, const JpegOptions& options, CancelFlag cancel);
  ~JpegDecoder();
  JpegDecoder(const JpegDecoder&) = delete;
  JpegDecoder& operator=(const JpegDecoder&) = delete;

  // Reads the header. False for files that this decoder leaves to others: not 8 bits, CMYK, too
  // many pixels, unusual or damaged headers. Throws ERR_ABORTED.
  bool Plan();
  const JpegPlan& plan() const { return plan_; }

  // After Plan(): fills plan().bytes(). False for damaged files; with `keep_damaged`, only for
  // those that libjpeg cannot go on with. Throws ERR_ABORTED. Needs the bytes no more.
  bool Decode(uint8_t* out);

  // After Decode(): what was wrong with a file that was decoded all the same, in libjpeg's words.
  const std::vector<std::string>& warnings() const { return warnings_; }

 private:
  struct Reader;
  struct DestroyReader {
    void operator()(Reader* reader) const;
  };

  const uint8_t* jpeg_;
  size_t size_;
  JpegOptions options_;
  CancelFlag cancel_;
  int orientation_ = 1;
  JpegPlan plan_;
  std::unique_ptr<Reader, DestroyReader> reader_;
  std::vector<std::string> warnings_;
};

}  // namespace mnn_face
