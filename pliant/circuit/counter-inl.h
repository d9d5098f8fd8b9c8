// pliant/circuit/counter-inl.h — counters of bits, by carry-save addition (no torch)
//
// Re-read for every SIMD target, after pliant/base/simd.h.
#if defined(PLIANT_CIRCUIT_COUNTER_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef PLIANT_CIRCUIT_COUNTER_INL_H_
#undef PLIANT_CIRCUIT_COUNTER_INL_H_
#else
#define PLIANT_CIRCUIT_COUNTER_INL_H_
#endif

#include "pliant/circuit/table_vector-inl.h"

HWY_BEFORE_NAMESPACE();
namespace pliant::circuit::HWY_NAMESPACE {

/// Adds rows of weight 1 to a counter whose lowest planes are held in registers.
template <class D>
class Counter {
 public:
  using V = hn::Vec<D>;
  HWY_INLINE Counter(D, hn::TFromD<D>* planes, std::size_t count, std::size_t row)
      : planes_(planes), count_(count), row_(row) {}

  /// @param rows  counted one by one, each a vector of its bits
  template <class RowAt>
  HWY_INLINE void add(std::size_t rows, const RowAt& row_at) {
    std::size_t r = 0;
    V ones = load(0);
    V twos = load(1);
    V fours = load(2);
    V eights = load(3);
    const auto pair = [&](std::size_t at, V& low) {
      return carry(low, row_at(at), row_at(at + 1));
    };
    const auto four = [&](std::size_t at) {
      const V a = pair(at, ones);
      const V b = pair(at + 2, ones);
      return carry(twos, a, b);
    };
    const auto eight = [&](std::size_t at) {
      const V a = four(at);
      const V b = four(at + 4);
      return carry(fours, a, b);
    };
    for (; r + 16 <= rows; r += 16) {
      const V a = eight(r);
      const V b = eight(r + 8);
      ripple(4, carry(eights, a, b));
    }
    for (; r + 4 <= rows; r += 4) {
      const V a = four(r);
      const V to_eights = hn::And(fours, a);
      fours = hn::Xor(fours, a);
      const V to_sixteens = hn::And(eights, to_eights);
      eights = hn::Xor(eights, to_eights);
      ripple(4, to_sixteens);
    }
    store(0, ones);
    store(1, twos);
    store(2, fours);
    store(3, eights);
    for (; r < rows; ++r) ripple(0, row_at(r));
  }

 private:
  /// low + a + b: `low` becomes the sum, the carry is returned.
  static HWY_INLINE V carry(V& low, V a, V b) {
    const V all = at_words<3, 0xE8>(D(), low, a, b);
    low = at_words<3, 0x96>(D(), low, a, b);
    return all;
  }

  HWY_INLINE V load(std::size_t plane) const {
    const D d;
    return plane < count_ ? hn::Load(d, planes_ + plane * row_) : hn::Zero(d);
  }
  // A plane beyond those that the largest score needs stays 0.
  HWY_INLINE void store(std::size_t plane, V word) const {
    if (plane < count_) hn::Store(word, D(), planes_ + plane * row_);
  }

  HWY_INLINE void ripple(std::size_t plane, V carried) const {
    const D d;
    for (; plane < count_; ++plane) {
      const V here = hn::Load(d, planes_ + plane * row_);
      hn::Store(hn::Xor(here, carried), d, planes_ + plane * row_);
      carried = hn::And(here, carried);
    }
  }

  hn::TFromD<D>* planes_;
  std::size_t count_;
  std::size_t row_;
};

}  // namespace pliant::circuit::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
