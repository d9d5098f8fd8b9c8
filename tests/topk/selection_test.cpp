// tests/topk/selection_test.cpp — selection networks select, and hold no comparator that counts for
// nothing
#include "pliant/topk/selection.h"

#include <doctest/doctest.h>

#include <bit>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <tuple>
#include <vector>

#include "pliant/base/parallel.h"
#include "pliant/base/random.h"
#include "pliant/sorting/sort.h"

using namespace pliant;
using namespace pliant::selection;
using sorting::Comparator;
using sorting::Network;

namespace {

/// Whether the last k wires get the k largest, ascending, for all 0-1 inputs.
bool selects(const Network& network, int k) {
  for (std::uint32_t input = 0; input < (1U << network.size); ++input) {
    std::uint32_t bits = input;
    for (const auto& [layer, low, high] : network.comparators) {
      const std::uint32_t swap = (bits >> low) & ~(bits >> high) & 1U;
      bits ^= (swap << low) | (swap << high);
    }
    const int ones = std::popcount(input);
    for (int j = 0; j < k; ++j) {
      if (((bits >> (network.size - 1 - j)) & 1U) != (j < ones ? 1U : 0U)) return false;
    }
  }
  return true;
}

}  // namespace

TEST_CASE(
    "every selection network selects the top k of every 0-1 input, for every size up to 12 and k") {
  for (const auto kind : selection_names()) {
    CAPTURE(kind);
    for (int size = 1; size <= 12; ++size) {
      for (int k = 1; k <= size; ++k) {
        CAPTURE(size);
        CAPTURE(k);
        const Network network = make_selection(kind, size, k);
        CHECK_NOTHROW(sorting::check_network(network.comparators, size, "test"));
        CHECK(selects(network, k));
      }
    }
  }
  for (const auto& [size, k] : {std::pair{13, 4}, {14, 5}, {14, 13}, {16, 5}})
    CHECK(selects(make_selection("splitter_selection", size, k), k));
}

TEST_CASE("a selection network that lost its last comparator is found out") {
  Network network = make_selection("splitter_selection", 8, 3);
  network.comparators.pop_back();
  CHECK_FALSE(selects(network, 3));
}

TEST_CASE("splitter selection of 6 and 3, and of 8 and 2, comparator by comparator") {
  const auto list = [](int size, int k) {
    std::vector<std::tuple<int, int, int>> rows;
    for (const auto& [layer, low, high] : make_selection("splitter_selection", size, k).comparators)
      rows.emplace_back(layer, low, high);
    return rows;
  };
  CHECK(list(6, 3) == std::vector<std::tuple<int, int, int>>{{0, 1, 5},
                                                             {0, 0, 4},
                                                             {1, 3, 5},
                                                             {1, 2, 4},
                                                             {2, 4, 5},
                                                             {2, 2, 3},
                                                             {2, 0, 1},
                                                             {3, 1, 4},
                                                             {4, 3, 4},
                                                             {5, 1, 3}});
  // (0, 2), (1, 3) of layer 1 and (0, 1) of layer 2 lead to wire 3 or nowhere that counts.
  for (const auto& row : list(8, 2)) CHECK(std::get<2>(row) >= 1);
  CHECK(list(8, 2).front() == std::tuple(0, 3, 7));
  CHECK(list(8, 2).back() == std::tuple(4, 5, 6));
}

TEST_CASE("layers and live comparators are as many as published") {
  const auto counts = [](const char* kind, int size, int k) {
    const Network network = make_selection(kind, size, k);
    return std::tuple(network.layers(), static_cast<int>(network.comparators.size()));
  };
  CHECK(counts("splitter_selection", 16, 5) == std::tuple(10, 48));
  CHECK(counts("splitter_selection", 32, 5) == std::tuple(14, 102));
  CHECK(counts("splitter_selection", 50, 5) == std::tuple(15, 162));
  CHECK(counts("splitter_selection", 64, 5) == std::tuple(15, 204));
  CHECK(counts("splitter_selection", 100, 5) == std::tuple(17, 319));
  CHECK(counts("bitonic", 16, 5) == std::tuple(10, 67));
  CHECK(counts("bitonic", 50, 5) == std::tuple(21, 412));
  CHECK(counts("bitonic", 100, 5) == std::tuple(28, 1121));
  CHECK(std::get<1>(counts("odd_even", 16, 5)) == 90);
  CHECK(std::get<1>(counts("odd_even", 64, 5)) == 1146);
  CHECK(std::get<1>(counts("odd_even", 100, 5)) == 2694);
  CHECK(counts("bitonic", 64, 64) ==
        std::tuple(21, static_cast<int>(sorting::make_network("bitonic", 64).comparators.size())));
  CHECK(make_selection("splitter_selection", 1, 1).comparators.empty());
}

TEST_CASE("what the last k wires get is the same to the last bit without dead comparators") {
  base::Random random(1, 0, 0);
  for (const auto kind : sorting::network_names()) {
    for (const int size : {5, 16, 23}) {
      const std::size_t n = static_cast<std::size_t>(size);
      std::vector<double> x(3 * n);
      for (double& value : x) value = random.uniform();
      const Network whole = sorting::make_network(kind, size);
      math::Distribution cauchy;
      cauchy.family = math::family_index("cauchy");
      cauchy.scale = 3;
      const auto run = [&](const Network& network) {
        std::vector<double> values(x.size());
        std::vector<double> permutation(x.size() * n);
        sorting::sort<double>({network.comparators, cauchy, 3, n, x.data()}, values.data(),
                              permutation.data(), base::serial_executor());
        return std::pair(values, permutation);
      };
      for (const int k : {1, 3, size}) {
        const auto [values, permutation] = run(whole);
        const auto [live_values, live_permutation] =
            run(without_dead_comparators(whole.comparators, size, k));
        for (std::size_t row = 0; row < 3 * n; ++row) {
          for (std::size_t j = 0; j < static_cast<std::size_t>(k); ++j)
            CHECK(permutation[(row + 1) * n - 1 - j] == live_permutation[(row + 1) * n - 1 - j]);
        }
        for (std::size_t b = 0; b < 3; ++b) {
          for (std::size_t j = 0; j < static_cast<std::size_t>(k); ++j)
            CHECK(values[(b + 1) * n - 1 - j] == live_values[(b + 1) * n - 1 - j]);
        }
      }
    }
  }
}

TEST_CASE("errors name what is wrong and what there is") {
  std::string known;
  for (const auto kind : selection_names())
    known += (known.empty() ? "" : ", ") + std::string(kind);
  CHECK_THROWS_WITH_AS(make_selection("bubble", 4, 1),
                       ("selection network: unknown kind 'bubble'; there are: " + known).c_str(),
                       std::invalid_argument);
  CHECK_THROWS_WITH_AS(make_selection("bitonic", 4, 5),
                       "selection network: k must be in 1 … 4, got 5", std::invalid_argument);
  CHECK_THROWS_AS(make_selection("bitonic", 4, 0), std::invalid_argument);
  CHECK_THROWS_AS(make_selection("splitter_selection", 0, 1), std::invalid_argument);
}
