// pliant/program/compile/statements.cpp — statements as gates: branches are multiplexed, loops
// unrolled (no torch)
#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <utility>

#include "pliant/program/compile/compiler.h"

namespace pliant::program::compile {
namespace {

/// How hard the solver tries to show that a loop ends.
constexpr int kConflicts = 20'000;

}  // namespace

void Compiler::set_input(std::size_t input, const InputNumbers& numbers, circuit::Signal first) {
  const InputDeclaration& declared = tree_.inputs[input];
  base::require(numbers.shape.size() == declared.dimensions.size(),
                "circuit_of: ", name(declared.slot), " must have ", declared.dimensions.size(),
                " dimensions, got ", numbers.shape.size());
  Array array;
  for (std::size_t k = 0; k < numbers.shape.size(); ++k) {
    Cell& known = cell(declared.dimensions[k]);
    const auto size = static_cast<std::int64_t>(numbers.shape[k]);
    base::require(known.whole < 0 || known.whole == size, "circuit_of: ", name(declared.slot),
                  " must have ", name(declared.dimensions[k]), " = ", known.whole,
                  " places in dimension ", k, ", got ", size);
    known.whole = size;
    array.shape.push(static_cast<std::int32_t>(size));
  }
  for (std::size_t e = 0; e < array.shape.count(); ++e) {
    array.elements.push_back({WordBuilder::input(first, numbers.bits, numbers.is_signed), 0});
    first += static_cast<circuit::Signal>(numbers.bits);
  }
  cell(declared.slot).array = std::move(array);
}

void Compiler::run_statements(const Block& block) {
  for (const auto& statement : block) {
    placed(statement->position, [&] {
      execute(*statement);
      return 0;
    });
    check_size(statement->position);
  }
}

void Compiler::run_block(const Block& block) {
  run_statements(block);
  for (const auto& statement : block) {  // what a block declares ends with it
    if (statement->kind == Statement::Kind::kDeclare) cell(statement->slot).array = {};
  }
}

void Compiler::check_size(Position position) {
  if (words_.nodes() > options_.most_nodes) {
    fail_at(position, "the circuit has more than ", options_.most_nodes,
            " nodes here (most_nodes)");
  }
}

void Compiler::execute(const Statement& statement) {
  switch (statement.kind) {
    case Statement::Kind::kDeclare:
      return declare(statement);
    case Statement::Kind::kDeclareInt:
    case Statement::Kind::kAssignInt:
      cell(statement.slot).whole = whole(*statement.value);
      cell(statement.slot).differs = false;
      return;
    case Statement::Kind::kAssign:
      return assign(statement);
    case Statement::Kind::kIf:
      return run_if(statement);
    case Statement::Kind::kWhile:
    case Statement::Kind::kGatedWhile:  // hard, both are one
      return run_while(statement);
    case Statement::Kind::kFor:
      return run_for(statement);
  }
}

void Compiler::declare(const Statement& statement) {
  Array value = evaluate(*statement.value);
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
  cell(statement.slot).array = std::move(value);
}

void Compiler::assign(const Statement& statement) {
  const Array value = evaluate(*statement.value);
  Array& target = cell(statement.slot).array;
  if (statement.indices.empty()) {
    target = fill(value, target.shape, statement.position);
    return;
  }
  target.one_hot = false;
  const bool at_weights = std::ranges::any_of(statement.indices, [](const IndexItem& item) {
    return item.kind == IndexItem::Kind::kChoice;
  });
  if (at_weights) return assign_at_weights(statement, value);
  const Places at = places(target.shape, statement.indices, statement.position);
  const Array filled = fill(value, at.shape, statement.position);
  for (std::size_t i = 0; i < at.element.size(); ++i)
    target.elements[at.element[i]] = filled.elements[i];
}

/// Each place is written to where all the weights over its dimensions are 1.
void Compiler::assign_at_weights(const Statement& statement, const Array& value) {
  Array& target = cell(statement.slot).array;
  std::vector<IndexItem> everywhere = statement.indices;
  std::vector<std::vector<Literal>> chosen(everywhere.size());
  Shape rest;
  for (std::size_t k = 0; k < everywhere.size(); ++k) {
    if (everywhere[k].kind != IndexItem::Kind::kChoice) continue;
    const Position position = everywhere[k].low->position;
    if (k >= target.shape.rank) fail_at(position, "more indices than dimensions");
    Shape row;
    row.push(target.shape.size[k]);
    const Array weights = fill(evaluate(*everywhere[k].low), row, position);
    for (const Number& w : weights.elements)
      chosen[k].push_back(as_truth(w, position, "writing at weights"));
    everywhere[k] = IndexItem();
  }
  const Places at = places(target.shape, everywhere, statement.position);
  // The dimensions of what is written, without those that are chosen.
  std::vector<std::pair<std::size_t, std::size_t>> dimensions;  // of the indices; their size
  for (std::size_t k = 0, d = 0; k < target.shape.rank; ++k) {
    const bool goes = k < everywhere.size() && everywhere[k].kind == IndexItem::Kind::kAt;
    if (goes) continue;
    const auto size = at.shape.size[d++];
    dimensions.emplace_back(k, static_cast<std::size_t>(size));
    if (k >= chosen.size() || chosen[k].empty()) rest.push(size);
  }
  const Array written = fill(value, rest, statement.position);
  for (std::size_t i = 0; i < at.element.size(); ++i) {
    Literal here = WordBuilder::kTrue;
    std::size_t left = i, element = 0, stride = 1;
    for (std::size_t d = dimensions.size(); d-- > 0;) {
      const auto [k, size] = dimensions[d];
      const std::size_t place = left % size;
      left /= size;
      if (k < chosen.size() && !chosen[k].empty()) {
        here = words_.both(here, chosen[k][place]);
      } else {
        element += place * stride;
        stride *= size;
      }
    }
    Number& old = target.elements[at.element[i]];
    old = select(here, written.elements[element], old);
  }
}

void Compiler::run_if(const Statement& statement) {
  const Literal p = condition(*statement.value);
  if (p == WordBuilder::kTrue) return run_block(statement.body);
  if (p == WordBuilder::kFalse) return run_block(statement.otherwise);
  State otherwise = state_;
  run_block(statement.body);
  std::swap(state_, otherwise);
  run_block(statement.otherwise);
  for (const int slot : statement.wholes) {
    const Cell& other = otherwise[static_cast<std::size_t>(slot)];
    if (cell(slot).whole != other.whole) {
      fail_at(statement.position, "the whole number '", name(slot),
              "' differs between the branches of if: ", other.whole, " and ", cell(slot).whole);
    }
    cell(slot).differs = cell(slot).differs || other.differs;
  }
  for (std::size_t s = 0; s < state_.size(); ++s) {
    if (tree_.slots[s].kind != Slot::Kind::kVariable || !state_[s].array.defined()) continue;
    state_[s].array = select(p, otherwise[s].array, state_[s].array);
  }
}

/// Whether there are inputs for which the condition holds, as far as the solver can say.
bool Compiler::can_hold(Literal condition) {
  if (words_.builder().constant(condition)) return words_.builder().value(condition);
  circuit::Prover prover(words_.builder(), nullptr, kConflicts);
  return prover.compare(condition, WordBuilder::kFalse) != circuit::Prover::Verdict::kEqual;
}

void Compiler::run_while(const Statement& statement) {
  State out = state_;
  Literal alive = WordBuilder::kTrue;
  bool is_known = true;  // how many passes there are, whatever the inputs
  for (std::size_t pass = 0;; ++pass) {
    alive = words_.both(alive, condition(*statement.value));
    if (alive == WordBuilder::kFalse) break;
    is_known = is_known && alive == WordBuilder::kTrue;
    if (!is_known && !can_hold(alive)) break;
    if (pass == options_.max_passes) {
      if (options_.truncate) break;
      fail_at(statement.position, "no bound was found for this loop: it may go on after ", pass,
              " passes (max_passes)");
    }
    run_block(statement.body);
    for (std::size_t s = 0; s < state_.size(); ++s) {
      out[s].whole = state_[s].whole;
      out[s].differs = state_[s].differs;
      const bool carried = tree_.slots[s].kind == Slot::Kind::kVariable && out[s].array.defined();
      if (carried) out[s].array = select(alive, state_[s].array, out[s].array);
    }
    check_size(statement.position);
  }
  state_ = std::move(out);
  if (is_known) return;
  for (const int slot : statement.wholes) cell(slot).differs = true;
}

void Compiler::run_for(const Statement& statement) {
  const std::int64_t low = whole(*statement.value), high = whole(*statement.high);
  for (std::int64_t k = low; k < high; ++k) {
    cell(statement.slot).whole = k;
    run_block(statement.body);
  }
}

}  // namespace pliant::program::compile
