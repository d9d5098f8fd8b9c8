// pliant/circuit/proof/adder_proof.h — the counting modules of generated Verilog, proved by yosys
// (no torch)
#pragma once

#include "pliant/circuit/circuit.h"
#include "pliant/circuit/proof.h"

namespace pliant::circuit {

/// Proves that each NAME_sum_n of the text counts ones: those of at most 8 bits against a loop that
/// counts, by sat over all inputs; a larger one is proved to be the sum of what its two halves say
/// of the two halves of its bits, with the halves cut out. By induction on n, and since a sum of at
/// most n fits its bits, all count.
/// @param code  of verilog(), or something else with its modules
/// @throws std::system_error
ProofStep prove_adders(const std::string& code, const std::string& name, const ClassSums& sums,
                       double seconds);

}  // namespace pliant::circuit
