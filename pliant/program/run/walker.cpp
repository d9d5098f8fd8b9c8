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

void Walker::assign(const Statement& statement) {
  Value value = evaluate(*statement.value);
  Value& target = cell(statement.slot).value;
  if (statement.indices.empty()) {
    target = fill(value, target.shape, statement.position);
    return;
  }
  if (const auto at = place(target.shape, statement.indices); at && value.shape.rank == 0) {
    std::vector<View> parts(target.shape.count());
    for (std::size_t e = 0; e < parts.size(); ++e) parts[e] = target.element(e);
    parts[*at] = value.element(0);
    target.parts = std::make_shared<const std::vector<View>>(std::move(parts));
    target.base = {};
    return;
  }
  const auto choice = std::ranges::find_if(statement.indices, [](const IndexItem& item) {
    return item.kind == IndexItem::Kind::kChoice;
  });
  if (choice == statement.indices.end()) {
    const Places at = places(target.shape, statement.indices, statement.position);
    value = fill(value, at.shape, statement.position);
    std::vector<View> parts(target.shape.count());
    for (std::size_t e = 0; e < parts.size(); ++e) parts[e] = target.element(e);
    for (std::size_t e = 0; e < at.element.size(); ++e) parts[at.element[e]] = value.element(e);
    target.parts = std::make_shared<const std::vector<View>>(std::move(parts));
    target.base = {};
    return;
  }
  if (statement.indices.size() != 1 || target.shape.rank != 1) {
    fail_at(statement.position,
            "weights as an index can be written to in arrays of one dimension alone");
  }
  // A_j becomes (1 − p_j)·A_j + p_j·v.
  const Value weights = fill(evaluate(*choice->low), target.shape, choice->low->position);
  value = fill(value, target.shape, statement.position);
  const View operands[] = {contiguous(target), contiguous(value), contiguous(weights)};
  const bool single[] = {false, false, false};
  target.base = recorder_.step(Step::kBlend, operands, single, target.shape.count());
  target.parts = nullptr;
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

/// A loop over whole numbers goes on as often for all samples, surely.
void Walker::run_exact_while(const Statement& statement) {
  for (std::size_t pass = 0; is_true(*statement.value); ++pass) {
    if (pass == options_.max_passes) {
      if (options_.truncate) return;
      fail_at(statement.position, "the loop goes on after ", pass, " passes (max_passes)");
    }
    run_pass(statement.body, static_cast<std::int64_t>(pass));
  }
}

/// How likely each lane is to be in the next pass of a loop, whose passes so far have come to be
/// with the chance `next` in the loop; none if no lane goes on.
std::optional<View> Walker::next_pass(const Statement& loop, View next, std::size_t pass,
                                      std::vector<std::size_t>& questions) {
  const View least = recorder_.constant(options_.epsilon);
  const View here = recorder_.step(Step::kStay, {path_, next, least});
  if (pass == options_.max_passes && options_.truncate) return std::nullopt;
  questions.push_back(recorder_.next());
  if (!recorder_.goes_on(here)) return std::nullopt;
  if (pass == options_.max_passes) {
    fail_at(loop.position, "the loop goes on after ", pass,
            " passes (max_passes) with a chance of up to ", recorder_.largest(here));
  }
  return here;
}

void Walker::run_while(const Statement& statement) {
  if (statement.exact) return run_exact_while(statement);
  const View path = path_;
  State out = state_;
  View p = recorder_.constant(1);
  std::vector<std::size_t> questions;
  for (std::size_t pass = 0;; ++pass) {
    const View next = recorder_.step(Step::kMultiply, {p, condition(*statement.value)});
    path_ = path;
    const std::optional<View> here = next_pass(statement, next, pass, questions);
    if (!here) break;
    p = recorder_.step(Step::kFreeze, {next, *here});
    const State before = state_;
    path_ = *here;
    run_pass(statement.body, static_cast<std::int64_t>(pass));
    merge_pass(p, before, out);
  }
  recorder_.end_loop(questions);
  path_ = path;
  state_ = std::move(out);
  // Each sample leaves after a pass of its own.
  for (const int slot : statement.wholes) cell(slot).differs = true;
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
