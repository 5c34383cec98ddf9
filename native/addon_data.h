// What the addon keeps for each JavaScript environment (the main thread, a worker).
#pragma once

#include <napi.h>

namespace mnn_face {

struct AddonData {
  // Sessions are made by it, whatever load() is called on.
  Napi::FunctionReference session;
};

}  // namespace mnn_face
