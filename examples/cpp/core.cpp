// examples/cpp/core.cpp — the kernels alone, on raw pointers: no torch
#include <array>
#include <cstdio>

#include "pliant/base/parallel.h"
#include "pliant/math/distribution.h"
#include "pliant/sorting/network.h"
#include "pliant/sorting/sort.h"

int main() {
  using namespace pliant;
  const std::array<float, 5> keys = {0.3F, -1.2F, 0.8F, 0.1F, -0.4F};
  const sorting::Network network = sorting::make_network("bitonic", 5);
  const math::Distribution cauchy{.family = math::family_index("cauchy"), .scale = 10};
  const sorting::SortArgs<float> args{network.comparators, cauchy, 1, keys.size(), keys.data()};

  std::array<float, 5> values;
  sorting::sort_values(args, values.data(), base::serial_executor());

  // The gradient of the smallest value with respect to every key.
  const std::array<float, 5> upstream = {1, 0, 0, 0, 0};
  std::array<float, 5> gradient;
  sorting::sort_values_backward(args, upstream.data(), gradient.data(), nullptr,
                                base::serial_executor());
  for (std::size_t i = 0; i < keys.size(); ++i) {
    std::printf("%8.4f -> %8.4f   d(smallest)/d(key) %8.4f\n", keys[i], values[i], gradient[i]);
  }
}
