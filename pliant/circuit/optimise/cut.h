// pliant/circuit/optimise/cut.h — cuts of a node: signals that its value is a function of (no
// torch)
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "pliant/circuit/circuit.h"

namespace pliant::circuit {

template <std::size_t K>
struct Cut {
  std::array<Signal, K> leaves;  // ascending
  std::uint32_t size = 0;
  std::uint32_t signature = 0;  // bit (leaf mod 32) of each leaf
  float cost = 0;
  float flow = 0;
  std::uint32_t late = 0;   // levels above what the node may have
  std::uint32_t level = 0;  // the node's, with this cut; 0 where levels do not matter

  [[nodiscard]] const Signal* begin() const { return leaves.data(); }
  [[nodiscard]] const Signal* end() const { return leaves.data() + size; }
  [[nodiscard]] bool within(const Cut& other) const {
    if (size > other.size || (signature & ~other.signature) != 0) return false;
    return std::includes(other.begin(), other.end(), begin(), end());
  }
  [[nodiscard]] bool same(const Cut& other) const {
    return size == other.size && signature == other.signature &&
           std::equal(begin(), end(), other.begin());
  }
  [[nodiscard]] bool better(const Cut& other) const {
    if (late != other.late) return late < other.late;
    if (cost != other.cost) return cost < other.cost;
    if (flow != other.flow) return flow < other.flow;
    return size < other.size;
  }
};

/// A cut as it is kept: behind the last leaf stands kNone.
constexpr Signal kNone = ~Signal{0};
template <std::size_t K>
using Leaves = std::array<Signal, K>;

/// @return whether the union has at most K leaves
template <std::size_t K>
bool merge(const Cut<K>& a, const Cut<K>& b, Cut<K>& out) {
  const std::uint32_t signature = a.signature | b.signature;
  if (static_cast<std::size_t>(std::popcount(signature)) > K) return false;
  std::uint32_t i = 0;
  std::uint32_t j = 0;
  std::uint32_t n = 0;
  while (i < a.size || j < b.size) {
    if (n == K) return false;
    const Signal x = i < a.size ? a.leaves[i] : ~Signal{0};
    const Signal y = j < b.size ? b.leaves[j] : ~Signal{0};
    out.leaves[n++] = std::min(x, y);
    i += x <= y ? 1 : 0;
    j += y <= x ? 1 : 0;
  }
  out.size = n;
  out.signature = signature;
  return true;
}

}  // namespace pliant::circuit
