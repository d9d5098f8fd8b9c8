// pliant/circuit/optimise/prover.cpp — proofs of equality by exhaustive tables and by SAT (no
// torch)
#include "pliant/circuit/optimise/prover.h"

#include <algorithm>
#include <array>
#include <bit>

namespace pliant::circuit {
namespace {

constexpr std::size_t kWindowNodes = 150;
/// With so many signals more than a question needs the solver begins anew: what it knows of other
/// parts costs time.
constexpr std::size_t kEncoded = 4000;
/// A question about more signals is not asked.
constexpr std::size_t kMostCone = 20000;
/// After so many that were not decided the others are not asked: this is no circuit for it.
constexpr int kMostUndecided = 100;

}  // namespace

Prover::Prover(const Builder& builder, const InputRelations* relations, int conflicts)
    : builder_(builder),
      relations_(relations),
      conflicts_(conflicts),
      window_(builder.cell(), Window::kMostLeaves, kWindowNodes) {}

Prover::Verdict Prover::compare(Literal a, Literal b) {
  const Verdict verdict = compare_in_window(a, b);
  return verdict == Verdict::kUndecided ? compare_by_sat(a, b) : verdict;
}

Prover::Verdict Prover::compare_in_window(Literal a, Literal b) {
  const bool constant = b.signal() == Builder::kZero.signal();
  const std::array<Signal, 2> roots{a.signal(), b.signal()};
  window_.open({roots.data(), constant ? std::size_t{1} : roots.size()}, relations_);
  const std::uint64_t polarity = a.inverted() != b.inverted() ? ~std::uint64_t{0} : 0;
  for (std::size_t w = 0; w < window_.words(); ++w) {
    const std::uint64_t other = constant ? 0 : window_.table(b.signal())[w];
    const std::uint64_t differ =
        (window_.table(a.signal())[w] ^ other ^ polarity) & window_.possible()[w];
    if (differ == 0) continue;
    if (!window_.complete()) return Verdict::kUndecided;
    const std::size_t assignment = 64 * w + static_cast<std::size_t>(std::countr_zero(differ));
    example_.assign(builder_.cell().inputs, InputRelations::kFree);
    for (std::size_t l = 0; l < window_.leaves().size(); ++l)
      example_[window_.leaves()[l]] = (assignment >> l) & 1;
    return Verdict::kDifferent;
  }
  return Verdict::kEqual;
}

Prover::Verdict Prover::compare_by_sat(Literal a, Literal b) {
  if (undecided_ >= kMostUndecided) return Verdict::kUndecided;
  if (encoded_.size() > needed_ + kEncoded) forget();
  variables_.resize(std::max(variables_.size(), std::size_t{builder_.cell().signals()}));
  const bool constant = b.signal() == Builder::kZero.signal();
  const bool fresh = encoded_.empty();
  const int x = literal_of(a);
  const int y = constant ? 0 : literal_of(b);
  if (fresh) needed_ = encoded_.size();
  Verdict verdict = Verdict::kEqual;
  if (!open_.empty()) {
    forget();
    verdict = Verdict::kUndecided;
  } else if (constant) {
    differ(b.inverted() ? -x : x, 0, verdict);
  } else if (!differ(x, -y, verdict)) {
    differ(-x, y, verdict);
  }
  undecided_ += verdict == Verdict::kUndecided ? 1 : 0;
  return verdict;
}

void Prover::forget() {
  solver_ = SatSolver();
  for (const Signal signal : encoded_) variables_[signal] = 0;
  encoded_.clear();
  open_.clear();
  needed_ = 0;
}

/// Whether both literals can be true, 0 standing for true. Worsens the verdict.
/// @return  whether the question is settled
bool Prover::differ(int a, int b, Verdict& verdict) {
  const std::array<int, 2> assumed{a, b};
  switch (solver_.solve({assumed.data(), b == 0 ? std::size_t{1} : assumed.size()}, conflicts_)) {
    case SatSolver::Answer::kNo:
      return false;
    case SatSolver::Answer::kUndecided:
      verdict = Verdict::kUndecided;
      return true;
    case SatSolver::Answer::kYes:
      break;
  }
  verdict = Verdict::kDifferent;
  example_.assign(builder_.cell().inputs, InputRelations::kFree);
  // Only inputs of the two are needed, but all that the solver has go together.
  for (const Signal signal : encoded_) {
    if (signal < builder_.cell().inputs) example_[signal] = solver_.value(variables_[signal]);
  }
  return true;
}

/// Adds the nodes that it depends on; open_ is not empty after it if these are too many.
int Prover::literal_of(Literal literal) {
  const int root = variable_of(literal.signal());
  while (!open_.empty() && encoded_.size() <= needed_ + kEncoded + kMostCone) {
    const Signal signal = open_.back();
    open_.pop_back();
    if (signal < builder_.cell().inputs) {
      add_relations(signal);
    } else {
      add_node(signal);
    }
  }
  return literal.inverted() ? -root : root;
}

int Prover::variable_of(Signal signal) {
  int& variable = variables_[signal];
  if (variable == 0) {
    encoded_.push_back(signal);
    variable = static_cast<int>(encoded_.size());
    open_.push_back(signal);
  }
  return variable;
}

/// A clause for each entry of the table.
void Prover::add_node(Signal signal) {
  const Node& node = builder_.cell().node(signal);
  std::array<int, kMaxFanIn> inputs{};
  for (std::size_t i = 0; i < static_cast<std::size_t>(node.fan_in); ++i)
    inputs[i] = variable_of(node.inputs[i]);
  for (unsigned entry = 0; entry < 1U << node.fan_in; ++entry) {
    clause_.clear();
    for (unsigned i = 0; i < static_cast<unsigned>(node.fan_in); ++i)
      clause_.push_back(((entry >> i) & 1U) != 0 ? -inputs[i] : inputs[i]);
    const bool one = ((node.table >> entry) & 1) != 0;
    clause_.push_back(one ? variables_[signal] : -variables_[signal]);
    solver_.add_clause(clause_);
  }
}

void Prover::add_relations(Signal input) {
  // So that the solver has the variable, whatever else it appears in.
  const int variable = variables_[input];
  const std::array<int, 2> either{variable, -variable};
  solver_.add_clause(either);
  if (relations_ == nullptr) return;
  for (const Signal other : encoded_) {
    if (other == input || other >= builder_.cell().inputs) continue;
    const int that = variables_[other];
    const auto add = [&](int a, int b) { solver_.add_clause(std::array<int, 2>{a, b}); };
    if (relations_->implies(input, other)) add(-variable, that);
    if (relations_->implies(other, input)) add(-that, variable);
    if (relations_->excludes(input, other)) add(-variable, -that);
  }
}

}  // namespace pliant::circuit
