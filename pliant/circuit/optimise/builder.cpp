// pliant/circuit/optimise/builder.cpp — the normal form of nodes, structural hashing, dead nodes
// (no torch)
#include "pliant/circuit/optimise/builder.h"

#include <algorithm>
#include <bit>
#include <utility>

#include "pliant/base/errors.h"

namespace pliant::circuit {
namespace {

std::uint64_t hash(const Node& node) {
  std::uint64_t state = node.table * 0x9E3779B97F4A7C15U + static_cast<std::uint64_t>(node.fan_in);
  for (int i = 0; i < node.fan_in; ++i) {
    state ^= node.inputs[static_cast<std::size_t>(i)];
    state *= 0xD6E8FEB86659FD93U;
    state ^= state >> 32;
  }
  return state;
}

/// Inputs in ascending order, by insertion: there are six at most.
void sort_inputs(Node& node) {
  for (int i = 1; i < node.fan_in; ++i) {
    for (int j = i; j > 0; --j) {
      Signal& low = node.inputs[static_cast<std::size_t>(j) - 1];
      Signal& high = node.inputs[static_cast<std::size_t>(j)];
      if (low <= high) break;
      std::swap(low, high);
      node.table = swap_inputs(node.table, j - 1, j);
    }
  }
}

/// Of sorted inputs: those that are read twice become one, those that do not matter go.
void keep_support(Node& node) {
  for (int i = node.fan_in - 1; i > 0; --i) {
    const auto at = static_cast<std::size_t>(i);
    if (node.inputs[at] != node.inputs[at - 1]) continue;
    node.table = merge_inputs(node.table, i - 1, i);
    drop(node, i);
  }
  for (int i = node.fan_in - 1; i >= 0; --i) {
    if (!depends_on(node.table, node.fan_in, i)) drop(node, i);
  }
}

}  // namespace

Builder::Builder(std::uint32_t inputs, std::size_t expected, BuildRules rules) : rules_(rules) {
  cell_.inputs = inputs;
  cell_.nodes.reserve(expected);
  if (rules_.hashing) slots_.resize(std::bit_ceil(2 * expected + 16));
}

Literal Builder::add(TruthTable table, int fan_in, const Literal* inputs) {
  Node node{.table = table, .fan_in = 0};
  for (int i = 0; i < fan_in; ++i) {
    const Literal input = inputs[i];
    if (input.signal() == kZero.signal()) {
      node.table = input.inverted() ? cofactor1(node.table, node.fan_in)
                                    : cofactor0(node.table, node.fan_in);
      node.table = drop_input(node.table, fan_in - i + node.fan_in, node.fan_in);
      continue;
    }
    if (input.inverted()) node.table = flip_input(node.table, node.fan_in);
    node.inputs[static_cast<std::size_t>(node.fan_in++)] = input.signal();
  }
  sort_inputs(node);
  if (rules_.constants) {
    keep_support(node);
    if (node.fan_in == 0) return (node.table & 1) != 0 ? !kZero : kZero;
    if (node.fan_in == 1 && node.table == 0b10) return Literal(node.inputs[0]);
  }
  if (!rules_.inverters) return hashed(node);
  if (node.fan_in == 1 && node.table == 0b01) return !Literal(node.inputs[0]);
  if ((node.table & 1) == 0) return hashed(node);
  node.table = ~node.table & table_mask(node.fan_in);
  return !hashed(node);
}

Literal Builder::add(const Node& node, const std::vector<Literal>& literals) {
  std::array<Literal, kMaxFanIn> inputs;
  for (std::size_t i = 0; i < static_cast<std::size_t>(node.fan_in); ++i)
    inputs[i] = literals[node.inputs[i]];
  return add(node.table, node.fan_in, inputs.data());
}

Literal Builder::hashed(const Node& node) {
  base::require(cell_.signals() < kMostSignals, "circuit: 2^30 signals or more are not possible");
  if (!rules_.hashing) return Literal(cell_.add(node));
  if (2 * (cell_.nodes.size() + 1) > slots_.size()) grow();
  std::size_t slot = hash(node) & (slots_.size() - 1);
  for (; slots_[slot] != 0; slot = (slot + 1) & (slots_.size() - 1)) {
    if (cell_.nodes[slots_[slot] - 1] == node) return Literal(cell_.inputs + slots_[slot] - 1);
  }
  const Signal added = cell_.add(node);
  slots_[slot] = static_cast<std::uint32_t>(cell_.nodes.size());
  return Literal(added);
}

void Builder::grow() {
  slots_.assign(2 * slots_.size(), 0);
  for (std::size_t n = 0; n < cell_.nodes.size(); ++n) {
    std::size_t slot = hash(cell_.nodes[n]) & (slots_.size() - 1);
    while (slots_[slot] != 0) slot = (slot + 1) & (slots_.size() - 1);
    slots_[slot] = static_cast<std::uint32_t>(n + 1);
  }
}

bool Builder::constant(Literal literal) const {
  const Signal signal = literal.signal();
  return signal == kZero.signal() || (signal >= cell_.inputs && cell_.node(signal).fan_in == 0);
}

bool Builder::value(Literal literal) const {
  if (literal.signal() == kZero.signal()) return literal.inverted();
  return ((cell_.node(literal.signal()).table & 1) != 0) != literal.inverted();
}

Cell Builder::take(std::vector<Literal> outputs) {
  Literal zero = kZero;
  for (Literal& output : outputs) {
    if (output.signal() != kZero.signal()) continue;
    if (zero == kZero) zero = Literal(cell_.add({}));
    output = output.inverted() ? !zero : zero;
  }
  cell_.outputs = std::move(outputs);
  return std::move(cell_);
}

std::vector<Literal> outputs_of(const Cell& cell, const std::vector<Literal>& literals) {
  std::vector<Literal> outputs;
  outputs.reserve(cell.outputs.size());
  for (const Literal output : cell.outputs) {
    const Literal literal = literals[output.signal()];
    outputs.push_back(output.inverted() ? !literal : literal);
  }
  return outputs;
}

void drop(Node& node, int i) {
  node.table = drop_input(node.table, node.fan_in, i);
  --node.fan_in;
  const auto hole = node.inputs.begin() + i;
  std::copy(hole + 1, node.inputs.begin() + node.fan_in + 1, hole);
  node.inputs[static_cast<std::size_t>(node.fan_in)] = 0;
}

void remove_dead(Cell& cell) {
  const std::vector<bool> live = live_signals(cell);
  std::vector<Literal> moved(cell.signals());
  for (Signal i = 0; i < cell.inputs; ++i) moved[i] = Literal(i);
  std::size_t kept = 0;
  for (std::size_t n = 0; n < cell.nodes.size(); ++n) {
    if (!live[cell.inputs + n]) continue;
    moved[cell.inputs + n] = Literal(cell.inputs + static_cast<Signal>(kept));
    cell.nodes[kept++] = rewired(cell.nodes[n], moved);
  }
  cell.nodes.resize(kept);
  cell.outputs = outputs_of(cell, moved);
}

}  // namespace pliant::circuit
