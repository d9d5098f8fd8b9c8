// pliant/topk/selection.cpp — splitter selection, and sorting networks cut down to the top k (no
// torch)
#include "pliant/topk/selection.h"

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <set>
#include <string>

#include "pliant/base/errors.h"

namespace pliant::selection {
namespace {

using sorting::Comparator;
using sorting::Network;

constexpr std::string_view kSplitter = "splitter_selection";

/// Builds the splitter network on lanes, of which lane 0 will hold the largest value, lane 1 the
/// next, …
class Splitter {
 public:
  Splitter(int size, int k)
      : k_(static_cast<std::size_t>(k)), free_(static_cast<std::size_t>(size), 0), lanes_at_(k_) {
    for (int lane = 0; lane < size; ++lane) lanes_at_[0].insert(lane);
  }

  /// Rounds over the ranks, from the lowest that counts to the highest that is not settled, until
  /// none changes anything.
  std::vector<Comparator> comparators() {
    for (std::size_t settled = 0;; ++settled) {
      const std::size_t before = out_.size();
      for (std::size_t rank = k_; rank-- > std::min(settled, k_);) split(rank);
      if (out_.size() == before) break;
    }
    std::ranges::stable_sort(out_, {}, &Comparator::layer);
    return out_;
  }

 private:
  /// The lanes that may hold the value of rank `rank` (0 the largest) or a lower one go through a
  /// cascade, after which the lane at place a is known to be beaten by 2^popcount(a) − 1 others.
  void split(std::size_t rank) {
    if (lanes_at_[rank].size() < 2) return;
    const std::vector<int> lanes(lanes_at_[rank].begin(), lanes_at_[rank].end());
    cascade(lanes);
    for (std::size_t place = 1; place < lanes.size(); ++place) {
      lanes_at_[rank].erase(lanes[place]);
      const std::size_t now = rank + (std::size_t{1} << std::popcount(place)) - 1;
      if (now < k_) lanes_at_[now].insert(lanes[place]);
    }
  }

  /// The larger of two values goes to the lane that comes first.
  void cascade(const std::vector<int>& lanes) {
    int layer = 0;
    for (const int lane : lanes) layer = std::max(layer, free_[static_cast<std::size_t>(lane)]);
    const auto size = static_cast<int>(free_.size());
    for (std::size_t stride = std::bit_ceil(lanes.size()) / 2; stride >= 1; stride /= 2, ++layer) {
      for (std::size_t place = 0; place + stride < lanes.size(); ++place) {
        if ((place & stride) != 0) continue;
        out_.push_back({layer, size - 1 - lanes[place + stride], size - 1 - lanes[place]});
      }
    }
    for (const int lane : lanes) free_[static_cast<std::size_t>(lane)] = layer;
  }

  std::size_t k_;
  std::vector<int> free_;  ///< of each lane: the first layer in which it is not used
  std::vector<std::set<int>>
      lanes_at_;  ///< for each rank: the lanes known to be beaten by so many others
  std::vector<Comparator> out_;
};

}  // namespace

std::vector<std::string_view> selection_names() {
  std::vector<std::string_view> names = {kSplitter};
  const auto sorters = sorting::network_names();
  names.insert(names.end(), sorters.begin(), sorters.end());
  return names;
}

Network without_dead_comparators(std::span<const Comparator> network, int size, int k) {
  std::vector<bool> wanted(static_cast<std::size_t>(size), false);
  std::fill(wanted.end() - k, wanted.end(), true);
  Network live{size, {}};
  for (std::size_t c = network.size(); c-- > 0;) {
    const auto low = static_cast<std::size_t>(network[c].low);
    const auto high = static_cast<std::size_t>(network[c].high);
    if (!wanted[low] && !wanted[high]) continue;
    wanted[low] = wanted[high] = true;
    live.comparators.push_back(network[c]);
  }
  std::ranges::reverse(live.comparators);
  sorting::close_layer_gaps(live.comparators);
  return live;
}

Network make_selection(std::string_view kind, int size, int k) {
  const auto names = selection_names();
  if (std::ranges::find(names, kind) == names.end()) {
    std::string known;
    for (const auto name : names) known += (known.empty() ? "" : ", ") + std::string(name);
    base::require(false, "selection network: unknown kind '", kind, "'; there are: ", known);
  }
  base::require(size >= 1 && size <= (1 << 20),
                "selection network: size must be in 1 … 1048576, got ", size);
  base::require(k >= 1 && k <= size, "selection network: k must be in 1 … ", size, ", got ", k);
  if (kind != kSplitter) {
    return without_dead_comparators(sorting::make_network(kind, size).comparators, size, k);
  }
  return without_dead_comparators(Splitter(size, k).comparators(), size, k);
}

}  // namespace pliant::selection
