// pliant/sorting/network.cpp — the sorting networks and their checks (no torch)
#include "pliant/sorting/network.h"

#include <algorithm>
#include <bit>
#include <cstddef>

#include "pliant/base/errors.h"
#include "pliant/base/type_list.h"

namespace pliant::sorting {
namespace {

constexpr int kMaxSize = 1 << 20;

constexpr std::string_view kKnuth =
    "Knuth, The Art of Computer Programming, volume 3, section 5.3.4";

/// Odd-even transposition sort: layer t swaps the neighbours (i, i + 1) with i ≡ t mod 2.
struct OddEven {
  static constexpr std::string_view name = "odd_even";
  static constexpr std::string_view cost = "n(n − 1)/2 comparators in n layers";
  static constexpr std::string_view source = kKnuth;
  static constexpr int max_size = 23'170;  // 2^28 comparators, which take 3 GiB
  static void make(int size, std::vector<Comparator>& out) {
    if (size == 1) return;
    out.reserve(static_cast<std::size_t>(size) * static_cast<std::size_t>(size - 1) / 2);
    for (int layer = 0; layer < size; ++layer) {
      for (int i = layer % 2; i + 1 < size; i += 2) out.push_back({layer, i, i + 1});
    }
  }
};

/// Batcher's bitonic sorter. A size that is no power of two is the next one with its lowest wires
/// absent: they would hold −∞, stay where they are, and so take their comparators with them. For
/// that the block that lost some of its wires has to be ascending, whatever its turn. (The
/// published diffsort 0.2.0 lets it descend, and so does not sort 22, 38, 42 … 46, 54 and many
/// larger sizes.)
struct Bitonic {
  static constexpr std::string_view name = "bitonic";
  static constexpr std::string_view cost =
      "about n·K(K + 1)/4 comparators in K(K + 1)/2 layers, K = ⌈log₂ n⌉";
  static constexpr std::string_view source = kKnuth;
  static constexpr int max_size = kMaxSize;
  static void make(int size, std::vector<Comparator>& out) {
    const int blocks = std::bit_width(static_cast<unsigned>(size - 1));
    const int padded = 1 << blocks;
    const int absent = padded - size;
    int layer = 0;
    for (int block = 0; block < blocks; ++block) {
      for (int stage = 0; stage <= block; ++stage, ++layer) {
        const int stride = 1 << (block - stage);
        for (int wire = absent; wire + stride < padded; ++wire) {
          if ((wire & stride) != 0) continue;
          const int turn = wire >> (block + 1);
          const bool descending = turn % 2 == 1 && turn != absent >> (block + 1);
          const int low = wire - absent + (descending ? stride : 0);
          const int high = wire - absent + (descending ? 0 : stride);
          out.push_back({layer, low, high});
        }
      }
    }
  }
};

/// Batcher's odd-even merge sort (Knuth, TAOCP 3, algorithm 5.2.2M). Any size is the next power of
/// two with its highest wires absent: always ascending, they would hold +∞.
struct Batcher {
  static constexpr std::string_view name = "batcher";
  static constexpr std::string_view cost = "fewer comparators than bitonic, in as many layers";
  static constexpr std::string_view source = kKnuth;
  static constexpr int max_size = kMaxSize;
  static void make(int size, std::vector<Comparator>& out) {
    int layer = 0;
    for (int run = 1; run < size; run *= 2) {
      for (int stride = run; stride >= 1; stride /= 2) {
        for (int i = stride % run; i + stride < size; i += 2 * stride) {
          for (int j = i; j < std::min(i + stride, size - stride); ++j) {
            if (j / (2 * run) == (j + stride) / (2 * run)) out.push_back({layer, j, j + stride});
          }
        }
        ++layer;
      }
    }
  }
};

using Networks = base::TypeList<OddEven, Bitonic, Batcher>;

}  // namespace

const std::vector<NetworkKind>& networks() {
  static const std::vector<NetworkKind> all = []<class... Ns>(base::TypeList<Ns...>) {
    return std::vector<NetworkKind>{{Ns::name, Ns::cost, Ns::source}...};
  }(Networks{});
  return all;
}

std::vector<std::string_view> network_names() {
  const auto all = base::names(Networks{});
  return {all.begin(), all.end()};
}

void close_layer_gaps(std::vector<Comparator>& comparators) {
  int number = -1;
  int last = -1;
  for (Comparator& comparator : comparators) {
    number += comparator.layer != last ? 1 : 0;
    last = comparator.layer;
    comparator.layer = number;
  }
}

Network make_network(std::string_view kind, int size) {
  base::require(size >= 1 && size <= kMaxSize, "network: size must be in 1 … ", kMaxSize, ", got ",
                size);
  Network network{size, {}};
  base::visit(Networks{}, base::index_of(Networks{}, kind, "network"), [&](auto variant) {
    base::require(size <= variant.max_size, "network: size of ", variant.name, " must be in 1 … ",
                  variant.max_size, ", got ", size);
    variant.make(size, network.comparators);
  });
  close_layer_gaps(network.comparators);
  return network;
}

void check_network(std::span<const Comparator> comparators, int size, std::string_view caller) {
  base::require(size >= 1, caller, ": there must be at least one value to sort, got ", size);
  std::vector<std::int32_t> layer_of(static_cast<std::size_t>(size), -1);
  std::int32_t layer = comparators.empty() ? 0 : comparators.front().layer;
  base::require(layer == 0, caller, ": network must begin with layer 0, got ", layer);
  for (std::size_t c = 0; c < comparators.size(); ++c) {
    const auto& [at, low, high] = comparators[c];
    base::require(at == layer || at == layer + 1, caller,
                  ": network's layers must ascend without gaps; comparator ", c, " has layer ", at,
                  " after layer ", layer);
    layer = at;
    for (const std::int32_t wire : {low, high}) {
      base::require(wire >= 0 && wire < size, caller, ": network is for other data: comparator ", c,
                    " (", low, ", ", high, ") has a wire outside 0 … ", size - 1,
                    ", and there are ", size, " values to sort");
      std::int32_t& last = layer_of[static_cast<std::size_t>(wire)];
      base::require(low != high && last != layer, caller, ": network uses wire ", wire,
                    " twice in layer ", layer, " (comparator ", c, ")");
      last = layer;
    }
  }
  if (size > 1) {
    const auto idle = std::find(layer_of.begin(), layer_of.end(), -1);
    base::require(idle == layer_of.end(), caller, ": network never touches wire ",
                  idle - layer_of.begin(), ": is it for fewer than the ", size,
                  " values that came?");
  }
}

bool sorts(const Network& network) {
  base::require(network.size <= 24,
                "sorts: size must be at most 24 for the test of all 2^size inputs, got ",
                network.size);
  for (std::uint32_t input = 0; input < (1U << network.size); ++input) {
    std::uint32_t bits = input;
    for (const auto& [layer, low, high] : network.comparators) {
      // A one on `low` and a zero on `high` change places.
      const std::uint32_t swap = (bits >> low) & ~(bits >> high) & 1U;
      bits ^= (swap << low) | (swap << high);
    }
    // Sorted: all ones at the high wires, that is, the complement within `size` bits is 2^k − 1.
    const std::uint32_t zeros = ~bits & ((1U << network.size) - 1);
    if ((zeros & (zeros + 1)) != 0) return false;
  }
  return true;
}

}  // namespace pliant::sorting
