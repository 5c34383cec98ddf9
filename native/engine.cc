#include "engine.h"

#include <MNN/MNNForwardType.h>

#include <MNN/Interpreter.hpp>
#include <MNN/Tensor.hpp>
#include <map>
#include <utility>

#include "errors.h"
#include "model_check.h"

namespace {

// MNN logs from any thread, so this may touch neither N-API nor the terminal.
thread_local std::string last_log;

}  // namespace

// MNNDefine.h, as mnn-sys patches it, sends every log line here. The enum `Level` is declared
// there.
extern "C" void mnn_ffi_emit(const char*, size_t, Level, const char* message) {
  std::string line(message == nullptr ? "" : message);
  while (!line.empty() && (line.back() == '\n' || line.back() == ' ')) line.pop_back();
  if (!line.empty()) last_log = std::move(line);
}

namespace mnn_face {

std::string MnnVersion() { return MNN::getVersion(); }

std::string TakeMnnLog() { return std::exchange(last_log, std::string()); }

namespace {

// MNN's own MNN_CPU_USE_DEFAULT_BACKEND (source/core/Backend.hpp), which its public headers lack.
constexpr size_t kUseDefaultBackend = 4;

// Larger inputs are refused before MNN allocates for them: RFB-320 takes 1.2 GB for 4096 x 4096
// x 3.
constexpr int64_t kMostInputValues = int64_t{4096} * 4096 * 3;

std::string ShapeText(const std::vector<int>& shape) {
  std::string text;
  for (int d : shape) text += (text.empty() ? "" : "x") + std::to_string(d);
  return text.empty() ? "scalar" : text;
}

std::string WithLog(std::string message) {
  const std::string log = TakeMnnLog();
  return log.empty() ? message : message + " MNN says: " + log;
}

size_t Count(const std::vector<int>& shape) {
  size_t count = 1;
  for (int d : shape) count *= static_cast<size_t>(d);
  return count;
}

void CheckInputShape(const std::vector<int>& shape) {
  int64_t values = 1;
  bool valid = shape.size() == 4;
  for (int d : shape) {
    valid = valid && d > 0 && d <= 1 << 20;
    if (!valid) break;
    values *= d;
    valid = values <= kMostInputValues;
  }
  if (!valid) throw ModelInvalid("An input of shape " + ShapeText(shape) + " is not supported.");
}

bool ShapeMatches(const std::vector<int>& wanted, const std::vector<int>& actual) {
  if (wanted.empty()) return true;
  if (wanted.size() != actual.size()) return false;
  for (size_t i = 0; i < wanted.size(); ++i) {
    if (wanted[i] != -1 && wanted[i] != actual[i]) return false;
  }
  return true;
}

void CheckFloat(const MNN::Tensor* tensor, const std::string& name) {
  if (tensor->getType() != halide_type_of<float>()) {
    throw ModelUnsupported("Tensor \"" + name + "\" is not of type float32.");
  }
}

struct InterpreterDeleter {
  void operator()(MNN::Interpreter* interpreter) const { MNN::Interpreter::destroy(interpreter); }
};

class MnnLane final : public Lane {
 public:
  MnnLane(const std::vector<uint8_t>& model, const EngineOptions& options) : options_(options) {
    interpreter_.reset(MNN::Interpreter::createFromBuffer(model.data(), model.size()));
    if (!interpreter_) throw ModelInvalid(WithLog("MNN cannot read the model."));
    interpreter_->setSessionMode(MNN::Interpreter::Session_Release);
    MNN::BackendConfig backend;
    backend.precision = options.precision == Precision::kHigh ? MNN::BackendConfig::Precision_High
                        : options.precision == Precision::kLow
                            ? MNN::BackendConfig::Precision_Low
                            : MNN::BackendConfig::Precision_Normal;
    if (options.kernels == Kernels::kBaseline) backend.flags = kUseDefaultBackend;
    MNN::ScheduleConfig schedule;
    schedule.type = MNN_FORWARD_CPU;
    schedule.numThread = options.threads;
    schedule.backendConfig = &backend;
    for (const OutputSpec& output : options.outputs) schedule.saveTensors.push_back(output.name);
    session_ = interpreter_->createSession(schedule);
    if (session_ == nullptr) throw ModelUnsupported(WithLog("MNN cannot run the model."));
    // By name in the map: getSessionInput prints and returns nullptr, or takes any for a null name.
    const auto& inputs = interpreter_->getSessionInputAll(session_);
    const auto input = inputs.find(options.input);
    if (input == inputs.end() || inputs.size() != 1) {
      throw ModelInvalid("The model has no single input named \"" + options.input + "\".");
    }
    input_ = input->second;
    CheckFloat(input_, options.input);
    Resize(options.input_shape);
  }

  void Run(const std::vector<int>& input_shape, const std::function<void(float*)>& fill,
           std::vector<OutputTensor>& outputs) override {
    if (input_shape != shape_) Resize(input_shape);
    if (planar_input_) {
      fill(input_->host<float>());
    } else {
      fill(staging_->host<float>());
      if (!input_->copyFromHostTensor(staging_.get())) {
        throw ModelUnsupported(WithLog("MNN did not take the input."));
      }
    }
    const MNN::ErrorCode code = interpreter_->runSession(session_);
    if (code != MNN::NO_ERROR) {
      throw ModelUnsupported(
          WithLog("MNN failed to run the model (code " + std::to_string(code) + ")."));
    }
    outputs.resize(outputs_.size());
    for (size_t i = 0; i < outputs_.size(); ++i) Append(outputs_[i], outputs[i]);
  }

  std::vector<std::vector<int>> OutputShapes() const {
    std::vector<std::vector<int>> shapes;
    for (const MNN::Tensor* output : outputs_) shapes.push_back(output->shape());
    return shapes;
  }

