// pliant/sorting/keys.cpp — relaxed conditional swaps on tiles of keys, SIMD over samples (no
// torch)
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "pliant/sorting/keys.cpp"
#include "pliant/sorting/keys.h"

#include "pliant/base/simd.h"

HWY_BEFORE_NAMESPACE();
namespace pliant::sorting::HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

/// What decide() gives for some comparators of a layer: rows of the kept arrays, or of the scratch.
template <class T>
struct Rows {
  T *difference, *p, *tail, *density;
};

template <class T>
Rows<T> rows_at(const KeyTile<T>& tile, std::size_t first) {
  const auto row = [&](T* kept, std::size_t k) {
    return kept != nullptr ? kept + first * tile.samples
                           : tile.part + k * part_of_layer(tile.n) * tile.samples;
  };
  const bool densities = tile.density != nullptr || tile.slope != nullptr;
  return {row(tile.difference, 0), row(tile.p, 1), row(tile.tail, 2),
          densities ? row(tile.density, 3) : nullptr};
}

/// D for `count` comparators from `first` on.
template <class T>
void differences(const KeyTile<T>& tile, std::size_t first, std::size_t count,
                 T* HWY_RESTRICT out) {
  const hn::ScalableTag<T> d;
  const std::size_t samples = tile.samples;
  const T* x = tile.x;
  const Comparator* network = tile.network.data() + first;
  for (std::size_t c = 0; c < count; ++c) {
    const T* low = x + static_cast<std::size_t>(network[c].low) * samples;
    const T* high = x + static_cast<std::size_t>(network[c].high) * samples;
    for (std::size_t s = 0; s < samples; s += hn::Lanes(d)) {
      hn::Store(hn::Sub(hn::Load(d, high + s), hn::Load(d, low + s)), d, out + c * samples + s);
    }
  }
}

/// math::step on one vector.
template <class D, class V>
HWY_INLINE V step(D d, V x) {
  const V answer =
      hn::IfThenElse(hn::Gt(x, hn::Zero(d)), hn::Set(d, 1),
                     hn::IfThenElse(hn::Lt(x, hn::Zero(d)), hn::Zero(d), hn::Set(d, 0.5)));
  return hn::IfThenElse(hn::Ne(x, x), x, answer);
}

/// The smaller of the two weights moves the difference, so that a hard swap is exact and a tail is
/// kept: with t = min(p, 1 − p), (low, high) becomes (low + t·D, high − t·D), the other way round
/// where p < 1/2. A straight-through swap has the step for p and 1 − p, and the slope of the
/// relaxed one.
template <bool with_slope, bool straight_through, class T>
void swap_wires(const KeyTile<T>& tile, std::size_t first, std::size_t count, const Rows<T>& rows) {
  const hn::ScalableTag<T> d;
  const std::size_t samples = tile.samples;
  const Comparator* network = tile.network.data() + first;
  T* x = tile.x;
  [[maybe_unused]] T* slope = with_slope ? tile.slope + first * samples : nullptr;
  for (std::size_t c = 0; c < count; ++c) {
    T* low = x + static_cast<std::size_t>(network[c].low) * samples;
    T* high = x + static_cast<std::size_t>(network[c].high) * samples;
    for (std::size_t s = 0; s < samples; s += hn::Lanes(d)) {
      const std::size_t at = c * samples + s;
      const auto difference = hn::Load(d, rows.difference + at);
      auto p = hn::Load(d, rows.p + at);
      auto tail = hn::Load(d, rows.tail + at);
      if constexpr (with_slope) {
        const auto density = hn::Load(d, rows.density + at);
        hn::Store(hn::NegMulAdd(difference, density, tail), d, slope + at);
      }
      if constexpr (straight_through) {
        p = step(d, difference);
        tail = step(d, hn::Neg(difference));
        hn::Store(p, d, rows.p + at);
        hn::Store(tail, d, rows.tail + at);
      }
      const auto swapped = hn::Lt(p, tail);
      const auto moved = hn::Mul(hn::Min(p, tail), difference);
      const auto a = hn::Add(hn::Load(d, low + s), moved);
      const auto b = hn::Sub(hn::Load(d, high + s), moved);
      hn::Store(hn::IfThenElse(swapped, b, a), d, low + s);
      hn::Store(hn::IfThenElse(swapped, a, b), d, high + s);
    }
  }
}

