// pliant/program/compile/expressions.cpp — arithmetic, comparisons and reading as gates (no torch)
#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "pliant/program/compile/compiler.h"

namespace pliant::program::compile {
namespace {

/// Bits behind the point that a number of the text may have.
constexpr int kMostFraction = 20;
constexpr std::int64_t kLargestWhole = std::int64_t{1} << 40;

}  // namespace

// === Numbers ===

Number Compiler::number(double value, Position position) {
  for (int fraction = 0; fraction <= kMostFraction; ++fraction) {
    const double scaled = std::ldexp(value, fraction);
    if (std::abs(scaled) > static_cast<double>(circuit::kLargestWord)) break;
    if (scaled == std::floor(scaled))
      return {WordBuilder::constant(static_cast<std::int64_t>(scaled)), fraction};
  }
  fail_at(position, "a number within ±2^40 with at most ", kMostFraction,
          " bits behind the point is needed, got ", value);
}

void Compiler::align(Number& a, Number& b) {
  const int fraction = std::max(a.fraction, b.fraction);
  for (Number* x : {&a, &b}) {
    if (x->fraction == fraction) continue;
    x->word = WordBuilder::shifted(x->word, fraction - x->fraction);
    x->fraction = fraction;
  }
}

Number Compiler::select(Literal condition, Number yes, Number no) {
  if (yes == no) return yes;
  align(yes, no);
  return {words_.select(condition, yes.word, no.word), yes.fraction};
}

Literal Compiler::less(Number a, Number b) {
  align(a, b);
  return words_.less(a.word, b.word);
}

Literal Compiler::equal(Number a, Number b) {
  align(a, b);
  return words_.equal(a.word, b.word);
}

Literal Compiler::as_truth(const Number& a, Position position, std::string_view who) {
  const std::int64_t one = std::int64_t{1} << a.fraction;
  const Word least = WordBuilder::constant(0), most = WordBuilder::constant(one);
  // Bounds are of each number alone; the solver sees what excludes what.
  if ((a.word.low < 0 && can_hold(words_.less(a.word, least))) ||
      (a.word.high > one && can_hold(words_.less(most, a.word)))) {
    const std::int64_t worst = a.word.low < 0 ? a.word.low : a.word.high;
    fail_at(position, who, " takes a number in [0, 1]; this one may be ",
            std::ldexp(static_cast<double>(worst), -a.fraction));
  }
  return words_.less(WordBuilder::constant(one / 2), a.word);  // true above ½
}

std::vector<Literal> Compiler::bits_of(const Array& array, Layout& layout) {
  Word bounds;
  for (const Number& x : array.elements) layout.fraction = std::max(layout.fraction, x.fraction);
  std::vector<Word> words;
  for (const Number& x : array.elements) {
    words.push_back(WordBuilder::shifted(x.word, layout.fraction - x.fraction));
    bounds.low = std::min(bounds.low, words.back().low);
    bounds.high = std::max(bounds.high, words.back().high);
  }
  layout.is_signed = bounds.low < 0;
  layout.bits = circuit::width_of(bounds.low, bounds.high);
  std::vector<Literal> bits;
  for (const Word& word : words) {
    for (std::size_t i = 0; i < static_cast<std::size_t>(layout.bits); ++i) {
      const Literal beyond = word.is_signed() ? word.bits.back() : WordBuilder::kFalse;
      bits.push_back(i < word.bits.size() ? word.bits[i] : beyond);
    }
  }
  return bits;
}

// === Arrays ===

Array Compiler::fill(const Array& value, const Shape& shape, Position position) {
  if (value.shape == shape) return value;
  if (value.shape.rank != 0) {
    fail_at(position, "expected an array of shape ", shape.text(),
            " or a single number, got shape ", value.shape.text());
  }
  return {shape, std::vector<Number>(shape.count(), value.elements[0]), false};
}

Array Compiler::select(Literal condition, const Array& yes, const Array& no) {
  if (yes == no) return yes;
  Array out{no.shape, {}, yes.one_hot && no.one_hot};
  for (std::size_t e = 0; e < no.elements.size(); ++e)
    out.elements.push_back(select(condition, yes.elements[e], no.elements[e]));
  return out;
}

auto Compiler::places(const Shape& shape, const std::vector<IndexItem>& indices, Position position)
    -> Places {
  if (indices.size() > shape.rank) {
    fail_at(position, indices.size(), " indices for an array of shape ", shape.text());
  }
  Places out;
  out.element = {0};
  for (std::size_t k = 0; k < shape.rank; ++k) {
    const std::int64_t size = shape.size[k];
    std::int64_t low = 0, high = size;
    bool stays = true;
    if (k < indices.size() && indices[k].kind != IndexItem::Kind::kAll) {
      const IndexItem& item = indices[k];
      low = whole(*item.low);
      high = item.high ? whole(*item.high) : low + 1;
      stays = item.high != nullptr;
      if (low < 0 || high < low || high > size) {
        fail_at(item.low->position, "index ", low,
                item.high ? " : " + std::to_string(high) : std::string(),
                " is out of range in dimension ", k, " of an array of shape ", shape.text());
      }
    }
    if (stays) out.shape.push(static_cast<std::int32_t>(high - low));
    std::vector<std::size_t> next;
    for (const std::size_t outer : out.element) {
      for (std::int64_t i = low; i < high; ++i)
        next.push_back(outer * static_cast<std::size_t>(size) + static_cast<std::size_t>(i));
    }
    out.element = std::move(next);
  }
  return out;
}

Array Compiler::read(const Expression& e) {
  Array from = evaluate(*e.arguments[0]);
  std::vector<IndexItem> rest = e.indices;
  // Weights first, from the last dimension: each leaves one dimension fewer.
  for (std::size_t k = rest.size(); k-- > 0;) {
    if (rest[k].kind != IndexItem::Kind::kChoice) continue;
    if (k >= from.shape.rank) {
      fail_at(e.position, rest.size(), " indices for an array of shape ", from.shape.text());
    }
    const Array weights = evaluate(*rest[k].low);
    Shape row, shape;
    row.push(from.shape.size[k]);
    if (weights.shape != row) {
      fail_at(rest[k].low->position, "weights as an index of dimension ", k, " must have shape ",
              row.text(), ", got ", weights.shape.text());
    }
    std::size_t outer = 1, inner = 1;
    for (std::size_t d = 0; d < from.shape.rank; ++d) {
      if (d == k) continue;
      (d < k ? outer : inner) *= static_cast<std::size_t>(from.shape.size[d]);
      shape.push(from.shape.size[d]);
    }
    Array out{shape, {}, false};
    for (std::size_t o = 0; o < outer; ++o) {
      for (std::size_t i = 0; i < inner; ++i) {
        Array line{row, {}, false};
        for (std::size_t j = 0; j < row.count(); ++j)
          line.elements.push_back(from.elements[(o * row.count() + j) * inner + i]);
        out.elements.push_back(dot(weights, line, e.position).elements[0]);
      }
    }
    from = std::move(out);
    rest.erase(rest.begin() + static_cast<std::ptrdiff_t>(k));
  }
  if (rest.empty()) return from;
  const Places at = places(from.shape, rest, e.position);
  Array out{at.shape, {}, false};
  for (const std::size_t element : at.element) out.elements.push_back(from.elements[element]);
  const std::size_t last = from.shape.rank - 1;
  out.one_hot = from.one_hot && (rest.size() <= last || rest[last].kind == IndexItem::Kind::kAll);
  return out;
}

// === Expressions ===

std::int64_t Compiler::whole(const Expression& e) {
  const auto argument = [&](std::size_t k) { return whole(*e.arguments[k]); };
  std::int64_t value = 0;
  switch (e.operation) {
    case Operation::kNumber:
      return static_cast<std::int64_t>(e.value);
    case Operation::kInteger:
      if (cell(e.slot).differs) {
        fail_at(e.position, "'", name(e.slot),
                "' was changed by a while loop, which ends for each input on its own: behind the "
                "loop it is no whole number; use a var");
      }
      return cell(e.slot).whole;
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

Array Compiler::evaluate(const Expression& e) {
  if (e.whole) return {{}, {number(static_cast<double>(whole(e)), e.position)}, false};
  const auto argument = [&](std::size_t k) { return evaluate(*e.arguments[k]); };
  const auto binary = [&](Number (Compiler::*operation)(Number, Number)) {
    const Array a = argument(0), b = argument(1);
    return placed(e.position, [&] {
      return each(a, b, e.position,
                  [&](const Number& x, const Number& y) { return (this->*operation)(x, y); });
    });
  };
  switch (e.operation) {
    case Operation::kNumber:
      return {{}, {number(e.value, e.position)}, false};
    case Operation::kVariable:
      if (!cell(e.slot).array.defined())
        fail_at(e.position, "'", name(e.slot), "' has no value here");
      return cell(e.slot).array;
    case Operation::kNegate: {
      const Number zero;
      return each(argument(0), [&](const Number& x) { return difference(zero, x); });
    }
    case Operation::kAdd:
      return binary(&Compiler::sum);
    case Operation::kSubtract:
      return binary(&Compiler::difference);
    case Operation::kMultiply: {
      const Array a = argument(0), b = argument(1);
      return placed(e.position, [&] {
        return each(a, b, e.position,
                    [&](const Number& x, const Number& y) { return product(x, y); });
      });
    }
    case Operation::kNot:
      return each(argument(0),
                  [&](const Number& x) { return truth(!as_truth(x, e.position, "not")); });
    case Operation::kAnd:
    case Operation::kOr:
      return connect(e);
    case Operation::kRead:
      return read(e);
    case Operation::kCall:
      return placed(e.position, [&] { return call(e); });
    case Operation::kDivide:
      fail_at(e.position, "a quotient is no whole number: division is not compiled");
    case Operation::kExternal:
      fail_at(e.position, "a function from outside, ",
              tree_.externals[static_cast<std::size_t>(e.slot)], ", is not compiled");
    default:
      return compare(e);
  }
}

Literal Compiler::condition(const Expression& e) {
  const Array value = evaluate(e);
  if (value.shape.rank != 0) {
    fail_at(e.position, "a condition must be a single number, got shape ", value.shape.text());
  }
  return as_truth(value.elements[0], e.position, "a condition");
}

Array Compiler::compare(const Expression& e) {
  const Array a = evaluate(*e.arguments[0]), b = evaluate(*e.arguments[1]);
  return each(a, b, e.position, [&](const Number& x, const Number& y) {
    if (e.operation == Operation::kLess) return truth(less(x, y));
    if (e.operation == Operation::kLessEqual) return truth(!less(y, x));
    const Literal same = equal(x, y);
    return truth(e.operation == Operation::kEqual ? same : !same);
  });
}

Array Compiler::connect(const Expression& e) {
  const bool is_or = e.operation == Operation::kOr;
  const std::string_view who = is_or ? "or" : "and";
  const Array a = evaluate(*e.arguments[0]);
  if (e.arguments[0]->exact) {
    // The second is not looked at where the first says all: i > 0 and a[i - 1] < x.
    const bool first = as_truth(a.elements[0], e.position, who) == WordBuilder::kTrue;
    return first == is_or ? a : evaluate(*e.arguments[1]);
  }
  return each(a, evaluate(*e.arguments[1]), e.position, [&](const Number& x, const Number& y) {
    const Literal p = as_truth(x, e.position, who), q = as_truth(y, e.position, who);
    return truth(is_or ? words_.either(p, q) : words_.both(p, q));
  });
}

}  // namespace pliant::program::compile
