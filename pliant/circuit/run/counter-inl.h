// pliant/circuit/run/counter-inl.h — counters of bits, by carry-save addition (no torch)
//
// Re-read for every SIMD target, after pliant/base/simd.h.
#if defined(PLIANT_CIRCUIT_COUNTER_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef PLIANT_CIRCUIT_COUNTER_INL_H_
#undef PLIANT_CIRCUIT_COUNTER_INL_H_
#else
#define PLIANT_CIRCUIT_COUNTER_INL_H_
#endif

#include "pliant/circuit/run/table_vector-inl.h"

HWY_BEFORE_NAMESPACE();
namespace pliant::circuit::HWY_NAMESPACE {

/// Adds rows of weight 1 to a counter of bit planes, of which the four lowest are held in registers
/// between load() and store(): 16 rows are 15 full adders, two instructions each, and one ripple.
template <class D>
class Counter {
 public:
  using V = hn::Vec<D>;

  /// @param planes  plane p is the vector at planes + p · row   @param count  of planes, which the
  ///                largest sum fits
  HWY_INLINE Counter(D, hn::TFromD<D>* planes, std::size_t count, std::size_t row)
      : planes_(planes), count_(count), row_(row) {}

  /// @param row_at  row_at(i): row i as a vector
  template <class RowAt>
  HWY_INLINE void add(std::size_t rows, const RowAt& row_at) {
    load();
    std::size_t r = 0;
    for (; r + 16 <= rows; r += 16) {
      const V a = eight(r, row_at);
      const V b = eight(r + 8, row_at);
      ripple(4, carry(eights_, a, b));
    }
    for (; r + 4 <= rows; r += 4) {
      const V to_eights = half_carry(fours_, four(r, row_at));
      ripple(4, half_carry(eights_, to_eights));
    }
    store();
    for (; r < rows; ++r) ripple(0, row_at(r));
  }

 private:
  /// low + a + b: `low` becomes the sum, the carry is returned.
  static HWY_INLINE V carry(V& low, V a, V b) {
    const V all = at_words<3, 0xE8>(D(), low, a, b);
    low = at_words<3, 0x96>(D(), low, a, b);
    return all;
  }
  static HWY_INLINE V half_carry(V& low, V a) {
    const V all = hn::And(low, a);
    low = hn::Xor(low, a);
    return all;
  }

  /// Adds rows to the planes below; what they carry into the plane of 4 or 8 is returned.
  template <class RowAt>
  HWY_INLINE V four(std::size_t r, const RowAt& row_at) {
    const V a = carry(ones_, row_at(r), row_at(r + 1));
    const V b = carry(ones_, row_at(r + 2), row_at(r + 3));
    return carry(twos_, a, b);
  }
  template <class RowAt>
  HWY_INLINE V eight(std::size_t r, const RowAt& row_at) {
    const V a = four(r, row_at);
    const V b = four(r + 4, row_at);
    return carry(fours_, a, b);
  }

  // A plane beyond those that the largest sum needs stays 0.
  HWY_INLINE V load(std::size_t plane) const {
    return plane < count_ ? hn::Load(D(), planes_ + plane * row_) : hn::Zero(D());
  }
  HWY_INLINE void store(std::size_t plane, V word) const {
    if (plane < count_) hn::Store(word, D(), planes_ + plane * row_);
  }
  HWY_INLINE void load() {
    ones_ = load(0);
    twos_ = load(1);
    fours_ = load(2);
    eights_ = load(3);
  }
  HWY_INLINE void store() const {
    store(0, ones_);
    store(1, twos_);
    store(2, fours_);
    store(3, eights_);
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
  V ones_, twos_, fours_, eights_;
};

}  // namespace pliant::circuit::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
