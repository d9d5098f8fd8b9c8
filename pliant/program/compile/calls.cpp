// pliant/program/compile/calls.cpp — the functions that expressions call, as gates (no torch)
#include <utility>

#include "pliant/program/compile/compiler.h"

namespace pliant::program::compile {
namespace {

Shape without_last(const Shape& shape) {
  Shape out;
  for (std::size_t k = 0; k + 1 < shape.rank; ++k) out.push(shape.size[k]);
  return out;
}

std::size_t last_of(const Shape& shape) {
  return static_cast<std::size_t>(shape.size[shape.rank - 1]);
}

Array row_of(const std::vector<Number>& elements) {
  Array out;
  out.shape.push(static_cast<std::int32_t>(elements.size()));
  out.elements = elements;
  return out;
}

}  // namespace

/// 1 at the first of the smallest, or largest, of the last dimension. Bit i of a prefix scan says
/// whether element i is better than all before it: the last such place is the first best one.
Array Compiler::choice(const Array& x, bool smallest, Position position) {
  const std::size_t n = last_of(x.shape);
  Array out{x.shape, std::vector<Number>(x.elements.size()), true};
  for (std::size_t begin = 0; begin < x.elements.size(); begin += n) {
    Number best = x.elements[begin];
    std::vector<Literal> better(n, WordBuilder::kTrue);
    for (std::size_t i = 1; i < n; ++i) {
      const Number& here = x.elements[begin + i];
      better[i] = smallest ? less(here, best) : less(best, here);
      best = placed(position, [&] { return select(better[i], here, best); });
    }
    Literal is_last = WordBuilder::kTrue;  // nothing behind is better
    for (std::size_t i = n; i-- > 0;) {
      out.elements[begin + i] = truth(words_.both(better[i], is_last));
      is_last = words_.both(is_last, !better[i]);
    }
  }
  return out;
}

/// Σ a·b over the last dimension; where a is one-hot, the element that it means: multiplexers.
Array Compiler::dot(const Array& a, const Array& b, Position position) {
  if (a.shape != b.shape || a.shape.rank == 0) {
    fail_at(position, "two arrays of one shape are needed, got ", a.shape.text(), " and ",
            b.shape.text());
  }
  if (b.one_hot && !a.one_hot) return dot(b, a, position);
  const std::size_t n = last_of(a.shape);
  Array out{without_last(a.shape), {}, false};
  for (std::size_t begin = 0; n > 0 && begin < a.elements.size(); begin += n) {
    Number total;
    for (std::size_t i = n; i-- > 0;) {
      const Number &weight = a.elements[begin + i], &value = b.elements[begin + i];
      if (!a.one_hot) {
        total = sum(total, product(weight, value));
      } else if (i + 1 == n) {
        total = value;
      } else {
        total = select(as_truth(weight, position, "a choice"), value, total);
      }
    }
    out.elements.push_back(std::move(total));
  }
  return out;
}

Array Compiler::reduce(const Expression& e) {
  const Array x = evaluate(*e.arguments[0]);
  const FunctionInfo& info = kFunctions[static_cast<std::size_t>(e.slot)];
  if (x.shape.rank == 0 || last_of(x.shape) == 0) {
    fail_at(e.position, info.name,
            " takes an array with at least one place in its last dimension, got shape ",
            x.shape.text());
  }
  const auto function = static_cast<Function>(e.slot);
  if (function == Function::kArgmin || function == Function::kArgmax)
    return choice(x, function == Function::kArgmin, e.position);
  const std::size_t n = last_of(x.shape);
  Array out{without_last(x.shape), {}, false};
  for (std::size_t begin = 0; begin < x.elements.size(); begin += n) {
    Number total = x.elements[begin];
    for (std::size_t i = 1; i < n; ++i) {
      Number next = x.elements[begin + i];
      switch (function) {
        case Function::kSum:
          total = sum(total, next);
          break;
        case Function::kProduct:
          total = product(total, next);
          break;
        case Function::kMin:
          total = aligned(total, next, &WordBuilder::smaller);
          break;
        default:
          total = aligned(total, next, &WordBuilder::larger);
      }
    }
    out.elements.push_back(std::move(total));
  }
  return out;
}

Array Compiler::where(const Expression& e) {
  const Array p = evaluate(*e.arguments[0]);
  if (e.arguments[0]->exact) {
    const bool yes = as_truth(p.elements[0], e.position, "where") == WordBuilder::kTrue;
    return evaluate(*e.arguments[yes ? 1 : 2]);
  }
  const Array yes = evaluate(*e.arguments[1]), no = evaluate(*e.arguments[2]);
  Shape shape = p.shape;
  for (const Array* value : {&yes, &no}) {
    if (value->shape.rank > shape.rank) shape = value->shape;
  }
  const Array here = fill(p, shape, e.position), a = fill(yes, shape, e.position),
              b = fill(no, shape, e.position);
  Array out{shape, {}, false};
  for (std::size_t i = 0; i < shape.count(); ++i) {
    out.elements.push_back(
        select(as_truth(here.elements[i], e.position, "where"), a.elements[i], b.elements[i]));
  }
  return out;
}

Array Compiler::stack(const Expression& e) {
  std::vector<Array> values;
  Shape shape;
  for (const auto& argument : e.arguments) {
    values.push_back(evaluate(*argument));
    if (values.back().shape.rank > shape.rank) shape = values.back().shape;
  }
  if (shape.rank == kMaxRank) fail_at(e.position, "an array has at most ", kMaxRank, " dimensions");
  for (Array& value : values) value = fill(value, shape, e.position);
  Array out;
  out.shape = shape;
  out.shape.push(static_cast<std::int32_t>(values.size()));
  for (std::size_t i = 0; i < shape.count(); ++i) {
    for (const Array& value : values) out.elements.push_back(value.elements[i]);
  }
  return out;
}

/// Weights over n places: 1 at the one nearest to x, the first of two.
Array Compiler::near(const Expression& e) {
  const Array x = evaluate(*e.arguments[0]);
  if (x.shape.rank != 0) {
    fail_at(e.position, "near takes a single number, got shape ", x.shape.text());
  }
  if (!e.arguments[1]->whole) fail_at(e.arguments[1]->position, "expected a whole number");
  const std::int64_t n = whole(*e.arguments[1]);
  if (n < 1 || n > (1 << 20)) fail_at(e.position, "a size must be in 1 … 2^20, got ", n);
  const Number& at = x.elements[0];
  const bool is_place = at.fraction == 0 && at.word.low >= 0 && at.word.high < n;
  std::vector<Number> elements;
  for (std::int64_t i = 0; i < n; ++i) {
    const Number place = number(static_cast<double>(i), e.position);
    elements.push_back(is_place ? truth(equal(at, place)) : magnitude(difference(place, at)));
  }
  Array out = row_of(elements);
  if (!is_place) return choice(out, true, e.position);
  out.one_hot = true;
  return out;
}

/// Whether a comes before b as words do, a place being the same where neither is smaller by the
/// margin.
Array Compiler::precedes(const Expression& e) {
  const Array a = evaluate(*e.arguments[0]), b = evaluate(*e.arguments[1]),
              margin = evaluate(*e.arguments[2]);
  if (a.shape != b.shape || a.shape.rank != 1 || margin.shape.rank != 0) {
    fail_at(e.position,
            "precedes takes two arrays of one shape and one dimension, and a single number, got ",
            a.shape.text(), ", ", b.shape.text(), " and ", margin.shape.text());
  }
  const Number& m = margin.elements[0];
  if (m.word.low < 0) fail_at(e.position, "the margin of precedes must not be negative");
  Literal before = WordBuilder::kFalse;
  for (std::size_t i = a.elements.size(); i-- > 0;) {
    const Literal is_less = less(m, difference(b.elements[i], a.elements[i]));
    const Literal is_more = less(m, difference(a.elements[i], b.elements[i]));
    before = words_.either(is_less, words_.both(!is_more, before));
  }
  return {{}, {truth(before)}, false};
}

Array Compiler::call(const Expression& e) {
  const auto argument = [&](std::size_t k) { return evaluate(*e.arguments[k]); };
  const auto row = [&](std::size_t k, const auto& value_at) {
    if (!e.arguments[k]->whole) fail_at(e.arguments[k]->position, "expected a whole number");
    const std::int64_t n = whole(*e.arguments[k]);
    if (n < 0 || n > (1 << 20)) fail_at(e.position, "a size must be in 0 … 2^20, got ", n);
    std::vector<Number> elements;
    for (std::int64_t i = 0; i < n; ++i) elements.push_back(number(value_at(i), e.position));
    return row_of(elements);
  };
  const std::string_view called = kFunctions[static_cast<std::size_t>(e.slot)].name;
  switch (static_cast<Function>(e.slot)) {
    case Function::kAbs:
      return each(argument(0), [&](const Number& x) { return magnitude(x); });
    case Function::kDot:
      return dot(argument(0), argument(1), e.position);
    case Function::kSame: {
      const Array a = argument(0), b = argument(1);
      if (a.shape != b.shape || a.shape.rank == 0 || last_of(a.shape) == 0) {
        fail_at(e.position, "same takes two arrays of one shape, got ", a.shape.text(), " and ",
                b.shape.text());
      }
      return dot(choice(a, false, e.position), choice(b, false, e.position), e.position);
    }
    case Function::kTrue:
      return each(argument(0),
                  [&](const Number& x) { return truth(as_truth(x, e.position, "truth")); });
    case Function::kWhere:
      return where(e);
    case Function::kStack:
      return stack(e);
    case Function::kOnehot: {
      if (!e.arguments[0]->whole) fail_at(e.arguments[0]->position, "expected a whole number");
      const std::int64_t place = whole(*e.arguments[0]);
      return row(1, [&](std::int64_t i) { return i == place ? 1. : 0.; });
    }
    case Function::kPlaces:
      return row(0, [](std::int64_t i) { return static_cast<double>(i); });
    case Function::kNear:
      return near(e);
    case Function::kPrecedes:
      return precedes(e);
    case Function::kExp:
    case Function::kLog:
    case Function::kSqrt:
    case Function::kLogSumExp:
    case Function::kCosine:
      fail_at(e.position, called, " leaves the whole numbers: it is not compiled");
    default:
      return reduce(e);
  }
}

}  // namespace pliant::program::compile
