#include "decode_jpeg.h"

#include <memory>
#include <utility>

#include "arguments.h"
#include "async_task.h"
#include "cancellation.h"
#include "jpeg_decoder.h"
#include "memory.h"

namespace mnn_face {
namespace {

// A file on its way through both tasks.
struct JpegWork {
  JpegWork(Memory bytes, const JpegOptions& options, const CancelFlag& cancel)
      : file(std::move(bytes)), decoder(file.data(), file.size(), options, cancel) {}

  Memory file;
  JpegDecoder decoder;
};

// The second task, whose memory for the pixels is JavaScript's: no copy of them is made.
class DecodeTask final : public AsyncTask {
 public:
  DecodeTask(const AsyncTask& plan, std::unique_ptr<JpegWork> work)
      : AsyncTask(plan, "mnn-face:decode-jpeg"), work_(std::move(work)) {
    Napi::Uint8Array pixels = NewHeldBytes(Env(), work_->decoder.plan().bytes());
    out_ = pixels.Data();
    out_reference_ = Napi::Persistent(pixels.As<Napi::Object>());
  }

 protected:
  void Run() override {
    decoded_ = work_->decoder.Decode(out_);
    work_->file.FreeCopy();
  }

  Napi::Value Result(Napi::Env env) override {
    if (!decoded_) return env.Undefined();
    const JpegPlan& plan = work_->decoder.plan();
    Napi::Object result = Napi::Object::New(env);
    result.Set("data", out_reference_.Value());
    result.Set("width", plan.width);
    result.Set("height", plan.height);
    result.Set("fullWidth", plan.full_width);
    result.Set("fullHeight", plan.full_height);
    Napi::Array warnings = Napi::Array::New(env);
    for (const std::string& warning : work_->decoder.warnings()) {
      warnings.Set(warnings.Length(), Napi::String::New(env, warning));
    }
    result.Set("warnings", warnings);
    return result;
  }

 private:
  std::unique_ptr<JpegWork> work_;
  uint8_t* out_ = nullptr;
  bool decoded_ = false;
  Napi::ObjectReference out_reference_;
};

// The first task: the header of a file can be of any length, so it is not read on the event loop.
class PlanTask final : public AsyncTask {
 public:
  PlanTask(Napi::Env env, std::unique_ptr<JpegWork> work, const CancelFlag& cancel)
      : AsyncTask(env, "mnn-face:plan-jpeg", cancel), work_(std::move(work)) {}

 protected:
  void Run() override { planned_ = work_->decoder.Plan(); }

  AsyncTask* Next() override {
    return planned_ ? new DecodeTask(*this, std::move(work_)) : nullptr;
  }

  Napi::Value Result(Napi::Env env) override { return env.Undefined(); }

 private:
  std::unique_ptr<JpegWork> work_;
  bool planned_ = false;
};

bool KeepsDamaged(const Napi::Value& value) {
  if (value.IsUndefined()) return false;
  const std::string errors = StringArgument(value, "decodeErrors");
  if (errors != "fail" && errors != "warn") {
    throw RangeArgumentError(value.Env(), "decodeErrors must be fail or warn");
  }
  return errors == "warn";
}

}  // namespace

Napi::Value DecodeJpegToPixels(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const Napi::Object description = ObjectArgument(info[1], "options");
  JpegOptions options;
  options.max_pixels = NumberArgument(description.Get("maxPixels"), "maxPixels");
  options.least_side = IntegerArgument(description.Get("leastSide"), "leastSide", 0, 1 << 16);
  options.keep_damaged = KeepsDamaged(description.Get("decodeErrors"));
  const CancelFlag cancel = Cancellation::FlagOf(description.Get("cancellation"));
  auto work = std::make_unique<JpegWork>(Memory(BytesArgument(info[0], "jpeg")), options, cancel);
  return (new PlanTask(env, std::move(work), cancel))->Start();
}

}  // namespace mnn_face
