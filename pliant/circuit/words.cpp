// pliant/circuit/words.cpp — comparators, adders and multipliers from nodes of three inputs (no
// torch)
#include "pliant/circuit/words.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <utility>

#include "pliant/base/errors.h"

namespace pliant::circuit {
namespace {

/// Bit i of a word of any width: beyond its own the sign, or 0.
Literal bit(const Word& word, std::size_t i) {
  if (i < word.bits.size()) return word.bits[i];
  return word.is_signed() ? word.bits.back() : WordBuilder::kFalse;
}

/// The bounds as a word's, whose bits follow.
Word bounded(std::int64_t low, std::int64_t high) {
  const std::int64_t worst = -low > high ? low : high;
  base::require(std::abs(worst) <= kLargestWord, "a number that may be ", worst,
                ", beyond 2^40 = ", kLargestWord);
  return {low, high, std::vector<Literal>(static_cast<std::size_t>(width_of(low, high)))};
}

/// The same number, of which more is known. Keeps the low bits: the others repeat the sign.
Word narrowed(const Word& word, std::int64_t low, std::int64_t high) {
  if (low == high) return WordBuilder::constant(low);
  Word out = bounded(low, high);
  for (std::size_t i = 0; i < out.bits.size(); ++i) out.bits[i] = bit(word, i);
  return out;
}

}  // namespace

int width_of(std::int64_t low, std::int64_t high) {
  const auto width = [](std::int64_t x) {  // of x, without a sign
    return std::bit_width(static_cast<std::uint64_t>(x < 0 ? -(x + 1) : x));
  };
  return low < 0 ? 1 + std::max(width(low), width(high)) : width(high);
}

Word WordBuilder::constant(std::int64_t value) {
  Word out = bounded(value, value);
  for (std::size_t i = 0; i < out.bits.size(); ++i)
    out.bits[i] = ((value >> i) & 1) != 0 ? kTrue : kFalse;
  return out;
}

Word WordBuilder::truth(Literal literal) {
  if (literal == kTrue || literal == kFalse) return constant(literal == kTrue ? 1 : 0);
  return {0, 1, {literal}};
}

Word WordBuilder::input(Signal first, int bits, bool is_signed) {
  const std::int64_t values = std::int64_t{1} << bits;
  Word out = is_signed ? bounded(-values / 2, values / 2 - 1) : bounded(0, values - 1);
  for (std::size_t i = 0; i < out.bits.size(); ++i)
    out.bits[i] = Literal(first + static_cast<Signal>(i));
  return out;
}

Word WordBuilder::shifted(const Word& a, int places) {
  if (a.constant()) return constant(a.low * (std::int64_t{1} << places));
  Word out = bounded(a.low * (std::int64_t{1} << places), a.high * (std::int64_t{1} << places));
  for (std::size_t i = 0; i < out.bits.size(); ++i) {
    const auto shift = static_cast<std::size_t>(places);
    out.bits[i] = i < shift ? kFalse : bit(a, i - shift);
  }
  return out;
}

Literal WordBuilder::less(std::span<const Literal> a, std::span<const Literal> b) {
  Literal below = kFalse;
  for (std::size_t i = 0; i < a.size(); ++i) below = add(0xD4, {a[i], b[i], below});
  return below;
}

Word WordBuilder::added(const Word& a, const Word& b, bool subtract) {
  const std::int64_t low = subtract ? a.low - b.high : a.low + b.low;
  const std::int64_t high = subtract ? a.high - b.low : a.high + b.high;
  if (low == high) return constant(low);
  Word out = bounded(low, high);
  Literal carry = subtract ? kTrue : kFalse;
  for (std::size_t i = 0; i < out.bits.size(); ++i) {
    const Literal x = bit(a, i), y = subtract ? !bit(b, i) : bit(b, i);
    out.bits[i] = add(0x96, {x, y, carry});
    carry = add(0xE8, {x, y, carry});
  }
  return out;
}

/// Σ ±2^i·b_i·a over the bits of b, the sign of which counts negative.
Word WordBuilder::product(const Word& a, const Word& b) {
  if (b.bits.size() > a.bits.size()) return product(b, a);
  const double corners[] = {static_cast<double>(a.low) * static_cast<double>(b.low),
                            static_cast<double>(a.low) * static_cast<double>(b.high),
                            static_cast<double>(a.high) * static_cast<double>(b.low),
                            static_cast<double>(a.high) * static_cast<double>(b.high)};
  const auto [least, most] = std::minmax_element(std::begin(corners), std::end(corners));
  const double worst = -*least > *most ? *least : *most;
  base::require(std::abs(worst) <= static_cast<double>(kLargestWord), "a number that may be ",
                worst, ", beyond 2^40 = ", kLargestWord);
  const auto low = static_cast<std::int64_t>(*least), high = static_cast<std::int64_t>(*most);
  Word total = constant(0);
  const auto width = static_cast<std::size_t>(width_of(low, high));
  total.bits.assign(width, kFalse);
  for (std::size_t i = 0; i < std::min(b.bits.size(), width); ++i) {
    const bool negative = b.is_signed() && i + 1 == b.bits.size();
    Literal carry = negative ? kTrue : kFalse;
    for (std::size_t j = i; j < width; ++j) {
      const Literal part = both(bit(a, j - i), b.bits[i]);
      const Literal x = total.bits[j], y = negative ? !part : part;
      total.bits[j] = add(0x96, {x, y, carry});
      carry = add(0xE8, {x, y, carry});
    }
  }
  return narrowed({low, high, std::move(total.bits)}, low, high);
}

Word WordBuilder::select(Literal condition, const Word& yes, const Word& no) {
  if (condition == kTrue || yes == no) return yes;
  if (condition == kFalse) return no;
  Word out = bounded(std::min(yes.low, no.low), std::max(yes.high, no.high));
  for (std::size_t i = 0; i < out.bits.size(); ++i)
    out.bits[i] = select(condition, bit(yes, i), bit(no, i));
  return out;
}

Word WordBuilder::magnitude(const Word& a) {
  if (a.low >= 0) return a;
  const Word opposite = difference(constant(0), a);
  const Word out = select(less(a, constant(0)), opposite, a);
  return narrowed(out, a.high <= 0 ? -a.high : 0, std::max(-a.low, a.high));
}

Word WordBuilder::smaller(const Word& a, const Word& b) {
  return narrowed(select(less(b, a), b, a), std::min(a.low, b.low), std::min(a.high, b.high));
}

Word WordBuilder::larger(const Word& a, const Word& b) {
  return narrowed(select(less(a, b), b, a), std::max(a.low, b.low), std::max(a.high, b.high));
}

Literal WordBuilder::less(const Word& a, const Word& b) {
  if (a.high < b.low) return kTrue;
  if (a.low >= b.high) return kFalse;
  const bool has_sign = a.is_signed() || b.is_signed();
  const auto places = [&](const Word& word) {
    return word.bits.size() + (has_sign && !word.is_signed() ? 1 : 0);
  };
  const std::size_t width = std::max(places(a), places(b));
  std::vector<Literal> x(width), y(width);
  for (std::size_t i = 0; i < width; ++i) x[i] = bit(a, i), y[i] = bit(b, i);
  if (has_sign) x.back() = !x.back(), y.back() = !y.back();
  return less(x, y);
}

Literal WordBuilder::equal(const Word& a, const Word& b) {
  if (a.high < b.low || b.high < a.low) return kFalse;
  Literal same = kTrue;
  const std::size_t width = std::max(a.bits.size(), b.bits.size());
  const bool has_sign = a.is_signed() != b.is_signed();
  for (std::size_t i = 0; i < width + (has_sign ? 1 : 0); ++i)
    same = add(0x90, {bit(a, i), bit(b, i), same});
  return same;
}

Circuit WordBuilder::take(std::vector<Literal> outputs, std::vector<std::string> names) {
  Circuit circuit;
  circuit.encoder.inputs = builder_.cell().inputs;
  circuit.encoder.names = std::move(names);
  circuit.stages.push_back(placed_once(builder_.take(std::move(outputs))));
  check_circuit(circuit);
  return circuit;
}

}  // namespace pliant::circuit
