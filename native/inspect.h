// The JavaScript function `inspect`: what a model takes and gives.
#pragma once

#include <napi.h>

namespace mnn_face {

// inspect(model: Uint8Array): Promise<{inputs: {name, shape}[], outputs: {name, shape}[]}>
Napi::Value InspectModel(const Napi::CallbackInfo& info);

}  // namespace mnn_face
