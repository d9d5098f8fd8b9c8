// pliant/circuit/code/c_gates.h — the gates of a circuit as functions of C (no torch)
#pragma once

#include <cstddef>
#include <string>

#include "pliant/circuit/circuit.h"

namespace pliant::circuit {

/// The function NAME_bits and all that it calls, with @ and ` for names (c_frame.h: with_names).
/// What stands before it must define NAME_word, NAME_ZERO and NAME_RESTRICT.
struct GateCode {
  std::string text;
  std::size_t work = 0;   ///< words of scratch that NAME_bits needs
  std::size_t nodes = 0;  ///< that are computed, all placements counted
};

/// @param most  nodes of a function, at least 1   Cost: linear
GateCode gate_code(const Circuit& circuit, std::size_t most);

}  // namespace pliant::circuit
