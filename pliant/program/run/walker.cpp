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

template <class T>
Walker<T>::Walker(const Tree& tree, const Options& options, Tape<T>& tape)
    : tree_(tree), options_(options), tape_(tape), state_(tree.slots.size()) {
  for (std::size_t s = 0; s < state_.size(); ++s) {
    if (tree.slots[s].kind == Slot::Kind::kSize) state_[s].whole = -1;
  }
}

template <class T>
void Walker<T>::set_input(std::size_t input, const std::vector<std::size_t>& shape, View view) {
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

template <class T>
void Walker<T>::run(const Lanes& alive) {
  path_ = alive;
  for (const auto& statement : tree_.body) run_statement(*statement);
}

template <class T>
const Value& Walker<T>::output(std::size_t output) const {
  return state_[static_cast<std::size_t>(tree_.outputs[output])].value;
}

template <class T>
void Walker<T>::run_block(const Block& block) {
  for (const auto& statement : block) run_statement(*statement);
  // What a block declares ends with it.
  for (const auto& statement : block) {
    if (statement->kind == Statement::Kind::kDeclare) cell(statement->slot).value = {};
  }
}

template <class T>
void Walker<T>::run_statement(const Statement& statement) {
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

template <class T>
void Walker<T>::declare(const Statement& statement) {
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

template <class T>
void Walker<T>::assign(const Statement& statement) {
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
  target.base = tape_.step(Step::kBlend, operands, single, target.shape.count());
  target.parts = nullptr;
}

template <class T>
void Walker<T>::run_if(const Statement& statement) {
  const View p = condition(*statement.value);
  const T* chance = tape_.value(p);
  if (statement.exact) return run_block(chance[0] > 0 ? statement.body : statement.otherwise);
  bool always = true, never = true;  // for every lane that is here
  for (std::size_t i = 0; i < kLanes; ++i) {
    if (path_[i] == 0) continue;
    always = always && chance[i] == 1;
    never = never && chance[i] == 0;
  }
  // One branch alone, unless that would hide that a whole number differs between the two. Not where
  // there are derivatives: a decision has one by what it did not choose too, and whether all
  // chances are rounded to 0 or 1 depends on the other samples.
  if (statement.wholes.empty() && options_.mode == Mode::kHard) {
    if (always && !never) return run_block(statement.body);
    if (never) return run_block(statement.otherwise);
  }
  const Lanes path = path_;
  State otherwise = state_;
  for (std::size_t i = 0; i < kLanes; ++i) path_[i] = path[i] * chance[i];
  run_block(statement.body);
  std::swap(state_, otherwise);  // `otherwise` now has what the first block made
  for (std::size_t i = 0; i < kLanes; ++i) path_[i] = path[i] * (1 - tape_.value(p)[i]);
  run_block(statement.otherwise);
  path_ = path;
  merge_branches(statement, p, otherwise);
}

/// The state becomes p·`then` + (1 − p)·state for what differs.
template <class T>
void Walker<T>::merge_branches(const Statement& statement, View p, State& then) {
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

template <class T>
void Walker<T>::run_while(const Statement& statement) {
  const Lanes path = path_;
  State out = state_;
  View p = tape_.constant(1);
  std::size_t pass = 0;
  for (;; ++pass) {
    const View operands[] = {p, condition(*statement.value)};
    const bool single[] = {false, false};
    View next = tape_.step(Step::kMultiply, operands, single, 1);
    Lanes here;
    bool any = false, all = true;
    for (std::size_t i = 0; i < kLanes; ++i) {
      here[i] = path[i] * tape_.value(next)[i];
      const bool goes_on = here[i] > static_cast<T>(options_.epsilon);
      if (!goes_on) here[i] = 0;
      any = any || goes_on;
      all = all && goes_on;
    }
    if (!any) break;
    if (pass == options_.max_passes) {
      if (options_.truncate) break;
      fail_at(statement.position, "the loop goes on after ", pass,
              " passes (max_passes) with a chance of up to ", *std::ranges::max_element(here));
    }
    p = all ? next : tape_.freeze(next, here.data());
    const State before = state_;
    path_ = here;
    run_block(statement.body);
    merge_pass(p, before, out);
  }
  path_ = path;
  state_ = std::move(out);
  if (statement.exact) return;
  // Each sample leaves after a pass of its own.
  for (const int slot : statement.wholes) cell(slot).differs = true;
}

/// out += p·(state − before) for what the pass changed.
template <class T>
void Walker<T>::merge_pass(View p, const State& before, State& out) {
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

template <class T>
void Walker<T>::run_for(const Statement& statement) {
  const std::int64_t low = whole(*statement.value), high = whole(*statement.high);
  for (std::int64_t k = low; k < high; ++k) {
    cell(statement.slot).whole = k;
    run_block(statement.body);
  }
}

// === Whole numbers ===

template <class T>
std::int64_t Walker<T>::whole(const Expression& e) {
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

// What stands in this file of it.
template class Walker<float>;
template class Walker<double>;

}  // namespace pliant::program
