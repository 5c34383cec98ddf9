#include "resample.h"

#include <algorithm>
#include <utility>

#include "arguments.h"
#include "async_task.h"
#include "bytes.h"
#include "cancellation.h"
#include "job.h"

namespace mnn_face {
namespace {

constexpr int64_t kMostPixels = int64_t{8192} * 8192;

class ResampleTask final : public AsyncTask {
 public:
  ResampleTask(Napi::Env env, Job job, const CancelFlag& cancel)
      : AsyncTask(env, "mnn-face:resample", cancel), job_(std::move(job)) {}

 protected:
  void Run() override {
    out_.resize(static_cast<size_t>(job_.width) * job_.height * 3);
    PixelSink sink(out_.data(), job_.width);
    Resample(job_, 0, sink);
    job_.memory.FreeCopy();
  }

  Napi::Value Result(Napi::Env env) override {
    Napi::Uint8Array data = Napi::Uint8Array::New(env, out_.size());
    std::copy(out_.begin(), out_.end(), data.Data());
    return data;
  }

 private:
  Job job_;
  Bytes out_;
};

}  // namespace

Napi::Value ResampleToPixels(const Napi::CallbackInfo& info) {
  const CancelFlag cancel = Cancellation::FlagOf(info[1]);
  Job job = ReadJob(ObjectArgument(info[0], "job"));
  if (job.tensor != nullptr || job.regions() != 1) {
    throw RangeArgumentError(info.Env(), "resample takes one region of a picture");
  }
  if (static_cast<int64_t>(job.width) * job.height > kMostPixels) {
    throw RangeArgumentError(info.Env(), "resample gives 8192 * 8192 pixels at most");
  }
  return (new ResampleTask(info.Env(), std::move(job), cancel))->Start();
}

}  // namespace mnn_face
