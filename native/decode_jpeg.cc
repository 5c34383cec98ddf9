#include "decode_jpeg.h"

#include "arguments.h"
#include "async_task.h"
#include "jpeg_decoder.h"

namespace mnn_face {
namespace {

class DecodeTask final : public AsyncTask {
 public:
  DecodeTask(Napi::Env env, const Napi::Uint8Array& bytes, const JpegPlan& plan)
      : AsyncTask(env, "mnn-face:decode-jpeg"),
        plan_(plan),
        bytes_(bytes.Data()),
        size_(bytes.ByteLength()),
        bytes_reference_(Napi::Persistent(bytes.As<Napi::Object>())) {
    // Decoded where JavaScript will read it: not one copy of the pixels.
    Napi::Uint8Array pixels =
        Napi::Uint8Array::New(env, static_cast<size_t>(plan.width) * plan.height * 3);
    out_ = pixels.Data();
    out_reference_ = Napi::Persistent(pixels.As<Napi::Object>());
  }

 protected:
  void Run() override { decoded_ = DecodeJpeg(bytes_, size_, plan_, out_); }

  Napi::Value Result(Napi::Env env) override {
    if (!decoded_) return env.Undefined();
    Napi::Object result = Napi::Object::New(env);
    result.Set("data", out_reference_.Value());
    result.Set("width", plan_.width);
    result.Set("height", plan_.height);
    result.Set("fullWidth", plan_.full_width);
    result.Set("fullHeight", plan_.full_height);
    return result;
  }

 private:
  JpegPlan plan_;
  const uint8_t* bytes_;
  size_t size_;
  uint8_t* out_ = nullptr;
  bool decoded_ = false;
  Napi::ObjectReference bytes_reference_;
  Napi::ObjectReference out_reference_;
};

}  // namespace

Napi::Value DecodeJpegToPixels(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const Napi::Uint8Array bytes = BytesArgument(info[0], "jpeg");
  const Napi::Object options = ObjectArgument(info[1], "options");
  const double max_pixels = NumberArgument(options.Get("maxPixels"), "maxPixels");
  const int least_side = IntegerArgument(options.Get("leastSide"), "leastSide", 0, 1 << 16);
  const auto plan = PlanJpeg(bytes.Data(), bytes.ByteLength(), max_pixels, least_side);
  if (!plan) {
    const auto deferred = Napi::Promise::Deferred::New(env);
    deferred.Resolve(env.Undefined());
    return deferred.Promise();
  }
  return (new DecodeTask(env, bytes, *plan))->Start();
}

}  // namespace mnn_face
