#include "session.h"

#include <string>
#include <utility>

#include "addon_data.h"
#include "arguments.h"
#include "async_task.h"
#include "cancellation.h"
#include "job.h"
#include "memory.h"

namespace mnn_face {

// Runs one job on one lane. Holds the session alive by a reference.
class RunTask final : public AsyncTask {
 public:
  RunTask(Napi::Env env, Session* session, std::shared_ptr<Engine> engine, Job job,
          const CancelFlag& cancel, const Napi::Object& session_object)
      : AsyncTask(env, "mnn-face:run", cancel),
        session_(session),
        engine_(std::move(engine)),
        job_(std::move(job)),
        cancel_(cancel),
        session_reference_(Napi::Persistent(session_object)) {}

  void StartOn(int lane) {
    lane_ = lane;
    Queue();
  }

  // Without an answer: the environment ends.
  void Drop() { Destroy(); }

  void Refuse() { Abandon("ERR_CLOSED", "The session was closed before this run began."); }

  // True when nobody waits for it any more: then it is gone.
  bool DropIfCancelled() {
    if (!cancel_.IsSet()) return false;
    Abandon("ERR_ABORTED", CancelFlag::kMessage);
    return true;
  }

 protected:
  void Run() override {
    RunJob(job_, engine_->lane(lane_), cancel_, outputs_);
    job_.memory.FreeCopy();
  }

  Napi::Value Result(Napi::Env env) override {
    Napi::Array result = Napi::Array::New(env, outputs_.size());
    for (uint32_t i = 0; i < outputs_.size(); ++i) {
      result.Set(i, TakeFloats(env, std::move(outputs_[i].data)));
    }
    return result;
  }

  void Completed() override { session_->LaneFree(lane_); }

 private:
  Session* session_;
  std::shared_ptr<Engine> engine_;
  Job job_;
  CancelFlag cancel_;
  Napi::ObjectReference session_reference_;
  int lane_ = 0;
  std::vector<OutputTensor> outputs_;
};

// Frees an engine off the event loop: some models hold tens of megabytes.
class CloseTask final : public AsyncTask {
 public:
  CloseTask(Napi::Env env, std::shared_ptr<Engine> engine)
      : AsyncTask(env, "mnn-face:close"), engine_(std::move(engine)) {}

 protected:
  void Run() override { engine_.reset(); }
  Napi::Value Result(Napi::Env env) override { return env.Undefined(); }

 private:
  std::shared_ptr<Engine> engine_;
};

class LoadTask final : public AsyncTask {
 public:
  LoadTask(Napi::Env env, Memory model, EngineOptions options)
      : AsyncTask(env, "mnn-face:load"), model_(std::move(model)), options_(std::move(options)) {}

 protected:
  void Run() override {
    engine_ = Engine::Load(model_.data(), model_.size(), std::move(options_));
    model_.FreeCopy();
  }

  Napi::Value Result(Napi::Env env) override {
    Napi::Object object = env.GetInstanceData<AddonData>()->session.New(
        {Napi::Symbol::WellKnown(env, "hasInstance")});
    Session::Unwrap(object)->Adopt(std::move(engine_));
    return object;
  }

