// pliant/program/run/gated.cpp — gated loops, which write by how likely their passes take place (no
// torch)
#include <vector>

#include "pliant/program/run/walker.h"

namespace pliant::program {

/// Pass k takes place with the chance g_k = c(s_k)·g_{k−1}, where c sees what the passes before
/// have written, and g_{−1} is 1.
void Walker::run_gated(const Statement& statement) {
  const View path = path_;
  const std::vector<View> around = gates_;
  View gate = recorder_.constant(1);
  std::vector<std::size_t> questions;
  for (std::size_t pass = 0;; ++pass) {
    const std::optional<View> next = next_pass(statement, path, gate, pass, questions);
    if (!next) break;
    gate = *next;
    for (std::size_t k = 0; k < around.size(); ++k) {
      gates_[k] = recorder_.step(Step::kMultiply, {around[k], gate});
    }
    gates_.push_back(gate);
    run_pass(statement.body, static_cast<std::int64_t>(pass));
    gates_.pop_back();
  }
  gates_ = around;
  end_loop(statement, path, questions);
}

/// x = e under the gate g: x + g·(e − x), for the elements that are written.
void Walker::assign_gated(const Statement& statement) {
  const View gate = gates_[gates_.size() - static_cast<std::size_t>(statement.gates)];
  if (recorder_.known(gate) == 1) return assign(statement);
  const Value before = cell(statement.slot).value;
  assign(statement);
  Value& target = cell(statement.slot).value;
  target = combine(Step::kBlend, gate, {&before, &target, nullptr}, before);
}

}  // namespace pliant::program
