#include "cancellation.h"

#include "arguments.h"

namespace mnn_face {
namespace {

// Tells a Cancellation from other wrapped objects, whose memory it would be read from.
constexpr napi_type_tag kTag = {0x7a0c5b1e6d2f4893, 0x91d3e8f4a6b70c25};

}  // namespace

Napi::Function Cancellation::Define(Napi::Env env) {
  return DefineClass(env, "Cancellation", {InstanceMethod<&Cancellation::Cancel>("cancel")});
}

Cancellation::Cancellation(const Napi::CallbackInfo& info) : Napi::ObjectWrap<Cancellation>(info) {
  info.This().As<Napi::Object>().TypeTag(&kTag);
}

CancelFlag Cancellation::FlagOf(const Napi::Value& value) {
  if (value.IsUndefined()) return CancelFlag();
  if (!value.IsObject() || !value.As<Napi::Object>().CheckTypeTag(&kTag)) {
    throw ArgumentError(value.Env(), "cancellation must be a Cancellation");
  }
  return Unwrap(value.As<Napi::Object>())->flag_;
}

void Cancellation::Cancel(const Napi::CallbackInfo&) { flag_.Set(); }

}  // namespace mnn_face
