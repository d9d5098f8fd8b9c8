// pliant/circuit/run/plan.cpp — order of the nodes and slots of their rows (no torch)
#include "pliant/circuit/run/plan.h"

#include <algorithm>
#include <array>
#include <numeric>
#include <tuple>
#include <utility>

#include "pliant/base/errors.h"

namespace pliant::circuit {
namespace {

std::vector<bool> live_signals(const Cell& cell) {
  std::vector<bool> live(cell.signals());
  for (const Literal output : cell.outputs) live[output.signal()] = true;
  for (std::size_t n = cell.nodes.size(); n-- > 0;) {
    if (!live[cell.inputs + n]) continue;
    const Node& node = cell.nodes[n];
    std::for_each_n(node.inputs.begin(), node.fan_in, [&](Signal s) { live[s] = true; });
  }
  return live;
}

/// How class sums and outputs read each signal.
struct Polarity {
  bool plain = false;
  bool inverted = false;
};

std::vector<Polarity> output_polarities(const Cell& cell) {
  std::vector<Polarity> polarities(cell.signals());
  for (const Literal output : cell.outputs)
    (output.inverted() ? polarities[output.signal()].inverted : polarities[output.signal()].plain) =
        true;
  return polarities;
}

/// Builds a cell of nodes of at most three inputs.
class Lowering {
 public:
  explicit Lowering(const Cell& cell) : cell_(cell), signals_(cell.signals()) {
    lowered_.inputs = cell.inputs;
    for (Signal i = 0; i < cell.inputs; ++i) signals_[i] = Literal(i);
  }

  Cell run() {
    const std::vector<bool> live = live_signals(cell_);
    const std::vector<Polarity> outputs = output_polarities(cell_);
    for (std::size_t n = 0; n < cell_.nodes.size(); ++n) {
      const Signal signal = cell_.inputs + static_cast<Signal>(n);
      if (!live[signal]) continue;
      Node node = sourced(cell_.nodes[n]);
      // A row that sums want inverted only is computed inverted: whoever else reads it has it in
      // its table.
      const bool inverted = outputs[signal].inverted && !outputs[signal].plain;
      if (inverted) node.table = ~node.table & table_mask(node.fan_in);
      signals_[signal] = Literal(add(node), inverted);
    }
    for (const Literal output : cell_.outputs) {
      const Literal source = signals_[output.signal()];
      lowered_.outputs.emplace_back(plain(output.inverted() ? !source : source, output.signal()));
    }
    return std::move(lowered_);
  }

 private:
  /// The node on the new signals.
  [[nodiscard]] Node sourced(Node node) const {
    for (int i = 0; i < node.fan_in; ++i) {
      Signal& input = node.inputs[static_cast<std::size_t>(i)];
      const Literal source = signals_[input];
      if (source.inverted()) node.table = flip_input(node.table, i);
      input = source.signal();
    }
    return node;
  }

  /// A node of any fan-in, as Shannon's expansion: two of one input less, and a choice by the last.
  Signal add(Node node) {
    if (node.fan_in <= kExecutedFanIn) {
      base::require(lowered_.signals() < kMostSignals,
                    "circuit: as nodes of three inputs it would ", "have 2^30 signals or more");
      return lowered_.add(node);
    }
    const int last = --node.fan_in;
    const Signal chooser = std::exchange(node.inputs[static_cast<std::size_t>(last)], 0);
    const TruthTable table = node.table;
    node.table = table & table_mask(last);
    const Signal low = add(node);
    node.table = (table >> (1U << static_cast<unsigned>(last))) & table_mask(last);
    const Signal high = add(node);
    return add({.table = 0b11001010, .fan_in = 3, .inputs = {low, high, chooser}});
  }

  /// The signal that is this literal; complements are made once.
  Signal plain(Literal literal, Signal original) {
    if (!literal.inverted()) return literal.signal();
    if (complements_.empty()) complements_.resize(cell_.signals(), Plan::kDead);
    Signal& complement = complements_[original];
    if (complement == Plan::kDead)
      complement = add({.table = 0b01, .fan_in = 1, .inputs = {literal.signal()}});
    return complement;
  }

