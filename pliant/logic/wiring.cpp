// pliant/logic/wiring.cpp — the kinds of wiring (no torch)
#include "pliant/logic/wiring.h"

#include <algorithm>
#include <numeric>
#include <span>

#include "pliant/base/errors.h"
#include "pliant/base/random.h"
#include "pliant/base/type_list.h"
#include "pliant/logic/gate.h"

namespace pliant::logic {
namespace {

using Sources = std::vector<std::int32_t>;

/// 0 … n − 1 in random order.
Sources permutation(std::size_t n, base::Random& random) {
  Sources order(n);
  std::iota(order.begin(), order.end(), 0);
  for (std::size_t i = n; i > 1; --i)
    std::swap(order[i - 1], order[random.below(static_cast<std::uint32_t>(i))]);
  return order;
}

/// Swaps the inputs of gates so that as many features as can be are the first input of one: a
/// matching of features to gates, grown by augmenting paths (Kuhn).
class FirstInputs {
 public:
  FirstInputs(std::size_t inputs, std::size_t gates, Sources& sources)
      : gates_(gates), sources_(sources), begin_(inputs + 1), passes_(gates, -1), seen_(gates, -1) {
    for (const std::int32_t source : sources) ++begin_[static_cast<std::size_t>(source) + 1];
    std::partial_sum(begin_.begin(), begin_.end(), begin_.begin());
    readers_.resize(sources.size());
    std::vector<std::size_t> next(begin_.begin(), begin_.end() - 1);
    for (std::size_t i = 0; i < sources.size(); ++i)
      readers_[next[static_cast<std::size_t>(sources[i])]++] = static_cast<std::int32_t>(i % gates);
  }

  void operator()() {
    for (std::size_t feature = 0; feature + 1 < begin_.size(); ++feature)
      place(static_cast<std::int32_t>(feature));
    for (std::size_t gate = 0; gate < gates_; ++gate) {
      if (passes_[gate] < 0) continue;
      std::size_t j = 0;
      while (sources_[j * gates_ + gate] != passes_[gate]) ++j;
      std::swap(sources_[j * gates_ + gate], sources_[gate]);
    }
  }

 private:
  [[nodiscard]] std::span<const std::int32_t> readers(std::int32_t feature) const {
    const auto f = static_cast<std::size_t>(feature);
    return {readers_.data() + begin_[f], begin_[f + 1] - begin_[f]};
  }

  /// Finds the feature a gate, moving others along a shortest path of gates.
  void place(std::int32_t feature) {
    std::vector<std::int32_t> queue = {feature};
    std::vector<std::pair<std::int32_t, std::int32_t>> reached;  // gate, place in the queue
    for (std::size_t head = 0; head < queue.size(); ++head) {
      for (const std::int32_t gate : readers(queue[head])) {
        auto& seen = seen_[static_cast<std::size_t>(gate)];
        if (seen == feature) continue;
        seen = feature;
        const std::int32_t owner = passes_[static_cast<std::size_t>(gate)];
        reached.emplace_back(gate, static_cast<std::int32_t>(head));
        if (owner < 0) return take(queue, reached);
        queue.push_back(owner);
        came_by_.push_back(static_cast<std::int32_t>(reached.size()) - 1);
      }
    }
    came_by_.clear();
  }

  /// The last gate reached is free: along the path back, each feature takes the gate it reached.
  void take(const std::vector<std::int32_t>& queue,
            const std::vector<std::pair<std::int32_t, std::int32_t>>& reached) {
    auto at = static_cast<std::int32_t>(reached.size()) - 1;
    for (;;) {
      const auto [gate, place] = reached[static_cast<std::size_t>(at)];
      passes_[static_cast<std::size_t>(gate)] = queue[static_cast<std::size_t>(place)];
      if (place == 0) break;
      at = came_by_[static_cast<std::size_t>(place) - 1];
    }
    came_by_.clear();
  }

