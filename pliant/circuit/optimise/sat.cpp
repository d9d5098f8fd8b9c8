// pliant/circuit/optimise/sat.cpp — the one file that sees CaDiCaL (no torch)
#include "pliant/circuit/optimise/sat.h"

#include <cadical.hpp>

namespace pliant::circuit {

struct SatSolver::Solver {
  CaDiCaL::Solver cadical;
};

SatSolver::SatSolver() : solver_(std::make_unique<Solver>()) {}
SatSolver::SatSolver(SatSolver&&) noexcept = default;
SatSolver& SatSolver::operator=(SatSolver&&) noexcept = default;
SatSolver::~SatSolver() = default;

void SatSolver::add_clause(std::span<const int> literals) {
  for (const int literal : literals) solver_->cadical.add(literal);
  solver_->cadical.add(0);
}

SatSolver::Answer SatSolver::solve(std::span<const int> assumptions, int conflicts) {
  for (const int literal : assumptions) solver_->cadical.assume(literal);
  solver_->cadical.limit("conflicts", conflicts);
  switch (solver_->cadical.solve()) {
    case 10:
      return Answer::kYes;
    case 20:
      return Answer::kNo;
    default:
      return Answer::kUndecided;
  }
}

bool SatSolver::value(int variable) { return solver_->cadical.val(variable) > 0; }

}  // namespace pliant::circuit
