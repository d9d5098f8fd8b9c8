// pliant/sorting/plan.cpp — finds the butterflies of a network (no torch)
#include "pliant/sorting/plan.h"

#include <algorithm>

namespace pliant::sorting {
namespace {

/// The comparators of one layer, by their indices in the network, and by wire.
struct Layer {
  std::size_t begin = 0;
  std::size_t end = 0;
  std::vector<std::int32_t> of_wire;  ///< −1 where the wire is idle

  Layer(std::span<const Comparator> network, std::size_t first, std::size_t size)
      : begin(first), end(first), of_wire(size, -1) {
    for (; end < network.size() && network[end].layer == network[begin].layer; ++end) {
      for (const std::int32_t wire : {network[end].low, network[end].high})
        of_wire[static_cast<std::size_t>(wire)] = static_cast<std::int32_t>(end);
    }
  }
};

std::int32_t other_wire(const Comparator& comparator, std::int32_t wire) {
  return comparator.low == wire ? comparator.high : comparator.low;
}

/// Adds the steps of two layers: butterflies where four wires stay among themselves, single
/// comparators elsewhere.
class TwoLayers {
 public:
  TwoLayers(std::span<const Comparator> network, const Layer& first, const Layer& second)
      : network_(network), first_(first), second_(second), taken_(second.end - first.begin) {}

  void add_to(std::vector<Step>& steps) {
    for (std::size_t c = first_.begin; c < first_.end; ++c) {
      if (taken(c)) continue;
      const Step step = butterfly(c);
      steps.push_back(step);
      for (const std::int32_t used : step.comparators) taken(static_cast<std::size_t>(used)) = true;
    }
    for (std::size_t c = second_.begin; c < second_.end; ++c) {
      if (!taken(c)) steps.push_back(single(c));
    }
  }

 private:
  std::vector<bool>::reference taken(std::size_t c) { return taken_[c - first_.begin]; }

  [[nodiscard]] Step single(std::size_t c) const {
    const auto index = static_cast<std::int32_t>(c);
    const Comparator& at = network_[c];
    return {false, {at.low, at.high, at.low, at.high}, {index, index, index, index}};
  }

  [[nodiscard]] Step butterfly(std::size_t c) const {
    const auto [layer, a, b] = network_[c];
    const std::int32_t across_a = second_.of_wire[static_cast<std::size_t>(a)];
    const std::int32_t across_b = second_.of_wire[static_cast<std::size_t>(b)];
    if (across_a < 0 || across_b < 0 || across_a == across_b) return single(c);
    const std::int32_t x = other_wire(network_[static_cast<std::size_t>(across_a)], a);
    const std::int32_t y = other_wire(network_[static_cast<std::size_t>(across_b)], b);
    const std::int32_t beside = first_.of_wire[static_cast<std::size_t>(x)];
    if (beside < 0 || beside != first_.of_wire[static_cast<std::size_t>(y)]) return single(c);
    return {true, {a, b, x, y}, {static_cast<std::int32_t>(c), beside, across_a, across_b}};
  }

  std::span<const Comparator> network_;
  const Layer& first_;
  const Layer& second_;
  std::vector<bool> taken_;
};

bool is_short_odd_even(std::span<const Comparator> network, std::size_t size) {
  if (size > kRegisterWires) return false;
  const auto made = make_network("odd_even", static_cast<int>(size)).comparators;
  return std::equal(network.begin(), network.end(), made.begin(), made.end());
}

}  // namespace

Plan make_plan(std::span<const Comparator> network, std::size_t size) {
  Plan plan;
  plan.comparators = network.size();
  if (is_short_odd_even(network, size)) {
    plan.odd_even = size;
    return plan;
  }
  plan.steps.reserve(network.size());
  for (std::size_t c = 0; c < network.size();) {
    const Layer first(network, c, size);
    const Layer second(network, first.end, size);
    TwoLayers(network, first, second).add_to(plan.steps);
    c = second.end;
  }
  return plan;
}

}  // namespace pliant::sorting
