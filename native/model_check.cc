#include "model_check.h"

#include <string>
#include <vector>

#include "MNN_generated.h"
#include "errors.h"
#include "op_check.h"

namespace mnn_face {
namespace {

// MNN keeps sizes in int.
constexpr size_t kMostBytes = size_t{1} << 30;
constexpr int64_t kMostTensors = 1 << 16;

// Every index inside the table, every input written by an earlier op, every tensor written once.
void CheckIndexes(const MNN::Op& op, std::vector<bool>& written, const OpContext& context) {
  const int64_t tensors = static_cast<int64_t>(written.size());
  if (op.inputIndexes() != nullptr) {
    for (int32_t index : *op.inputIndexes()) {
      context.Require(Within(index, 0, tensors - 1), "it reads a tensor that does not exist");
      context.Require(written[index], "it reads a tensor that no earlier op writes");
    }
  }
  context.Require(SizeOf(op.outputIndexes()) > 0, "it writes no tensor");
  for (int32_t index : *op.outputIndexes()) {
    context.Require(Within(index, 0, tensors - 1), "it writes a tensor that does not exist");
    context.Require(!written[index], "it writes a tensor that another op writes");
    written[index] = true;
  }
}

bool IsSource(MNN::OpType type) { return type == MNN::OpType_Input || type == MNN::OpType_Const; }

}  // namespace

void CheckModel(const uint8_t* data, size_t size) {
  if (size < 16 || size > kMostBytes) {
    throw ModelInvalid("A model of " + std::to_string(size) + " bytes is not an MNN model.");
  }
  flatbuffers::Verifier verifier(data, size, 64, 1 << 22);
  if (!MNN::VerifyNetBuffer(verifier)) {
    throw ModelInvalid("The bytes are not an MNN model, or are damaged.");
  }
  const MNN::Net* net = MNN::GetNet(data);
  if (net->oplists() == nullptr || net->tensorName() == nullptr || net->oplists()->size() == 0) {
    throw ModelInvalid("The model is empty.");
  }
  if (net->usage() != MNN::Usage_INFERENCE) {
    throw ModelUnsupported("The model was saved for another use than inference.");
  }
  if (SizeOf(net->subgraphs()) > 0) throw ModelUnsupported("The model has control flow.");
  const int64_t tensors = SizeOf(net->tensorName());
  if (tensors > kMostTensors || net->tensorNumber() > tensors) {
    throw ModelInvalid("The model's table of tensors is broken.");
  }
  if (SizeOf(net->extraTensorDescribe()) > 0) {
    for (const MNN::TensorDescribe* describe : *net->extraTensorDescribe()) {
      if (describe == nullptr || !Within(describe->index(), 0, tensors - 1)) {
        throw ModelInvalid("The model describes a tensor that does not exist.");
      }
    }
  }
  std::vector<bool> written(tensors, false);
  Channels channels(tensors);
  for (const MNN::Op* op : *net->oplists()) {
    if (op == nullptr) throw ModelInvalid("The model has an empty op.");
    const OpContext context(*op);
    const size_t inputs = static_cast<size_t>(SizeOf(op->inputIndexes()));
    context.Require(IsSource(op->type()) || inputs > 0, "it has no input");
    CheckIndexes(*op, written, context);
    CheckParameter(*op, inputs, channels, context);
    channels.Follow(*op);
  }
}

}  // namespace mnn_face
