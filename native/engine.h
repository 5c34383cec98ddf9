// A model on MNN: bytes in, lanes that run it. The only file pair that includes MNN's headers
// (with model_check), and it knows no JavaScript.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace mnn_face {

enum class Precision { kNormal, kHigh, kLow };

// Which of MNN's kernels: the best that the CPU has, or those of 4-channel blocks that every CPU
// has.
enum class Kernels { kBest, kBaseline };

struct OutputSpec {
  std::string name;
  // What the output must be for the initial input; empty: not checked. -1: any.
  std::vector<int> shape;
};

struct EngineOptions {
  int lanes = 1;
  // MNN's threads in one lane. Above 1 they come from a process-wide pool with two users at most.
  int threads = 1;
  Precision precision = Precision::kNormal;
  Kernels kernels = Kernels::kBest;
  std::string input;
  // NCHW; what the lanes are made for. Other sizes of a later run resize the lane.
  std::vector<int> input_shape;
  std::vector<OutputSpec> outputs;
};

struct OutputTensor {
  std::vector<int> shape;
  std::vector<float> data;
};

// One Interpreter with one session. Not for two threads at once.
class Lane {
 public:
  virtual ~Lane() = default;
  // Gives `fill` the input tensor, as NCHW floats, to write, then runs and appends each output
  // to `outputs` (one entry per OutputSpec).
  virtual void Run(const std::vector<int>& input_shape, const std::function<void(float*)>& fill,
                   std::vector<OutputTensor>& outputs) = 0;
};

// Never runs by itself: the caller has each lane used by one thread at a time.
class Engine {
 public:
  // Checks and loads the model and makes the first lane. Throws CodedError.
  static std::shared_ptr<Engine> Load(const uint8_t* model, size_t size, EngineOptions options);
  ~Engine();

  int lanes() const { return static_cast<int>(lanes_.size()); }
  // Lane `index`, made at its first use: one that is never needed costs no memory.
  Lane& lane(int index);
  // The shapes of the outputs for the initial input shape.
  const std::vector<std::vector<int>>& output_shapes() const { return output_shapes_; }
  // Bytes that the model and the lanes made so far hold, as MNN reports them.
  size_t memory() const { return memory_; }

 private:
  Engine(std::vector<uint8_t> model, EngineOptions options);
  std::unique_ptr<Lane> MakeLane(std::vector<std::vector<int>>* output_shapes);

  EngineOptions options_;
  std::vector<uint8_t> model_;
  std::vector<std::unique_ptr<Lane>> lanes_;
  std::vector<std::vector<int>> output_shapes_;
  std::atomic<size_t> memory_{0};
};

struct TensorInfo {
  std::string name;
  std::vector<int> shape;  // -1 where the model leaves a size open
};

struct ModelInfo {
  std::vector<TensorInfo> inputs;
  std::vector<TensorInfo> outputs;
};

// Checks a model and reads its inputs and outputs, without running it. Throws CodedError.
ModelInfo Inspect(const uint8_t* model, size_t size);

// MNN's version, e.g. "3.3.0".
std::string MnnVersion();

// The last line that MNN logged on this thread, and forgets it. For error messages.
std::string TakeMnnLog();

}  // namespace mnn_face