  std::size_t gates_;
  Sources& sources_;
  std::vector<std::size_t> begin_;     // of each feature's readers
  std::vector<std::int32_t> readers_;  // gates
  std::vector<std::int32_t> passes_;   // of each gate: the feature that is to be first
  std::vector<std::int32_t> seen_;     // of each gate: in the search for which feature
  std::vector<std::int32_t> came_by_;  // of each feature queued after the first: which of `reached`
};

struct RandomWiring {
  static constexpr std::string_view name = "random";
  static Sources make(const WiringOptions& o) {
    const auto fan_in = static_cast<std::size_t>(o.fan_in);
    base::require(fan_in * o.gates >= o.inputs, "wiring random: ", o.gates, " gates of ", fan_in,
                  " inputs cannot read all ", o.inputs, " features: take at least ",
                  (o.inputs + fan_in - 1) / fan_in, " gates");
    base::Random random(o.seed, 0, 0);
    Sources sources = permutation(fan_in * o.gates, random);
    const Sources relabel = permutation(o.inputs, random);
    for (std::int32_t& source : sources)
      source = relabel[static_cast<std::size_t>(source) % o.inputs];
    FirstInputs(o.inputs, o.gates, sources)();
    return sources;
  }
};

struct UniqueWiring {
  static constexpr std::string_view name = "unique";
  static Sources make(const WiringOptions& o) {
    base::require(o.fan_in == 2, "wiring unique: gates have 2 inputs, got fan_in = ", o.fan_in);
    base::require(2 * o.gates >= o.inputs, "wiring unique: ", o.gates, " gates cannot read all ",
                  o.inputs, " features: take at least ", (o.inputs + 1) / 2, " gates");
    const std::size_t pairs = o.inputs * (o.inputs - 1) / 2;
    base::require(o.gates <= pairs, "wiring unique: ", o.inputs, " features have ", pairs,
                  " pairs, fewer than the ", o.gates, " gates");
    std::vector<std::size_t> first;
    std::vector<std::size_t> second;
    const auto add = [&](std::size_t begin, std::size_t step, std::size_t offset) {
      for (std::size_t i = begin; i + offset < o.inputs && first.size() < o.gates; i += step) {
        first.push_back(i);
        second.push_back(i + offset);
      }
    };
    add(0, 2, 1);
    add(1, 2, 1);
    for (std::size_t offset = 2; first.size() < o.gates; ++offset) add(0, 1, offset);
    base::Random random(o.seed, 0, 0);
    const Sources order = permutation(o.gates, random);
    Sources sources(2 * o.gates);
    for (std::size_t g = 0; g < o.gates; ++g) {
      const auto from = static_cast<std::size_t>(order[g]);
      sources[g] = static_cast<std::int32_t>(first[from]);
      sources[o.gates + g] = static_cast<std::int32_t>(second[from]);
    }
    return sources;
  }
};

struct ButterflyWiring {
  static constexpr std::string_view name = "butterfly";
  static Sources make(const WiringOptions& o) {
    const auto fan_in = static_cast<std::size_t>(o.fan_in);
    base::require(o.gates >= o.inputs, "wiring butterfly: there must be at least as many gates as ",
                  "features, ", o.inputs, ", got ", o.gates);
    base::require(o.inputs >= fan_in, "wiring butterfly: gates of ", fan_in,
                  " inputs need at least so many features, got ", o.inputs);
    base::require(o.level >= 0, "wiring butterfly: level must be at least 0, got ", o.level);
    std::vector<std::size_t> strides;  // those that change the pattern
    for (std::size_t stride = 1; stride < o.inputs; stride *= std::max<std::size_t>(fan_in, 2))
      strides.push_back(stride);
    if (strides.empty()) strides.push_back(1);
    Sources sources(fan_in * o.gates);
    for (std::size_t g = 0; g < o.gates; ++g) {
      const std::size_t level = static_cast<std::size_t>(o.level) + g / o.inputs;
      const std::size_t stride = strides[level % strides.size()];
      for (std::size_t j = 0; j < fan_in; ++j)
        sources[j * o.gates + g] = static_cast<std::int32_t>((g + j * stride) % o.inputs);
    }
    return sources;
  }
};

struct LocalWiring {
  static constexpr std::string_view name = "local";
  static Sources make(const WiringOptions& o) {
    const std::size_t pixels = o.height * o.width;
    base::require(pixels > 0 && o.inputs % pixels == 0, "wiring local: the ", o.inputs,
                  " features must be channels of height × width, got ", o.height, " × ", o.width);
    base::require(o.radius >= 1, "wiring local: radius must be at least 1, got ", o.radius);
    const std::size_t channels = o.inputs / pixels;
    const auto fan_in = static_cast<std::size_t>(o.fan_in);
    const auto reach = [&](std::size_t size) {
      return std::min(size, static_cast<std::size_t>(o.radius) + 1);
    };
    base::require(fan_in <= channels * reach(o.height) * reach(o.width), "wiring local: a corner ",
                  "has fewer than fan_in = ", fan_in, " features within the radius of ", o.radius);
    Sources sources(fan_in * o.gates);
    for (std::size_t g = 0; g < o.gates; ++g) {
      base::Random random(o.seed, 1, g);
      const std::size_t y = g % pixels / o.width;
      const std::size_t x = g % o.width;
      sources[g] = static_cast<std::int32_t>(((g / pixels) % channels) * pixels + g % pixels);
      for (std::size_t j = 1; j < fan_in; ++j) {
        std::int32_t& source = sources[j * o.gates + g];
        do {
          const std::size_t row = near(y, o.height, o.radius, random);
          const std::size_t column = near(x, o.width, o.radius, random);
          const std::size_t channel = random.below(static_cast<std::uint32_t>(channels));
          source = static_cast<std::int32_t>(channel * pixels + row * o.width + column);
        } while (is_read(sources, o.gates, g, j));
      }
    }
    return sources;
  }

