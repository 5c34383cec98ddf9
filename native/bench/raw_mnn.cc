// The floor of the benchmark: networks run by MNN alone, one after another on one thread, with no
// picture and no JavaScript.
//
//   raw_mnn TASK=MODEL:WxH[,MODEL:WxH...] ...
//
// Reads "TASK COUNT" from stdin and answers a line of JSON: {"milliseconds":[...]}. A run is:
// input copied in, the session run, all outputs copied out, for each network of the task.
#include <MNN/MNNForwardType.h>

#include <MNN/Interpreter.hpp>
#include <MNN/Tensor.hpp>
#include <chrono>
#include <cstdio>
#include <iostream>
#include <map>
#include <memory>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

// MNNDefine.h, as mnn-sys patches it, sends every log line here.
extern "C" void mnn_ffi_emit(const char*, size_t, Level, const char* message) {
  if (message != nullptr) std::fprintf(stderr, "%s\n", message);
}

namespace {

struct Destroy {
  void operator()(MNN::Interpreter* interpreter) const { MNN::Interpreter::destroy(interpreter); }
};

class Network {
 public:
  Network(const std::string& path, int width, int height)
      : interpreter_(MNN::Interpreter::createFromFile(path.c_str())) {
    if (!interpreter_) throw std::runtime_error("MNN cannot read " + path);
    MNN::BackendConfig backend;
    MNN::ScheduleConfig schedule;
    schedule.type = MNN_FORWARD_CPU;
    schedule.numThread = 1;
    schedule.backendConfig = &backend;
    session_ = interpreter_->createSession(schedule);
    if (session_ == nullptr) throw std::runtime_error("MNN cannot run " + path);
    MNN::Tensor* input = interpreter_->getSessionInput(session_, nullptr);
    interpreter_->resizeTensor(input, {1, 3, height, width});
    interpreter_->resizeSession(session_);
    input_ = input;
    staging_.reset(new MNN::Tensor(input, MNN::Tensor::CAFFE, true));
    // Values of a network's usual range; the time does not depend on them.
    for (int i = 0; i < staging_->elementSize(); ++i) {
      staging_->host<float>()[i] = static_cast<float>(i % 255) / 128.0F - 1.0F;
    }
  }

  void Run() {
    input_->copyFromHostTensor(staging_.get());
    if (interpreter_->runSession(session_) != MNN::NO_ERROR) {
      throw std::runtime_error("runSession failed");
    }
    for (const auto& output : interpreter_->getSessionOutputAll(session_)) {
      MNN::Tensor planar(output.second, MNN::Tensor::CAFFE, true);
      output.second->copyToHostTensor(&planar);
    }
  }

 private:
  std::unique_ptr<MNN::Interpreter, Destroy> interpreter_;
  MNN::Session* session_ = nullptr;
  MNN::Tensor* input_ = nullptr;
  std::unique_ptr<MNN::Tensor> staging_;
};

using Task = std::vector<std::unique_ptr<Network>>;

// "MODEL:WxH,MODEL:WxH"
Task ReadTask(const std::string& text) {
  Task networks;
  std::istringstream list(text);
  for (std::string item; std::getline(list, item, ',');) {
    const size_t colon = item.rfind(':');
    int width = 0;
    int height = 0;
    if (colon == std::string::npos ||
        std::sscanf(item.c_str() + colon, ":%dx%d", &width, &height) != 2) {
      throw std::runtime_error("not MODEL:WxH: " + item);
    }
    networks.push_back(std::make_unique<Network>(item.substr(0, colon), width, height));
  }
  return networks;
}

double RunOnce(const Task& task) {
  const auto started = std::chrono::steady_clock::now();
  for (const auto& network : task) network->Run();
  const std::chrono::duration<double, std::milli> elapsed =
      std::chrono::steady_clock::now() - started;
  return elapsed.count();
}

}  // namespace

int main(int argc, char** argv) try {
  std::map<std::string, Task> tasks;
  for (int i = 1; i < argc; ++i) {
    const std::string argument = argv[i];
    const size_t equals = argument.find('=');
    if (equals == std::string::npos) throw std::runtime_error("not TASK=MODEL: " + argument);
    tasks[argument.substr(0, equals)] = ReadTask(argument.substr(equals + 1));
  }
  std::printf("{\"ready\":true,\"versions\":{\"mnn\":\"%s\"}}\n", MNN::getVersion());
  std::fflush(stdout);
  std::string name;
  int count = 0;
  while (std::cin >> name >> count) {
    const auto task = tasks.find(name);
    if (task == tasks.end()) {
      std::printf("{\"error\":\"no such task\"}\n");
    } else {
      std::printf("{\"milliseconds\":[");
      for (int i = 0; i < count; ++i) std::printf(i == 0 ? "%.4f" : ",%.4f", RunOnce(task->second));
      std::printf("]}\n");
    }
    std::fflush(stdout);
  }
  return 0;
} catch (const std::exception& error) {
  std::fprintf(stderr, "%s\n", error.what());
  return 1;
}
