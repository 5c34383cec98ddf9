// Registration only. What JavaScript sees is described once, in src/native.ts.
#include <napi.h>

#include <memory>

#include "addon_data.h"
#include "cancellation.h"
#include "decode_jpeg.h"
#include "engine.h"
#include "inspect.h"
#include "memory.h"
#include "resample.h"
#include "search.h"
#include "session.h"

namespace {

Napi::Object Init(Napi::Env env, Napi::Object exports) {
  const Napi::Function session = mnn_face::Session::Define(env);
  auto data = std::make_unique<mnn_face::AddonData>();
  data->session = Napi::Persistent(session);
  env.SetInstanceData(data.release());
  exports.Set("Session", session);
  exports.Set("Cancellation", mnn_face::Cancellation::Define(env));
  exports.Set("hold", Napi::Function::New<mnn_face::HoldArray>(env, "hold"));
  exports.Set("copied", Napi::Function::New<mnn_face::CopiedBytes>(env, "copied"));
  exports.Set("resample", Napi::Function::New<mnn_face::ResampleToPixels>(env, "resample"));
  exports.Set("decodeJpeg", Napi::Function::New<mnn_face::DecodeJpegToPixels>(env, "decodeJpeg"));
  exports.Set("search", Napi::Function::New<mnn_face::SearchRows>(env, "search"));
  exports.Set("inspect", Napi::Function::New<mnn_face::InspectModel>(env, "inspect"));
  exports.Set("mnnVersion", Napi::String::New(env, mnn_face::MnnVersion()));
  return exports;
}

}  // namespace

NODE_API_MODULE(mnn_face, Init)
