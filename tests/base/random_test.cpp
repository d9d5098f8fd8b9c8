// tests/base/random_test.cpp — Philox against its authors' answers, and the laws of the streams
#include "pliant/base/random.h"

#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <cstdint>
#include <vector>

using namespace pliant::base;
using Block = std::array<std::uint32_t, 4>;

TEST_CASE("philox4x32-10 gives the known answers of its authors") {
  CHECK(philox({0, 0, 0, 0}, {0, 0}) == Block{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8});
  CHECK(philox({~0U, ~0U, ~0U, ~0U}, {~0U, ~0U}) ==
        Block{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd});
  CHECK(philox({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}) ==
        Block{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1});
}

TEST_CASE("a stream is a function of seed, step and index, and each of them changes it") {
  const auto first = [](std::uint64_t seed, std::uint64_t step, std::uint64_t index) {
    Random random(seed, step, index);
    return Block{random.next(), random.next(), random.next(), random.next()};
  };
  const Block base = first(1, 2, 3);
  CHECK(base == first(1, 2, 3));
  for (const std::uint64_t large :
       {std::uint64_t{1} << 31, std::uint64_t{1} << 40, std::uint64_t{1} << 63}) {
    CHECK(base != first(1 + large, 2, 3));
    CHECK(base != first(1, 2 + large, 3));
    CHECK(base != first(1, 2, 3 + large));
  }
}

TEST_CASE("below() is uniform, by chi-square") {
  constexpr std::uint32_t kBound = 10;
  constexpr int kDraws = 100000;
  std::vector<int> counts(kBound);
  Random random(7, 0, 0);
  for (int i = 0; i < kDraws; ++i) ++counts[random.below(kBound)];
  double chi_square = 0;
  for (const int count : counts) chi_square += std::pow(count - kDraws / 10.0, 2) / (kDraws / 10.0);
  CHECK(chi_square < 27.9);  // 9 degrees of freedom, 0.1 %
}

TEST_CASE("uniform() lies in [0, 1) with mean 1/2") {
  Random random(7, 1, 0);
  double sum = 0;
  for (int i = 0; i < 100000; ++i) {
    const double u = random.uniform();
    REQUIRE(u >= 0);
    REQUIRE(u < 1);
    sum += u;
  }
  CHECK(std::abs(sum / 100000 - 0.5) < 0.004);  // over 4 standard errors
}
