// pliant/sorting/plan.h — the order in which a sweep takes the comparators; private to sorting (no
// torch)
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "pliant/sorting/network.h"

namespace pliant::sorting {

/// Comparators that are worked on together, so that their wires are loaded and stored once. Either
/// one comparator on wires 0 and 1, or a butterfly of two layers: 0 on wires (0, 1), 1 on (2, 3),
/// then 2 on (0, 2), 3 on (1, 3). A sweep's blend does not ask which wire of a comparator is the
/// low one.
struct Step {
  bool butterfly = false;
  std::array<std::int32_t, 4> wires{};
  std::array<std::int32_t, 4> comparators{};  ///< indices in the network
};

/// A network as steps, each after those whose results it takes. Two layers with strides that are
/// powers of two, as the bitonic sorter's, are all butterflies.
struct Plan {
  std::vector<Step> steps;
  std::size_t comparators = 0;
  /// The size if this is the odd-even transposition network on so few wires that they stay in
  /// registers, else 0.
  std::size_t odd_even = 0;
};

/// The most wires that stay in registers.
inline constexpr std::size_t kRegisterWires = 16;

/// @pre check_network(network, size) passes
Plan make_plan(std::span<const Comparator> network, std::size_t size);

}  // namespace pliant::sorting
