// pliant/circuit/optimise/map.cpp — covering a cell by nodes of at most K inputs: priority cuts (no
// torch)
//
// A cut of a node is a set of signals that its value is a function of; a node of the result is a
// node of the cell with one of its cuts. Each node keeps the few best cuts, made from those of its
// inputs, first by area flow (a signal's nodes shared out among its readers), then by exact area
// (the nodes that come and go with a choice), as Mishchenko et al., ICCAD 2007. Where the depth is
// to be least, a first round chooses by the level; later ones by area among the cuts that keep
// every output at that depth.
#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <utility>
#include <vector>

#include "pliant/circuit/optimise/cut.h"
#include "pliant/circuit/optimise/passes.h"

namespace pliant::circuit {
namespace {

constexpr std::size_t kKept = 8;      // cuts of a node, beside the node itself
constexpr std::size_t kShallow = 20;  // the same where the depth is to be least
constexpr std::size_t kMerged = 96;   // cuts on the way to those of a node of many inputs
constexpr std::size_t kVisited = 64;  // nodes that are looked at for one exact area
constexpr int kFlowRounds = 3;
constexpr int kExactRounds = 2;
constexpr int kShallowRounds = 5;  // exact ones where the depth is to be least

template <std::size_t K>
class Mapper {
 public:
  Mapper(const Cell& cell, bool shallow)
      : cell_(cell),
        shallow_(shallow),
        keep_(shallow ? kShallow : kKept),
        cuts_(cell.nodes.size() * keep_),
        counts_(cell.signals()),
        best_(cell.signals()),
        flow_(cell.signals()),
        readers_(cell.signals()),
        refs_(cell.signals()),
        level_(cell.signals()),
        most_(cell.signals(), shallow ? 0 : kNever) {
    for (const Node& node : cell.nodes) {
      for (int i = 0; i < node.fan_in; ++i) ++readers_[node.inputs[static_cast<std::size_t>(i)]];
    }
    for (const Literal output : cell.outputs) ++readers_[output.signal()];
  }

  Cell run() {
    for (int round = 0; round < kFlowRounds; ++round) {
      for (Signal s = cell_.inputs; s < cell_.signals(); ++s)
        choose_by_flow(s, shallow_ && round == 0);
      refer();
      bound_levels();
      for (Signal s = 0; s < cell_.signals(); ++s)
        readers_[s] = (2 * readers_[s] + static_cast<float>(refs_[s])) / 3;
    }
    for (int round = 0; round < (shallow_ ? kShallowRounds : kExactRounds); ++round) {
      for (Signal s = cell_.inputs; s < cell_.signals(); ++s) choose_exactly(s);
      bound_levels();
    }
    return cover();
  }

 private:
  [[nodiscard]] bool is_node(Signal s) const { return s >= cell_.inputs; }

  /// The cuts of a signal, itself first.   @return how many
  std::size_t load(Signal s, std::array<Cut<K>, kShallow + 1>& cuts) const {
    cuts[0].leaves[0] = s;
    cuts[0].size = 1;
    cuts[0].signature = 1U << (s & 31U);
    if (!is_node(s)) return 1;
    const Leaves<K>* kept = &cuts_[(s - cell_.inputs) * keep_];
    const std::size_t count = counts_[s];
    for (std::size_t c = 0; c < count; ++c) {
      Cut<K>& cut = cuts[c + 1];
      cut.leaves = kept[c];
      cut.size = 0;
      cut.signature = 0;
      for (; cut.size < K && cut.leaves[cut.size] != kNone; ++cut.size)
        cut.signature |= 1U << (cut.leaves[cut.size] & 31U);
    }
    return count + 1;
  }

