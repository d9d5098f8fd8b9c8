// pliant/circuit/optimise/rewrite.cpp — simpler tables where a node's inputs cannot take every
// value (no torch)
#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "pliant/circuit/optimise/passes.h"
#include "pliant/circuit/optimise/window.h"

namespace pliant::circuit {
namespace {

/// A table and the entries of it that are ever read.
struct PartialTable {
  TruthTable table;
  TruthTable care;
};

/// The entries of a node that its inputs' values in a window address.
TruthTable care_of(const Window& window, const Node& node) {
  TruthTable care = 0;
  for (unsigned entry = 0; entry < 1U << node.fan_in; ++entry) {
    std::uint64_t seen = 0;
    for (std::size_t w = 0; w < window.words() && seen == 0; ++w) {
      seen = window.possible()[w];
      for (int i = 0; i < node.fan_in; ++i) {
        const std::uint64_t value = window.table(node.inputs[static_cast<std::size_t>(i)])[w];
        seen &= ((entry >> i) & 1U) != 0 ? value : ~value;
      }
    }
    if (seen != 0) care |= TruthTable{1} << entry;
  }
  return care;
}

/// Makes the table independent of every input that it can be made independent of, in turn.
TruthTable simplified(PartialTable partial, int fan_in) {
  for (int i = 0; i < fan_in; ++i) {
    const TruthTable care0 = cofactor0(partial.care, i);
    const TruthTable care1 = cofactor1(partial.care, i);
    const TruthTable low = cofactor0(partial.table, i);
    const TruthTable high = cofactor1(partial.table, i);
    if (((low ^ high) & care0 & care1 & table_mask(fan_in)) != 0) continue;
    // Where one half is never read, the other one's value; where neither is, either.
    partial.table = (high & care1) | (low & ~care1);
    partial.care = care0 | care1;
  }
  return partial.table & table_mask(fan_in);
}

}  // namespace

Cell with_windows(const Cell& cell, const InputRelations* relations) {
  constexpr std::size_t kLeaves = 6;
  constexpr std::size_t kNodes = 40;
  Builder builder(cell.inputs, cell.nodes.size());
  Window window(builder.cell(), relations == nullptr ? kLeaves : Window::kMostLeaves, kNodes);
  std::vector<Literal> literals;
  literals.reserve(cell.signals());
  for (Signal i = 0; i < cell.inputs; ++i) literals.emplace_back(i);
  std::vector<Literal> inputs;
  for (const Node& node : cell.nodes) {
    // The node over signals of the new cell, without constants.
    Node here{.table = node.table, .fan_in = node.fan_in};
    bool constant = false;
    for (std::size_t i = 0; i < static_cast<std::size_t>(node.fan_in); ++i) {
      const Literal literal = literals[node.inputs[i]];
      constant = constant || builder.constant(literal);
      if (literal.inverted()) here.table = flip_input(here.table, static_cast<int>(i));
      here.inputs[i] = literal.signal();
    }
    if (constant || node.fan_in < 2) {
      literals.push_back(builder.add(node, literals));
      continue;
    }
    const auto fan_in = static_cast<std::size_t>(here.fan_in);
    window.open({here.inputs.data(), fan_in}, relations);
    here.table = simplified({here.table, care_of(window, here)}, here.fan_in);
    inputs.clear();
    for (std::size_t i = 0; i < fan_in; ++i) inputs.emplace_back(here.inputs[i]);
    literals.push_back(builder.add(here.table, here.fan_in, inputs.data()));
  }
  return builder.take(outputs_of(cell, literals));
}

}  // namespace pliant::circuit
