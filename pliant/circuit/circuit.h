// pliant/circuit/circuit.h — the intermediate form: networks of nodes of up to six inputs (no
// torch)
//
// A circuit turns the numbers of an example into bits (encoder.h), the bits by stages of cells into
// other bits, and these into a score for each class: how many of the class's bits are 1. A cell is
// a network of nodes, and a stage places it any number of times: a convolution is a cell placed at
// every position of its picture, a dense network one cell placed once. What runs, optimises and
// exports works on a flat circuit, which is one cell placed once (`flattened`).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "pliant/circuit/encoder.h"
#include "pliant/circuit/truth_table.h"

namespace pliant::circuit {

/// A bit of a cell by its number: the inputs first, then the nodes in their order.
using Signal = std::uint32_t;

/// A signal or its complement, as AIGER has them: 2·signal, and 1 more if it is inverted.
class Literal {
 public:
  constexpr Literal() = default;
  constexpr explicit Literal(Signal signal, bool inverted = false)
      : code_(2 * signal + (inverted ? 1U : 0U)) {}
  static constexpr Literal from_code(std::uint32_t code) {
    Literal literal;
    literal.code_ = code;
    return literal;
  }

  [[nodiscard]] constexpr Signal signal() const { return code_ >> 1; }
  [[nodiscard]] constexpr bool inverted() const { return (code_ & 1) != 0; }
  [[nodiscard]] constexpr std::uint32_t code() const { return code_; }
  constexpr Literal operator!() const { return from_code(code_ ^ 1); }
  friend constexpr bool operator==(Literal, Literal) = default;

 private:
  std::uint32_t code_ = 0;
};

/// A function of up to six signals that stand before it. Without inputs it is a constant.
struct Node {
  TruthTable table = 0;
  int fan_in = 0;
  std::array<Signal, kMaxFanIn> inputs{};  ///< those from fan_in on are 0

  friend bool operator==(const Node&, const Node&) = default;
};

/// The node on other signals: input i becomes literals[inputs[i]], whose inversion goes into the
/// table.
Node rewired(Node node, const std::vector<Literal>& literals);

/// A network of nodes, each of which reads signals before it.
struct Cell {
  std::uint32_t inputs = 0;
  std::vector<Node> nodes;
  std::vector<Literal> outputs;

  /// Inputs and nodes: the number of the next node's signal.
  [[nodiscard]] Signal signals() const { return inputs + static_cast<Signal>(nodes.size()); }
  [[nodiscard]] const Node& node(Signal signal) const { return nodes[signal - inputs]; }
  /// @return the new node's signal
  Signal add(const Node& node) {
    nodes.push_back(node);
    return signals() - 1;
  }

  friend bool operator==(const Cell&, const Cell&) = default;
};

/// A cell at `placements` places. Output o at place p is bit o·placements + p of the stage.
struct Stage {
  /// Stands in `wires` for a constant 0: the padding of a convolution.
  static constexpr std::uint32_t kZero = 0xFFFFFFFFU;

  Cell cell;
  std::uint32_t placements = 1;
  std::vector<std::uint32_t> wires;  ///< (placements, cell.inputs): bits of the stage before

  [[nodiscard]] std::size_t bits() const { return cell.outputs.size() * placements; }
  friend bool operator==(const Stage&, const Stage&) = default;
};

/// Scores of classes: that of class c is biases[c] and the number of ones among the last stage's
/// bits begins[c] … begins[c + 1] − 1. No classes: the bits are the result.
struct ClassSums {
  std::vector<std::uint32_t> begins;  ///< classes + 1 numbers from 0 to the number of bits, or none
  std::vector<std::int32_t> biases;   ///< (classes)
  std::vector<std::string> names;     ///< (classes), or none
  double tau = 1;  ///< a trained network's scores are these divided by tau; labels do not change

  [[nodiscard]] std::size_t classes() const { return biases.size(); }
  friend bool operator==(const ClassSums&, const ClassSums&) = default;
};

/// k classes of equally many bits, in order: group_sum of pliant.logic.
/// @throws std::invalid_argument if k does not divide the bits
ClassSums equal_sums(std::size_t bits, std::size_t classes);

/// A hardened network.
struct Circuit {
  Encoder encoder;            ///< of examples' numbers into the bits of the first stage
  std::vector<Stage> stages;  ///< at least one
  ClassSums sums;

  /// Bits that the first stage reads.
  [[nodiscard]] std::uint32_t input_bits() const { return encoder.bits(); }
  /// Bits of the last stage.
  [[nodiscard]] std::size_t output_bits() const { return stages.back().bits(); }
  /// Numbers of a result: classes, or bits where there are none.
  [[nodiscard]] std::size_t scores() const {
    return sums.classes() > 0 ? sums.classes() : output_bits();
  }
  /// One cell, placed once, whose inputs are the circuit's.
  [[nodiscard]] bool flat() const;
  /// The cell of a flat circuit.
  [[nodiscard]] const Cell& cell() const { return stages.front().cell; }
  [[nodiscard]] Cell& cell() { return stages.front().cell; }

  friend bool operator==(const Circuit&, const Circuit&) = default;
};

/// A stage that places `cell` once on bits 0 … inputs − 1.
Stage placed_once(Cell cell);

/// @throws std::invalid_argument that says what is wrong and where: a node that reads a signal not
/// before it, a table with entries beyond its inputs, wires or outputs out of range, sums that do
/// not cover the bits in order, sizes beyond 2^30, an encoder that check_encoder refuses
void check_circuit(const Circuit& circuit);

/// The same function as one cell, placed once: every placement's nodes after one another. Only what
/// its outputs use of the constant 0 is added.   Cost: linear in the nodes of all placements
/// @throws std::invalid_argument if it would have 2^30 signals or more
Circuit flattened(const Circuit& circuit);

/// What a flat circuit's cell has.
struct Size {
  std::size_t nodes = 0;
  std::array<std::size_t, kMaxFanIn + 1> fan_in{};  ///< how many nodes have 0 … 6 inputs
  std::size_t depth = 0;        ///< nodes on the longest path from an input to an output
  std::size_t class_bits = 0;   ///< bits that are summed, or outputs
  std::size_t live_inputs = 0;  ///< inputs that a node or an output reads
};
Size size_of(const Cell& cell);

/// By signal: whether an output reads it, directly or through nodes.
std::vector<bool> live_signals(const Cell& cell);

/// The level of each signal: 0 for inputs and constants, else one more than the highest it reads.
std::vector<std::uint32_t> levels_of(const Cell& cell);

/// The outputs of a cell, by the plainest of evaluators: the oracle of executors and passes.
/// @param rows   (inputs, words): bit s of word w of row i is input i of example 64·w + s
/// @return (outputs, words)   Cost: about 2^fan_in operations a node and word
std::vector<std::uint64_t> evaluate(const Cell& cell, const std::uint64_t* rows, std::size_t words);

/// All signals of the cell, (signals, words): the inputs' rows, then the nodes'.
std::vector<std::uint64_t> evaluate_signals(const Cell& cell, const std::uint64_t* rows,
                                            std::size_t words);

}  // namespace pliant::circuit
