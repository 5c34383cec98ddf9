// Work on a thread of libuv's pool that ends in a promise.
#pragma once

#include <napi.h>

#include <exception>
#include <string>

#include "errors.h"

namespace mnn_face {

inline Napi::Error CodedJsError(Napi::Env env, const char* code, const std::string& message) {
  Napi::Error error = Napi::Error::New(env, message);
  error.Set("code", Napi::String::New(env, code));
  return error;
}

// Execute() runs off the event loop and may throw; Result() makes the promise's value.
// Deletes itself after completion. When the environment is torn down meanwhile (a terminated
// worker), Node waits for Execute() and the promise is dropped.
class AsyncTask : public Napi::AsyncWorker {
 public:
  // Only in the scope that made the task: the deferred keeps a handle, not a reference.
  Napi::Promise Promise() const { return deferred_.Promise(); }

  Napi::Promise Start() {
    const Napi::Promise promise = Promise();
    Queue();
    return promise;
  }

 protected:
  AsyncTask(Napi::Env env, const char* name)
      : Napi::AsyncWorker(env, name), deferred_(Napi::Promise::Deferred::New(env)) {}

  virtual void Run() = 0;
  virtual Napi::Value Result(Napi::Env env) = 0;
  // Ends a task that was never queued.
  void Abandon(const char* code, const std::string& message) {
    deferred_.Reject(CodedJsError(Env(), code, message).Value());
    Destroy();
  }

  // On the JavaScript thread, before the promise settles, whatever the outcome.
  virtual void Completed() {}

 private:
  void Execute() final {
    try {
      Run();
    } catch (const CodedError& error) {
      code_ = error.code();
      SetError(error.what());
    } catch (const std::bad_alloc&) {
      code_ = "ERR_OUT_OF_MEMORY";
      SetError("There is not enough memory for this.");
    } catch (const std::exception& error) {
      SetError(error.what());
    }
  }

  void OnOK() final {
    Completed();
    try {
      deferred_.Resolve(Result(Env()));
    } catch (const Napi::Error& error) {
      deferred_.Reject(error.Value());
    }
  }

  void OnError(const Napi::Error& error) final {
    Completed();
    deferred_.Reject(CodedJsError(Env(), code_, error.Message()).Value());
  }

  Napi::Promise::Deferred deferred_;
  const char* code_ = "ERR_INTERNAL";
};

}  // namespace mnn_face
