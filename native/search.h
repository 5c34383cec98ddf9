// Exact search: the rows of a matrix with the greatest dot products with a probe.
#pragma once

#include <napi.h>

namespace mnn_face {

// search(job): see NativeBinding in src/native.ts.
Napi::Value SearchRows(const Napi::CallbackInfo& info);

}  // namespace mnn_face
