// pliant/program/run/gated.cpp — gated loops, which write by how likely their passes take place (no
// torch)
#include <algorithm>
#include <limits>

#include "pliant/program/run/walker.h"
#include "pliant/program/tokens.h"

namespace pliant::program {

/// Pass k takes place with the chance g_k = c(s_k)·g_{k−1}, where c sees what the passes before
/// have written, and g_{−1} is 1.
template <class T>
void Walker<T>::run_gated(const Statement& statement) {
  const Lanes path = path_;
  const std::vector<View> around = gates_;
  View gate = tape_.constant(1);
  const auto multiply = [&](View a, View b) {
    const View operands[] = {a, b};
    const bool single[] = {false, false};
    return tape_.step(Step::kMultiply, operands, single, 1);
  };
  for (std::size_t pass = 0;; ++pass) {
    gate = multiply(gate, condition(*statement.value));
    Lanes here;
    bool any = false;
    for (std::size_t i = 0; i < kLanes; ++i) {
      here[i] = path[i] * tape_.value(gate)[i];
      if (here[i] <= static_cast<T>(options_.epsilon)) here[i] = 0;
      any = any || here[i] > 0;
    }
    if (!any) break;
    if (pass == options_.max_passes) {
      if (options_.truncate) break;
      fail_at(statement.position, "the loop goes on after ", pass,
              " passes (max_passes) with a chance of up to ", *std::ranges::max_element(here));
    }
    gate = tape_.freeze(gate, here.data());
    for (std::size_t k = 0; k < around.size(); ++k) gates_[k] = multiply(around[k], gate);
    gates_.push_back(gate);
    path_ = here;
    run_block(statement.body);
    gates_.pop_back();
  }
  gates_ = around;
  path_ = path;
  if (statement.exact) return;
  // Each sample leaves after a pass of its own.
  for (const int slot : statement.wholes) cell(slot).differs = true;
}

/// x = e under the gate g: x + g·(e − x), for the elements that are written.
template <class T>
void Walker<T>::assign_gated(const Statement& statement) {
  const Value before = cell(statement.slot).value;
  assign(statement);
  Value& target = cell(statement.slot).value;
  const View gate = gates_[gates_.size() - static_cast<std::size_t>(statement.gates)];
  target = combine(Step::kBlend, gate, {&before, &target, nullptr}, before);
}

// What stands in this file of it.
template class Walker<float>;
template class Walker<double>;

}  // namespace pliant::program
