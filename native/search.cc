#include "search.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "arguments.h"
#include "async_task.h"
#include "dot_rows.h"
#include "memory.h"

namespace mnn_face {
namespace {

constexpr int kMostRows = 1 << 30;
constexpr int kMostHits = 1 << 20;
constexpr uint32_t kMostBlocks = 1 << 20;

struct Hit {
  float score;
  uint32_t row;
  int32_t key;

  // Equal scores: the older row.
  bool operator<(const Hit& other) const {
    return score != other.score ? score > other.score : row < other.row;
  }
};

// Keeps the best hits, one per key. Rows must come in ascending order.
class BestHits {
 public:
  BestHits(size_t count, bool distinct) : count_(count), distinct_(distinct) {
    // Twice the hits are collected before the worse half goes: constant time per hit.
    hits_.reserve(2 * count);
  }

  // Below or at it, a score cannot be among the best.
  float threshold() const { return threshold_; }

  void Add(const Hit& hit) {
    if (distinct_) {
      const auto [known, added] = places_.try_emplace(hit.key, hits_.size());
      if (!added) {
        Hit& mine = hits_[known->second];
        if (hit < mine) mine = hit;
        return;
      }
    }
    hits_.push_back(hit);
    if (hits_.size() >= 2 * count_) Prune();
  }

  std::vector<Hit> Take() {
    Prune();
    std::sort(hits_.begin(), hits_.end());
    return std::move(hits_);
  }

 private:
  void Prune() {
    if (hits_.size() < count_) return;
    std::nth_element(hits_.begin(), hits_.begin() + (count_ - 1), hits_.end());
    hits_.resize(count_);
    threshold_ = hits_.back().score;
    if (!distinct_) return;
    places_.clear();
    for (size_t i = 0; i < hits_.size(); ++i) places_[hits_[i].key] = i;
  }

  size_t count_;
  bool distinct_;
  float threshold_ = -std::numeric_limits<float>::infinity();
  std::vector<Hit> hits_;
  std::unordered_map<int32_t, size_t> places_;
};

// One block of rows; the memory is JavaScript's, of held arrays.
struct Block {
  const float* floats = nullptr;
  const int8_t* bytes = nullptr;
  const float* scales = nullptr;
  const int32_t* keys = nullptr;
};

struct Search {
  std::vector<float> probe;
  std::vector<Block> blocks;
  size_t block_rows = 0;
  size_t rows = 0;
  size_t count = 0;
  bool distinct = false;
  bool scalar = false;
};

template <typename Score>
void Scan(const Search& search, BestHits& best, Score score) {
  for (size_t b = 0; b * search.block_rows < search.rows; ++b) {
    const size_t first = b * search.block_rows;
    const size_t rows = std::min(search.block_rows, search.rows - first);
    const int32_t* keys = search.blocks[b].keys;
    for (size_t i = 0; i < rows; ++i) {
      const float value = score(search.blocks[b], i);
      if (!(value > best.threshold())) continue;
      // Once: JavaScript may remove the row meanwhile.
      const int32_t key = *static_cast<const volatile int32_t*>(keys + i);
      if (key >= 0) best.Add({value, static_cast<uint32_t>(first + i), key});
    }
  }
}

void ScanFloats(const Search& search, BestHits& best) {
  const DotFloats dot = search.scalar ? ScalarDotFloats() : BestDotFloats();
  const size_t length = search.probe.size();
  const float* probe = search.probe.data();
  Scan(search, best, [dot, length, probe](const Block& block, size_t row) {
    return dot(block.floats + row * length, probe, length);
  });
}

void ScanBytes(const Search& search, BestHits& best) {
  const DotBytes dot = search.scalar ? ScalarDotBytes() : BestDotBytes();
  const size_t length = search.probe.size();
  float most = 0;
  for (const float value : search.probe) most = std::max(most, std::fabs(value));
  const float step = most > 0 ? most / kProbeRange : 1;
  std::vector<int16_t> probe(length);
  for (size_t i = 0; i < length; ++i) {
    probe[i] = static_cast<int16_t>(std::lround(search.probe[i] / step));
  }
  const int16_t* data = probe.data();
  Scan(search, best, [dot, length, data, step](const Block& block, size_t row) {
    return static_cast<float>(dot(block.bytes + row * length, data, length)) *
           (block.scales[row] * step);
  });
}

class SearchTask final : public AsyncTask {
 public:
  // `memory` holds the typed arrays whose memory the search reads.
  SearchTask(Napi::Env env, Search search, const Napi::Array& memory)
      : AsyncTask(env, "mnn-face:search"),
        search_(std::move(search)),
        memory_(Napi::Persistent(memory.As<Napi::Object>())) {}

 protected:
  void Run() override {
    BestHits best(search_.count, search_.distinct);
    if (search_.rows > 0) {
      if (search_.blocks[0].floats != nullptr) {
        ScanFloats(search_, best);
      } else {
        ScanBytes(search_, best);
      }
    }
    hits_ = best.Take();
  }

  Napi::Value Result(Napi::Env env) override {
    Napi::Uint32Array rows = Napi::Uint32Array::New(env, hits_.size());
    Napi::Float32Array scores = Napi::Float32Array::New(env, hits_.size());
    for (size_t i = 0; i < hits_.size(); ++i) {
      rows[i] = hits_[i].row;
      scores[i] = hits_[i].score;
    }
    Napi::Object result = Napi::Object::New(env);
    result.Set("rows", rows);
    result.Set("scores", scores);
    return result;
  }

