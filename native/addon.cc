// Registration only. What JavaScript sees is described once, in src/native.ts.
#include <napi.h>

#include "decode_jpeg.h"
#include "engine.h"
#include "inspect.h"
#include "resample.h"
#include "search.h"
#include "session.h"

namespace {

Napi::Object Init(Napi::Env env, Napi::Object exports) {
  exports.Set("Session", mnn_face::Session::Define(env));
  exports.Set("resample", Napi::Function::New<mnn_face::ResampleToPixels>(env, "resample"));
  exports.Set("decodeJpeg", Napi::Function::New<mnn_face::DecodeJpegToPixels>(env, "decodeJpeg"));
  exports.Set("search", Napi::Function::New<mnn_face::SearchRows>(env, "search"));
  exports.Set("inspect", Napi::Function::New<mnn_face::InspectModel>(env, "inspect"));
  exports.Set("mnnVersion", Napi::String::New(env, mnn_face::MnnVersion()));
  return exports;
}

}  // namespace

NODE_API_MODULE(mnn_face, Init)
