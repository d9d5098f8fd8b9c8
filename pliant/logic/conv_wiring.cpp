// pliant/logic/conv_wiring.cpp — taps and candidates, drawn at random (no torch)
#include "pliant/logic/conv_wiring.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "pliant/base/errors.h"
#include "pliant/base/random.h"
#include "pliant/base/type_list.h"

namespace pliant::logic {
namespace {

std::uint32_t below(base::Random& random, std::size_t bound) {
  return random.below(static_cast<std::uint32_t>(bound));
}

/// 0 … size − 1 dealt one by one in random order, again and again.
class Deck {
 public:
  explicit Deck(std::size_t size) : cards_(size), dealt_(size) {
    std::iota(cards_.begin(), cards_.end(), std::int32_t{0});
  }

  std::int32_t deal(base::Random& random) {
    if (dealt_ == cards_.size()) dealt_ = 0;
    std::swap(cards_[dealt_], cards_[dealt_ + below(random, cards_.size() - dealt_)]);
    return cards_[dealt_++];
  }
  /// One that is not among `held`, which are fewer than all. One that is waits for the next.
  std::int32_t deal_other(const std::vector<std::int32_t>& held, base::Random& random) {
    if (dealt_ == cards_.size()) dealt_ = 0;
    const auto is_held = [&](std::int32_t card) {
      return std::ranges::find(held, card) != held.end();
    };
    const auto fresh = static_cast<std::size_t>(
        std::partition(cards_.begin() + static_cast<std::ptrdiff_t>(dealt_), cards_.end(),
                       [&](std::int32_t card) { return !is_held(card); }) -
        cards_.begin());
    if (fresh > dealt_) {
      std::swap(cards_[dealt_], cards_[dealt_ + below(random, fresh - dealt_)]);
      return cards_[dealt_++];
    }
    // All that are left are held: one that was dealt before stands in for the first of them.
    std::int32_t card = 0;
    do {
      card = cards_[below(random, dealt_)];
    } while (is_held(card));
    return card;
  }

