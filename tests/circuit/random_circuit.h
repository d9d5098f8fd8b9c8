// tests/circuit/random_circuit.h — circuits and inputs at random, for the tests of this room
#pragma once

#include <cstdint>
#include <vector>

#include "pliant/base/random.h"
#include "pliant/circuit/circuit.h"

namespace pliant::circuit {

struct RandomCell {
  std::uint32_t inputs = 10;
  std::size_t nodes = 100;
  std::size_t outputs = 20;
  int least_fan_in = 0;  ///< 0: constants too
  int most_fan_in = kMaxFanIn;
};

/// Any nodes in any order: constants, wires, inputs read twice, nodes that nobody reads.
inline Cell random_cell(std::uint64_t seed, const RandomCell& sizes = {}) {
  base::Random random(seed, 0, 0);
  Cell cell;
  cell.inputs = sizes.inputs;
  for (std::size_t n = 0; n < sizes.nodes; ++n) {
    Node node;
    const auto spread = static_cast<std::uint32_t>(sizes.most_fan_in - sizes.least_fan_in + 1);
    node.fan_in = sizes.least_fan_in + static_cast<int>(random.below(spread));
    if (cell.signals() == 0) node.fan_in = 0;
    node.table = random.word() & table_mask(node.fan_in);
    for (int i = 0; i < node.fan_in; ++i)
      node.inputs[static_cast<std::size_t>(i)] = random.below(cell.signals());
    cell.add(node);
  }
  for (std::size_t o = 0; o < sizes.outputs; ++o) {
    // One after the other: the order of arguments is the compiler's.
    const Signal signal = random.below(cell.signals());
    cell.outputs.emplace_back(signal, random.below(2) == 1);
  }
  return cell;
}

/// A flat circuit over plain bits whose outputs are summed for `classes` classes; 0: not summed.
inline Circuit flat_circuit(Cell cell, std::size_t classes = 0) {
  Circuit circuit;
  circuit.encoder.inputs = cell.inputs;
  if (classes > 0) circuit.sums = equal_sums(cell.outputs.size(), classes);
  circuit.stages.push_back(placed_once(std::move(cell)));
  return circuit;
}

/// Nine bits, a cell at five places with some padding, and a second stage of so many outputs.
inline Circuit padded_stages(std::size_t outputs) {
  Circuit circuit;
  circuit.encoder.inputs = 9;
  Stage stage;
  stage.cell = random_cell(11, {.inputs = 4, .nodes = 12, .outputs = 3});
  stage.placements = 5;
  for (std::uint32_t w = 0; w < 20; ++w)
    stage.wires.push_back(w % 7 == 3 ? Stage::kZero : (w * 5) % 9);
  circuit.stages.push_back(stage);
  circuit.stages.push_back(
      placed_once(random_cell(12, {.inputs = 15, .nodes = 30, .outputs = outputs})));
  return circuit;
}

inline std::vector<std::uint64_t> random_words(std::uint64_t seed, std::size_t count) {
  base::Random random(seed, 1, 0);
  std::vector<std::uint64_t> words(count);
  for (std::uint64_t& word : words) word = random.word();
  return words;
}

}  // namespace pliant::circuit
