// The kernels of native/image, to have their instructions counted (bench/instructions.mjs).
//
//   kernels NAME COUNT      runs a kernel COUNT times on a picture of fixed pixels
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "../dot_rows.h"
#include "../image.h"

namespace {

constexpr int kWidth = 1080;
constexpr int kHeight = 720;

// Noise from a fixed seed: no value is special to a kernel.
std::vector<uint8_t> MakePixels() {
  std::vector<uint8_t> pixels(size_t{kWidth} * kHeight * 3);
  uint32_t state = 1;
  for (uint8_t& pixel : pixels) {
    state = state * 1664525U + 1013904223U;
    pixel = static_cast<uint8_t>(state >> 24);
  }
  return pixels;
}

mnn_face::Normalisation ForDetector() {
  mnn_face::Normalisation normalisation;
  for (int c = 0; c < 3; ++c) {
    normalisation.mean[c] = 127;
    normalisation.scale[c] = 1.0F / 128;
  }
  return normalisation;
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<uint8_t> pixels = MakePixels();
  const mnn_face::PixelView picture{pixels.data(), kWidth, kHeight};
  const mnn_face::Rectangle whole{0, 0, kWidth, kHeight};
  std::vector<float> out(3 * 320 * 240);
  const std::vector<int16_t> probe(128, 300);
  // Its end is printed, so that no product may be left out.
  uint32_t products = 0;
  const std::map<std::string, std::function<void()>> kernels = {
      {"resize-to-detector",
       [&] {
         mnn_face::TensorSink sink(out.data(), 320, 240, ForDetector());
         mnn_face::ResizeLinear(picture, whole, 320, 240, sink);
       }},
      {"search-1000-rows",
       [&] {
         const mnn_face::DotFloats dot = mnn_face::BestDotFloats();
         for (int row = 0; row < 1000; ++row) out[0] += dot(&out[128 + row], out.data(), 128);
       }},
      {"search-1000-rows-of-bytes",
       [&] {
         const mnn_face::DotBytes dot = mnn_face::BestDotBytes();
         const auto* rows = reinterpret_cast<const int8_t*>(pixels.data());
         for (int row = 0; row < 1000; ++row) {
           products += static_cast<uint32_t>(dot(rows + row * 128, probe.data(), 128));
         }
       }},
      {"warp-to-embedder",
       [&] {
         // A face of about 250 pixels, turned a little.
         const mnn_face::Affine map{{2.2, -0.3, 300.5, 0.3, 2.2, 200.25}};
         mnn_face::TensorSink sink(out.data(), 112, 112, ForDetector());
         mnn_face::Warp(picture, map, 112, 112, sink);
       }},
  };
  const auto kernel = argc == 3 ? kernels.find(argv[1]) : kernels.end();
  if (kernel == kernels.end()) {
    for (const auto& entry : kernels) std::printf("%s\n", entry.first.c_str());
    return argc == 1 ? 0 : 1;
  }
  for (int i = std::atoi(argv[2]); i > 0; --i) kernel->second();
  std::printf("%u\n", products);
  return 0;
}