  /// Visits each cut of a node that the cuts of its inputs make.
  template <class Visit>
  void for_cuts(Signal s, const Visit& visit) {
    const Node& node = cell_.node(s);
    if (node.fan_in == 0) {
      Cut<K> nothing{};
      visit(nothing);
      return;
    }
    std::size_t count = load(node.inputs[0], first_);
    const Cut<K>* first = first_.data();
    for (std::size_t i = 1; i < static_cast<std::size_t>(node.fan_in); ++i) {
      const bool last = i + 1 == static_cast<std::size_t>(node.fan_in);
      const std::size_t others = load(node.inputs[i], second_);
      std::array<Cut<K>, kMerged>& next = merged_[i & 1];
      std::size_t made = 0;
      Cut<K> cut;
      for (std::size_t a = 0; a < count; ++a) {
        for (std::size_t b = 0; b < others; ++b) {
          if (!merge(first[a], second_[b], cut)) continue;
          if (last) {
            visit(cut);
          } else if (made < kMerged) {
            next[made++] = cut;
          }
        }
      }
      first = next.data();
      count = made;
    }
  }

  /// Brings the cuts in that the node some places behind reads: they stand anywhere in memory.
  void prefetch(Signal s) const {
    constexpr Signal kAhead = 12;
    if (s + kAhead >= cell_.signals()) return;
    const Node& node = cell_.node(s + kAhead);
    for (std::size_t i = 0; i < static_cast<std::size_t>(node.fan_in); ++i) {
      if (!is_node(node.inputs[i])) continue;
      const Leaves<K>* kept = &cuts_[(node.inputs[i] - cell_.inputs) * keep_];
      __builtin_prefetch(kept);
      __builtin_prefetch(kept + 64 / sizeof(Leaves<K>));
    }
  }

  float flow_of(const Cut<K>& cut) const {
    float flow = cut.size == 0 ? 0 : 1;
    for (const Signal leaf : cut) flow += flow_[leaf];
    return flow;
  }

  /// The level of the node with the cut, and how far that is above what it may have.
  void measure(Signal s, Cut<K>& cut) const {
    if (!shallow_) return;
    cut.level = cut.size == 0 ? 0 : 1;
    for (const Signal leaf : cut) cut.level = std::max(cut.level, level_[leaf] + 1);
    cut.late = cut.level > most_[s] ? cut.level - most_[s] : 0;
  }

  /// The highest level that each chosen node may have so that no output is deeper than the deepest
  /// is now. A node that was not chosen may have any: whoever takes it later looks at its level.
  void bound_levels() {
    if (!shallow_) return;
    std::uint32_t depth = 0;
    for (const Literal output : cell_.outputs) depth = std::max(depth, level_[output.signal()]);
    std::fill(most_.begin(), most_.end(), kNever);
    for (const Literal output : cell_.outputs) most_[output.signal()] = depth;
    for (Signal s = cell_.signals(); s-- > cell_.inputs;) {
      if (refs_[s] == 0) continue;
      for (const Signal leaf : best_[s]) most_[leaf] = std::min(most_[leaf], most_[s] - 1);
    }
  }

  /// The kept cuts of a node, best first; cost(cut) is asked for those that no kept one makes
  /// needless.
  template <class Cost>
  void keep_cuts(Signal s, const Cost& cost) {
    std::array<Cut<K>, kShallow>& kept = kept_;
    std::size_t count = 0;
    prefetch(s);
    for_cuts(s, [&](Cut<K>& cut) {
      for (std::size_t c = 0; c < count; ++c) {
        if (kept[c].within(cut)) return;
      }
      measure(s, cut);
      cost(cut);
      std::size_t stay = 0;
      for (std::size_t c = 0; c < count; ++c) {
        if (!cut.within(kept[c])) kept[stay++] = kept[c];
      }
      count = stay;
      std::size_t at = count;
      while (at > 0 && cut.better(kept[at - 1])) --at;
      if (at == keep_) return;
      count = std::min(count + 1, keep_);
      for (std::size_t c = count - 1; c > at; --c) kept[c] = kept[c - 1];
      kept[at] = cut;
    });
    counts_[s] = static_cast<std::uint8_t>(count);
    Leaves<K>* stored = &cuts_[(s - cell_.inputs) * keep_];
    for (std::size_t c = 0; c < count; ++c) {
      stored[c] = kept[c].leaves;
      std::fill(stored[c].begin() + kept[c].size, stored[c].end(), kNone);
    }
  }

