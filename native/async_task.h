// Work on a thread of libuv's pool that ends in a promise.
#pragma once

#include <napi.h>

#include <exception>
#include <memory>
#include <new>
#include <string>
#include <utility>

#include "arguments.h"
#include "cancel_flag.h"
#include "errors.h"

namespace mnn_face {

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
  AsyncTask(Napi::Env env, const char* name, CancelFlag cancel = CancelFlag())
      : Napi::AsyncWorker(env, name),
        deferred_(Napi::Promise::Deferred::New(env)),
        cancel_(std::move(cancel)) {}

  // One that goes on with another's work, and settles its promise.
  AsyncTask(const AsyncTask& before, const char* name)
      : Napi::AsyncWorker(before.Env(), name),
        deferred_(before.deferred_),
        cancel_(before.cancel_) {}

  virtual void Run() = 0;
  virtual Napi::Value Result(Napi::Env env) = 0;

  // On the JavaScript thread, after Run(): a task that goes on with the work, instead of Result().
  virtual AsyncTask* Next() { return nullptr; }

  // On the JavaScript thread, before the promise settles, whatever the outcome.
  virtual void Completed() {}

  bool cancelled() const { return cancel_.IsSet(); }

  // Ends a task that was never queued.
  void Abandon(const char* code, const std::string& message) {
    deferred_.Reject(CodedJsError(Env(), code, message).Value());
    Destroy();
  }

 private:
  void Execute() final {
    try {
      cancel_.Check();
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
      if (AsyncTask* next = Next()) {
        next->Queue();
        return;
      }
      deferred_.Resolve(Result(Env()));
    } catch (const Napi::Error& error) {
      deferred_.Reject(error.Value());
    } catch (const std::exception& error) {
      deferred_.Reject(CodedJsError(Env(), "ERR_INTERNAL", error.what()).Value());
    }
  }

  void OnError(const Napi::Error& error) final {
    Completed();
    deferred_.Reject(CodedJsError(Env(), code_, error.Message()).Value());
  }

  Napi::Promise::Deferred deferred_;
  CancelFlag cancel_;
  const char* code_ = "ERR_INTERNAL";
};

}  // namespace mnn_face
