// pliant/program/handles.cpp — operators and functions make expressions, = records statements (no
// torch)
#include "pliant/program/handles.h"

#include <cmath>
#include <utility>

#include "pliant/base/errors.h"
#include "pliant/program/draft.h"
#include "pliant/program/functions.h"

namespace pliant::program::build {
namespace {

Node call(Function function, std::initializer_list<Node> arguments) {
  return made_of(Operation::kCall, arguments, static_cast<int>(function));
}

Node number(double value, bool whole) {
  base::require(std::isfinite(value), "builder: a number must be finite, got ", value);
  Expression expression;
  expression.value = std::abs(value);
  expression.whole = whole;
  Node node;
  node.expression = std::make_shared<const Expression>(std::move(expression));
  return std::signbit(value) && value != 0 ? made_of(Operation::kNegate, {node}) : node;
}

Node read(const Node& array, const std::vector<Index>& indices) {
  Making making(Operation::kRead, 0);
  making.argument(array);
  for (const Index& index : indices) making.index(index);
  return making.made();
}

/// target = value, where the target is a variable, some of its places, or a whole number.
void write(const Node& target, const std::vector<Index>& indices, const Node& value) {
  Draft& draft = *target.draft;
  const int slot = draft.checked(target)->slot;
  const Slot& its = draft.slot(slot);
  base::require(its.kind != Slot::Kind::kInput, "builder: '", its.name,
                "' is an input, and cannot be written to; copy it to a variable");
  Statement statement;
  const bool whole = its.kind == Slot::Kind::kInteger;
  statement.kind = whole ? Statement::Kind::kAssignInt : Statement::Kind::kAssign;
  statement.slot = slot;
  if (!indices.empty()) statement.indices = draft.checked(read(target, indices))->indices;
  statement.value = draft.checked(value);
  draft.add(std::move(statement));
}

}  // namespace

// === Handles ===

Whole::Whole(std::int64_t value, int) : node_(number(static_cast<double>(value), true)) {}
Real::Real(double value, bool whole) : node_(number(value, whole)) {}

Element::Element(Node array, std::vector<Index> indices)
    : Real(read(array, indices)), array_(std::move(array)), indices_(std::move(indices)) {}

Element Element::operator[](const Index& index) const {
  std::vector<Index> indices = indices_;
  indices.push_back(index);
  return {array_, std::move(indices)};
}

const Element& Element::operator=(const Real& value) const {
  write(array_, indices_, value.node());
  return *this;
}
Element& Element::operator=(const Element& value) {
  write(array_, indices_, value.node());
  return *this;
}

Scalar& Scalar::operator=(const Real& value) {
  write(node(), {}, value.node());
  return *this;
}
Array& Array::operator=(const Real& value) {
  write(node(), {}, value.node());
  return *this;
}
Integer& Integer::operator=(const Whole& value) {
  write(node(), {}, value.node());
  return *this;
}

// === Operators and functions ===

Real operator+(const Real& a, const Real& b) {
  return Real(made_of(Operation::kAdd, {a.node(), b.node()}));
}
Real operator-(const Real& a, const Real& b) {
  return Real(made_of(Operation::kSubtract, {a.node(), b.node()}));
}
Real operator*(const Real& a, const Real& b) {
  return Real(made_of(Operation::kMultiply, {a.node(), b.node()}));
}
Real operator/(const Real& a, const Real& b) {
  return Real(made_of(Operation::kDivide, {a.node(), b.node()}));
}
Real operator-(const Real& a) { return Real(made_of(Operation::kNegate, {a.node()})); }
Whole operator+(const Whole& a, const Whole& b) {
  return Whole(made_of(Operation::kAdd, {a.node(), b.node()}));
}
Whole operator-(const Whole& a, const Whole& b) {
  return Whole(made_of(Operation::kSubtract, {a.node(), b.node()}));
}
Whole operator*(const Whole& a, const Whole& b) {
  return Whole(made_of(Operation::kMultiply, {a.node(), b.node()}));
}
Whole operator-(const Whole& a) { return Whole(made_of(Operation::kNegate, {a.node()})); }

Condition operator<(const Real& a, const Real& b) {
  return Condition(made_of(Operation::kLess, {a.node(), b.node()}));
}
Condition operator<=(const Real& a, const Real& b) {
  return Condition(made_of(Operation::kLessEqual, {a.node(), b.node()}));
}
Condition operator>(const Real& a, const Real& b) { return b < a; }
Condition operator>=(const Real& a, const Real& b) { return b <= a; }
Condition operator==(const Real& a, const Real& b) {
  return Condition(made_of(Operation::kEqual, {a.node(), b.node()}));
}
Condition operator!=(const Real& a, const Real& b) {
  return Condition(made_of(Operation::kUnequal, {a.node(), b.node()}));
}
Condition operator&&(const Condition& a, const Condition& b) {
  return Condition(made_of(Operation::kAnd, {a.node(), b.node()}));
}
Condition operator||(const Condition& a, const Condition& b) {
  return Condition(made_of(Operation::kOr, {a.node(), b.node()}));
}
Condition operator!(const Condition& a) { return Condition(made_of(Operation::kNot, {a.node()})); }
Condition truth(const Real& value) { return Condition(call(Function::kTrue, {value.node()})); }
Condition same(const Real& a, const Real& b) {
  return Condition(call(Function::kSame, {a.node(), b.node()}));
}

Real exp(const Real& x) { return Real(call(Function::kExp, {x.node()})); }
Real log(const Real& x) { return Real(call(Function::kLog, {x.node()})); }
Real sqrt(const Real& x) { return Real(call(Function::kSqrt, {x.node()})); }
Real abs(const Real& x) { return Real(call(Function::kAbs, {x.node()})); }
Real sum(const Real& x) { return Real(call(Function::kSum, {x.node()})); }
Real product(const Real& x) { return Real(call(Function::kProduct, {x.node()})); }
Real min(const Real& x) { return Real(call(Function::kMin, {x.node()})); }
Real max(const Real& x) { return Real(call(Function::kMax, {x.node()})); }
Real argmin(const Real& x) { return Real(call(Function::kArgmin, {x.node()})); }
Real argmax(const Real& x) { return Real(call(Function::kArgmax, {x.node()})); }
Real logsumexp(const Real& x) { return Real(call(Function::kLogSumExp, {x.node()})); }
Real dot(const Real& a, const Real& b) { return Real(call(Function::kDot, {a.node(), b.node()})); }
Real cosine(const Real& a, const Real& b) {
  return Real(call(Function::kCosine, {a.node(), b.node()}));
}
Real where(const Condition& condition, const Real& yes, const Real& no) {
  return Real(call(Function::kWhere, {condition.node(), yes.node(), no.node()}));
}
Real stack(const std::vector<Real>& parts) {
  Making making(Operation::kCall, static_cast<int>(Function::kStack));
  for (const Real& part : parts) making.argument(part.node());
  return Real(making.made());
}
Real onehot(const Whole& place, const Whole& n) {
  return Real(call(Function::kOnehot, {place.node(), n.node()}));
}
Real places(const Whole& n) { return Real(call(Function::kPlaces, {n.node()})); }

}  // namespace pliant::program::build
