// pliant/program/run/walker.cpp — statements: declarations, assignments, if, while, for (no torch)
#include "pliant/program/run/walker.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

#include "pliant/program/tokens.h"

namespace pliant::program {
namespace {

/// Whole numbers stay where arithmetic on them cannot overflow.
constexpr std::int64_t kLargestWhole = std::int64_t{1} << 40;

}  // namespace

Walker::Walker(const Tree& tree, const Options& options, Recorder& recorder, Observer* observer)
    : tree_(tree),
      options_(options),
      recorder_(recorder),
      observer_(observer),
      state_(tree.slots.size()) {
  for (std::size_t s = 0; s < state_.size(); ++s) {
    if (tree.slots[s].kind == Slot::Kind::kSize) state_[s].whole = -1;
  }
}

void Walker::set_input(std::size_t input, const std::vector<std::size_t>& shape, View view) {
  const InputDeclaration& declared = tree_.inputs[input];
  const std::string& name = tree_.slots[static_cast<std::size_t>(declared.slot)].name;
  base::require(shape.size() == declared.dimensions.size(), "program ", tree_.name, ": ", name,
                " must have ", declared.dimensions.size(), " dimensions beside the batch, got ",
                shape.size());
  Value value;
  for (std::size_t k = 0; k < shape.size(); ++k) {
    const int slot = declared.dimensions[k];
    const auto size = static_cast<std::int64_t>(shape[k]);
    Cell& known = cell(slot);
    base::require(size < (std::int64_t{1} << 31) && (known.whole < 0 || known.whole == size),
                  "program ", tree_.name, ": ", name, " must have ",
                  tree_.slots[static_cast<std::size_t>(slot)].name, " = ", known.whole,
                  " places in dimension ", k, ", got ", size);
    known.whole = size;
    value.shape.push(static_cast<std::int32_t>(size));
  }
  value.base = view;
  cell(declared.slot).value = value;
}

void Walker::run() {
  path_ = recorder_.alive();
  for (const auto& statement : tree_.body) run_statement(*statement);
}

const Value& Walker::output(std::size_t output) const {
  return state_[static_cast<std::size_t>(tree_.outputs[output])].value;
}

void Walker::run_block(const Block& block) {
  for (const auto& statement : block) run_statement(*statement);
  // What a block declares ends with it.
  for (const auto& statement : block) {
    if (statement->kind == Statement::Kind::kDeclare) cell(statement->slot).value = {};
  }
}

void Walker::run_pass(const Block& block, std::int64_t number) {
  passes_.push_back(number);
  run_block(block);
  passes_.pop_back();
}

void Walker::run_statement(const Statement& statement) {
  if (observer_ == nullptr) return execute(statement);
  const bool nests = !statement.body.empty();
  const State before = nests ? state_ : State();
  execute(statement);
  if (!nests) {
    return observer_->wrote(statement, statement.slot, cell(statement.slot), passes_);
  }
  if (statement.kind == Statement::Kind::kFor) return;
  for (std::size_t s = 0; s < state_.size(); ++s) {
    const bool written = state_[s].whole != before[s].whole || state_[s].value != before[s].value;
    if (written && (state_[s].value.defined() || tree_.slots[s].kind == Slot::Kind::kInteger)) {
      observer_->wrote(statement, static_cast<int>(s), state_[s], passes_);
    }
  }
}

void Walker::execute(const Statement& statement) {
  switch (statement.kind) {
    case Statement::Kind::kDeclare:
      return declare(statement);
    case Statement::Kind::kDeclareInt:
    case Statement::Kind::kAssignInt: {
      const std::int64_t value = whole(*statement.value);
      cell(statement.slot).whole = value;
      cell(statement.slot).differs = false;
      return;
    }
    case Statement::Kind::kAssign:
      return statement.gates == 0 ? assign(statement) : assign_gated(statement);
    case Statement::Kind::kIf:
      return run_if(statement);
    case Statement::Kind::kWhile:
      return run_while(statement);
    case Statement::Kind::kGatedWhile:
      return run_gated(statement);
    case Statement::Kind::kFor:
      return run_for(statement);
  }
}

void Walker::declare(const Statement& statement) {
  Value value = evaluate(*statement.value);
  if (!statement.shape.empty()) {
    Shape shape;
    if (statement.shape.size() > kMaxRank) {
      fail_at(statement.position, "an array has at most ", kMaxRank, " dimensions");
    }
    for (const auto& size : statement.shape) {
      const std::int64_t n = whole(*size);
      if (n < 0 || n > std::numeric_limits<std::int32_t>::max()) {
        fail_at(size->position, "a size must be in 0 … 2^31 - 1, got ", n);
      }
      shape.push(static_cast<std::int32_t>(n));
    }
    value = fill(value, shape, statement.position);
  }
  cell(statement.slot).value = std::move(value);
}

void Walker::run_if(const Statement& statement) {
  if (statement.exact) {
    return run_block(is_true(*statement.value) ? statement.body : statement.otherwise);
  }
  const View p = condition(*statement.value);
  // One branch alone, unless that would hide that a whole number differs between the two. Not where
  // there are derivatives: a decision has one by what it did not choose too, and whether all
  // chances are rounded to 0 or 1 depends on the other samples.
  if (statement.wholes.empty() && options_.mode == Mode::kHard) {
    const auto [always, never] = recorder_.agreement(p, path_);
    if (always && !never) return run_block(statement.body);
    if (never) return run_block(statement.otherwise);
  }
  const View path = path_;
  State otherwise = state_;
  path_ = recorder_.step(Step::kMultiply, {path, p});
  run_block(statement.body);
  std::swap(state_, otherwise);  // `otherwise` now has what the first block made
  path_ = recorder_.step(Step::kMultiply, {path, recorder_.step(Step::kComplement, {p})});
  run_block(statement.otherwise);
  path_ = path;
  merge_branches(statement, p, otherwise);
}

/// The state becomes p·`then` + (1 − p)·state for what differs.
void Walker::merge_branches(const Statement& statement, View p, State& then) {
  for (const int slot : statement.wholes) {
    const Cell& other = then[static_cast<std::size_t>(slot)];
    if (cell(slot).whole != other.whole) {
      fail_at(statement.position, "the whole number '",
              tree_.slots[static_cast<std::size_t>(slot)].name,
              "' differs between the branches of if: ", other.whole, " and ", cell(slot).whole);
    }
    cell(slot).differs = cell(slot).differs || other.differs;
  }
  for (std::size_t s = 0; s < state_.size(); ++s) {
    if (tree_.slots[s].kind != Slot::Kind::kVariable) continue;
    Value& value = state_[s].value;
    if (!value.defined()) continue;  // not declared yet
    value = combine(Step::kBlend, p, {&value, &then[s].value, nullptr}, value);
  }
}

/// The chance that a loop's next pass takes place, if the one before had the chance p; none if no
/// lane goes on. The path becomes that of the pass. A pass that surely takes place asks no
/// question.
std::optional<View> Walker::next_pass(const Statement& loop, View path, View p, std::size_t pass,
                                      std::vector<std::size_t>& questions) {
  const View next = recorder_.step(Step::kMultiply, {p, condition(*loop.value)});
  const std::optional<double> known = recorder_.known(next);
  if (known == 0 || (pass == options_.max_passes && options_.truncate)) return std::nullopt;
  if (known == 1 && pass < options_.max_passes) return next;
  const View here = recorder_.step(Step::kStay, {path, next, recorder_.constant(options_.epsilon)});
  questions.push_back(recorder_.next());
  const bool goes_on = recorder_.goes_on(here);
  if (pass == options_.max_passes && (goes_on || known)) {
    fail_at(loop.position, "the loop goes on after ", pass,
            " passes (max_passes) with a chance of up to ",
            known.value_or(recorder_.largest(here)));
  }
  if (!goes_on) return std::nullopt;
  path_ = here;
  return recorder_.step(Step::kFreeze, {next, here});
}

/// Behind a loop: each sample leaves after a pass of its own, unless all was known.
void Walker::end_loop(const Statement& loop, View path, const std::vector<std::size_t>& questions) {
  recorder_.end_loop(questions);
  path_ = path;
  if (questions.empty()) return;
  for (const int slot : loop.wholes) cell(slot).differs = true;
}

void Walker::run_while(const Statement& statement) {
  const View path = path_;
  State out = state_;
  View p = recorder_.constant(1);
  std::vector<std::size_t> questions;
  for (std::size_t pass = 0;; ++pass) {
    const std::optional<View> next = next_pass(statement, path, p, pass, questions);
    if (!next) break;
    p = *next;
    const State before = state_;
    run_pass(statement.body, static_cast<std::int64_t>(pass));
    if (questions.empty()) {
      out = state_;
    } else {
      merge_pass(p, before, out);
    }
  }
  state_ = std::move(out);
  end_loop(statement, path, questions);
}

/// out += p·(state − before) for what the pass changed.
void Walker::merge_pass(View p, const State& before, State& out) {
  for (std::size_t s = 0; s < state_.size(); ++s) {
    const Slot::Kind kind = tree_.slots[s].kind;
    if (kind == Slot::Kind::kInteger) {
      out[s].whole = state_[s].whole;
      out[s].differs = state_[s].differs;
    }
    if (kind != Slot::Kind::kVariable || !before[s].value.defined()) continue;
    Value& value = out[s].value;
    value = combine(Step::kMerge, p, {&state_[s].value, &before[s].value, &value}, value);
  }
}

void Walker::run_for(const Statement& statement) {
  const std::int64_t low = whole(*statement.value), high = whole(*statement.high);
  for (std::int64_t k = low; k < high; ++k) {
    cell(statement.slot).whole = k;
    run_pass(statement.body, k);
  }
}

// === Whole numbers ===

std::int64_t Walker::whole(const Expression& e) {
  const auto argument = [&](std::size_t k) { return whole(*e.arguments[k]); };
  std::int64_t value = 0;
  switch (e.operation) {
    case Operation::kNumber:
      return static_cast<std::int64_t>(e.value);
    case Operation::kInteger: {
      const Cell& known = cell(e.slot);
      if (known.differs) {
        fail_at(e.position, "'", tree_.slots[static_cast<std::size_t>(e.slot)].name,
                "' was changed by a while loop, which ends for each sample on its own: behind the "
                "loop it is no whole number; use a var");
      }
      return known.whole;
    }
    case Operation::kNegate:
      return -argument(0);
    case Operation::kAdd:
      value = argument(0) + argument(1);
      break;
    case Operation::kSubtract:
      value = argument(0) - argument(1);
      break;
    default: {
      const std::int64_t a = argument(0), b = argument(1);
      if (b != 0 && std::abs(a) > kLargestWhole / std::abs(b)) {
        fail_at(e.position, "a whole number beyond 2^40");
      }
      value = a * b;
    }
  }
  if (std::abs(value) > kLargestWhole) fail_at(e.position, "a whole number beyond 2^40");
  return value;
}

}  // namespace pliant::program
