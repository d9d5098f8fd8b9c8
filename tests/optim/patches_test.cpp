// tests/optim/patches_test.cpp — the patches of a convolution against their definition
#include "pliant/optim/patches.h"

#include <doctest/doctest.h>

#include <cstdint>
#include <vector>

namespace {

using namespace pliant;
using Pair = std::array<std::size_t, 2>;

void check(const Pair& size, const optim::Window& window) {
  constexpr std::size_t kSamples = 3;
  constexpr std::size_t kChannels = 2;
  Pair output;
  for (std::size_t a = 0; a < 2; ++a) {
    output[a] =
        (size[a] + 2 * window.padding[a] - window.dilation[a] * (window.kernel[a] - 1) - 1) /
            window.stride[a] +
        1;
  }
  std::vector<float> x(kSamples * kChannels * size[0] * size[1]);
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = static_cast<float>(i + 1);
  const std::size_t places = output[0] * output[1];
  const std::size_t taps = window.kernel[0] * window.kernel[1];
  std::vector<float> patches(kChannels * taps * kSamples * places, -1);
  const std::size_t area = size[0] * size[1];
  optim::gather_patches<float>(
      {window, x.data(), kChannels * area, area, kSamples, kChannels, size, output, patches.data()},
      base::thread_executor(2));
  std::size_t at = 0;
  for (std::size_t row = 0; row < kChannels * taps; ++row) {
    for (std::size_t column = 0; column < kSamples * places; ++column, ++at) {
      const auto place = [&](std::size_t a, std::size_t out, std::size_t tap) {
        return static_cast<std::int64_t>(out * window.stride[a] + tap * window.dilation[a]) -
               static_cast<std::int64_t>(window.padding[a]);
      };
      const std::size_t sample = column / places;
      const std::int64_t i = place(0, column % places / output[1], row % taps / window.kernel[1]);
      const std::int64_t j = place(1, column % output[1], row % window.kernel[1]);
      const bool inside = i >= 0 && j >= 0 && i < static_cast<std::int64_t>(size[0]) &&
                          j < static_cast<std::int64_t>(size[1]);
      const std::size_t from = (sample * kChannels + row / taps) * area;
      REQUIRE(patches[at] ==
              (inside
                   ? x[from + static_cast<std::size_t>(i) * size[1] + static_cast<std::size_t>(j)]
                   : 0.0F));
    }
  }
}

TEST_CASE("patches are what each place of the result reads, zeros beyond the edges") {
  for (const std::size_t kernel : {1, 2, 3, 5}) {
    for (const std::size_t stride : {1, 2, 3}) {
      for (const std::size_t padding : {0, 1, 4, 7}) {
        for (const std::size_t dilation : {1, 2}) {
          const std::size_t reach = dilation * (kernel - 1) + 1;
          if (5 + 2 * padding < reach) continue;
          check({5, 9}, {{kernel, kernel}, {stride, 1}, {padding, padding}, {dilation, dilation}});
          check({9, 5}, {{kernel, kernel}, {1, stride}, {padding, padding}, {1, dilation}});
        }
      }
    }
  }
}

}  // namespace
