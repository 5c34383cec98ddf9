// Any bytes as a model, in the checker that stands before MNN. What it refuses it must refuse by
// its own error.
#include <cstddef>
#include <cstdint>
#include <vector>

#include "../errors.h"
#include "../model_check.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  // The addon's copy is aligned, as flatbuffers needs it.
  const std::vector<uint8_t> model(data, data + size);
  try {
    mnn_face::CheckModel(model.data(), model.size());
  } catch (const mnn_face::CodedError&) {
  }
  return 0;
}