template <class T>
void Relax(const KeyTile<T>& tile) {
  const std::size_t all = tile.network.size();
  const std::size_t most = part_of_layer(tile.n);
  for (std::size_t first = 0, last = 0; first < all; first = last) {
    const auto layer = tile.network[first].layer;
    while (last < all && last - first < most && tile.network[last].layer == layer) ++last;
    const std::size_t count = last - first;
    const Rows<T> rows = rows_at(tile, first);
    differences(tile, first, count, rows.difference);
    math::decide<T>(tile.distribution, rows.difference, count * tile.samples,
                    {rows.p, rows.tail, rows.density, nullptr});
    const bool hard = tile.distribution.straight_through;
    if (tile.slope != nullptr) {
      hard ? swap_wires<true, true>(tile, first, count, rows)
           : swap_wires<true, false>(tile, first, count, rows);
    } else {
      hard ? swap_wires<false, true>(tile, first, count, rows)
           : swap_wires<false, false>(tile, first, count, rows);
    }
  }
}

/// Back(), with what is wanted as constants.
template <bool has_grad_p, bool with_total, class T>
void back(const KeyTile<T>& tile, const T* grad_p, T* total_p, T* g) {
  const hn::ScalableTag<T> d;
  const std::size_t samples = tile.samples;
  const Comparator* network = tile.network.data();
  const T* slope = tile.slope;
  const T* density = tile.density;
  for (std::size_t c = tile.network.size(); c-- > 0;) {
    T* low = g + static_cast<std::size_t>(network[c].low) * samples;
    T* high = g + static_cast<std::size_t>(network[c].high) * samples;
    for (std::size_t s = 0; s < samples; s += hn::Lanes(d)) {
      const std::size_t at = c * samples + s;
      const auto g_low = hn::Load(d, low + s);
      const auto g_high = hn::Load(d, high + s);
      const auto along = hn::Sub(g_low, g_high);
      auto g_difference = hn::Mul(along, hn::Load(d, slope + at));
      auto g_p = hn::Zero(d);
      if constexpr (has_grad_p) {
        g_p = hn::Load(d, grad_p + at);
        g_difference = hn::MulAdd(hn::Load(d, density + at), g_p, g_difference);
      }
      if constexpr (with_total) {
        hn::Store(hn::NegMulAdd(along, hn::Load(d, tile.difference + at), g_p), d, total_p + at);
      }
      hn::Store(hn::Sub(g_low, g_difference), d, low + s);
      hn::Store(hn::Add(g_high, g_difference), d, high + s);
    }
  }
}

template <class T>
void Back(const KeyTile<T>& tile, const T* grad_p, T* total_p, T* g) {
  if (grad_p != nullptr) {
    total_p != nullptr ? back<true, true>(tile, grad_p, total_p, g)
                       : back<true, false>(tile, grad_p, total_p, g);
  } else {
    total_p != nullptr ? back<false, true>(tile, grad_p, total_p, g)
                       : back<false, false>(tile, grad_p, total_p, g);
  }
}

KeyKernels<float> FloatKernels() { return {&Relax<float>, &Back<float>}; }
KeyKernels<double> DoubleKernels() { return {&Relax<double>, &Back<double>}; }

}  // namespace
}  // namespace pliant::sorting::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace pliant::sorting {

HWY_EXPORT(FloatKernels);
HWY_EXPORT(DoubleKernels);

template <>
KeyKernels<float> key_kernels() {
  return HWY_DYNAMIC_DISPATCH(FloatKernels)();
}
template <>
KeyKernels<double> key_kernels() {
  return HWY_DYNAMIC_DISPATCH(DoubleKernels)();
}

}  // namespace pliant::sorting
#endif