 private:
  Search search_;
  Napi::ObjectReference memory_;
  std::vector<Hit> hits_;
};

// The memory of a held array of this type and length: a gallery's is too large to be copied for
// each search.
template <typename T>
const T* HeldMemory(const Napi::Value& value, const std::string& name, napi_typedarray_type type,
                    size_t length) {
  if (!value.IsTypedArray() || value.As<Napi::TypedArray>().TypedArrayType() != type) {
    throw ArgumentError(value.Env(), name + " must be a typed array of the right type");
  }
  const Napi::TypedArrayOf<T> array = value.As<Napi::TypedArrayOf<T>>();
  if (!IsHeld(array)) throw ArgumentError(value.Env(), name + " must be held: see hold()");
  if (array.ElementLength() != length) {
    throw RangeArgumentError(value.Env(),
                             name + " must have " + std::to_string(length) + " values");
  }
  return array.Data();
}

bool BooleanArgument(const Napi::Value& value, const char* name) {
  if (!value.IsBoolean()) {
    throw ArgumentError(value.Env(), std::string(name) + " must be a boolean");
  }
  return value.As<Napi::Boolean>().Value();
}

std::vector<float> ReadProbe(const Napi::Value& value) {
  if (!value.IsTypedArray() ||
      value.As<Napi::TypedArray>().TypedArrayType() != napi_float32_array) {
    throw ArgumentError(value.Env(), "probe must be a Float32Array");
  }
  const Napi::Float32Array array = value.As<Napi::Float32Array>();
  if (array.ElementLength() < 1 || array.ElementLength() > kMostDimension) {
    throw RangeArgumentError(value.Env(), "probe must have 1 to 8192 values");
  }
  std::vector<float> probe(array.Data(), array.Data() + array.ElementLength());
  for (const float number : probe) {
    if (!std::isfinite(number)) throw RangeArgumentError(value.Env(), "probe must be finite");
  }
  return probe;
}

std::vector<Napi::Value> Elements(const Napi::Value& value, const char* name) {
  const Napi::Array array = ArrayArgument(value, name);
  const uint32_t length = array.Length();
  if (length > kMostBlocks)
    throw RangeArgumentError(value.Env(), std::string(name) + " are too many");
  std::vector<Napi::Value> elements;
  for (uint32_t i = 0; i < length; ++i) elements.push_back(array.Get(i));
  return elements;
}

// Reads the blocks, and puts every typed array into `memory`.
void ReadBlocks(const Napi::Object& job, Search& search, const Napi::Array& memory) {
  const Napi::Env env = job.Env();
  const std::vector<Napi::Value> vectors = Elements(job.Get("blocks"), "blocks");
  const std::vector<Napi::Value> keys = Elements(job.Get("subjects"), "subjects");
  const Napi::Value given_scales = job.Get("scales");
  const bool quantised = !given_scales.IsUndefined();
  const std::vector<Napi::Value> scales =
      quantised ? Elements(given_scales, "scales") : std::vector<Napi::Value>();
  // No getter runs from here on: the memory stays as it is found.
  if (keys.size() != vectors.size() || search.rows > search.block_rows * vectors.size()) {
    throw RangeArgumentError(env, "blocks and subjects must hold all rows");
  }
  if (quantised && scales.size() != vectors.size()) {
    throw RangeArgumentError(env, "scales must hold all rows");
  }
  uint32_t kept = 0;
  for (const auto* arrays : {&vectors, &keys, &scales}) {
    for (const Napi::Value& array : *arrays) memory.Set(kept++, array);
  }
  const size_t values = search.block_rows * search.probe.size();
  for (size_t i = 0; i < vectors.size(); ++i) {
    Block block;
    block.keys = HeldMemory<int32_t>(keys[i], "subjects", napi_int32_array, search.block_rows);
    if (quantised) {
      block.bytes = HeldMemory<int8_t>(vectors[i], "blocks", napi_int8_array, values);
      block.scales = HeldMemory<float>(scales[i], "scales", napi_float32_array, search.block_rows);
    } else {
      block.floats = HeldMemory<float>(vectors[i], "blocks", napi_float32_array, values);
    }
    search.blocks.push_back(block);
  }
}

}  // namespace

Napi::Value SearchRows(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const Napi::Object job = ObjectArgument(info[0], "job");
  Search search;
  search.probe = ReadProbe(job.Get("probe"));
  search.block_rows = IntegerArgument(job.Get("blockRows"), "blockRows", 1, 1 << 20);
  search.rows = IntegerArgument(job.Get("rows"), "rows", 0, kMostRows);
  search.count = IntegerArgument(job.Get("count"), "count", 1, kMostHits);
  search.distinct = BooleanArgument(job.Get("distinct"), "distinct");
  const std::string kernels = StringArgument(job.Get("kernels"), "kernels");
  if (kernels != "best" && kernels != "scalar") {
    throw RangeArgumentError(env, "kernels must be best or scalar");
  }
  search.scalar = kernels == "scalar";
  const Napi::Array memory = Napi::Array::New(env);
  ReadBlocks(job, search, memory);
  return (new SearchTask(env, std::move(search), memory))->Start();
}

}  // namespace mnn_face