  const Cell& cell_;
  Cell lowered_;
  std::vector<Literal> signals_;  // of the old cell in the new one
  std::vector<Signal> complements_;
};

/// Exchanges the inputs of nodes of three so that their table is the ordered one.
void order_inputs(Node& node) {
  if (node.fan_in == 2) {
    const TruthTable swapped = swap_inputs(node.table, 0, 1);
    if (swapped < node.table) {
      node.table = swapped;
      std::swap(node.inputs[0], node.inputs[1]);
    }
  }
  if (node.fan_in != 3) return;
  const TruthTable wanted = ordered_table(node.table);
  for (int turn = 0; node.table != wanted; ++turn) {
    const int i = turn % 2;
    node.table = swap_inputs(node.table, i, i + 1);
    std::swap(node.inputs[static_cast<std::size_t>(i)],
              node.inputs[static_cast<std::size_t>(i) + 1]);
  }
}

/// Rows that a class's sum alone reads are counted when so many are there: they are still in the
/// first-level cache, and so are the slots that they leave to the next.
constexpr std::size_t kCountedAtOnce = 64;

constexpr std::uint32_t kNoClass = 0xFFFFFFFFU;

class Planning {
 public:
  Planning(const Circuit& circuit, Slots slots)
      : cell_(circuit.cell()), sums_(circuit.sums), how_(slots) {
    for (Node& node : cell_.nodes) order_inputs(node);
  }

  Plan run() {
    find_readers();
    order_nodes();
    make_steps();
    give_slots();
    return std::move(plan_);
  }

 private:
  /// Nodes that are computed one after the other: of a level, those that nodes read, or those that
  /// one class's sum alone reads. In a group, by function, and then by the first operand.
  struct Group {
    std::uint32_t level = 0;
    std::uint32_t of = kNoClass;

    friend bool operator==(const Group&, const Group&) = default;
  };

  /// What a class sums, and not alone reads.
  struct Shared {
    std::uint32_t level;
    std::uint32_t of;
    Signal signal;
  };

  void find_readers() {
    const std::vector<std::uint32_t> levels = levels_of(cell_);
    reads_.assign(cell_.signals(), 0);
    for (const Node& node : cell_.nodes)
      std::for_each_n(node.inputs.begin(), node.fan_in, [&](Signal s) { ++reads_[s]; });
    std::vector<std::uint32_t> sums(cell_.signals(), 0);
    for (const Literal output : cell_.outputs) ++sums[output.signal()];
    groups_.resize(cell_.signals());
    for (Signal s = 0; s < cell_.signals(); ++s) groups_[s].level = levels[s];
    for (std::uint32_t c = 0; c < sums_.classes(); ++c) {
      for (std::uint32_t o = sums_.begins[c]; o < sums_.begins[c + 1]; ++o) {
        const Signal s = cell_.outputs[o].signal();
        const bool alone = s >= cell_.inputs && reads_[s] == 0 && sums[s] == 1;
        if (how_ == Slots::kReused && alone) {
          groups_[s].of = c;
        } else {
          shared_.push_back({levels[s], c, s});
        }
      }
    }
    std::stable_sort(shared_.begin(), shared_.end(), [](const Shared& a, const Shared& b) {
      return std::tuple(a.level, a.of) < std::tuple(b.level, b.of);
    });
    for (Signal s = 0; s < cell_.signals(); ++s) reads_[s] += sums[s];
  }

  void order_nodes() {
    order_.resize(cell_.nodes.size());
    std::iota(order_.begin(), order_.end(), 0U);
    const auto key = [&](std::uint32_t n) {
      const Group& group = groups_[cell_.inputs + n];
      const Node& node = cell_.nodes[n];
      return std::tuple(group.level, group.of + 1, node.fan_in, node.table);  // kNoClass first
    };
    std::stable_sort(order_.begin(), order_.end(),
                     [&](std::uint32_t a, std::uint32_t b) { return key(a) < key(b); });
    std::vector<std::uint32_t> place(cell_.signals());  // in the order, of what stands before
    std::iota(place.begin(), place.begin() + cell_.inputs, 0U);
    for (std::size_t begin = 0; begin < order_.size();) {
      std::size_t end = begin;
      while (end < order_.size() && key(order_[end]) == key(order_[begin])) ++end;
      std::stable_sort(order_.begin() + static_cast<std::ptrdiff_t>(begin),
                       order_.begin() + static_cast<std::ptrdiff_t>(end),
                       [&](std::uint32_t a, std::uint32_t b) {
                         return place[cell_.nodes[a].inputs[0]] < place[cell_.nodes[b].inputs[0]];
                       });
      for (; begin < end; ++begin)
        place[cell_.inputs + order_[begin]] = cell_.inputs + static_cast<std::uint32_t>(begin);
    }
  }

