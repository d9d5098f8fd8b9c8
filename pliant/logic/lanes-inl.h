// pliant/logic/lanes-inl.h — the vectors that a row of a slice is made of; private to logic/ (no
// torch)
#if defined(PLIANT_LOGIC_LANES_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef PLIANT_LOGIC_LANES_INL_H_
#undef PLIANT_LOGIC_LANES_INL_H_
#else
#define PLIANT_LOGIC_LANES_INL_H_
#endif

#include <cstddef>

#include "pliant/base/simd.h"
#include "pliant/logic/dense.h"
#include "pliant/math/lane_sums-inl.h"
#include "pliant/math/value.h"

HWY_BEFORE_NAMESPACE();
namespace pliant::logic::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

/// Vectors of samples; a row of a slice has kSlice / kStep of them.
template <class T>
using Tag = hn::CappedTag<T, kSlice>;
template <class T>
using Number = math::HWY_NAMESPACE::Vector<Tag<T>>;
template <class T>
inline constexpr std::size_t kStep = hn::MaxLanes(Tag<T>());

using math::HWY_NAMESPACE::store_lane_sums;

}  // namespace pliant::logic::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif  // PLIANT_LOGIC_LANES_INL_H_
