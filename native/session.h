// The JavaScript class `Session`: a loaded model, its lanes and the queue before them.
#pragma once

#include <napi.h>

#include <deque>
#include <memory>
#include <vector>

#include "cancel_flag.h"
#include "engine.h"
#include "image.h"
#include "memory.h"

namespace mnn_face {

enum class Geometry { kLinear, kCubic, kArea, kWarp };

// One call of run(): a picture, the regions of it to run the network on, and how to read them.
struct Job {
  // What `picture` or `tensor` points into.
  Memory memory;
  PixelView picture;
  Geometry geometry = Geometry::kLinear;
  std::vector<Rectangle> rectangles;
  std::vector<Affine> maps;
  Normalisation normalisation;
  int width = 0;
  int height = 0;
  // With kArea: the size that regions are brought to, and where in it the width x height part lies.
  int whole_width = 0;
  int whole_height = 0;
  Rectangle part{0, 0, 0, 0};
  // A ready input tensor instead of a picture.
  const float* tensor = nullptr;

  size_t regions() const {
    return tensor != nullptr ? 1 : geometry == Geometry::kWarp ? maps.size() : rectangles.size();
  }
};

class RunTask;

class Session : public Napi::ObjectWrap<Session> {
 public:
  static Napi::Function Define(Napi::Env env);
  static Napi::Value Load(const Napi::CallbackInfo& info);
  explicit Session(const Napi::CallbackInfo& info);
  ~Session() override;

  // Called by tasks on the JavaScript thread.
  void LaneFree(int lane);

 private:
  friend class LoadTask;

  Napi::Value Run(const Napi::CallbackInfo& info);
  Napi::Value Close(const Napi::CallbackInfo& info);
  Napi::Value OutputShapes(const Napi::CallbackInfo& info);
  Napi::Value Memory(const Napi::CallbackInfo& info);

  void Adopt(std::shared_ptr<Engine> engine);
  void Dispatch();
  void AccountMemory();
  void FinishClosing();

  std::shared_ptr<Engine> engine_;
  std::vector<int> free_lanes_;
  int running_ = 0;
  bool closed_ = false;
  int64_t accounted_ = 0;
  std::deque<RunTask*> queue_;
  std::vector<Napi::Promise::Deferred> closing_;
};

}  // namespace mnn_face