  size_t Memory() const {
    float megabytes = 0;
    interpreter_->getSessionInfo(session_, MNN::Interpreter::MEMORY, &megabytes);
    return megabytes > 0 ? static_cast<size_t>(megabytes * 1024 * 1024) : 0;
  }

 private:
  void Resize(const std::vector<int>& shape) {
    CheckInputShape(shape);
    shape_.clear();  // a failed resize must not look like a done one
    interpreter_->resizeTensor(input_, shape);
    interpreter_->resizeSession(session_);
    int status = -1;
    // createSession and resizeSession do not say that they failed; this does.
    if (!interpreter_->getSessionInfo(session_, MNN::Interpreter::RESIZE_STATUS, &status) ||
        status != 0) {
      throw ModelUnsupported(WithLog("MNN cannot run the model on an input of " + ShapeText(shape) +
                                     " (resize status " + std::to_string(status) + ")."));
    }
    if (input_->shape() != shape) {
      throw ModelInvalid("The model takes " + ShapeText(input_->shape()) + " where " +
                         ShapeText(shape) + " was asked for.");
    }
    // getDimensionType() says CAFFE for 4-channel blocks too; the padding to 4 channels shows.
    planar_input_ = input_->getDimensionType() == MNN::Tensor::CAFFE &&
                    input_->host<float>() != nullptr &&
                    static_cast<size_t>(input_->size()) == Count(shape) * sizeof(float);
    staging_.reset(planar_input_ ? nullptr : new MNN::Tensor(input_, MNN::Tensor::CAFFE, true));
    const auto& available = interpreter_->getSessionOutputAll(session_);
    outputs_.clear();
    for (const OutputSpec& spec : options_.outputs) {
      const auto output = available.find(spec.name);
      if (output == available.end()) {
        throw ModelInvalid("The model has no output named \"" + spec.name + "\".");
      }
      CheckFloat(output->second, spec.name);
      for (int d : output->second->shape()) {
        if (d <= 0) throw ModelInvalid("Output \"" + spec.name + "\" is empty.");
      }
      outputs_.push_back(output->second);
    }
    shape_ = shape;
  }

  static void Append(MNN::Tensor* output, OutputTensor& to) {
    to.shape = output->shape();
    MNN::Tensor planar(output, MNN::Tensor::CAFFE, true);
    if (!output->copyToHostTensor(&planar)) {
      throw ModelUnsupported(WithLog("MNN did not give an output."));
    }
    const float* from = planar.host<float>();
    to.data.insert(to.data.end(), from, from + Count(to.shape));
  }

  const EngineOptions& options_;
  std::unique_ptr<MNN::Interpreter, InterpreterDeleter> interpreter_;
  MNN::Session* session_ = nullptr;
  MNN::Tensor* input_ = nullptr;
  std::vector<MNN::Tensor*> outputs_;
  std::vector<int> shape_;
  bool planar_input_ = false;
  std::unique_ptr<MNN::Tensor> staging_;
};

}  // namespace

ModelInfo Inspect(const uint8_t* model, size_t size) {
  const std::vector<uint8_t> copy(model, model + size);
  CheckModel(copy.data(), copy.size());
  const std::unique_ptr<MNN::Interpreter, InterpreterDeleter> interpreter(
      MNN::Interpreter::createFromBuffer(copy.data(), copy.size()));
  if (!interpreter) throw ModelInvalid(WithLog("MNN cannot read the model."));
  MNN::ScheduleConfig schedule;
  schedule.numThread = 1;
  MNN::Session* session = interpreter->createSession(schedule);
  if (session == nullptr) throw ModelUnsupported(WithLog("MNN cannot run the model."));
  const auto list = [](const std::map<std::string, MNN::Tensor*>& tensors) {
    std::vector<TensorInfo> infos;
    for (const auto& [name, tensor] : tensors) infos.push_back({name, tensor->shape()});
    return infos;
  };
  return {list(interpreter->getSessionInputAll(session)),
          list(interpreter->getSessionOutputAll(session))};
}

Engine::Engine(std::vector<uint8_t> model, EngineOptions options)
    : options_(std::move(options)), model_(std::move(model)), lanes_(options_.lanes) {}

Engine::~Engine() = default;

std::shared_ptr<Engine> Engine::Load(const uint8_t* model, size_t size, EngineOptions options) {
  CheckInputShape(options.input_shape);
  // The copy is aligned, which the caller's bytes need not be, and cannot change after the check.
  std::shared_ptr<Engine> engine(
      new Engine(std::vector<uint8_t>(model, model + size), std::move(options)));
  CheckModel(engine->model_.data(), engine->model_.size());
  engine->lanes_[0] = engine->MakeLane(&engine->output_shapes_);
  for (size_t i = 0; i < engine->options_.outputs.size(); ++i) {
    const OutputSpec& spec = engine->options_.outputs[i];
    const std::vector<int>& shape = engine->output_shapes_[i];
    if (!ShapeMatches(spec.shape, shape)) {
      throw ModelInvalid("Output \"" + spec.name + "\" is " + ShapeText(shape) + " where " +
                         ShapeText(spec.shape) + " was expected.");
    }
  }
  return engine;
}

std::unique_ptr<Lane> Engine::MakeLane(std::vector<std::vector<int>>* output_shapes) {
  auto lane = std::make_unique<MnnLane>(model_, options_);
  if (output_shapes != nullptr) *output_shapes = lane->OutputShapes();
  memory_ += lane->Memory() + model_.size();
  return lane;
}

Lane& Engine::lane(int index) {
  std::unique_ptr<Lane>& lane = lanes_.at(index);
  if (!lane) lane = MakeLane(nullptr);
  return *lane;
}

}  // namespace mnn_face
