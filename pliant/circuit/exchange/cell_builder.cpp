// pliant/circuit/exchange/cell_builder.cpp — a cell from functions of literals, as readers meet
// them (no torch)
#include "pliant/circuit/exchange/cell_builder.h"

#include <algorithm>
#include <utility>

#include "pliant/circuit/exchange/cover.h"

namespace pliant::circuit {

Literal CellBuilder::add(TruthTable table, std::span<const Literal> inputs) {
  Node node{.table = table, .fan_in = static_cast<int>(inputs.size())};
  for (int i = 0; i < node.fan_in; ++i) {
    const Literal input = inputs[static_cast<std::size_t>(i)];
    if (input.inverted()) node.table = flip_input(node.table, i);
    if (input.signal() == kFalse.signal()) {
      node.table = cofactor0(node.table, i);  // of no input any more, whichever it names
    }
    node.inputs[static_cast<std::size_t>(i)] = input.signal();
  }
  node = reduced(node);
  if (node.fan_in == 0) return node.table != 0 ? !kFalse : kFalse;
  if (node.fan_in == 1) return Literal(node.inputs[0], node.table == 0b01);
  return Literal(cell_.add(node));
}

Literal CellBuilder::all_of(std::span<const Literal> literals) {
  if (literals.empty()) return !kFalse;
  std::vector<Literal> level(literals.begin(), literals.end());
  while (level.size() > 1) {
    std::vector<Literal> next;
    for (std::size_t begin = 0; begin < level.size(); begin += kMaxFanIn) {
      const std::size_t size = std::min<std::size_t>(kMaxFanIn, level.size() - begin);
      const TruthTable all = TruthTable{1} << ((1U << size) - 1);
      next.push_back(add(all, std::span(level).subspan(begin, size)));
    }
    level = std::move(next);
  }
  return level.front();
}

void CellBuilder::add_output(Literal literal) {
  if (literal.signal() == kFalse.signal()) {
    if (zero_ == kFalse) zero_ = Literal(cell_.add({}));
    literal = literal.inverted() ? !zero_ : zero_;
  }
  cell_.outputs.push_back(literal);
}

Circuit circuit_of_cell(Cell cell, std::vector<std::string> names) {
  Circuit circuit;
  circuit.encoder.inputs = cell.inputs;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (names[i] == bit_name(circuit.encoder, i)) continue;
    circuit.encoder.names = std::move(names);
    break;
  }
  circuit.stages.push_back(placed_once(std::move(cell)));
  check_circuit(circuit);
  return circuit;
}

}  // namespace pliant::circuit