  void make_steps() {
    std::vector<Signal> alone;  // of the present group, not counted yet
    auto next = shared_.begin();
    for (std::size_t i = 0; i < order_.size(); ++i) {
      const Signal signal = cell_.inputs + order_[i];
      const Group& group = groups_[signal];
      const bool first = i == 0 || group != groups_[cell_.inputs + order_[i - 1]];
      if (first && i > 0) count(alone, groups_[cell_.inputs + order_[i - 1]].of);
      // What nodes of this level read too is computed before what only classes do.
      const std::uint32_t computed = group.level + (group.of == kNoClass ? 0 : 1);
      for (; first && next != shared_.end() && next->level < computed; ++next)
        count(next->signal, next->of);
      append(order_[i], first);
      if (group.of != kNoClass) alone.push_back(signal);
      if (alone.size() == kCountedAtOnce) count(alone, group.of);
    }
    if (!order_.empty()) count(alone, groups_[cell_.inputs + order_.back()].of);
    for (; next != shared_.end(); ++next) count(next->signal, next->of);
  }

  void append(std::uint32_t n, bool first) {
    const Node& node = cell_.nodes[n];
    std::vector<Step>& steps = plan_.steps;
    if (first || steps.back().fan_in != node.fan_in || steps.back().what != node.table)
      steps.push_back({node.fan_in, static_cast<std::uint32_t>(node.table), nodes_placed_, 0});
    ++steps.back().count;
    ++nodes_placed_;
  }

  void count(std::vector<Signal>& signals, std::uint32_t of) {
    for (const Signal signal : signals) count(signal, of);
    signals.clear();
  }

  void count(Signal signal, std::uint32_t of) {
    std::vector<Step>& steps = plan_.steps;
    if (steps.empty() || steps.back().fan_in != Step::kCount || steps.back().what != of)
      steps.push_back({Step::kCount, of, static_cast<std::uint32_t>(plan_.counted.size()), 0});
    ++steps.back().count;
    plan_.counted.push_back(signal);  // a slot, once there are slots
  }

  void give_slots() {
    slot_.assign(cell_.signals(), Plan::kDead);
    for (Signal i = 0; i < cell_.inputs; ++i) {
      if (reads_[i] > 0) slot_[i] = static_cast<std::uint32_t>(plan_.slots++);
    }
    plan_.input_slots.assign(slot_.begin(), slot_.begin() + cell_.inputs);
    for (auto& sources : plan_.sources) sources.resize(cell_.nodes.size());
    plan_.targets.resize(cell_.nodes.size());
    for (const Step& step : plan_.steps) {
      for (std::uint32_t i = step.begin; i < step.begin + step.count; ++i) {
        if (step.fan_in == Step::kCount) {
          plan_.counted[i] = read(plan_.counted[i]);
        } else {
          place_node(i);
        }
      }
    }
    if (sums_.classes() > 0) return;
    for (const Literal output : cell_.outputs) plan_.output_slots.push_back(slot_[output.signal()]);
  }

  /// The operands of a node are loaded before its row is stored: it may take the place of one.
  void place_node(std::uint32_t i) {
    const Node& node = cell_.nodes[order_[i]];
    for (std::size_t k = 0; k < static_cast<std::size_t>(node.fan_in); ++k)
      plan_.sources[k][i] = read(node.inputs[k]);
    std::uint32_t slot = 0;
    if (free_.empty()) {
      slot = static_cast<std::uint32_t>(plan_.slots++);
    } else {
      slot = free_.back();
      free_.pop_back();
    }
    plan_.targets[i] = slot_[cell_.inputs + order_[i]] = slot;
  }

  /// The slot of a signal, which is free if this was the last time. Without classes the outputs'
  /// own reads are never done.
  std::uint32_t read(Signal signal) {
    if (--reads_[signal] == 0 && how_ == Slots::kReused) free_.push_back(slot_[signal]);
    return slot_[signal];
  }

  Cell cell_;
  const ClassSums& sums_;
  Slots how_;
  Plan plan_;
  std::vector<std::uint32_t> reads_;  ///< by signal: how often it is still to be read
  std::vector<Group> groups_;         ///< by signal
  std::vector<Shared> shared_;
  std::vector<std::uint32_t> order_;
  std::vector<std::uint32_t> slot_;
  std::vector<std::uint32_t> free_;
  std::uint32_t nodes_placed_ = 0;
};

}  // namespace

Cell lowered(const Cell& cell) { return Lowering(cell).run(); }

Plan make_plan(const Circuit& circuit, Slots slots) { return Planning(circuit, slots).run(); }

}  // namespace pliant::circuit
