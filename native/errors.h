// The one exception type of the native code: a message for people and a code for programs.
// It never leaves the addon: async_task.h and arguments.h turn it into a JavaScript error.
#pragma once

#include <stdexcept>
#include <string>

namespace mnn_face {

class CodedError : public std::runtime_error {
 public:
  CodedError(const char* code, const std::string& message)
      : std::runtime_error(message), code_(code) {}

  // One of the codes of src/errors.ts, e.g. "ERR_MODEL_INVALID".
  const char* code() const { return code_; }

 private:
  const char* code_;
};

inline CodedError ModelInvalid(const std::string& message) {
  return CodedError("ERR_MODEL_INVALID", message);
}

inline CodedError ModelUnsupported(const std::string& message) {
  return CodedError("ERR_MODEL_UNSUPPORTED", message);
}

}  // namespace mnn_face
