// pliant/circuit/code/gate_parts.h — the nodes that a cell's outputs need, cut into parts of
// bounded size (no torch)
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include "pliant/circuit/circuit.h"

namespace pliant::circuit {

/// Nodes that become one function of generated code, and the outputs that it then knows.
struct GatePart {
  std::vector<Signal> nodes;           ///< each after those it reads
  std::vector<std::uint32_t> outputs;  ///< that are nodes of the part, or inputs of the cell
};

/// A cell in parts. Values that a later part reads stand in slots, which are used again.
struct GateParts {
  static constexpr std::uint32_t kNoSlot = std::numeric_limits<std::uint32_t>::max();

  std::vector<GatePart> parts;      ///< at least one
  std::vector<std::uint32_t> slot;  ///< of each signal; kNoSlot: only its own part reads it
  std::vector<bool> read_here;      ///< whether its own part reads the signal, outputs included
  std::uint32_t slots = 0;
};

/// Each output's nodes depth first, one output after the other: a value is soon used. Nodes that no
/// output needs are left out.
/// @param most  nodes or outputs of a part, at least 1   Cost: linear
GateParts gate_parts(const Cell& cell, std::size_t most);

}  // namespace pliant::circuit
