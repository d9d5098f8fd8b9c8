// pliant/circuit/optimise/sat.h — whether a formula can be true: CaDiCaL behind a narrow door (no
// torch)
#pragma once

#include <cstdint>
#include <memory>
#include <span>

namespace pliant::circuit {

/// Clauses that grow, asked under assumptions. A variable is a number from 1 on, and its negative
/// is its complement.
class SatSolver {
 public:
  enum class Answer : std::uint8_t { kYes, kNo, kUndecided };

  SatSolver();
  SatSolver(SatSolver&&) noexcept;
  SatSolver& operator=(SatSolver&&) noexcept;
  ~SatSolver();

  void add_clause(std::span<const int> literals);
  /// @param conflicts  after which it gives up
  Answer solve(std::span<const int> assumptions, int conflicts);
  /// After kYes: the value of a variable that has been in a clause or assumed.
  [[nodiscard]] bool value(int variable);

 private:
  struct Solver;
  std::unique_ptr<Solver> solver_;
};

}  // namespace pliant::circuit