 private:
  std::vector<std::int32_t> cards_;
  std::size_t dealt_;
};

/// A kernel's channels within its group, the first one that of leaf 0.
struct RandomTaps {
  static constexpr std::string_view name = "random";
  static std::vector<std::int32_t> channels(std::size_t of_group, std::size_t count, std::size_t,
                                            Deck& first, Deck& others, base::Random& random) {
    std::vector<std::int32_t> chosen = {first.deal(random)};
    while (chosen.size() < std::min(count, of_group))
      chosen.push_back(others.deal_other(chosen, random));
    return chosen;
  }
  static std::size_t of_leaf(std::size_t, std::size_t, std::size_t count, base::Random& random) {
    return below(random, count);
  }
};

struct ConsecutiveTaps {
  static constexpr std::string_view name = "consecutive";
  static std::vector<std::int32_t> channels(std::size_t of_group, std::size_t count,
                                            std::size_t kernel, Deck&, Deck&, base::Random&) {
    std::vector<std::int32_t> chosen;
    for (std::size_t i = 0; i < std::min(count, of_group); ++i)
      chosen.push_back(static_cast<std::int32_t>((kernel + i) % of_group));
    return chosen;
  }
  /// The first leaves read the first channel, and so on.
  static std::size_t of_leaf(std::size_t leaf, std::size_t leaves, std::size_t count,
                             base::Random&) {
    return leaf * count / leaves;
  }
};

using TapKinds = base::TypeList<RandomTaps, ConsecutiveTaps>;

/// A leaf of a kernel.
struct Tap {
  std::int32_t channel;
  std::int32_t row;
  std::int32_t column;
  bool operator==(const Tap&) const = default;
};

/// The leaves of a kernel that reads these channels.
template <class Kind>
std::vector<Tap> kernel_taps(const TapOptions& o, const std::vector<std::int32_t>& channels,
                             base::Random& random) {
  const std::size_t leaves = std::size_t{1} << o.depth;
  const bool one_tap = channels.size() * o.receptive.rows * o.receptive.columns == 1;
  std::vector<Tap> taps;
  while (taps.size() < leaves) {
    const std::size_t leaf = taps.size();
    const std::size_t which = leaf == 0 ? 0 : Kind::of_leaf(leaf, leaves, channels.size(), random);
    const Tap tap{channels[which], static_cast<std::int32_t>(below(random, o.receptive.rows)),
                  static_cast<std::int32_t>(below(random, o.receptive.columns))};
    if (leaf % 2 == 1 && tap == taps.back() && !one_tap) {
      // A kind that gives the leaf its channel cannot find another place in a field of one.
      if (o.receptive.rows * o.receptive.columns > 1) continue;
      const std::size_t next = (which + 1) % channels.size();
      taps.push_back({channels[next], tap.row, tap.column});
      continue;
    }
    taps.push_back(tap);
  }
  return taps;
}

void check(const TapOptions& o) {
  using base::require;
  require(o.channels >= 1 && o.kernels >= 1,
          "conv_taps: there must be at least one channel and one kernel, got ", o.channels, " and ",
          o.kernels);
  require(o.depth >= 1 && o.depth <= kMaxDepth, "conv_taps: depth must be in 1 … ", kMaxDepth,
          ", got ", o.depth);
  require(o.receptive.rows >= 1 && o.receptive.columns >= 1,
          "conv_taps: kernel_size must be at least 1, got ", o.receptive.rows, " × ",
          o.receptive.columns);
  require(o.channels_per_kernel >= 1, "conv_taps: channels_per_kernel must be at least 1, got ",
          o.channels_per_kernel);
  require(o.groups >= 1 && o.channels % o.groups == 0 && o.kernels % o.groups == 0,
          "conv_taps: groups must divide the ", o.channels, " channels and the ", o.kernels,
          " kernels, got ", o.groups);
}

template <class Kind>
std::vector<std::int32_t> make_taps(const TapOptions& o) {
  const std::size_t leaves = std::size_t{1} << o.depth;
  const std::size_t rest = o.kernels * leaves;
  const std::size_t of_group = o.channels / o.groups;
  const std::size_t kernels = o.kernels / o.groups;
  std::vector<std::int32_t> taps(3 * rest);
  for (std::size_t group = 0; group < o.groups; ++group) {
    base::Random random(o.seed, 0, group);
    Deck first(of_group);
    Deck others(of_group);
    for (std::size_t k = 0; k < kernels; ++k) {
      const auto channels =
          Kind::channels(of_group, o.channels_per_kernel, k, first, others, random);
      std::size_t at = (group * kernels + k) * leaves;
      for (const Tap& tap : kernel_taps<Kind>(o, channels, random)) {
        taps[at] = static_cast<std::int32_t>(group * of_group) + tap.channel;
        taps[rest + at] = tap.row;
        taps[2 * rest + at++] = tap.column;
      }
    }
  }
  return taps;
}

}  // namespace

std::vector<std::int32_t> make_conv_taps(std::string_view kind, const TapOptions& options) {
  const int index = base::index_of(TapKinds{}, kind, "kind of taps");
  check(options);
  std::vector<std::int32_t> taps;
  base::visit(TapKinds{}, index, [&]<class K>(K) { taps = make_taps<K>(options); });
  return taps;
}

std::vector<std::string_view> conv_tap_kinds() {
  const auto names = base::names(TapKinds{});
  return {names.begin(), names.end()};
}

std::vector<std::int32_t> make_candidates(std::size_t inputs, std::size_t slots,
                                          std::size_t candidates, std::uint64_t seed) {
  base::require(inputs >= 1 && slots >= 1 && candidates >= 1,
                "wiring_candidates: there must be at least one feature, slot and candidate, got ",
                inputs, ", ", slots, " and ", candidates);
  base::require(candidates <= inputs, "wiring_candidates: ", inputs, " features are fewer than ",
                candidates, " candidates for each slot");
  std::vector<std::int32_t> chosen(candidates * slots);
  Deck first(inputs);
  base::Random random(seed, 0, 0);
  std::vector<std::int32_t> others(inputs);
  std::iota(others.begin(), others.end(), 0);
  for (std::size_t s = 0; s < slots; ++s) {
    const std::int32_t front = first.deal(random);
    std::size_t place = 0;
    for (std::size_t k = 0; k < candidates; ++k) {  // a partial shuffle
      std::swap(others[k], others[k + below(random, inputs - k)]);
      if (others[k] == front) place = k;
    }
    for (std::size_t k = 0; k < candidates; ++k) chosen[k * slots + s] = others[k];
    chosen[place * slots + s] = chosen[s];
    chosen[s] = front;
  }
  return chosen;
}

}  // namespace pliant::logic
