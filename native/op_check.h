// The checks of one op of a model: what its type must carry, and that the sizes fit each other.
// For model_check.cc only.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "MNN_generated.h"
#include "errors.h"

namespace mnn_face {

template <typename Vector>
int64_t SizeOf(const Vector* vector) {
  return vector == nullptr ? 0 : static_cast<int64_t>(vector->size());
}

inline bool Within(int64_t value, int64_t least, int64_t most) {
  return value >= least && value <= most;
}

// What the checks of one op say when they fail.
class OpContext {
 public:
  explicit OpContext(const MNN::Op& op)
      : name_(op.name() == nullptr ? std::string("(unnamed)") : op.name()->str().substr(0, 80)),
        type_(MNN::EnumNameOpType(op.type())) {}

  void Require(bool holds, const char* what) const {
    if (!holds) throw ModelInvalid("Op " + name_ + " (" + type_ + ") is broken: " + what + ".");
  }
  [[noreturn]] void Unsupported(const char* what) const {
    throw ModelUnsupported("Op " + name_ + " (" + type_ + "): " + what + ".");
  }

 private:
  std::string name_;
  std::string type_;
};

// The channels of a tensor where the graph says them (0: it does not). MNN's int8 ops read one
// scale per channel, unchecked.
class Channels {
 public:
  explicit Channels(size_t tensors) : of_(tensors, 0) {}

  int64_t Of(int32_t tensor) const { return of_[tensor]; }

  void Follow(const MNN::Op& op) {
    int64_t channels = 0;
    if (op.main_type() == MNN::OpParameter_Convolution2D) {
      channels = op.main_as_Convolution2D()->common()->outputCount();
    } else if (op.main_type() == MNN::OpParameter_Input && op.main_as_Input()->dims() != nullptr &&
               op.main_as_Input()->dims()->size() == 4) {
      channels = op.main_as_Input()->dims()->Get(1);
    } else if (KeepsChannels(op.type()) && SizeOf(op.inputIndexes()) > 0) {
      channels = of_[op.inputIndexes()->Get(0)];
    }
    for (int32_t index : *op.outputIndexes()) of_[index] = channels;
  }

 private:
  static bool KeepsChannels(MNN::OpType type) {
    switch (type) {
      case MNN::OpType_FloatToInt8:
      case MNN::OpType_Int8ToFloat:
      case MNN::OpType_EltwiseInt8:
      case MNN::OpType_ReLU:
      case MNN::OpType_ReLU6:
      case MNN::OpType_PReLU:
      case MNN::OpType_Pooling:
      case MNN::OpType_Eltwise:
      case MNN::OpType_Scale:
        return true;
      default:
        return false;
    }
  }

  std::vector<int64_t> of_;
};

// Throws CodedError unless the op is known, has the parameters of its type, and they make sense.
// `inputs` is the number of tensors it reads.
void CheckParameter(const MNN::Op& op, size_t inputs, const Channels& channels,
                    const OpContext& context);

}  // namespace mnn_face
