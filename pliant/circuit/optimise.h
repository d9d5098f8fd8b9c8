// pliant/circuit/optimise.h — the same function in fewer nodes (no torch)
//
// The passes of specs/logic.md §8.2. Each can be switched off or on by itself; what a circuit
// computes stays the same with any choice of them, but for what the options below say.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "pliant/circuit/circuit.h"

namespace pliant::circuit {

/// Which passes run. They run in the order in which they stand here.
struct OptimiseOptions {
  /// Constants and wires go through; inputs that a table does not depend on are dropped, an input
  /// that is read twice is read once.
  bool constants = true;
  /// Inverters go into the tables that read them, and the tables' own polarity into literals.
  bool inverters = true;
  /// Nodes with the same table and inputs, in any order (and polarity, with `inverters`), are one.
  bool hashing = true;
  /// Constant bits of a class, and a bit beside its complement, become the class's bias.
  bool biases = true;
  /// Bits that every class counts equally often are counted by none. The largest score stays the
  /// largest and the order of classes the same, but the scores change: all by one number.
  bool equal_bits = false;
  /// Nodes that no output depends on are removed.
  bool dead = true;
  /// Bits that an encoder can make are all that need to be computed: x > 2 implies x > 1, and of
  /// "job=cook" and "job=smith" at most one holds. Results change for other bits only.
  bool implications = false;
  /// Small windows are searched for values of a node's inputs that cannot come together: tables
  /// may have anything there, and are made simpler by it.
  bool windows = false;
  /// Nodes that compute the same, the complement, or a constant, however they do it, become one:
  /// 512 simulated examples propose, exhaustive tables or a SAT solver prove. What the solver does
  /// not decide within `sweep_conflicts` stays as it is; after 100 such pairs it is asked no more.
  bool sweep = false;
  int sweep_conflicts = 1000;
  /// Nodes are covered by ones of at most `lut` inputs, 2 … 6, as few as priority cuts find; the
  /// depth is bounded by `shallow` alone. A node of more inputs is taken apart. 3 is what a CPU's
  /// ternary logic runs, 6 what an FPGA has. 0: no mapping.
  int lut = 3;
  /// Of the mapping: the least depth that its cuts reach comes first, then as few nodes as that
  /// depth allows. Hardware is as slow as its depth; a CPU does not care.
  bool shallow = false;
};

/// What one pass did.
struct PassReport {
  std::string_view pass;  ///< the option's name
  Size before;
  Size after;
  double seconds = 0;
};

/// The circuit with fewer nodes, flat. With constants, inverters and hashing its nodes are in a
/// normal form: two inputs or more, distinct and ascending, each of which matters, and entry 0 of
/// the table is 0, so that complements are one node and polarity stands at outputs only. (A
/// constant output, where it is no bias, is the one node without inputs.)
/// Mapping brings its result to the normal form whatever the other options are.
/// @param circuit  passes check_circuit; is flattened if it is not flat
/// @param report   one entry a pass that ran, appended; the passes then run one by one
/// @throws std::invalid_argument if check_circuit does, if `lut` is none of 0, 2 … 6, or
///         sweep_conflicts < 0
/// Cost: the first six are one linear walk, mapping about 64 cuts a node and round, windows and
/// sweep some microseconds a node.
/// Sources: priority cuts, Mishchenko et al., "Combinational and Sequential Mapping with Priority
/// Cuts", ICCAD 2007; sweeping, Kuehlmann et al., "Robust Boolean Reasoning for Equivalence
/// Checking", TCAD 2002
Circuit optimised(const Circuit& circuit, const OptimiseOptions& options = {},
                  std::vector<PassReport>* report = nullptr);

}  // namespace pliant::circuit
