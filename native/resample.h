// The JavaScript function `resample`: the geometry of run() alone, to 8-bit RGB.
#pragma once

#include <napi.h>

namespace mnn_face {

// resample({picture, geometry, regions, width, height}): Promise<Uint8Array>, one region only.
Napi::Value ResampleToPixels(const Napi::CallbackInfo& info);

}  // namespace mnn_face
