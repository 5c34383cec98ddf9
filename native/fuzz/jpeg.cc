// Any bytes as a JPEG: planned, decoded and turned, strictly and with damage kept, at any
// reduction.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "../jpeg_decoder.h"

namespace {

void Decode(const uint8_t* data, size_t size, bool keep_damaged, int least_side) {
  mnn_face::JpegOptions options;
  // Small, so that a run does not go into filling large pictures.
  options.max_pixels = 512 * 512;
  options.least_side = least_side;
  options.keep_damaged = keep_damaged;
  mnn_face::JpegDecoder decoder(data, size, options, mnn_face::CancelFlag());
  if (!decoder.Plan()) return;
  std::vector<uint8_t> pixels(decoder.plan().bytes());
  const bool decoded = decoder.Decode(pixels.data());
  // A file without damage has no warnings.
  if (!keep_damaged && decoded && !decoder.warnings().empty()) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Decode(data, size, false, 0);
  Decode(data, size, true, 0);
  Decode(data, size, true, 16);
  return 0;
}
