#include "resample.h"

#include <utility>
#include <vector>

#include "arguments.h"
#include "async_task.h"
#include "job.h"

namespace mnn_face {
namespace {

class ResampleTask final : public AsyncTask {
 public:
  ResampleTask(Napi::Env env, Job job, const Napi::Object& pixels)
      : AsyncTask(env, "mnn-face:resample"),
        job_(std::move(job)),
        pixels_reference_(Napi::Persistent(pixels)) {}

 protected:
  void Run() override {
    out_.resize(static_cast<size_t>(job_.width) * job_.height * 3);
    PixelSink sink(out_.data(), job_.width);
    Resample(job_, 0, sink);
  }

  Napi::Value Result(Napi::Env env) override {
    Napi::Uint8Array data = Napi::Uint8Array::New(env, out_.size());
    std::copy(out_.begin(), out_.end(), data.Data());
    return data;
  }

 private:
  Job job_;
  Napi::ObjectReference pixels_reference_;
  std::vector<uint8_t> out_;
};

}  // namespace

Napi::Value ResampleToPixels(const Napi::CallbackInfo& info) {
  const Napi::Object description = ObjectArgument(info[0], "job");
  Job job = ReadJob(description);
  if (job.tensor != nullptr || job.regions() != 1) {
    throw RangeArgumentError(info.Env(), "resample takes one region of a picture");
  }
  return (new ResampleTask(info.Env(), std::move(job), PixelsOf(description)))->Start();
}

}  // namespace mnn_face