 private:
  Memory model_;
  EngineOptions options_;
  std::shared_ptr<Engine> engine_;
};

Napi::Function Session::Define(Napi::Env env) {
  return DefineClass(env, "Session",
                     {
                         StaticMethod<&Session::Load>("load"),
                         InstanceMethod<&Session::Run>("run"),
                         InstanceMethod<&Session::Close>("close"),
                         InstanceMethod<&Session::OutputShapes>("outputShapes"),
                         InstanceMethod<&Session::Memory>("memory"),
                     });
}

Session::Session(const Napi::CallbackInfo& info) : Napi::ObjectWrap<Session>(info) {
  // Only Load() has what a session is made of.
  if (info.Length() != 1 || !info[0].IsSymbol()) {
    throw ArgumentError(info.Env(), "Use Session.load() to make a session");
  }
}

Session::~Session() {
  // Tasks hold a reference, so only the end of the environment leaves any.
  for (RunTask* task : queue_) task->Drop();
  if (accounted_ != 0) Napi::MemoryManagement::AdjustExternalMemory(Env(), -accounted_);
}

Napi::Value Session::Load(const Napi::CallbackInfo& info) {
  EngineOptions options = ReadEngineOptions(info[1]);
  mnn_face::Memory model(BytesArgument(info[0], "model"));
  return (new LoadTask(info.Env(), std::move(model), std::move(options)))->Start();
}

void Session::Adopt(std::shared_ptr<Engine> engine) {
  engine_ = std::move(engine);
  // Lane 0 exists already and is taken first.
  for (int i = engine_->lanes() - 1; i >= 0; --i) free_lanes_.push_back(i);
  AccountMemory();
}

void Session::AccountMemory() {
  const int64_t held = engine_ ? static_cast<int64_t>(engine_->memory()) : 0;
  if (held == accounted_) return;
  Napi::MemoryManagement::AdjustExternalMemory(Env(), held - accounted_);
  accounted_ = held;
}

Napi::Value Session::Run(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  if (closed_ || !engine_) {
    throw CodedJsError(env, "ERR_CLOSED", "The session is closed.");
  }
  const CancelFlag cancel = Cancellation::FlagOf(info[1]);
  Job job = ReadJob(ObjectArgument(info[0], "job"));
  // A getter of the job may have closed the session.
  if (closed_) throw CodedJsError(env, "ERR_CLOSED", "The session is closed.");
  auto* task =
      new RunTask(env, this, engine_, std::move(job), cancel, info.This().As<Napi::Object>());
  const Napi::Promise outcome = task->Promise();
  queue_.push_back(task);
  Dispatch();
  return outcome;
}

void Session::Dispatch() {
  while (!closed_ && !queue_.empty() && !free_lanes_.empty()) {
    RunTask* task = queue_.front();
    queue_.pop_front();
    if (task->DropIfCancelled()) continue;
    const int lane = free_lanes_.back();
    free_lanes_.pop_back();
    ++running_;
    task->StartOn(lane);
  }
}

void Session::LaneFree(int lane) {
  --running_;
  free_lanes_.push_back(lane);
  if (closed_) {
    if (running_ == 0) FinishClosing();
    return;
  }
  AccountMemory();
  Dispatch();
}

Napi::Value Session::Close(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  Napi::Promise::Deferred deferred = Napi::Promise::Deferred::New(env);
  if (!closed_) {
    closed_ = true;
    std::deque<RunTask*> refused;
    refused.swap(queue_);
    for (RunTask* task : refused) task->Refuse();
  }
  closing_.push_back(deferred);
  if (running_ == 0) FinishClosing();
  return deferred.Promise();
}

void Session::FinishClosing() {
  std::shared_ptr<Engine> engine = std::move(engine_);
  AccountMemory();
  std::vector<Napi::Promise::Deferred> waiting;
  waiting.swap(closing_);
  if (waiting.empty()) return;
  const Napi::Promise done = (new CloseTask(Env(), std::move(engine)))->Start();
  for (Napi::Promise::Deferred& deferred : waiting) deferred.Resolve(done);
}

Napi::Value Session::OutputShapes(const Napi::CallbackInfo& info) {
  Napi::Array shapes = Napi::Array::New(info.Env());
  if (!engine_) return shapes;
  for (const std::vector<int>& shape : engine_->output_shapes()) {
    Napi::Array dimensions = Napi::Array::New(info.Env());
    for (int d : shape) dimensions.Set(dimensions.Length(), Napi::Number::New(info.Env(), d));
    shapes.Set(shapes.Length(), dimensions);
  }
  return shapes;
}

Napi::Value Session::Memory(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), engine_ ? static_cast<double>(engine_->memory()) : 0);
}

}  // namespace mnn_face
