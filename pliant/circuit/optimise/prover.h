// pliant/circuit/optimise/prover.h — whether two literals of a growing cell are the same function
// (no torch)
#pragma once

#include <cstdint>
#include <vector>

#include "pliant/circuit/optimise/builder.h"
#include "pliant/circuit/optimise/relations.h"
#include "pliant/circuit/optimise/sat.h"
#include "pliant/circuit/optimise/window.h"

namespace pliant::circuit {

/// Proves by exhaustive tables of a window where that is enough, and else by SAT.
class Prover {
 public:
  enum class Verdict : std::uint8_t { kEqual, kDifferent, kUndecided };

  /// @param relations  of the inputs that may be taken for granted, or null
  Prover(const Builder& builder, const InputRelations* relations, int conflicts);

  /// @param b  may be Builder::kZero or its complement, a may not
  Verdict compare(Literal a, Literal b);

  /// After kDifferent: values of the inputs, 0 or 1, by which they differ; InputRelations::kFree
  /// where any will do.
  [[nodiscard]] const std::vector<std::uint8_t>& counterexample() const { return example_; }

 private:
  Verdict compare_in_window(Literal a, Literal b);
  Verdict compare_by_sat(Literal a, Literal b);
  bool differ(int a, int b, Verdict& verdict);
  void forget();
  int variable_of(Signal signal);
  void add_node(Signal signal);
  void add_relations(Signal input);
  int literal_of(Literal literal);

  const Builder& builder_;
  const InputRelations* relations_;
  int conflicts_;
  Window window_;
  SatSolver solver_;
  std::vector<int> variables_;   ///< of signals, 0: not in the solver
  std::vector<Signal> encoded_;  ///< the signals that are
  std::vector<Signal> open_;     ///< those whose nodes are still to be added
  std::size_t needed_ = 0;       ///< signals of the solver's first question
  int undecided_ = 0;
  std::vector<int> clause_;
  std::vector<std::uint8_t> example_;
};

}  // namespace pliant::circuit
