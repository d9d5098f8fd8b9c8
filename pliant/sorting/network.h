// pliant/sorting/network.h — comparator networks (no torch)
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace pliant::sorting {

/// One conditional swap: the smaller of the two values goes to wire `low`, the larger to wire
/// `high`. A descending comparator is one with low > high.
struct Comparator {
  std::int32_t layer;
  std::int32_t low;
  std::int32_t high;
  friend bool operator==(const Comparator&, const Comparator&) = default;
};

/// A network on wires 0 … size − 1; comparators by layer, at most one a wire in each layer.
struct Network {
  int size = 0;
  std::vector<Comparator> comparators;

  [[nodiscard]] int layers() const {
    return comparators.empty() ? 0 : comparators.back().layer + 1;
  }
};

/// What a kind of network is, as data.
struct NetworkKind {
  std::string_view name;
  std::string_view cost;    ///< comparators and layers for n values, as text
  std::string_view source;  ///< paper or book
};

/// All kinds of networks, in the order of the list in network.cpp.
const std::vector<NetworkKind>& networks();

/// Their names.
std::vector<std::string_view> network_names();

/// The network `kind` that sorts `size` values in ascending order.
/// odd_even: odd-even transposition, `size` layers, size·(size − 1)/2 comparators. bitonic:
/// Batcher's bitonic sorter for any size, K(K + 1)/2 layers, K = ⌈log2 size⌉. batcher: Batcher's
/// odd-even merge sort, as many layers, fewer comparators. Size 1 has none.
/// @throws std::invalid_argument if the kind is unknown (the text lists the kinds) or size is not
/// in 1 … 2^20, of odd_even 1 … 23,170 (2^28 comparators)
Network make_network(std::string_view kind, int size);

/// Numbers the layers anew, from 0 without gaps, where some have lost all their comparators.
void close_layer_gaps(std::vector<Comparator>& comparators);

/// Checks a comparator list for a network on `size` wires: wires in range and different, layers
/// from 0 in ascending order without gaps, no wire twice in a layer, every wire touched when size >
/// 1 (so a list for fewer wires than the data has is caught). Whether it sorts is not checked: see
/// sorts().
/// @throws std::invalid_argument that names `caller`, the comparator and what is wrong
void check_network(std::span<const Comparator> comparators, int size, std::string_view caller);

/// Whether the network sorts every input, by the 0-1 principle over all 2^size inputs.
/// @throws std::invalid_argument if size > 24
bool sorts(const Network& network);

}  // namespace pliant::sorting
