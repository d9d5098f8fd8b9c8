// tests/sorting/plan_test.cpp — the steps of a sweep are the network, in an order that it allows
#include "pliant/sorting/plan.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <set>
#include <utility>
#include <vector>

using namespace pliant::sorting;

namespace {

/// The comparators of a plan in the order in which a sweep meets them.
std::vector<int> order_of(const Plan& plan) {
  std::vector<int> order;
  for (const Step& step : plan.steps) {
    const auto count = step.butterfly ? step.comparators.size() : 1;
    order.insert(order.end(), step.comparators.begin(), step.comparators.begin() + count);
  }
  return order;
}

/// The unordered pair of wires of a step's comparator at `place`.
std::set<int> wires(const Step& step, int a, int b) { return {step.wires[a], step.wires[b]}; }

}  // namespace

TEST_CASE("a plan has every comparator once, each after the earlier ones of its wires") {
  for (const auto kind : network_names()) {
    for (const int size : {2, 3, 17, 20, 37, 64}) {
      CAPTURE(kind);
      CAPTURE(size);
      const Network network = make_network(kind, size);
      const Plan plan = make_plan(network.comparators, size);
      if (plan.odd_even > 0) continue;
      const std::vector<int> order = order_of(plan);
      std::vector<int> sorted = order;
      std::sort(sorted.begin(), sorted.end());
      for (std::size_t c = 0; c < sorted.size(); ++c) REQUIRE(sorted[c] == static_cast<int>(c));
      CHECK(sorted.size() == network.comparators.size());
      std::vector<int> layer_of(size, -1);
      for (const int c : order) {
        const auto [layer, low, high] = network.comparators[c];
        CHECK(layer_of[low] < layer);
        CHECK(layer_of[high] < layer);
        layer_of[low] = layer_of[high] = layer;
      }
    }
  }
}

TEST_CASE("the wires of a step are those of its comparators") {
  const Network network = make_network("bitonic", 37);
  for (const Step& step : make_plan(network.comparators, 37).steps) {
    const auto pair = [&](int k) {
      const Comparator& c = network.comparators[step.comparators[k]];
      return std::set<int>{c.low, c.high};
    };
    CHECK(wires(step, 0, 1) == pair(0));
    if (!step.butterfly) continue;
    CHECK(wires(step, 2, 3) == pair(1));
    CHECK(wires(step, 0, 2) == pair(2));
    CHECK(wires(step, 1, 3) == pair(3));
  }
}

TEST_CASE("two layers of the bitonic network on a power of two are butterflies") {
  const Network network = make_network("bitonic", 256);  // 36 layers
  const Plan plan = make_plan(network.comparators, 256);
  CHECK(std::all_of(plan.steps.begin(), plan.steps.end(),
                    [](const Step& step) { return step.butterfly; }));
  CHECK(4 * plan.steps.size() == network.comparators.size());
}

TEST_CASE("odd-even transposition on few wires is known as such") {
  CHECK(make_plan(make_network("odd_even", 16).comparators, 16).odd_even == 16);
  CHECK(make_plan(make_network("odd_even", 17).comparators, 17).odd_even == 0);
  CHECK(make_plan(make_network("bitonic", 16).comparators, 16).odd_even == 0);
}
