// Reads JavaScript arguments strictly. TypeScript has validated them already with better words;
// these checks keep a mistake there from becoming a crash here.
#pragma once

#include <napi.h>

#include <cmath>
#include <string>
#include <vector>

namespace mnn_face {

inline Napi::Error CodedJsError(Napi::Env env, const char* code, const std::string& message) {
  Napi::Error error = Napi::Error::New(env, message);
  error.Set("code", Napi::String::New(env, code));
  return error;
}

inline Napi::Error ArgumentError(Napi::Env env, const std::string& what) {
  Napi::Error error = Napi::TypeError::New(env, what);
  error.Set("code", Napi::String::New(env, "ERR_INVALID_ARG_TYPE"));
  return error;
}

inline Napi::Error RangeArgumentError(Napi::Env env, const std::string& what) {
  Napi::Error error = Napi::RangeError::New(env, what);
  error.Set("code", Napi::String::New(env, "ERR_OUT_OF_RANGE"));
  return error;
}

inline Napi::Object ObjectArgument(const Napi::Value& value, const char* name) {
  if (!value.IsObject()) throw ArgumentError(value.Env(), std::string(name) + " must be an object");
  return value.As<Napi::Object>();
}

inline double NumberArgument(const Napi::Value& value, const char* name) {
  if (!value.IsNumber()) throw ArgumentError(value.Env(), std::string(name) + " must be a number");
  const double number = value.As<Napi::Number>().DoubleValue();
  if (!std::isfinite(number)) {
    throw RangeArgumentError(value.Env(), std::string(name) + " must be finite");
  }
  return number;
}

inline int IntegerArgument(const Napi::Value& value, const char* name, int least, int most) {
  const double number = NumberArgument(value, name);
  if (number != std::floor(number) || number < least || number > most) {
    throw RangeArgumentError(value.Env(), std::string(name) + " must be an integer from " +
                                              std::to_string(least) + " to " +
                                              std::to_string(most));
  }
  return static_cast<int>(number);
}

inline std::string StringArgument(const Napi::Value& value, const char* name) {
  if (!value.IsString()) throw ArgumentError(value.Env(), std::string(name) + " must be a string");
  return value.As<Napi::String>().Utf8Value();
}

inline Napi::Array ArrayArgument(const Napi::Value& value, const char* name) {
  if (!value.IsArray()) throw ArgumentError(value.Env(), std::string(name) + " must be an array");
  return value.As<Napi::Array>();
}

inline std::vector<int> IntegersArgument(const Napi::Value& value, const char* name, int least,
                                         int most) {
  const Napi::Array array = ArrayArgument(value, name);
  std::vector<int> numbers;
  for (uint32_t i = 0; i < array.Length(); ++i) {
    numbers.push_back(IntegerArgument(array.Get(i), name, least, most));
  }
  return numbers;
}

inline void FloatsArgument(const Napi::Value& value, const char* name, float* out, uint32_t count) {
  const Napi::Array array = ArrayArgument(value, name);
  if (array.Length() != count) {
    throw RangeArgumentError(value.Env(),
                             std::string(name) + " must have " + std::to_string(count) + " values");
  }
  for (uint32_t i = 0; i < count; ++i) {
    out[i] = static_cast<float>(NumberArgument(array.Get(i), name));
  }
}

inline Napi::Uint8Array BytesArgument(const Napi::Value& value, const char* name) {
  if (!value.IsTypedArray() || value.As<Napi::TypedArray>().TypedArrayType() != napi_uint8_array) {
    throw ArgumentError(value.Env(), std::string(name) + " must be a Uint8Array");
  }
  return value.As<Napi::Uint8Array>();
}

}  // namespace mnn_face
