#include "inspect.h"

#include <vector>

#include "arguments.h"
#include "async_task.h"
#include "engine.h"
#include "memory.h"

namespace mnn_face {
namespace {

Napi::Array ToArray(Napi::Env env, const std::vector<TensorInfo>& infos) {
  Napi::Array array = Napi::Array::New(env, infos.size());
  for (uint32_t i = 0; i < infos.size(); ++i) {
    Napi::Array shape = Napi::Array::New(env);
    for (int d : infos[i].shape) shape.Set(shape.Length(), Napi::Number::New(env, d));
    Napi::Object object = Napi::Object::New(env);
    object.Set("name", Napi::String::New(env, infos[i].name));
    object.Set("shape", shape);
    array.Set(i, object);
  }
  return array;
}

class InspectTask final : public AsyncTask {
 public:
  InspectTask(Napi::Env env, const Napi::Uint8Array& model)
      : AsyncTask(env, "mnn-face:inspect"), model_(model) {}

 protected:
  void Run() override { info_ = Inspect(model_.data(), model_.size()); }

  Napi::Value Result(Napi::Env env) override {
    Napi::Object result = Napi::Object::New(env);
    result.Set("inputs", ToArray(env, info_.inputs));
    result.Set("outputs", ToArray(env, info_.outputs));
    return result;
  }

 private:
  Memory model_;
  ModelInfo info_;
};

}  // namespace

Napi::Value InspectModel(const Napi::CallbackInfo& info) {
  return (new InspectTask(info.Env(), BytesArgument(info[0], "model")))->Start();
}

}  // namespace mnn_face
