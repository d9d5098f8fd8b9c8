// pliant/topk/selection.h — comparator networks that bring the k largest of n values to the last
// wires (no torch)
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "pliant/sorting/network.h"

/// The room topk; the functions pliant::topk and pliant::topk_cross_entropy stand on it.
namespace pliant::selection {

/// The names that make_selection() takes: "splitter_selection", then every sorting network.
std::vector<std::string_view> selection_names();

/// A network whose last k wires get the k largest of `size` values, in ascending order; what the
/// other wires get is unspecified. None of its comparators can be removed: each has a path to one
/// of the last k wires.
///
/// splitter_selection: rounds of splitter cascades, each of which finds the largest of the values
/// that may still have one rank. (size 16, k 5): 10 layers and 48 comparators; (100, 5): 17 and
/// 319, where the bitonic sorter has 28 layers and keeps 1121.
/// Source: Petersen et al., Differentiable Top-k Classification Learning (ICML 2022).
/// @throws std::invalid_argument if the kind is unknown (the text lists the kinds), size is not in
/// 1 … 2^20 or k not in 1 … size
sorting::Network make_selection(std::string_view kind, int size, int k);

/// `network` without the comparators from which no path leads to one of the last k wires: what
/// those wires get is the same to the last bit.
/// @pre check_network(network, size) passes and 1 <= k <= size
sorting::Network without_dead_comparators(std::span<const sorting::Comparator> network, int size,
                                          int k);

}  // namespace pliant::selection
