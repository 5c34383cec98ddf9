#include "job.h"

#include <algorithm>
#include <string>

#include "arguments.h"

namespace mnn_face {
namespace {

constexpr int kMostLanes = 64;
constexpr int kMostSide = 1 << 16;
constexpr int kMostWholeSide = 1 << 30;
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

namespace {

Geometry ReadGeometry(const Napi::Value& value) {
  const std::string name = StringArgument(value, "geometry");
  if (name == "linear") return Geometry::kLinear;
  if (name == "cubic") return Geometry::kCubic;
  if (name == "area") return Geometry::kArea;
  if (name == "warp") return Geometry::kWarp;
  throw RangeArgumentError(value.Env(), "geometry must be linear, cubic, area or warp");
}

void ReadTile(const Napi::Value& value, Job& job) {
  job.whole_width = job.width;
  job.whole_height = job.height;
  job.part = {0, 0, job.width, job.height};
  if (value.IsUndefined()) return;
  const Napi::Object tile = ObjectArgument(value, "tile");
  job.whole_width = IntegerArgument(tile.Get("width"), "tile.width", job.width, kMostWholeSide);
  job.whole_height = IntegerArgument(tile.Get("height"), "tile.height", job.height, kMostWholeSide);
  job.part.x = IntegerArgument(tile.Get("x"), "tile.x", 0, job.whole_width - job.width);
  job.part.y = IntegerArgument(tile.Get("y"), "tile.y", 0, job.whole_height - job.height);
  if (job.geometry != Geometry::kArea) {
    throw RangeArgumentError(value.Env(), "tile is for the geometry area only");
  }
}

Napi::TypedArray TypedArrayArgument(const Napi::Value& value, napi_typedarray_type type,
                                    const char* what) {
  if (!value.IsTypedArray() || value.As<Napi::TypedArray>().TypedArrayType() != type) {
    throw ArgumentError(value.Env(), what);
  }
  return value.As<Napi::TypedArray>();
}

// {data, width, height}: throws unless the pixels are there.
void ReadPicture(const Napi::Object& picture, Job& job) {
  PixelView& view = job.picture;
  view.width = IntegerArgument(picture.Get("width"), "picture.width", 1, kMostPictureSide);
  view.height = IntegerArgument(picture.Get("height"), "picture.height", 1, kMostPictureSide);
  const uint64_t pixels = static_cast<uint64_t>(view.width) * static_cast<uint64_t>(view.height);
  const Napi::Uint8Array data = BytesArgument(picture.Get("data"), "picture.data");
  if (data.ByteLength() != pixels * 3) {
    throw RangeArgumentError(picture.Env(), "picture.data must hold width * height * 3 bytes");
  }
  job.memory = Memory(data);
  view.data = job.memory.data();
}

void ReadTensor(const Napi::Value& value, Job& job) {
  const Napi::TypedArray tensor =
      TypedArrayArgument(value, napi_float32_array, "tensor must be a Float32Array");
  if (tensor.ElementLength() != static_cast<size_t>(job.width) * job.height * 3) {
    throw RangeArgumentError(value.Env(), "tensor must hold 3 * height * width values");
  }
  job.memory = Memory(tensor);
  job.tensor = reinterpret_cast<const float*>(job.memory.data());
}

Rectangle ReadRectangle(Napi::Env env, const double* numbers, const PixelView& picture) {
  const double x = numbers[0], y = numbers[1], w = numbers[2], h = numbers[3];
  const bool integers =
      x == std::floor(x) && y == std::floor(y) && w == std::floor(w) && h == std::floor(h);
  if (!integers || x < 0 || y < 0 || w < 1 || h < 1 || x + w > picture.width ||
      y + h > picture.height) {
    throw RangeArgumentError(env, "regions must be whole rectangles inside the picture");
  }
  return {static_cast<int>(x), static_cast<int>(y), static_cast<int>(w), static_cast<int>(h)};
}

// Integer rectangles inside the picture as [x, y, width, height, …], or affine maps of 6 numbers
// each.
void ReadRegions(const Memory& memory, Napi::Env env, Job& job) {
  const size_t each = job.geometry == Geometry::kWarp ? 6 : 4;
  const size_t length = memory.size() / sizeof(double);
  const auto* numbers = reinterpret_cast<const double*>(memory.data());
  if (length == 0 || length % each != 0 || length / each > kMostRegions) {
    throw RangeArgumentError(env, "regions must hold " + std::to_string(each) + " numbers each");
  }
  for (size_t i = 0; i < length; i += each) {
    for (size_t k = 0; k < each; ++k) {
      if (!std::isfinite(numbers[i + k])) {
        throw RangeArgumentError(env, "regions must be finite");
      }
    }
    if (job.geometry == Geometry::kWarp) {
      Affine map;
      std::copy(numbers + i, numbers + i + each, map.m);
      job.maps.push_back(map);
    } else {
      job.rectangles.push_back(ReadRectangle(env, numbers + i, job.picture));
    }
  }
}

}  // namespace

Job ReadJob(const Napi::Object& description) {
  const Napi::Env env = description.Env();
  Job job;
  job.width = IntegerArgument(description.Get("width"), "width", 1, kMostSide);
  job.height = IntegerArgument(description.Get("height"), "height", 1, kMostSide);
  const Napi::Value tensor = description.Get("tensor");
  if (!tensor.IsUndefined()) {
    ReadTensor(tensor, job);
    return job;
  }
  job.geometry = ReadGeometry(description.Get("geometry"));
  ReadTile(description.Get("tile"), job);
  const Napi::Value mean = description.Get("mean");
  if (!mean.IsUndefined()) {
    FloatsArgument(mean, "mean", job.normalisation.mean, 3);
    FloatsArgument(description.Get("scale"), "scale", job.normalisation.scale, 3);
    job.normalisation.bgr = StringArgument(description.Get("order"), "order") == "bgr";
  }
  const Napi::Value regions = description.Get("regions");
  // The memory is looked at when no getter can run any more.
  ReadPicture(ObjectArgument(description.Get("picture"), "picture"), job);
  ReadRegions(
      Memory(TypedArrayArgument(regions, napi_float64_array, "regions must be a Float64Array")),
      env, job);
  return job;
}

void Resample(const Job& job, size_t region, RowSink& sink) {
  switch (job.geometry) {
    case Geometry::kLinear:
      return ResizeLinear(job.picture, job.rectangles[region], job.width, job.height, sink);
    case Geometry::kCubic:
      return ResizeCubic(job.picture, job.rectangles[region], job.width, job.height, sink);
    case Geometry::kArea:
      return ResizeArea(job.picture, job.rectangles[region], job.whole_width, job.whole_height,
                        job.part, sink);
    case Geometry::kWarp:
      return Warp(job.picture, job.maps[region], job.width, job.height, sink);
  }
}

void RunJob(const Job& job, Lane& lane, const CancelFlag& cancel,
            std::vector<OutputTensor>& outputs) {
  const std::vector<int> shape = {1, 3, job.height, job.width};
  for (size_t region = 0; region < job.regions(); ++region) {
    cancel.Check();
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
