#include "job.h"

#include <string>

#include "arguments.h"

namespace mnn_face {
namespace {

constexpr int kMostLanes = 64;
constexpr int kMostSide = 1 << 16;
constexpr uint32_t kMostRegions = 1 << 16;

}  // namespace

EngineOptions ReadEngineOptions(const Napi::Value& value) {
  const Napi::Object object = ObjectArgument(value, "options");
  EngineOptions options;
  options.lanes = IntegerArgument(object.Get("lanes"), "lanes", 1, kMostLanes);
  options.threads = IntegerArgument(object.Get("threads"), "threads", 1, kMostLanes);
  const std::string precision = StringArgument(object.Get("precision"), "precision");
  if (precision == "high") {
    options.precision = Precision::kHigh;
  } else if (precision == "low") {
    options.precision = Precision::kLow;
  } else if (precision != "normal") {
    throw RangeArgumentError(value.Env(), "precision must be normal, high or low");
  }
  const std::string kernels = StringArgument(object.Get("kernels"), "kernels");
  if (kernels == "baseline") {
    options.kernels = Kernels::kBaseline;
  } else if (kernels != "best") {
    throw RangeArgumentError(value.Env(), "kernels must be best or baseline");
  }
  options.input = StringArgument(object.Get("input"), "input");
  options.input_shape = IntegersArgument(object.Get("inputShape"), "inputShape", 1, 1 << 20);
  const Napi::Array outputs = ArrayArgument(object.Get("outputs"), "outputs");
  for (uint32_t i = 0; i < outputs.Length(); ++i) {
    const Napi::Object output = ObjectArgument(outputs.Get(i), "output");
    OutputSpec spec;
    spec.name = StringArgument(output.Get("name"), "output name");
    if (!output.Get("shape").IsUndefined()) {
      spec.shape = IntegersArgument(output.Get("shape"), "output shape", -1, 1 << 30);
    }
    options.outputs.push_back(std::move(spec));
  }
  if (options.outputs.empty()) throw RangeArgumentError(value.Env(), "outputs must not be empty");
  return options;
}

PixelView ReadPicture(const Napi::Object& picture) {
  const Napi::Uint8Array data = BytesArgument(picture.Get("data"), "picture.data");
  PixelView view;
  view.width = IntegerArgument(picture.Get("width"), "picture.width", 1, 1 << 30);
  view.height = IntegerArgument(picture.Get("height"), "picture.height", 1, 1 << 30);
  const uint64_t pixels = static_cast<uint64_t>(view.width) * static_cast<uint64_t>(view.height);
  if (pixels > (uint64_t{1} << 40) || data.ByteLength() != pixels * 3) {
    throw RangeArgumentError(picture.Env(), "picture.data must hold width * height * 3 bytes");
  }
  view.data = data.Data();
  return view;
}

void ReadRegions(const Napi::Value& value, Job& job) {
  const Napi::Env env = value.Env();
  if (!value.IsTypedArray() ||
      value.As<Napi::TypedArray>().TypedArrayType() != napi_float64_array) {
    throw ArgumentError(env, "regions must be a Float64Array");
  }
  const Napi::Float64Array numbers = value.As<Napi::Float64Array>();
  const uint32_t each = job.geometry == Geometry::kWarp ? 6 : 4;
  const size_t length = numbers.ElementLength();
  if (length == 0 || length % each != 0 || length / each > kMostRegions) {
    throw RangeArgumentError(env, "regions must hold " + std::to_string(each) + " numbers each");
  }
  for (size_t i = 0; i < length; i += each) {
    for (uint32_t k = 0; k < each; ++k) {
      if (!std::isfinite(numbers[i + k])) {
        throw RangeArgumentError(env, "regions must be finite");
      }
    }
    if (job.geometry == Geometry::kWarp) {
      Affine map;
      for (uint32_t k = 0; k < 6; ++k) map.m[k] = numbers[i + k];
      job.maps.push_back(map);
      continue;
    }
    const double x = numbers[i], y = numbers[i + 1], w = numbers[i + 2], h = numbers[i + 3];
    const bool integers =
        x == std::floor(x) && y == std::floor(y) && w == std::floor(w) && h == std::floor(h);
    if (!integers || x < 0 || y < 0 || w < 1 || h < 1 || x + w > job.picture.width ||
        y + h > job.picture.height) {
      throw RangeArgumentError(env, "regions must be whole rectangles inside the picture");
    }
    job.rectangles.push_back(
        {static_cast<int>(x), static_cast<int>(y), static_cast<int>(w), static_cast<int>(h)});
  }
}

namespace {

Geometry ReadGeometry(const Napi::Value& value) {
  const std::string name = StringArgument(value, "geometry");
  if (name == "linear") return Geometry::kLinear;
  if (name == "cubic") return Geometry::kCubic;
  if (name == "area") return Geometry::kArea;
  if (name == "warp") return Geometry::kWarp;
  throw RangeArgumentError(value.Env(), "geometry must be linear, cubic, area or warp");
}

void ReadTensor(const Napi::Value& value, Job& job) {
  if (!value.IsTypedArray() ||
      value.As<Napi::TypedArray>().TypedArrayType() != napi_float32_array) {
    throw ArgumentError(value.Env(), "tensor must be a Float32Array");
  }
  const Napi::Float32Array tensor = value.As<Napi::Float32Array>();
  if (tensor.ElementLength() != static_cast<size_t>(job.width) * job.height * 3) {
    throw RangeArgumentError(value.Env(), "tensor must hold 3 * height * width values");
  }
  job.tensor = tensor.Data();
}

}  // namespace

Job ReadJob(const Napi::Object& description) {
  Job job;
  job.width = IntegerArgument(description.Get("width"), "width", 1, kMostSide);
  job.height = IntegerArgument(description.Get("height"), "height", 1, kMostSide);
  if (!description.Get("tensor").IsUndefined()) {
    ReadTensor(description.Get("tensor"), job);
    return job;
  }
  job.picture = ReadPicture(ObjectArgument(description.Get("picture"), "picture"));
  job.geometry = ReadGeometry(description.Get("geometry"));
  ReadRegions(description.Get("regions"), job);
  if (!description.Get("mean").IsUndefined()) {
    FloatsArgument(description.Get("mean"), "mean", job.normalisation.mean, 3);
    FloatsArgument(description.Get("scale"), "scale", job.normalisation.scale, 3);
    job.normalisation.bgr = StringArgument(description.Get("order"), "order") == "bgr";
  }
  return job;
}

Napi::Object PixelsOf(const Napi::Object& description) {
  const Napi::Value tensor = description.Get("tensor");
  if (!tensor.IsUndefined()) return tensor.As<Napi::Object>();
  return description.Get("picture").As<Napi::Object>().Get("data").As<Napi::Object>();
}

void Resample(const Job& job, size_t region, RowSink& sink) {
  switch (job.geometry) {
    case Geometry::kLinear:
      return ResizeLinear(job.picture, job.rectangles[region], job.width, job.height, sink);
    case Geometry::kCubic:
      return ResizeCubic(job.picture, job.rectangles[region], job.width, job.height, sink);
    case Geometry::kArea:
      return ResizeArea(job.picture, job.rectangles[region], job.width, job.height, sink);
    case Geometry::kWarp:
      return Warp(job.picture, job.maps[region], job.width, job.height, sink);
  }
}

void RunJob(const Job& job, Lane& lane, std::vector<OutputTensor>& outputs) {
  const std::vector<int> shape = {1, 3, job.height, job.width};
  for (size_t region = 0; region < job.regions(); ++region) {
    lane.Run(
        shape,
        [&](float* input) {
          if (job.tensor != nullptr) {
            std::copy(job.tensor, job.tensor + static_cast<size_t>(job.width) * job.height * 3,
                      input);
            return;
          }
          TensorSink sink(input, job.width, job.height, job.normalisation);
          Resample(job, region, sink);
        },
        outputs);
  }
}

}  // namespace mnn_face
