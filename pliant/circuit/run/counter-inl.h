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

/// Adds rows of weight 1 to a counter of bit planes, of which the twelve lowest are held in
/// registers between load() and store(): 64 rows are 63 full adders, two instructions each, and one
/// ripple.
template <class D>
class Counter {
 public:
  using V = hn::Vec<D>;

  /// @param planes  plane p is the vector at planes + p · row   @param count  of planes, which the
  ///                largest sum fits
  HWY_INLINE Counter(D, hn::TFromD<D>* planes, std::size_t count, std::size_t row)
      : planes_(planes), count_(count), row_(row) {}

  /// @param rows_at  rows_at(i, x): x[0 … 3] are rows i … i + 3; beyond the last ones anything
  template <class RowsAt>
  HWY_INLINE void add(std::size_t rows, const RowsAt& rows_at) {
    load();
    std::size_t r = 0;
    for (; r + 64 <= rows; r += 64) push<6>(block<6>(r, rows_at));
    if ((rows & 32) != 0) push<5>(block<5>(r, rows_at));
    r += rows & 32;
    if ((rows & 16) != 0) push<4>(block<4>(r, rows_at));
    r += rows & 16;
    if ((rows & 8) != 0) push<3>(block<3>(r, rows_at));
    r += rows & 8;
    if (r < rows) push<3>(block<3>(0, Last(r, rows, rows_at)));
    store();
  }

 private:
  static constexpr int kHeld = 12;

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

  /// Adds 2^size rows to the planes below `size`: what they carry into that one is returned.
  template <int size, class RowsAt>
  HWY_INLINE V block(std::size_t r, const RowsAt& rows_at) {
    if constexpr (size == 2) {
      V x[4];
      rows_at(r, x);
      const V a = carry(held_[0], x[0], x[1]);
      const V b = carry(held_[0], x[2], x[3]);
      return carry(held_[1], a, b);
    } else {
      const V a = block<size - 1>(r, rows_at);
      const V b = block<size - 1>(r + (1U << (size - 1)), rows_at);
      return carry(held_[size - 1], a, b);
    }
  }

  /// Adds a vector to plane `first`.
  template <int first>
  HWY_INLINE void push(V carried) {
    for (int p = first; p < kHeld; ++p) carried = half_carry(held_[p], carried);
    if (count_ > kHeld) ripple(kHeld, carried);
  }

  /// The last rows, fewer than eight, and zeros.
  class Last {
   public:
    template <class RowsAt>
    HWY_INLINE Last(std::size_t r, std::size_t rows, const RowsAt& rows_at) {
      rows_at(r, x_);
      if (rows - r > 4) rows_at(r + 4, x_ + 4);
      for (std::size_t i = rows - r; i < 8; ++i) x_[i] = hn::Zero(D());
    }
    HWY_INLINE void operator()(std::size_t i, V* x) const {
      for (std::size_t k = 0; k < 4; ++k) x[k] = x_[i + k];
    }

   private:
    V x_[8];
  };

  // A plane beyond those that the largest sum needs stays 0.
  HWY_INLINE V load(std::size_t plane) const {
    return plane < count_ ? hn::Load(D(), planes_ + plane * row_) : hn::Zero(D());
  }
  HWY_INLINE void store(std::size_t plane, V word) const {
    if (plane < count_) hn::Store(word, D(), planes_ + plane * row_);
  }
  HWY_INLINE void load() {
    for (std::size_t p = 0; p < kHeld; ++p) held_[p] = load(p);
  }
  HWY_INLINE void store() const {
    for (std::size_t p = 0; p < kHeld; ++p) store(p, held_[p]);
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
  V held_[kHeld];
};

}  // namespace pliant::circuit::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
