// pliant/circuit/exchange/read_cell.cpp — what the readers of other programs' circuits share (no
// torch)
#include "pliant/circuit/exchange/read_cell.h"

#include <algorithm>
#include <utility>

namespace pliant::circuit {

Literal all_of(Builder& builder, std::span<const Literal> literals) {
  if (literals.empty()) return !Builder::kZero;
  std::vector<Literal> level(literals.begin(), literals.end());
  while (level.size() > 1) {
    std::vector<Literal> next;
    for (std::size_t begin = 0; begin < level.size(); begin += kMaxFanIn) {
      const std::size_t size = std::min<std::size_t>(kMaxFanIn, level.size() - begin);
      const TruthTable all = TruthTable{1} << ((1U << size) - 1);
      next.push_back(builder.add(all, static_cast<int>(size), level.data() + begin));
    }
    level = std::move(next);
  }
  return level.front();
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
