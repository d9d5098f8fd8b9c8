// tests/logic/wiring_test.cpp — which features gates read: laws of each kind, checks, errors
#include "pliant/logic/wiring.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <set>
#include <stdexcept>
#include <string>
#include <tuple>
#include <vector>

namespace pliant::logic {
namespace {

using doctest::Contains;
using Sources = std::vector<std::int32_t>;

std::vector<std::size_t> times_read(const Sources& sources, std::size_t inputs) {
  std::vector<std::size_t> count(inputs);
  for (const std::int32_t source : sources) ++count.at(static_cast<std::size_t>(source));
  return count;
}

TEST_CASE("random wiring is balanced, and no feature is lost to gates that pass their first") {
  struct Sizes {
    std::size_t inputs, gates;
    int fan_in;
  };
  for (const auto& [inputs, gates, fan_in] :
       {Sizes{10, 10, 2}, {100, 137, 2}, {64, 64, 3}, {5, 40, 6}, {1, 3, 2}}) {
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
      const Sources sources =
          make_wiring("random", {.inputs = inputs, .gates = gates, .fan_in = fan_in, .seed = seed});
      const auto count = times_read(sources, inputs);
      const auto [least, most] = std::ranges::minmax(count);
      CHECK(most - least <= 1);
      const std::set<std::int32_t> first(sources.begin(),
                                         sources.begin() + static_cast<std::ptrdiff_t>(gates));
      CHECK(first.size() == inputs);
    }
  }
}

TEST_CASE("random wiring of fewer gates than features reads all of them") {
  const Sources sources = make_wiring("random", {.inputs = 19, .gates = 10});
  const auto count = times_read(sources, 19);
  CHECK(std::ranges::min(count) == 1);
}

TEST_CASE("unique wiring has every pair once when there are as many gates as pairs") {
  const Sources sources = make_wiring("unique", {.inputs = 9, .gates = 36});
  std::set<std::pair<int, int>> pairs;
  for (std::size_t g = 0; g < 36; ++g) {
    CHECK(sources[g] < sources[36 + g]);
    pairs.emplace(sources[g], sources[36 + g]);
  }
  CHECK(pairs.size() == 36);
}

TEST_CASE("a seed gives the same wiring, another seed another") {
  for (const std::string_view kind : {"random", "unique", "local"}) {
    const auto made = [kind](std::uint64_t seed) {
      return make_wiring(kind, {.inputs = 36, .gates = 72, .seed = seed, .height = 6, .width = 6});
    };
    CHECK(made(1) == made(1));
    CHECK(made(1) != made(2));
  }
}

TEST_CASE("the kinds are listed") {
  CHECK(wiring_names() == std::vector<std::string_view>{"random", "unique", "butterfly", "local"});
  CHECK_THROWS_WITH_AS(make_wiring("ring", {.inputs = 2, .gates = 2}),
                       Contains("unknown wiring 'ring'; there are: random, unique"),
                       std::invalid_argument);
}

TEST_CASE("sizes that cannot be wired are errors that say what would fit") {
  CHECK_THROWS_WITH_AS(make_wiring("random", {.inputs = 9, .gates = 4}),
                       Contains("take at least 5 gates"), std::invalid_argument);
  CHECK_THROWS_WITH_AS(make_wiring("unique", {.inputs = 4, .gates = 7}),
                       Contains("4 features have 6 pairs, fewer than the 7 gates"),
                       std::invalid_argument);
  CHECK_THROWS_WITH_AS(make_wiring("butterfly", {.inputs = 9, .gates = 8}),
                       Contains("at least as many gates as features, 9, got 8"),
                       std::invalid_argument);
  CHECK_THROWS_WITH_AS(make_wiring("local", {.inputs = 9, .gates = 9, .height = 2, .width = 2}),
                       Contains("channels of height × width, got 2 × 2"), std::invalid_argument);
  CHECK_THROWS_WITH_AS(make_wiring("random", {.inputs = 9, .gates = 9, .fan_in = 7}),
                       Contains("fan_in must be in 1 … 6, got 7"), std::invalid_argument);
}

TEST_CASE("sources from elsewhere are checked, and the first wrong one is named") {
  const Sources good = {0, 4, 2};
  CHECK_NOTHROW(check_wiring(good.data(), 3, 5));
  CHECK_NOTHROW(check_wiring(good.data(), 0, 1));
  CHECK_THROWS_WITH_AS(check_wiring(good.data(), 3, 4),
                       Contains("sources must be in 0 … 3, got 4 at entry 1"),
                       std::invalid_argument);
  const Sources negative = {0, 1, -2};
  CHECK_THROWS_WITH_AS(check_wiring(negative.data(), 3, 4), Contains("got -2 at entry 2"),
                       std::invalid_argument);
}

}  // namespace
}  // namespace pliant::logic
