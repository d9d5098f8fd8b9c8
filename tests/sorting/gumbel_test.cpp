// tests/sorting/gumbel_test.cpp — Gumbel noise: by its key, and of its distribution
#include "pliant/sorting/gumbel.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

using namespace pliant;

namespace {

std::vector<double> noise(std::uint64_t seed, std::uint64_t step, std::size_t batch, std::size_t n,
                          const base::Executor& executor = base::serial_executor()) {
  std::vector<double> out(batch * n);
  sorting::gumbel_noise(seed, step, batch, n, out.data(), executor);
  return out;
}

}  // namespace

TEST_CASE("a row's noise depends on seed, step and row alone") {
  const std::vector<double> all = noise(1, 2, 50, 7);
  CHECK(noise(1, 2, 50, 7, base::thread_executor(3)) == all);
  const std::vector<double> fewer = noise(1, 2, 20, 7), wider = noise(1, 2, 50, 9);
  CHECK(std::equal(fewer.begin(), fewer.end(), all.begin()));
  for (std::size_t b = 0; b < 50; ++b) {
    CHECK(std::equal(&all[b * 7], &all[b * 7] + 7, &wider[b * 9]));
  }
  CHECK(noise(2, 2, 50, 7) != all);
  CHECK(noise(1, 3, 50, 7) != all);
  CHECK(noise(1, 2, 0, 7).empty());
}

TEST_CASE("the noise is of the standard Gumbel distribution") {
  const std::vector<double> all = noise(5, 0, 1000, 100);
  for (const double x : {-1.5, -0.5, 0.0, 1.0, 3.0}) {
    const auto below = static_cast<double>(
        std::count_if(all.begin(), all.end(), [x](double g) { return g <= x; }));
    const double f = std::exp(-std::exp(-x));  // off by 4 deviations once in 16,000 times
    CHECK(std::abs(below / 1e5 - f) < 4 * std::sqrt(f * (1 - f) / 1e5));
  }
}