  /// @param few  fewer leaves come first: such cuts grow further
  void choose_by_flow(Signal s, bool few) {
    const auto cost = [&](Cut<K>& cut) {
      cut.flow = flow_of(cut);
      cut.cost = few ? static_cast<float>(cut.size) : cut.flow;
    };
    Cut<K> before = best_[s];
    keep_cuts(s, cost);
    best_[s] = kept_[0];
    if (shallow_ && kept_[0].late > 0 &&
        before.size > 0) {  // the cut of the round before is in time
      measure(s, before);
      cost(before);
      if (before.better(kept_[0])) best_[s] = before;
    }
    level_[s] = best_[s].level;
    flow_[s] = best_[s].flow / std::max(readers_[s], 1.0F);
  }

  /// How often the chosen nodes and the outputs read each signal.
  void refer() {
    std::fill(refs_.begin(), refs_.end(), 0);
    for (const Literal output : cell_.outputs) ++refs_[output.signal()];
    for (Signal s = cell_.signals(); s-- > cell_.inputs;) {
      if (refs_[s] == 0) continue;
      for (const Signal leaf : best_[s]) ++refs_[leaf];
    }
  }

  /// Adds a reading of the cut's leaves, and of what they read where they are new.
  /// @param most  nodes that are visited   @return the new nodes; trail_ has what was counted
  std::uint32_t take(const Cut<K>& cut, std::size_t most) {
    std::uint32_t area = 0;
    trail_.assign(cut.begin(), cut.end());
    std::size_t expanded = 0;
    for (std::size_t t = 0; t < trail_.size(); ++t) {
      const Signal leaf = trail_[t];
      if (refs_[leaf]++ != 0 || !is_node(leaf)) continue;
      ++area;
      if (expanded++ < most) trail_.insert(trail_.end(), best_[leaf].begin(), best_[leaf].end());
    }
    return area;
  }

  /// The reverse of take: the cut's leaves are read once less.
  void release(const Cut<K>& cut, std::size_t most) {
    trail_.assign(cut.begin(), cut.end());
    std::size_t expanded = 0;
    for (std::size_t t = 0; t < trail_.size(); ++t) {
      const Signal leaf = trail_[t];
      if (--refs_[leaf] != 0 || !is_node(leaf)) continue;
      if (expanded++ < most) trail_.insert(trail_.end(), best_[leaf].begin(), best_[leaf].end());
    }
  }

  void choose_exactly(Signal s) {
    constexpr std::size_t kAll = ~std::size_t{0};
    const Cut<K> before = best_[s];
    const bool used = refs_[s] > 0;
    if (used) {
      release(before, kVisited);
      released_ = trail_;
    }
    const auto cost = [&](Cut<K>& cut) {
      cut.flow = flow_of(cut);
      cut.cost = static_cast<float>(take(cut, kVisited));
      for (const Signal leaf : trail_) --refs_[leaf];
    };
    Cut<K> chosen = before;
    measure(s, chosen);
    cost(chosen);
    keep_cuts(s, cost);
    if (used) {
      for (const Signal leaf : released_) ++refs_[leaf];
    }
    if (kept_[0].better(chosen)) chosen = kept_[0];
    flow_[s] = chosen.flow / std::max(readers_[s], 1.0F);
    best_[s] = chosen;
    level_[s] = chosen.level;
    if (!used || chosen.same(before)) return;
    // The new one first: what both read stays in place.
    take(chosen, kAll);
    release(before, kAll);
  }

