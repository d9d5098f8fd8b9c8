// pliant/circuit/optimise/builder.h — cells built node by node in the normal form (no torch)
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "pliant/circuit/circuit.h"

namespace pliant::circuit {

/// Which rules hold for nodes that a Builder adds.
struct BuildRules {
  bool constants = true;  ///< inputs that do not matter go; constants and wires are no nodes
  bool inverters = true;  ///< a node is 0 where all its inputs are; complements are literals
  bool hashing = true;    ///< the same table over the same inputs is one node
};

/// A cell in the making. With all rules on its nodes are in the normal form: two inputs or more,
/// distinct and ascending, each of which matters, and 0 where all inputs are 0.
class Builder {
 public:
  /// Stands for the constant 0, which is no signal.
  static constexpr Literal kZero{(Signal{1} << 31) - 1};

  /// @param expected  nodes, for the memory
  explicit Builder(std::uint32_t inputs, std::size_t expected = 0, BuildRules rules = {});

  /// The function `table` of literals of this builder, or of kZero and its complement.
  /// @param inputs  (fan_in)   Cost: constant
  Literal add(TruthTable table, int fan_in, const Literal* inputs);

  /// The node with its inputs replaced.   @param literals  what each signal of its cell is here
  Literal add(const Node& node, const std::vector<Literal>& literals);

  [[nodiscard]] const Cell& cell() const { return cell_; }
  /// Whether the literal is kZero, or a node without inputs, or the complement of such.
  [[nodiscard]] bool constant(Literal literal) const;
  /// The value of a constant literal.
  [[nodiscard]] bool value(Literal literal) const;

  /// The cell with these outputs. One node becomes the constant 0 if an output is constant.
  Cell take(std::vector<Literal> outputs);

 private:
  Literal hashed(const Node& node);
  void grow();

  Cell cell_;
  BuildRules rules_;
  std::vector<std::uint32_t> slots_;  ///< open addressing: a node's number and 1, or 0
};

/// The outputs of a cell, given what each of its signals is in a builder.
std::vector<Literal> outputs_of(const Cell& cell, const std::vector<Literal>& literals);

/// Removes input i of a node, on which its table does not depend.
void drop(Node& node, int i);

/// Drops the nodes that no output depends on; the others keep their order.
void remove_dead(Cell& cell);

}  // namespace pliant::circuit
