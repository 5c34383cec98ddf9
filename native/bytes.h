// Bytes that are written once, all of them: not set to zero first. Too many throw std::bad_alloc.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

namespace mnn_face {

template <typename T>
class UninitialisedAllocator : public std::allocator<T> {
 public:
  template <typename Other>
  struct rebind {
    using other = UninitialisedAllocator<Other>;
  };

  template <typename Other>
  void construct(Other* place) noexcept {
    ::new (static_cast<void*>(place)) Other;
  }
  template <typename Other, typename... Arguments>
  void construct(Other* place, Arguments&&... arguments) {
    ::new (static_cast<void*>(place)) Other(std::forward<Arguments>(arguments)...);
  }
};

using Bytes = std::vector<uint8_t, UninitialisedAllocator<uint8_t>>;

}  // namespace mnn_face