 private:
  static std::size_t near(std::size_t at, std::size_t size, int radius, base::Random& random) {
    const auto reach = static_cast<std::size_t>(radius);
    const std::size_t low = at < reach ? 0 : at - reach;
    const std::size_t high = std::min(size - 1, at + reach);
    return low + random.below(static_cast<std::uint32_t>(high - low + 1));
  }
  /// Whether input j of the gate repeats an earlier one.
  static bool is_read(const Sources& sources, std::size_t gates, std::size_t g, std::size_t j) {
    for (std::size_t i = 0; i < j; ++i) {
      if (sources[i * gates + g] == sources[j * gates + g]) return true;
    }
    return false;
  }
};

/// Every kind there is.
using Wirings = base::TypeList<RandomWiring, UniqueWiring, ButterflyWiring, LocalWiring>;

}  // namespace

std::vector<std::int32_t> make_wiring(std::string_view kind, const WiringOptions& options) {
  const int index = base::index_of(Wirings{}, kind, "wiring");
  base::require(options.inputs >= 1 && options.gates >= 1,
                "wiring: there must be at least one feature and one gate, got ", options.inputs,
                " and ", options.gates);
  base::require(options.inputs < (std::size_t{1} << 31) && options.gates < (std::size_t{1} << 28),
                "wiring: at most 2^31 features and 2^28 gates, got ", options.inputs, " and ",
                options.gates);
  base::require(options.fan_in >= 1 && options.fan_in <= kMaxInputs,
                "wiring: fan_in must be in 1 … ", kMaxInputs, ", got ", options.fan_in);
  std::vector<std::int32_t> sources;
  base::visit(Wirings{}, index, [&]<class W>(W) { sources = W::make(options); });
  return sources;
}

std::vector<std::string_view> wiring_names() {
  const auto names = base::names(Wirings{});
  return {names.begin(), names.end()};
}

void check_wiring(const std::int32_t* sources, std::size_t count, std::size_t inputs) {
  // Negative ones are the largest as unsigned numbers.
  std::uint32_t largest = 0;
  for (std::size_t i = 0; i < count; ++i)
    largest = std::max(largest, static_cast<std::uint32_t>(sources[i]));
  if (largest < inputs) return;
  for (std::size_t i = 0; i < count; ++i) {
    base::require(sources[i] >= 0 && static_cast<std::size_t>(sources[i]) < inputs,
                  "wiring: sources must be in 0 … ", inputs - 1, ", got ", sources[i], " at entry ",
                  i);
  }
}

}  // namespace pliant::logic
