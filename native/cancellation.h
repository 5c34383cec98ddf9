// The JavaScript class `Cancellation`: given to calls, it drops their work once cancel() was
// called.
#pragma once

#include <napi.h>

#include "cancel_flag.h"

namespace mnn_face {

class Cancellation : public Napi::ObjectWrap<Cancellation> {
 public:
  static Napi::Function Define(Napi::Env env);
  explicit Cancellation(const Napi::CallbackInfo& info);

  // Of an optional argument; throws for anything else than a Cancellation.
  static CancelFlag FlagOf(const Napi::Value& value);

 private:
  void Cancel(const Napi::CallbackInfo& info);

  CancelFlag flag_ = CancelFlag::Make();
};

}  // namespace mnn_face
