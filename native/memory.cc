#include "memory.h"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <memory>
#include <string>
#include <utility>

#include "arguments.h"
#include "async_task.h"

namespace mnn_face {
namespace {

constexpr napi_type_tag kHeldTag = {0x3f6c1d0b92e84a57, 0xb5e07c4483f1d629};

std::atomic<uint64_t> copied_bytes{0};

struct View {
  const uint8_t* data;
  size_t size;
  Napi::Value buffer;
};

View ViewOf(const Napi::TypedArray& array) {
  const Napi::Env env = array.Env();
  napi_typedarray_type type;
  size_t length = 0;
  void* data = nullptr;
  napi_value buffer = nullptr;
  size_t offset = 0;
  if (napi_get_typedarray_info(env, array, &type, &length, &data, &buffer, &offset) != napi_ok) {
    throw ArgumentError(env, "The memory of a typed array cannot be read");
  }
  return {static_cast<const uint8_t*>(data), length * array.ElementSize(), {env, buffer}};
}

Napi::Error OutOfMemory(Napi::Env env, size_t size) {
  return CodedJsError(env, "ERR_OUT_OF_MEMORY",
                      "There is no memory for " + std::to_string(size) + " bytes.");
}

// Less is copied sooner than it is wrapped.
constexpr size_t kLittle = 64 * 1024;

}  // namespace

bool IsHeld(const Napi::TypedArray& array) { return array.CheckTypeTag(&kHeldTag); }

Memory::Memory(const Napi::TypedArray& array) {
  const View view = ViewOf(array);
  size_ = view.size;
  if (IsHeld(array)) {
    data_ = view.data;
    held_ = Napi::Persistent(array.As<Napi::Object>());
    return;
  }
  try {
    copy_.resize(view.size);
  } catch (const std::exception&) {
    throw OutOfMemory(array.Env(), view.size);
  }
  if (size_ > 0) std::memcpy(copy_.data(), view.data, size_);
  data_ = copy_.data();
  copied_bytes += size_;
}

void Memory::FreeCopy() {
  if (copy_.empty()) return;
  data_ = nullptr;
  size_ = 0;
  Bytes().swap(copy_);
}

Napi::Value HoldArray(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  if (!info[0].IsTypedArray()) throw ArgumentError(env, "hold() takes a typed array");
  const Napi::TypedArray array = info[0].As<Napi::TypedArray>();
  if (IsHeld(array)) return array;
  const Napi::Value buffer = ViewOf(array).buffer;
  if (!buffer.IsArrayBuffer()) throw ArgumentError(env, "Shared memory cannot be held");
  if (buffer.As<Napi::ArrayBuffer>().IsDetached()) {
    throw ArgumentError(env, "Detached memory cannot be held");
  }
  const Napi::Value resizable = buffer.As<Napi::Object>().Get("resizable");
  if (resizable.IsBoolean() && resizable.As<Napi::Boolean>().Value()) {
    throw ArgumentError(env, "Resizable memory cannot be held");
  }
  array.TypeTag(&kHeldTag);
  return array;
}

Napi::Value CopiedBytes(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), static_cast<double>(copied_bytes.load()));
}

Napi::Float32Array TakeFloats(Napi::Env env, std::vector<float> values) {
  const size_t bytes = values.size() * sizeof(float);
  if (bytes > kLittle) {
    auto owner = std::make_unique<std::vector<float>>(std::move(values));
    napi_value buffer = nullptr;
    const auto free = [](napi_env, void*, void* hint) {
      const std::unique_ptr<std::vector<float>> ended(static_cast<std::vector<float>*>(hint));
    };
    const napi_status status =
        napi_create_external_arraybuffer(env, owner->data(), bytes, free, owner.get(), &buffer);
    if (status == napi_ok) {
      const size_t length = owner.release()->size();
      return Napi::Float32Array::New(env, length, {env, buffer}, 0);
    }
    values = std::move(*owner);
  }
  Napi::Float32Array copy = Napi::Float32Array::New(env, values.size());
  std::copy(values.begin(), values.end(), copy.Data());
  return copy;
}

Napi::Uint8Array NewHeldBytes(Napi::Env env, size_t size) {
  Napi::Value made;
  try {
    made = env.Global()
               .Get("Uint8Array")
               .As<Napi::Function>()
               .New({Napi::Number::New(env, static_cast<double>(size))});
  } catch (const Napi::Error&) {
    throw OutOfMemory(env, size);
  }
  if (!made.IsTypedArray()) throw OutOfMemory(env, size);
  const Napi::Uint8Array array = made.As<Napi::Uint8Array>();
  if (array.ByteLength() != size) throw OutOfMemory(env, size);
  array.TypeTag(&kHeldTag);
  return array;
}

}  // namespace mnn_face
