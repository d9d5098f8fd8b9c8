// pliant/math/lane_sums-inl.h — sums over the lanes of several vectors at once; private to the
// library's .cpp files (no torch)
#if defined(PLIANT_MATH_LANE_SUMS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef PLIANT_MATH_LANE_SUMS_INL_H_
#undef PLIANT_MATH_LANE_SUMS_INL_H_
#else
#define PLIANT_MATH_LANE_SUMS_INL_H_
#endif

#include <cstddef>
#include <type_traits>

#include "pliant/base/simd.h"
#include "pliant/math/value.h"

HWY_BEFORE_NAMESPACE();
namespace pliant::math::HWY_NAMESPACE {

#if HWY_TARGET != HWY_SCALAR
/// The sum of the halves of v, until one block of 128 bits is left.
template <class D>
HWY_INLINE auto add_halves(D d, hn::Vec<D> v) {
  if constexpr (hn::MaxLanes(D()) > 4) {
    const hn::Half<D> half;
    return add_halves(half, hn::Add(hn::LowerHalf(half, v), hn::UpperHalf(half, v)));
  } else {
    return v;
  }
}

/// The lanes' sums of four vectors, in order, added to `out` or written there. Transposed while it
/// is summed: each block of 128 bits then holds the four sums of its lanes.
template <class D>
HWY_INLINE void store_sums_of_four(D d, const hn::Vec<D>& v0, const hn::Vec<D>& v1,
                                   const hn::Vec<D>& v2, const hn::Vec<D>& v3, bool add,
                                   float* out) {
  const hn::RepartitionToWide<D> pairs;
  const auto ab = hn::Add(hn::InterleaveLower(d, v0, v1), hn::InterleaveUpper(d, v0, v1));
  const auto cd = hn::Add(hn::InterleaveLower(d, v2, v3), hn::InterleaveUpper(d, v2, v3));
  const auto low = hn::InterleaveLower(pairs, hn::BitCast(pairs, ab), hn::BitCast(pairs, cd));
  const auto high = hn::InterleaveUpper(pairs, hn::BitCast(pairs, ab), hn::BitCast(pairs, cd));
  const auto four = add_halves(d, hn::Add(hn::BitCast(d, low), hn::BitCast(d, high)));
  const hn::Full128<float> quad;
  hn::StoreU(add ? hn::Add(hn::LoadU(quad, out), four) : four, quad, out);
}
#endif

/// The lanes' sums of `count` vectors of math/value.h, in order, added to `out` or written there.
template <class D, class V>
HWY_INLINE void store_lane_sums(D d, const V* v, std::size_t count, bool add, hn::TFromD<D>* out) {
  std::size_t whole = 0;
#if HWY_TARGET != HWY_SCALAR
  if constexpr (std::is_same_v<hn::TFromD<D>, float>) {
    whole = count / 4 * 4;
    for (std::size_t i = 0; i < whole; i += 4)
      store_sums_of_four(d, v[i].raw, v[i + 1].raw, v[i + 2].raw, v[i + 3].raw, add, out + i);
  }
#endif
  for (std::size_t i = whole; i < count; ++i) {
    const auto sum = hn::GetLane(hn::SumOfLanes(d, v[i].raw));
    out[i] = add ? out[i] + sum : sum;
  }
}

}  // namespace pliant::math::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif  // PLIANT_MATH_LANE_SUMS_INL_H_
