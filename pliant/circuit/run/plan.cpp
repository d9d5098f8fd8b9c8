// pliant/circuit/run/plan.cpp — order of the nodes and slots of their rows (no torch)
#include "pliant/circuit/run/plan.h"

#include <algorithm>
#include <array>
#include <numeric>
#include <utility>

#include "pliant/base/errors.h"

namespace pliant::circuit {
namespace {

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
      Node node = rewired(cell_.nodes[n], signals_);
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

/// Nodes of a level that are ordered by function together: enough of each for a step of its own,
/// few enough for the rows that they share to be near.
constexpr std::size_t kTogether = 4096;

class Planning {
 public:
  Planning(const Circuit& circuit, Slots slots)
      : cell_(circuit.cell()), sums_(circuit.sums), how_(slots) {
    for (Node& node : cell_.nodes) order_inputs(node);
  }

  Plan run() {
    levels_ = levels_of(cell_);
    count_reads();
    order_nodes();
    make_steps();
    give_slots();
    return std::move(plan_);
  }

 private:
  void count_reads() {
    reads_.assign(cell_.signals(), 0);
    for (const Node& node : cell_.nodes)
      std::for_each_n(node.inputs.begin(), node.fan_in, [&](Signal s) { ++reads_[s]; });
    for (const Literal output : cell_.outputs) ++reads_[output.signal()];
  }

  /// Level by level; in a level by where the first of the operands stands, and kTogether at a time
  /// by function.
  void order_nodes() {
    order_.resize(cell_.nodes.size());
    std::iota(order_.begin(), order_.end(), 0U);
    const auto level = [&](std::uint32_t n) { return levels_[cell_.inputs + n]; };
    std::stable_sort(order_.begin(), order_.end(),
                     [&](std::uint32_t a, std::uint32_t b) { return level(a) < level(b); });
    std::vector<std::uint32_t> place(cell_.signals());  // in the order, of what stands before
    std::iota(place.begin(), place.begin() + cell_.inputs, 0U);
    for (auto begin = order_.begin(); begin != order_.end();) {
      const auto end = std::find_if(begin, order_.end(),
                                    [&](std::uint32_t n) { return level(n) != level(*begin); });
      order_level(begin, end, place);
      for (; begin != end; ++begin)
        place[cell_.inputs + *begin] =
            cell_.inputs + static_cast<std::uint32_t>(begin - order_.begin());
    }
  }

  using Place = std::vector<std::uint32_t>::iterator;

  void order_level(Place begin, Place end, const std::vector<std::uint32_t>& place) {
    const auto first_operand = [&](std::uint32_t n) {
      const Node& node = cell_.nodes[n];
      std::uint32_t least = Plan::kDead;
      std::for_each_n(node.inputs.begin(), node.fan_in,
                      [&](Signal s) { least = std::min(least, place[s]); });
      return least;
    };
    std::vector<std::pair<std::uint32_t, std::uint32_t>> by_operand;
    for (auto n = begin; n != end; ++n) by_operand.emplace_back(first_operand(*n), *n);
    std::sort(by_operand.begin(), by_operand.end());
    std::transform(by_operand.begin(), by_operand.end(), begin,
                   [](const auto& each) { return each.second; });
    const auto function = [&](std::uint32_t n) {
      return std::pair(cell_.nodes[n].fan_in, cell_.nodes[n].table);
    };
    while (begin != end) {
      const auto next = begin + std::min<std::ptrdiff_t>(kTogether, end - begin);
      std::stable_sort(begin, next,
                       [&](std::uint32_t a, std::uint32_t b) { return function(a) < function(b); });
      begin = next;
    }
  }

  /// What a class sums.
  struct Summed {
    std::uint32_t level;
    std::uint32_t of;
    Signal signal;
  };

  /// The steps of each level, then those that count what it has for the classes.
  void make_steps() {
    std::vector<Summed> summed;
    for (std::uint32_t c = 0; c < sums_.classes(); ++c) {
      for (std::uint32_t o = sums_.begins[c]; o < sums_.begins[c + 1]; ++o) {
        const Signal s = cell_.outputs[o].signal();
        summed.push_back({levels_[s], c, s});
      }
    }
    std::stable_sort(summed.begin(), summed.end(), [](const Summed& a, const Summed& b) {
      return std::pair(a.level, a.of) < std::pair(b.level, b.of);
    });
    auto next = summed.begin();
    std::uint32_t last = 0;  // level; that of the inputs
    for (const std::uint32_t n : order_) {
      const std::uint32_t level = levels_[cell_.inputs + n];
      for (; next != summed.end() && next->level < level; ++next) count(*next);
      append(n, std::exchange(last, level) != level);
    }
    for (; next != summed.end(); ++next) count(*next);
  }

  /// @param first  of its level: what reads it is never in its step
  void append(std::uint32_t n, bool first) {
    const Node& node = cell_.nodes[n];
    std::vector<Step>& steps = plan_.steps;
    if (first || steps.empty() || steps.back().fan_in != node.fan_in ||
        steps.back().what != node.table)
      steps.push_back({node.fan_in, static_cast<std::uint32_t>(node.table), nodes_placed_, 0});
    ++steps.back().count;
    ++nodes_placed_;
  }

  void count(const Summed& one) {
    std::vector<Step>& steps = plan_.steps;
    if (steps.empty() || steps.back().fan_in != Step::kCount || steps.back().what != one.of)
      steps.push_back({Step::kCount, one.of, static_cast<std::uint32_t>(plan_.counted.size()), 0});
    ++steps.back().count;
    plan_.counted.push_back(one.signal);  // a slot, once there are slots
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
  std::vector<std::uint32_t> levels_;  ///< by signal
  std::vector<std::uint32_t> reads_;   ///< by signal: how often it is still to be read
  std::vector<std::uint32_t> order_;
  std::vector<std::uint32_t> slot_;
  std::vector<std::uint32_t> free_;
  std::uint32_t nodes_placed_ = 0;
};

}  // namespace

Cell lowered(const Cell& cell) { return Lowering(cell).run(); }

Plan make_plan(const Circuit& circuit, Slots slots) { return Planning(circuit, slots).run(); }

}  // namespace pliant::circuit
