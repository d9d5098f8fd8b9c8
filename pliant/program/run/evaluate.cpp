// pliant/program/run/evaluate.cpp — expressions: arithmetic, comparisons, reading, reductions (no
// torch)
#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "pliant/program/functions.h"
#include "pliant/program/run/walker.h"
#include "pliant/program/tokens.h"

namespace pliant::program {
// === Arrays ===

Value Walker::number(double value) {
  Value out;
  out.base = recorder_.constant(value);
  return out;
}

/// The array's first element, all of them beside each other.
View Walker::contiguous(const Value& value) {
  if (value.parts == nullptr) return value.base;
  const std::vector<View>& parts = *value.parts;
  bool beside = true;
  for (std::size_t e = 1; e < parts.size(); ++e) {
    beside =
        beside && parts[e] == View{parts[0].node, parts[0].element + static_cast<std::int32_t>(e)};
  }
  if (beside && !parts.empty()) return parts[0];
  return recorder_.gather(parts);
}

/// `value` in this shape: as it is, or a single number everywhere.
Value Walker::fill(const Value& value, const Shape& shape, Position position) {
  if (value.shape == shape) return value;
  if (value.shape.rank != 0) {
    fail_at(position, "expected an array of shape ", shape.text(),
            " or a single number, got shape ", value.shape.text());
  }
  Value out;
  out.shape = shape;
  out.parts = std::make_shared<const std::vector<View>>(shape.count(), value.element(0));
  return out;
}

Value Walker::step1(Step step, const Value& a) {
  Value out;
  out.shape = a.shape;
  const View operands[] = {contiguous(a)};
  const bool single[] = {false};
  out.base = recorder_.step(step, operands, single, a.shape.count());
  return out;
}

Value Walker::step2(Step step, const Value& a, const Value& b, Position position) {
  const bool single[] = {a.shape.rank == 0 && b.shape.rank != 0,
                         b.shape.rank == 0 && a.shape.rank != 0};
  if (a.shape != b.shape && !single[0] && !single[1]) {
    fail_at(position, "the shapes ", a.shape.text(), " and ", b.shape.text(), " differ");
  }
  Value out;
  out.shape = single[0] ? b.shape : a.shape;
  const View operands[] = {contiguous(a), contiguous(b)};
  out.base = recorder_.step(step, operands, single, out.shape.count());
  return out;
}

Value Walker::combine(Step step, View p, const std::array<const Value*, 3>& of, const Value& same) {
  const Value &first = *of[0], &second = *of[1];
  const std::size_t count = same.shape.count();
  if (first.parts == nullptr && second.parts == nullptr && first.base == second.base) return same;
  const auto follows = [](const Value& value, std::size_t e) {
    const View before = value.element(e - 1), here = value.element(e);
    return here.node == before.node && here.element == before.element + 1;
  };
  std::vector<View> parts(count);
  for (std::size_t e = 0; e < count;) {
    if (first.element(e) == second.element(e)) {
      parts[e] = same.element(e);
      ++e;
      continue;
    }
    std::size_t end = e + 1;
    while (end < count && first.element(end) != second.element(end) && follows(first, end) &&
           follows(second, end) && (of[2] == nullptr || follows(*of[2], end))) {
      ++end;
    }
    View made;
    if (step == Step::kBlend) {
      const View operands[] = {first.element(e), second.element(e), p};
      const bool single[] = {false, false, true};
      made = recorder_.step(step, operands, single, end - e);
    } else {
      const View operands[] = {of[2]->element(e), p, first.element(e), second.element(e)};
      const bool single[] = {false, true, false, false};
      made = recorder_.step(step, operands, single, end - e);
    }
    for (; e < end; ++e, ++made.element) parts[e] = made;
  }
  Value out;
  out.shape = same.shape;
  if (count == 1) {
    out.base = parts[0];
  } else {
    out.parts = std::make_shared<const std::vector<View>>(std::move(parts));
  }
  return out;
}

// === Reading ===

auto Walker::places(const Shape& shape, const std::vector<IndexItem>& indices, Position position)
    -> Places {
  if (indices.size() > shape.rank) {
    fail_at(position, indices.size(), " indices for an array of shape ", shape.text());
  }
  Places out;
  std::array<std::int64_t, kMaxRank> low{}, count{};
  for (std::size_t k = 0; k < shape.rank; ++k) {
    const std::int64_t size = shape.size[k];
    count[k] = size;
    if (k < indices.size() && indices[k].kind != IndexItem::Kind::kAll) {
      const IndexItem& item = indices[k];
      low[k] = whole(*item.low);
      const std::int64_t high = item.high ? whole(*item.high) : low[k] + 1;
      if (low[k] < 0 || high < low[k] || high > size) {
        fail_at(item.low->position, "index ", low[k],
                item.high ? " : " + std::to_string(high) : std::string(),
                " is out of range in dimension ", k, " of an array of shape ", shape.text());
      }
      count[k] = high - low[k];
      if (!item.high) continue;  // the dimension goes
    }
    out.shape.push(static_cast<std::int32_t>(count[k]));
  }
  std::size_t total = 1;
  for (std::size_t k = 0; k < shape.rank; ++k) total *= static_cast<std::size_t>(count[k]);
  out.element.resize(total);
  for (std::size_t i = 0; i < total; ++i) {
    std::size_t rest = i, element = 0, stride = 1;
    for (std::size_t k = shape.rank; k-- > 0;) {
      const auto n = static_cast<std::size_t>(count[k]);
      element += (static_cast<std::size_t>(low[k]) + rest % n) * stride;
      rest /= n;
      stride *= static_cast<std::size_t>(shape.size[k]);
    }
    out.element[i] = element;
  }
  return out;
}

std::optional<std::size_t> Walker::place(const Shape& shape,
                                         const std::vector<IndexItem>& indices) {
  if (indices.size() != shape.rank) return std::nullopt;
  std::size_t element = 0;
  for (std::size_t k = 0; k < shape.rank; ++k) {
    if (indices[k].kind != IndexItem::Kind::kAt) return std::nullopt;
    const std::int64_t at = whole(*indices[k].low);
    if (at < 0 || at >= shape.size[k]) return std::nullopt;  // places() says what is wrong
    element = element * static_cast<std::size_t>(shape.size[k]) + static_cast<std::size_t>(at);
  }
  return element;
}

Value Walker::read(const Expression& e) {
  const Expression& array = *e.arguments[0];
  if (array.operation == Operation::kVariable && cell(array.slot).value.defined()) {
    const Value& value = cell(array.slot).value;
    if (const auto at = place(value.shape, e.indices)) {
      Value out;
      out.base = value.element(*at);
      return out;
    }
  }
  Value from = evaluate(array);
  // Weights first, from the last dimension: the mean over each leaves one dimension fewer.
  std::vector<IndexItem> rest = e.indices;
  for (std::size_t k = rest.size(); k-- > 0;) {
    if (rest[k].kind != IndexItem::Kind::kChoice) continue;
    if (k >= from.shape.rank) {
      fail_at(e.position, rest.size(), " indices for an array of shape ", from.shape.text());
    }
    const Value weights = evaluate(*rest[k].low);
    Shape row;
    row.push(from.shape.size[k]);
    if (weights.shape != row) {
      fail_at(rest[k].low->position, "weights as an index of dimension ", k, " must have shape ",
              row.text(), ", got ", weights.shape.text());
    }
    std::size_t outer = 1, inner = 1;
    Value out;
    for (std::size_t d = 0; d < from.shape.rank; ++d) {
      if (d == k) continue;
      (d < k ? outer : inner) *= static_cast<std::size_t>(from.shape.size[d]);
      out.shape.push(from.shape.size[d]);
    }
    out.base =
        recorder_.contract(contiguous(weights), contiguous(from), {outer, row.count()}, inner);
    from = out;
    rest.erase(rest.begin() + static_cast<std::ptrdiff_t>(k));
  }
  if (rest.empty()) return from;
  const Places at = places(from.shape, rest, e.position);
  Value out;
  out.shape = at.shape;
  if (at.element.size() == 1) {
    out.base = from.element(at.element[0]);
    return out;
  }
  std::vector<View> parts(at.element.size());
  for (std::size_t i = 0; i < parts.size(); ++i) parts[i] = from.element(at.element[i]);
  out.parts = std::make_shared<const std::vector<View>>(std::move(parts));
  return out;
}

// === Expressions ===

Value Walker::binary(Step step, const Expression& e) {
  const Value left = evaluate(*e.arguments[0]), right = evaluate(*e.arguments[1]);
  return step2(step, left, right, e.position);
}

Value Walker::evaluate(const Expression& e) {
  if (e.whole) return number(static_cast<double>(whole(e)));
  const auto argument = [&](std::size_t k) { return evaluate(*e.arguments[k]); };
  switch (e.operation) {
    case Operation::kNumber:
      return number(e.value);
    case Operation::kVariable: {
      const Value& value = cell(e.slot).value;
      if (!value.defined()) {
        fail_at(e.position, "'", tree_.slots[static_cast<std::size_t>(e.slot)].name,
                "' has no value here");
      }
      return value;
    }
    case Operation::kNegate:
      return step1(Step::kNegate, argument(0));
    case Operation::kAdd:
      return binary(Step::kAdd, e);
    case Operation::kSubtract:
      return binary(Step::kSubtract, e);
    case Operation::kMultiply:
      return binary(Step::kMultiply, e);
    case Operation::kDivide:
      return binary(Step::kDivide, e);
    case Operation::kNot:
      return step1(Step::kComplement, argument(0));
    case Operation::kAnd:
    case Operation::kOr:
      return connect(e.operation == Operation::kOr, e);
    case Operation::kRead:
      return read(e);
    case Operation::kCall:
      return call(e);
    case Operation::kExternal:
      return call_external(e);
    default:
      return compare(e);
  }
}

/// Whole numbers are known before any sample is: no decision to relax.
bool Walker::compare_whole(const Expression& e) {
  const std::int64_t left = whole(*e.arguments[0]), right = whole(*e.arguments[1]);
  if (e.operation == Operation::kLess) return left < right;
  if (e.operation == Operation::kLessEqual) return left <= right;
  return (left == right) == (e.operation == Operation::kEqual);
}

bool Walker::is_true(const Expression& exact) {
  const double value = recorder_.known(contiguous(evaluate(exact))).value_or(0);
  if (!(value >= 0 && value <= 1)) {
    fail_at(exact.position, "a condition must be in [0, 1], got ", shown(value));
  }
  return value > 0;
}

Value Walker::compare(const Expression& e) {
  if (e.arguments[0]->whole && e.arguments[1]->whole) return number(compare_whole(e) ? 1 : 0);
  const Value left = evaluate(*e.arguments[0]), right = evaluate(*e.arguments[1]);
  Value out = step2(Step::kSubtract, right, left, e.position);  // right − left > 0: left < right
  const std::size_t count = out.shape.count();
  const bool equality = e.operation == Operation::kEqual || e.operation == Operation::kUnequal;
  const math::Family& family =
      math::families()[static_cast<std::size_t>(options_.distribution.family)];
  if (equality && options_.mode != Mode::kHard && !family.symmetric) {
    fail_at(e.position, "== and != take a symmetric distribution, which ", family.name, " is not");
  }
  // Hard: < is false at ties and <= true; == is 4·½·½ there.
  const double tie = equality ? 0.5 : e.operation == Operation::kLessEqual ? 1 : 0;
  out.base = recorder_.decide(out.base, count, tie);
  if (equality) out = step1(Step::kMatch, out);
  if (e.operation == Operation::kUnequal) out = step1(Step::kComplement, out);
  return out;
}

Value Walker::connect(bool is_or, const Expression& e) {
  if (e.arguments[0]->exact) {
    // The second is not looked at where the first says all: i > 0 and a[i - 1] < x.
    const bool first = is_true(*e.arguments[0]);
    return first == is_or ? number(first ? 1 : 0) : evaluate(*e.arguments[1]);
  }
  const Value a = evaluate(*e.arguments[0]), b = evaluate(*e.arguments[1]);
  static const int probabilistic = math::t_norm_index("probabilistic");
  if (options_.t_norm.family == probabilistic) {
    return step2(is_or ? Step::kEither : Step::kMultiply, a, b, e.position);
  }
  const Shape shape = a.shape.rank == 0 ? b.shape : a.shape;
  const Value x = fill(a, shape, e.position), y = fill(b, shape, e.position);
  Value out;
  out.shape = shape;
  out.base = recorder_.connect(is_or, contiguous(x), contiguous(y), shape.count());
  return out;
}

View Walker::condition(const Expression& e) {
  const Value value = evaluate(e);
  if (value.shape.rank != 0) {
    fail_at(e.position, "a condition must be a single number, got shape ", value.shape.text());
  }
  const View p = contiguous(value);
  if (const auto chance = recorder_.outside(p, path_, 0)) {
    fail_at(e.position, "a condition must be in [0, 1], got ", shown(*chance));
  }
  if (options_.mode != Mode::kSoft) return step1(Step::kRound, value).base;
  return p;
}

}  // namespace pliant::program
