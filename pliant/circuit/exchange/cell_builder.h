// pliant/circuit/exchange/cell_builder.h — a cell from functions of literals, as readers meet them
// (no torch)
#pragma once

#include <cstdint>
#include <span>

#include "pliant/circuit/circuit.h"

namespace pliant::circuit {

/// Makes a cell whose nodes depend on all of their inputs, of which there are two or more: what
/// others write as constants, wires and inverters goes into the tables and outputs that read them.
class CellBuilder {
 public:
  /// The constant 0, which is a node only if it is an output.
  static constexpr Literal kFalse = Literal(0x7FFFFFFFU);

  explicit CellBuilder(std::uint32_t inputs) { cell_.inputs = inputs; }

  /// The function of at most six literals.
  Literal add(TruthTable table, std::span<const Literal> inputs);
  /// All of the literals, any number of them: a tree of nodes of six inputs.
  Literal all_of(std::span<const Literal> literals);
  void add_output(Literal literal);
  [[nodiscard]] const Cell& cell() const { return cell_; }

 private:
  Cell cell_;
  Literal zero_ = kFalse;  ///< the node that is 0, once there is one
};

/// A flat circuit without classes over plain bits.
/// @param names  of the inputs; those that bit_name gives without names are none
/// @throws std::invalid_argument as check_circuit
Circuit circuit_of_cell(Cell cell, std::vector<std::string> names);

}  // namespace pliant::circuit
