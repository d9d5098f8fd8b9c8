// pliant/circuit/circuit.cpp — checks, flattening and the plainest evaluation (no torch)
#include "pliant/circuit/circuit.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "pliant/base/errors.h"

namespace pliant::circuit {
namespace {

void check_cell(const Cell& cell, std::size_t stage) {
  base::require(cell.inputs + cell.nodes.size() < kMostSignals, "circuit: stage ", stage, " has ",
                cell.inputs, " inputs and ", cell.nodes.size(),
                " nodes, at most 2^30 are possible");
  for (std::size_t n = 0; n < cell.nodes.size(); ++n) {
    const Node& node = cell.nodes[n];
    base::require(0 <= node.fan_in && node.fan_in <= kMaxFanIn, "circuit: node ", n, " of stage ",
                  stage, " has ", node.fan_in, " inputs, 0 … 6 are possible");
    base::require((node.table & ~table_mask(node.fan_in)) == 0, "circuit: node ", n, " of stage ",
                  stage, " has a table with entries beyond those of its ", node.fan_in, " inputs");
    for (int i = 0; i < node.fan_in; ++i) {
      const Signal source = node.inputs[static_cast<std::size_t>(i)];
      base::require(source < cell.inputs + n, "circuit: node ", n, " of stage ", stage,
                    " reads signal ", source, ", which does not stand before it (there are ",
                    cell.inputs + n, ")");
    }
  }
  for (std::size_t o = 0; o < cell.outputs.size(); ++o)
    base::require(cell.outputs[o].signal() < cell.signals(), "circuit: output ", o, " of stage ",
                  stage, " is signal ", cell.outputs[o].signal(), ", there are ", cell.signals());
}

/// @param before  bits that the stage can read
void check_stage(const Stage& stage, std::size_t number, std::size_t before) {
  check_cell(stage.cell, number);
  base::require(stage.wires.size() == std::size_t{stage.placements} * stage.cell.inputs,
                "circuit: stage ", number, " needs ", stage.placements, " × ", stage.cell.inputs,
                " wires, got ", stage.wires.size());
  base::require(stage.placements < kMostSignals && stage.bits() < kMostSignals, "circuit: stage ",
                number, " has ", stage.placements, " placements and ", stage.bits(),
                " bits, fewer than 2^30 of each are possible");
  for (const std::uint32_t wire : stage.wires)
    base::require(wire < before || wire == Stage::kZero, "circuit: stage ", number, " reads bit ",
                  wire, ", there are ", before);
}

void check_sums(const ClassSums& sums, std::size_t bits) {
  base::require(std::isfinite(sums.tau) && sums.tau > 0, "circuit: tau must be > 0, got ",
                sums.tau);
  base::require(sums.names.empty() || sums.names.size() == sums.classes(),
                "circuit: one name for each of the ", sums.classes(), " classes is needed, got ",
                sums.names.size());
  if (sums.classes() == 0) {
    base::require(sums.begins.empty(), "circuit: class sums without biases");
    return;
  }
  base::require(sums.begins.size() == sums.classes() + 1, "circuit: ", sums.classes(),
                " classes need ", sums.classes() + 1, " boundaries, got ", sums.begins.size());
  base::require(sums.begins.front() == 0 && sums.begins.back() == bits &&
                    std::is_sorted(sums.begins.begin(), sums.begins.end()),
                "circuit: the boundaries of the classes must increase from 0 to the ", bits,
                " bits of the last stage");
  for (std::size_t c = 0; c < sums.classes(); ++c) {
    // A score fits 32 bits.
    const std::int64_t most = std::int64_t{sums.biases[c]} + (sums.begins[c + 1] - sums.begins[c]);
    base::require(most <= std::numeric_limits<std::int32_t>::max(), "circuit: class ", c,
                  " can have the score ", most, ", which does not fit 32 bits");
  }
}

}  // namespace

ClassSums equal_sums(std::size_t bits, std::size_t classes) {
  base::require(classes > 0 && bits % classes == 0, "class sums: the classes must divide the ",
                bits, " bits, got ", classes);
  ClassSums sums;
  for (std::size_t c = 0; c <= classes; ++c)
    sums.begins.push_back(static_cast<std::uint32_t>(bits / classes * c));
  sums.biases.resize(classes);
  return sums;
}

bool Circuit::flat() const {
  if (stages.size() != 1 || stages[0].placements != 1) return false;
  const std::vector<std::uint32_t>& wires = stages[0].wires;
  if (wires.size() != input_bits()) return false;
  for (std::uint32_t i = 0; i < wires.size(); ++i) {
    if (wires[i] != i) return false;
  }
  return true;
}

Stage placed_once(Cell cell) {
  Stage stage;
  stage.wires.resize(cell.inputs);
  std::iota(stage.wires.begin(), stage.wires.end(), 0U);
  stage.cell = std::move(cell);
  return stage;
}

void check_circuit(const Circuit& circuit) {
  check_encoder(circuit.encoder);
  base::require(!circuit.stages.empty(), "circuit: there must be at least one stage");
  std::size_t before = circuit.input_bits();
  for (std::size_t s = 0; s < circuit.stages.size(); ++s) {
    check_stage(circuit.stages[s], s, before);
    before = circuit.stages[s].bits();
  }
  check_sums(circuit.sums, before);
}

Node rewired(Node node, const std::vector<Literal>& literals) {
  for (int i = 0; i < node.fan_in; ++i) {
    Signal& input = node.inputs[static_cast<std::size_t>(i)];
    const Literal source = literals[input];
    if (source.inverted()) node.table = flip_input(node.table, i);
    input = source.signal();
  }
  return node;
}

Circuit flattened(const Circuit& circuit) {
  Circuit flat{circuit.encoder, {}, circuit.sums};
  Cell cell;
  cell.inputs = circuit.input_bits();
  std::vector<Literal> bits;  // of the stage before
  for (Signal i = 0; i < cell.inputs; ++i) bits.emplace_back(i);
  Signal zero = Stage::kZero;  // the node that is 0, once one is needed
  const auto literal_of = [&](std::uint32_t wire) {
    if (wire != Stage::kZero) return bits[wire];
    if (zero == Stage::kZero) zero = cell.add({});
    return Literal(zero);
  };
  for (const Stage& stage : circuit.stages) {
    base::require(cell.signals() + stage.cell.nodes.size() * stage.placements < kMostSignals,
                  "circuit: flat it would have 2^30 signals or more");
    std::vector<Literal> next(stage.bits());
    std::vector<Literal> signals(stage.cell.signals());
    for (std::size_t place = 0; place < stage.placements; ++place) {
      for (std::size_t i = 0; i < stage.cell.inputs; ++i)
        signals[i] = literal_of(stage.wires[place * stage.cell.inputs + i]);
      for (std::size_t n = 0; n < stage.cell.nodes.size(); ++n) {
        const Node node = rewired(stage.cell.nodes[n], signals);
        signals[stage.cell.inputs + n] = Literal(cell.add(node));
      }
      for (std::size_t o = 0; o < stage.cell.outputs.size(); ++o) {
        const Literal output = stage.cell.outputs[o];
        const Literal source = signals[output.signal()];
        next[o * stage.placements + place] = output.inverted() ? !source : source;
      }
    }
    bits = std::move(next);
  }
  cell.outputs = std::move(bits);
  flat.stages.push_back(placed_once(std::move(cell)));
  return flat;
}

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

std::vector<std::uint32_t> levels_of(const Cell& cell) {
  std::vector<std::uint32_t> levels(cell.signals());
  for (std::size_t n = 0; n < cell.nodes.size(); ++n) {
    const Node& node = cell.nodes[n];
    std::uint32_t& level = levels[cell.inputs + n];
    for (int i = 0; i < node.fan_in; ++i)
      level = std::max(level, levels[node.inputs[static_cast<std::size_t>(i)]] + 1);
  }
  return levels;
}

Size size_of(const Cell& cell) {
  Size size;
  size.nodes = cell.nodes.size();
  size.class_bits = cell.outputs.size();
  const std::vector<std::uint32_t> levels = levels_of(cell);
  std::vector<bool> read(cell.inputs);
  const auto note = [&](Signal signal) {
    if (signal < cell.inputs) read[signal] = true;
  };
  for (const Node& node : cell.nodes) {
    ++size.fan_in[static_cast<std::size_t>(node.fan_in)];
    std::for_each_n(node.inputs.begin(), node.fan_in, note);
  }
  for (const Literal output : cell.outputs) {
    note(output.signal());
    size.depth = std::max<std::size_t>(size.depth, levels[output.signal()]);
  }
  size.live_inputs = static_cast<std::size_t>(std::count(read.begin(), read.end(), true));
  return size;
}

std::vector<std::uint64_t> evaluate_signals(const Cell& cell, const std::uint64_t* rows,
                                            std::size_t words) {
  std::vector<std::uint64_t> values(cell.signals() * words);
  std::copy_n(rows, cell.inputs * words, values.begin());
  std::array<std::uint64_t, kMaxFanIn> x{};
  for (std::size_t n = 0; n < cell.nodes.size(); ++n) {
    const Node& node = cell.nodes[n];
    std::uint64_t* value = &values[(cell.inputs + n) * words];
    for (std::size_t w = 0; w < words; ++w) {
      for (std::size_t i = 0; i < static_cast<std::size_t>(node.fan_in); ++i)
        x[i] = values[node.inputs[i] * words + w];
      value[w] = apply_table(node.table, node.fan_in, x.data());
    }
  }
  return values;
}

std::vector<std::uint64_t> evaluate(const Cell& cell, const std::uint64_t* rows,
                                    std::size_t words) {
  const std::vector<std::uint64_t> values = evaluate_signals(cell, rows, words);
  std::vector<std::uint64_t> outputs(cell.outputs.size() * words);
  for (std::size_t o = 0; o < cell.outputs.size(); ++o) {
    const Literal output = cell.outputs[o];
    const std::uint64_t polarity = output.inverted() ? ~std::uint64_t{0} : 0;
    for (std::size_t w = 0; w < words; ++w)
      outputs[o * words + w] = values[output.signal() * words + w] ^ polarity;
  }
  return outputs;
}

}  // namespace pliant::circuit
