// pliant/circuit/optimise/passes.h — the passes of optimise.h, one by one (no torch)
#pragma once

#include "pliant/circuit/circuit.h"
#include "pliant/circuit/optimise/builder.h"
#include "pliant/circuit/optimise/relations.h"

namespace pliant::circuit {

/// What one linear walk over a flat circuit does.
struct Cleaning {
  BuildRules rules;
  bool biases = true;
  bool equal_bits = false;
  bool dead = true;
};

/// Passes 1 to 5.   Cost: linear
void clean(Circuit& flat, const Cleaning& cleaning);

/// A cell whose nodes have simpler tables where their inputs cannot take every value together.
/// @param relations  of the inputs; null: windows of any signals. Otherwise the windows begin at
///                   the inputs, and only bits that agree with the relations count
Cell with_windows(const Cell& cell, const InputRelations* relations);

/// A cell in which nodes that compute the same are one.
/// @param relations  of the inputs that may be taken for granted, or null
/// @param conflicts  that the solver may have for a pair
Cell swept(const Cell& cell, const InputRelations* relations, int conflicts);

/// A cell of nodes of at most `lut` inputs, 2 … 6, that are as few as possible.
/// @param shallow  the least depth first, then as few as that leaves
Cell mapped(const Cell& cell, int lut, bool shallow);

/// The same in the normal form, with no node of more than `most` inputs.
Cell decomposed(const Cell& cell, int most);

}  // namespace pliant::circuit
