// pliant/program/run/order.cpp — a number as an index, and the order of words, relaxed (no torch)
#include "pliant/program/functions.h"
#include "pliant/program/run/walker.h"
#include "pliant/program/tokens.h"

namespace pliant::program {

/// Weights over the places 0 … n − 1 that are near x: sech²(β(j − x)/2) over their sum, which is a
/// softmax of −β|j − x| − 2·ln(1 + e^(−β|j − x|)). Hard: 1 at the nearest place.
Value Walker::near(const Value& x, const Value& places, Position position) {
  if (x.shape.rank != 0) {
    fail_at(position, "near takes a single number, got shape ", x.shape.text());
  }
  Value beta;
  beta.base = recorder_.scale();
  const auto make = [&](Step step, const Value& a, const Value& b) {
    return step2(step, a, b, position);
  };
  const Value distance = step1(Step::kAbs, make(Step::kSubtract, places, x));
  const Value t = step1(Step::kExp, step1(Step::kNegate, make(Step::kMultiply, distance, beta)));
  const Value slack = step1(Step::kLog, make(Step::kAdd, number(1), t));
  // The choice multiplies by β.
  const Value far = make(Step::kAdd, distance,
                         make(Step::kDivide, make(Step::kMultiply, number(2), slack), beta));
  Value out;
  out.shape = places.shape;
  out.base = recorder_.soft_argmax(contiguous(far), {1, out.shape.count()}, true);
  return out;
}

/// Whether a comes before b, as words do, their letters being numbers: of each place P(a < b) =
/// F(β(b − a − m)), P(a > b) = F(β(a − b − m)), and what remains for a = b; then from the last
/// place to the first P(<) + P(=)·(what comes behind).
Value Walker::precedes(const Value& a, const Value& b, const Value& margin, Position position) {
  if (a.shape != b.shape || a.shape.rank != 1 || margin.shape.rank != 0) {
    fail_at(position,
            "precedes takes two arrays of one shape and one dimension, and a single number, got ",
            a.shape.text(), ", ", b.shape.text(), " and ", margin.shape.text());
  }
  const std::size_t n = a.shape.count();
  const auto before = [&](const Value& left, const Value& right) {
    Value out =
        step2(Step::kSubtract, step2(Step::kSubtract, right, left, position), margin, position);
    out.base = recorder_.decide(out.base, n, 0);
    return out;
  };
  const Value less = before(a, b), greater = before(b, a);
  const Value same = step1(Step::kComplement, step2(Step::kAdd, less, greater, position));
  Value out = number(0);
  for (std::size_t k = n; k-- > 0;) {
    const View behind = recorder_.step(Step::kMultiply, {same.element(k), out.base});
    out.base = recorder_.step(Step::kAdd, {less.element(k), behind});
  }
  return out;
}

}  // namespace pliant::program
