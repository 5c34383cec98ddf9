// Refuses a model that would make MNN read or write out of bounds, or open another file.
// MNN verifies the flatbuffer, not its meaning; this walks the graph before MNN sees it.
#pragma once

#include <cstddef>
#include <cstdint>

namespace mnn_face {

// Throws CodedError: ERR_MODEL_INVALID (broken or hostile) or ERR_MODEL_UNSUPPORTED (an op or a
// feature that face networks have no use for).
void CheckModel(const uint8_t* data, size_t size);

}  // namespace mnn_face
