// pliant/program/builder.cpp — what is done to handles becomes a tree, and its text a program (no
// torch)
#include "pliant/program/builder.h"

#include <utility>

#include "pliant/base/errors.h"
#include "pliant/program/draft.h"

namespace pliant::program::build {
namespace {

Node name_of(std::shared_ptr<Draft> draft, int slot, bool whole) {
  Node node = made_of(whole ? Operation::kInteger : Operation::kVariable, {}, slot);
  node.draft = std::move(draft);
  return node;
}

Statement statement_of(Statement::Kind kind, int slot) {
  Statement statement;
  statement.kind = kind;
  statement.slot = slot;
  return statement;
}

}  // namespace

Builder::Builder(std::string name) : draft_(std::make_shared<Draft>(std::move(name))) {}

Scalar Builder::input(std::string_view name) { return Scalar(input(name, {}).node()); }

Array Builder::input(std::string_view name, std::initializer_list<std::string_view> sizes) {
  base::require(!draft_->has_statements(), "builder: the input '", name,
                "' must be declared before all statements");
  base::require(draft_->find(name) < 0, "builder: '", name, "' is declared already");
  const int slot = draft_->declare(name, Slot::Kind::kInput);
  std::vector<int> dimensions;
  for (const std::string_view size : sizes) {
    const int known = draft_->find(size);
    base::require(known < 0 || draft_->slot(known).kind == Slot::Kind::kSize, "builder: '", size,
                  "' is declared already, and is no size");
    dimensions.push_back(known >= 0 ? known : draft_->declare(size, Slot::Kind::kSize));
  }
  draft_->declare_input(slot, std::move(dimensions));
  return Array(name_of(draft_, slot, false));
}

Whole Builder::size(std::string_view name) const {
  const int slot = draft_->find(name);
  base::require(slot >= 0 && draft_->slot(slot).kind == Slot::Kind::kSize,
                "builder: no input has a size '", name, "'");
  return Whole(name_of(draft_, slot, true));
}

Scalar Builder::scalar(std::string_view name, const Real& value) {
  return Scalar(array(name, {}, value).node());
}
Array Builder::array(std::string_view name, const Real& value) { return array(name, {}, value); }

Array Builder::array(std::string_view name, std::initializer_list<Whole> shape, const Real& value) {
  Statement statement = statement_of(Statement::Kind::kDeclare, 0);
  for (const Whole& size : shape) statement.shape.push_back(draft_->checked(size.node()));
  statement.value = draft_->checked(value.node());
  statement.slot = draft_->declare(name, Slot::Kind::kVariable);
  const int slot = statement.slot;
  draft_->add(std::move(statement));
  return Array(name_of(draft_, slot, false));
}

Integer Builder::integer(std::string_view name, const Whole& value) {
  Statement statement = statement_of(Statement::Kind::kDeclareInt, 0);
  statement.value = draft_->checked(value.node());
  const int slot = statement.slot = draft_->declare(name, Slot::Kind::kInteger);
  draft_->add(std::move(statement));
  return Integer(name_of(draft_, slot, true));
}

void Builder::if_(const Condition& condition, const Body& then, const Body& otherwise) {
  Statement statement = statement_of(Statement::Kind::kIf, 0);
  statement.value = draft_->checked(condition.node());
  statement.body = draft_->record(then);
  if (otherwise) statement.otherwise = draft_->record(otherwise);
  draft_->add(std::move(statement));
}

void Builder::while_(const Condition& condition, const Body& body) {
  Statement statement = statement_of(Statement::Kind::kWhile, 0);
  statement.value = draft_->checked(condition.node());
  statement.body = draft_->record(body);
  draft_->add(std::move(statement));
}

void Builder::gated_while_(const Condition& condition, const Body& body) {
  Statement statement = statement_of(Statement::Kind::kGatedWhile, 0);
  statement.value = draft_->checked(condition.node());
  statement.body = draft_->record(body);
  draft_->add(std::move(statement));
}

void Builder::for_(std::string_view name, const Whole& low, const Whole& high,
                   const std::function<void(const Whole&)>& body) {
  Statement statement = statement_of(Statement::Kind::kFor, 0);
  statement.value = draft_->checked(low.node());
  statement.high = draft_->checked(high.node());
  statement.body = draft_->record([&] {
    statement.slot = draft_->declare(name, Slot::Kind::kInteger);
    body(Whole(name_of(draft_, statement.slot, true)));
  });
  draft_->add(std::move(statement));
}

Program Builder::program(std::initializer_list<Real> outputs) const {
  base::require(draft_->is_outermost(), "builder: the program ", draft_->name(),
                " is asked for inside of one of its blocks");
  base::require(!draft_->tree().inputs.empty() && outputs.size() > 0, "builder: the program ",
                draft_->name(), " must have an input and an output");
  Tree tree = draft_->tree();
  for (const Real& output : outputs) {
    const Pointer& expression = draft_->checked(output.node());
    base::require(expression->operation == Operation::kVariable,
                  "builder: an output must be a variable or an input, and no expression of them");
    tree.outputs.push_back(expression->slot);
  }
  return Program::parse(text_of(tree));
}

}  // namespace pliant::program::build
