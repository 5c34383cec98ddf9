// The JavaScript function `decodeJpeg`.
#pragma once

#include <napi.h>

namespace mnn_face {

// decodeJpeg(bytes, {maxPixels, leastSide}): Promise<{data, width, height, fullWidth, fullHeight}>,
// or of undefined for files that it leaves to another decoder.
Napi::Value DecodeJpegToPixels(const Napi::CallbackInfo& info);

}  // namespace mnn_face
