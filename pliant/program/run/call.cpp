// pliant/program/run/call.cpp — the functions that expressions call: reductions, cosines, choices
// (no torch)
#include <algorithm>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "pliant/program/functions.h"
#include "pliant/program/run/walker.h"
#include "pliant/program/tokens.h"

namespace pliant::program {
namespace {

/// How far outside of [0, 1] rounding may take what stands for a truth.
constexpr double kTruthSlack = 1e-5;

/// Σ x² + this under the roots of cosines: no 0/0 for an array of zeros.
constexpr double kLeastNorm = 1e-30;

Function function_of(const Expression& e) { return static_cast<Function>(e.slot); }

}  // namespace

Value Walker::reduce(const Expression& e) {
  const Value x = evaluate(*e.arguments[0]);
  const Function function = function_of(e);
  const std::string_view name = kFunctions[static_cast<std::size_t>(e.slot)].name;
  if (x.shape.rank == 0 || x.shape.size[x.shape.rank - 1] == 0) {
    fail_at(e.position, name,
            " takes an array with at least one place in its last dimension, got shape ",
            x.shape.text());
  }
  Rows rows;
  rows.n = static_cast<std::size_t>(x.shape.size[x.shape.rank - 1]);
  rows.outer = x.shape.count() / rows.n;
  Value out;
  for (std::size_t k = 0; k + 1 < x.shape.rank; ++k) out.shape.push(x.shape.size[k]);
  if (function == Function::kMin || function == Function::kMax) {
    std::vector<View> elements;
    elements.reserve(x.shape.count());
    for (std::size_t i = 0; i < x.shape.count(); ++i) elements.push_back(x.element(i));
    out.base = recorder_.extremum(elements, rows.n, function == Function::kMin);
    return out;
  }
  const View from = contiguous(x);
  switch (function) {
    case Function::kSum:
      out.base = recorder_.reduce(Reduction::kSum, from, rows);
      return out;
    case Function::kProduct:
      out.base = recorder_.reduce(Reduction::kProduct, from, rows);
      return out;
    case Function::kLogSumExp:
      out.base = recorder_.reduce(Reduction::kLogSumExp, from, rows);
      return out;
    default:
      out.shape = x.shape;
      out.base = recorder_.soft_argmax(from, rows, function == Function::kArgmin);
      return out;
  }
}

/// Σ a·b / √(Σ a²·Σ b²) over the last dimension.
Value Walker::cosine(const Expression& e) {
  const Value a = evaluate(*e.arguments[0]), b = evaluate(*e.arguments[1]);
  if (a.shape != b.shape || a.shape.rank == 0) {
    fail_at(e.position, kFunctions[static_cast<std::size_t>(e.slot)].name,
            " takes two arrays of one shape, got ", a.shape.text(), " and ", b.shape.text());
  }
  Rows rows;
  rows.n = static_cast<std::size_t>(a.shape.size[a.shape.rank - 1]);
  rows.outer = rows.n == 0 ? 0 : a.shape.count() / rows.n;
  const View x = contiguous(a), y = contiguous(b);
  const auto dot = [&](View u, View v) {
    Value out;
    for (std::size_t k = 0; k + 1 < a.shape.rank; ++k) out.shape.push(a.shape.size[k]);
    out.base = recorder_.dot(u, v, rows);
    return out;
  };
  Value product = dot(x, y);
  if (function_of(e) == Function::kDot) return product;
  if (function_of(e) == Function::kSame && options_.mode != Mode::kSoft) {
    // Whether the largest of both stands at the same place.
    return dot(recorder_.soft_argmax(x, rows, false), recorder_.soft_argmax(y, rows, false));
  }
  const Value norms = step2(Step::kMultiply, dot(x, x), dot(y, y), e.position);
  const Value root = step1(Step::kSqrt, step2(Step::kAdd, norms, number(kLeastNorm), e.position));
  Value angle = step2(Step::kDivide, product, root, e.position);
  if (function_of(e) == Function::kCosine) return angle;
  // sech z = 2t/(1 + t²), t = e^−|z|, z = β·(1 − cos).
  Value beta;
  beta.base = recorder_.scale();
  const Value z =
      step1(Step::kAbs, step2(Step::kMultiply, step1(Step::kComplement, angle), beta, e.position));
  const Value t = step1(Step::kExp, step1(Step::kNegate, z));
  const Value below =
      step2(Step::kAdd, number(1), step2(Step::kMultiply, t, t, e.position), e.position);
  return step2(Step::kDivide, step2(Step::kMultiply, number(2), t, e.position), below, e.position);
}

Value Walker::stack(const Expression& e) {
  std::vector<Value> values;
  values.reserve(e.arguments.size());
  for (const auto& argument : e.arguments) values.push_back(evaluate(*argument));
  Shape shape;
  for (const Value& value : values) {
    if (value.shape.rank > shape.rank) shape = value.shape;
  }
  for (Value& value : values) value = fill(value, shape, e.position);
  if (shape.rank == kMaxRank) fail_at(e.position, "an array has at most ", kMaxRank, " dimensions");
  std::vector<View> parts;
  for (std::size_t i = 0; i < shape.count(); ++i) {
    for (const Value& value : values) parts.push_back(value.element(i));
  }
  Value out;
  out.shape = shape;
  out.shape.push(static_cast<std::int32_t>(values.size()));
  out.parts = std::make_shared<const std::vector<View>>(std::move(parts));
  return out;
}

Value Walker::call(const Expression& e) {
  const auto argument = [&](std::size_t k) { return evaluate(*e.arguments[k]); };
  const auto whole_argument = [&](std::size_t k) {
    if (!e.arguments[k]->whole) fail_at(e.arguments[k]->position, "expected a whole number");
    return whole(*e.arguments[k]);
  };
  const auto row = [&](std::int64_t n, const auto& value_at) {
    if (n < 0 || n > (1 << 20)) fail_at(e.position, "a size must be in 0 … 2^20, got ", n);
    Value out;
    out.shape.push(static_cast<std::int32_t>(n));
    std::vector<View> parts;
    for (std::int64_t i = 0; i < n; ++i) parts.push_back(recorder_.constant(value_at(i)));
    out.parts = std::make_shared<const std::vector<View>>(std::move(parts));
    return out;
  };
  switch (function_of(e)) {
    case Function::kExp:
      return step1(Step::kExp, argument(0));
    case Function::kLog:
      return step1(Step::kLog, argument(0));
    case Function::kSqrt:
      return step1(Step::kSqrt, argument(0));
    case Function::kAbs:
      return step1(Step::kAbs, argument(0));
    case Function::kDot:
    case Function::kSame:
    case Function::kCosine:
      return cosine(e);
    case Function::kTrue: {
      const Value value = argument(0);
      for (std::size_t k = 0; k < value.shape.count(); ++k) {
        if (const auto v = recorder_.outside(value.element(k), path_, kTruthSlack)) {
          fail_at(e.position, "truth takes a number in [0, 1], got ", shown(*v));
        }
      }
      return step1(options_.mode == Mode::kSoft ? Step::kClamp : Step::kRound, value);
    }
    case Function::kWhere: {
      if (e.arguments[0]->exact) return argument(is_true(*e.arguments[0]) ? 1 : 2);
      const Value p = argument(0), yes = argument(1), no = argument(2);
      Shape shape = p.shape;
      for (const Value* value : {&yes, &no}) {
        if (value->shape.rank > shape.rank) shape = value->shape;
      }
      Value out;
      out.shape = shape;
      const View operands[] = {
          contiguous(fill(no, shape, e.position)), contiguous(fill(yes, shape, e.position)),
          p.shape.rank == 0 ? contiguous(p) : contiguous(fill(p, shape, e.position))};
      const bool single[] = {false, false, p.shape.rank == 0};
      out.base = recorder_.step(Step::kBlend, operands, single, shape.count());
      return out;
    }
    case Function::kStack:
      return stack(e);
    case Function::kOnehot: {
      const std::int64_t place = whole_argument(0);
      return row(whole_argument(1), [&](std::int64_t i) { return i == place ? 1. : 0.; });
    }
    case Function::kPlaces:
      return row(whole_argument(0), [](std::int64_t i) { return static_cast<double>(i); });
    case Function::kNear: {
      const Value x = argument(0);
      return near(x, row(whole_argument(1), [](std::int64_t i) { return static_cast<double>(i); }),
                  e.position);
    }
    case Function::kPrecedes: {
      const Value a = argument(0), b = argument(1);
      return precedes(a, b, argument(2), e.position);
    }
    default:
      return reduce(e);
  }
}

Value Walker::call_external(const Expression& e) {
  std::vector<Argument> arguments;
  for (const auto& expression : e.arguments) {
    Argument& argument = arguments.emplace_back();
    if (expression->whole) {
      argument.whole = whole(*expression);
      continue;
    }
    const Value value = evaluate(*expression);
    argument.view = contiguous(value);
    for (std::size_t k = 0; k < value.shape.rank; ++k) {
      argument.shape.push_back(static_cast<std::size_t>(value.shape.size[k]));
    }
  }
  const auto [view, shape] = recorder_.call(static_cast<std::size_t>(e.slot), arguments);
  if (shape.size() > kMaxRank)
    fail_at(e.position, "an array has at most ", kMaxRank, " dimensions");
  Value out;
  for (const std::size_t size : shape) out.shape.push(static_cast<std::int32_t>(size));
  out.base = view;
  return out;
}

}  // namespace pliant::program
