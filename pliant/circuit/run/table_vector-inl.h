// pliant/circuit/run/table_vector-inl.h — functions of up to three bits on vectors of them (no
// torch)
//
// Re-read for every SIMD target, after pliant/base/simd.h.
#if defined(PLIANT_CIRCUIT_TABLE_VECTOR_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef PLIANT_CIRCUIT_TABLE_VECTOR_INL_H_
#undef PLIANT_CIRCUIT_TABLE_VECTOR_INL_H_
#else
#define PLIANT_CIRCUIT_TABLE_VECTOR_INL_H_
#endif

#include <cstdint>

#include "pliant/base/simd.h"

HWY_BEFORE_NAMESPACE();
namespace pliant::circuit::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;
/// At most a row unit: 512 bits.
using Words = hn::CappedTag<std::uint64_t, 8>;
using Word = hn::Vec<Words>;

/// A function of the first `inputs` of three vectors of bits, by the cases of its last input.
template <int inputs, unsigned table, class D, class V = hn::Vec<D>>
HWY_INLINE V by_cases(D d, V x0, V x1, V x2) {
  constexpr unsigned kEntries = 1U << inputs;
  constexpr unsigned kAll = (1U << kEntries) - 1;
  if constexpr ((table & kAll) == 0) {
    return hn::Zero(d);
  } else if constexpr ((table & kAll) == kAll) {
    return hn::Not(hn::Zero(d));
  } else {
    constexpr unsigned kHalf = (1U << (kEntries / 2)) - 1;
    constexpr unsigned kLow = table & kHalf;
    constexpr unsigned kHigh = (table >> (kEntries / 2)) & kHalf;
    const V x = inputs == 3 ? x2 : inputs == 2 ? x1 : x0;
    const auto low = [&] { return by_cases<inputs - 1, kLow>(d, x0, x1, x2); };
    const auto high = [&] { return by_cases<inputs - 1, kHigh>(d, x0, x1, x2); };
    if constexpr (kLow == kHigh) {
      return low();
    } else if constexpr (kLow == 0 && kHigh == kHalf) {
      return x;
    } else if constexpr (kLow == kHalf && kHigh == 0) {
      return hn::Not(x);
    } else if constexpr (kLow == 0) {
      return hn::And(x, high());
    } else if constexpr (kHigh == 0) {
      return hn::AndNot(x, low());
    } else if constexpr (kHigh == kHalf) {
      return hn::Or(x, low());
    } else if constexpr (kLow == kHalf) {
      return hn::Or(hn::Not(x), high());
    } else if constexpr ((kLow ^ kHigh) == kHalf) {
      return hn::Xor(x, low());
    } else {
      return hn::Xor(low(), hn::And(x, by_cases<inputs - 1, (kLow ^ kHigh)>(d, x0, x1, x2)));
    }
  }
}

/// The function `table` (truth_table.h) of the first `inputs` of three vectors of bits.
template <int inputs, unsigned table, class D, class V = hn::Vec<D>>
HWY_INLINE V at_words(D d, V x0, V x1, V x2) {
#if HWY_TARGET <= HWY_AVX3
  if constexpr (inputs == 3) {
    return V{_mm512_ternarylogic_epi64(x2.raw, x1.raw, x0.raw, static_cast<int>(table))};
  } else if constexpr (inputs == 2) {
    // The highest input is the middle one once more.
    return V{
        _mm512_ternarylogic_epi64(x1.raw, x1.raw, x0.raw, static_cast<int>(table | table << 4))};
  } else {
    return by_cases<inputs, table>(d, x0, x1, x2);
  }
#else
  return by_cases<inputs, table>(d, x0, x1, x2);
#endif
}

}  // namespace pliant::circuit::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
