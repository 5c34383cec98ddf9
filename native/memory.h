// Memory of JavaScript's that native work reads or writes on another thread.
//
// JavaScript can free a typed array's memory at any time (resize, transfer, garbage collection) and
// can write to it from another thread. So what a call is given is copied, unless the array is held:
// marked, by hold(), as one that the library made and hands out to nobody.
#pragma once

#include <napi.h>

#include <cstdint>
#include <vector>

#include "bytes.h"

namespace mnn_face {

// Either a copy, or a held array and a reference to it. Made and destroyed on the JavaScript
// thread.
class Memory {
 public:
  Memory() = default;
  // Runs no JavaScript: read all else first, since a getter may free what was looked at before.
  explicit Memory(const Napi::TypedArray& array);

  // Stays where it is when the object moves.
  const uint8_t* data() const { return data_; }
  size_t size() const { return size_; }

  // Frees a copy, on any thread: of hundreds of megabytes that takes a while.
  void FreeCopy();

 private:
  const uint8_t* data_ = nullptr;
  size_t size_ = 0;
  Bytes copy_;
  Napi::ObjectReference held_;
};

// hold(array): marks it and gives it back. Throws for memory that is shared, resizable or detached.
Napi::Value HoldArray(const Napi::CallbackInfo& info);

// copied(): the bytes that were copied so far.
Napi::Value CopiedBytes(const Napi::CallbackInfo& info);

bool IsHeld(const Napi::TypedArray& array);

// An array on the memory of `values`: nothing is copied, unless it is little or the engine allows
// memory of its own only.
Napi::Float32Array TakeFloats(Napi::Env env, std::vector<float> values);

// A new array of zeros, held. Throws ERR_OUT_OF_MEMORY, where N-API's own function ends the
// process.
Napi::Uint8Array NewHeldBytes(Napi::Env env, size_t size);

}  // namespace mnn_face
