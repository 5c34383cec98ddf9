// Says to work on another thread that nobody waits for it any more. Knows no JavaScript.
#pragma once

#include <atomic>
#include <memory>

#include "errors.h"

namespace mnn_face {

class CancelFlag {
 public:
  // One that is never set.
  CancelFlag() = default;

  static CancelFlag Make() {
    CancelFlag flag;
    flag.set_ = std::make_shared<std::atomic<bool>>(false);
    return flag;
  }

  void Set() const {
    if (set_) set_->store(true, std::memory_order_relaxed);
  }
  bool IsSet() const noexcept { return set_ && set_->load(std::memory_order_relaxed); }

  // Throws ERR_ABORTED when it is set.
  void Check() const {
    if (IsSet()) throw CodedError("ERR_ABORTED", kMessage);
  }

  static constexpr const char* kMessage = "The call was aborted.";

 private:
  std::shared_ptr<std::atomic<bool>> set_;
};

}  // namespace mnn_face