  /// The table of a node over its cut.
  TruthTable table_of(Signal s) {
    const Cut<K>& cut = best_[s];
    ++stamp_;
    for (std::size_t l = 0; l < cut.size; ++l) {
      stamps_[cut.leaves[l]] = stamp_;
      tables_[cut.leaves[l]] = kProjection[l];
    }
    trail_.assign(1, s);
    stamps_[s] = stamp_;
    for (std::size_t t = 0; t < trail_.size(); ++t) {
      const Node& node = cell_.node(trail_[t]);
      for (int i = 0; i < node.fan_in; ++i) {
        const Signal input = node.inputs[static_cast<std::size_t>(i)];
        if (stamps_[input] == stamp_) continue;
        stamps_[input] = stamp_;
        trail_.push_back(input);
      }
    }
    std::sort(trail_.begin(), trail_.end());
    for (const Signal inner : trail_) {
      const Node& node = cell_.node(inner);
      std::array<std::uint64_t, kMaxFanIn> x{};
      for (std::size_t i = 0; i < static_cast<std::size_t>(node.fan_in); ++i)
        x[i] = tables_[node.inputs[i]];
      tables_[inner] = apply_table(node.table, node.fan_in, x.data());
    }
    return tables_[s] & table_mask(static_cast<int>(cut.size));
  }

  /// The chosen nodes that outputs depend on.
  Cell cover() {
    stamps_.resize(cell_.signals());
    tables_.resize(cell_.signals());
    refer();
    Builder builder(cell_.inputs, cell_.nodes.size());
    std::vector<Literal> literals(cell_.signals());
    for (Signal s = 0; s < cell_.inputs; ++s) literals[s] = Literal(s);
    for (Signal s = cell_.inputs; s < cell_.signals(); ++s) {
      if (refs_[s] == 0) continue;
      std::array<Literal, kMaxFanIn> leaves;
      const Cut<K>& cut = best_[s];
      for (std::size_t l = 0; l < cut.size; ++l) leaves[l] = literals[cut.leaves[l]];
      literals[s] = builder.add(table_of(s), static_cast<int>(cut.size), leaves.data());
    }
    Cell covered = builder.take(outputs_of(cell_, literals));
    remove_dead(covered);
    return covered;
  }

  static constexpr std::uint32_t kNever = ~std::uint32_t{0};

  const Cell& cell_;
  bool shallow_;
  std::size_t keep_;             // cuts of a node
  std::vector<Leaves<K>> cuts_;  // (nodes, keep_)
  std::vector<std::uint8_t> counts_;
  std::vector<Cut<K>> best_;
  std::vector<float> flow_;     // of a signal's best cut, for one of its readers
  std::vector<float> readers_;  // as they are estimated
  std::vector<std::uint32_t> refs_;
  std::vector<std::uint32_t> level_;  // with the best cut; 0 where levels do not matter
  std::vector<std::uint32_t> most_;   // that it may become
  std::array<Cut<K>, kShallow + 1> first_{};
  std::array<Cut<K>, kShallow + 1> second_{};
  std::array<Cut<K>, kShallow> kept_{};
  std::array<std::array<Cut<K>, kMerged>, 2> merged_{};
  std::vector<Signal> trail_;
  std::vector<Signal> released_;
  std::vector<std::uint32_t> stamps_;
  std::vector<TruthTable> tables_;
  std::uint32_t stamp_ = 0;
};

}  // namespace

Cell mapped(const Cell& cell, int lut, bool shallow) {
  const Cell parts = decomposed(cell, lut);
  switch (lut) {
    case 2:
      return Mapper<2>(parts, shallow).run();
    case 3:
      return Mapper<3>(parts, shallow).run();
    case 4:
      return Mapper<4>(parts, shallow).run();
    case 5:
      return Mapper<5>(parts, shallow).run();
    default:
      return Mapper<6>(parts, shallow).run();
  }
}

}  // namespace pliant::circuit
