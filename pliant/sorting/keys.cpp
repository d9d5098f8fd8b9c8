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

/// What decide() gives for one layer: rows of the kept arrays, or of the scratch.
template <class T>
struct LayerRows {
  T *difference, *p, *tail, *density;
};

template <class T>
LayerRows<T> rows_of_layer(const KeyTile<T>& tile, std::size_t first) {
  const auto row = [&](T* kept, std::size_t k) {
    return kept != nullptr ? kept + first * tile.samples
                           : tile.layer + k * (tile.n / 2) * tile.samples;
  };
  const bool densities = tile.density != nullptr || tile.slope != nullptr;
  return {row(tile.difference, 0), row(tile.p, 1), row(tile.tail, 2),
          densities ? row(tile.density, 3) : nullptr};
}

/// The smaller of the two weights moves the difference, so that a hard swap is exact and a tail is
/// kept: with t = min(p, 1 − p), (low, high) becomes (low + t·D, high − t·D), the other way round
/// where p < 1/2.
template <class T>
void swap_wires(const KeyTile<T>& tile, const Comparator& comparator, std::size_t row,
                const LayerRows<T>& layer, T* slope) {
  const hn::ScalableTag<T> d;
  T* low = tile.x + static_cast<std::size_t>(comparator.low) * tile.samples;
  T* high = tile.x + static_cast<std::size_t>(comparator.high) * tile.samples;
  for (std::size_t s = 0; s < tile.samples; s += hn::Lanes(d)) {
    const std::size_t at = row * tile.samples + s;
    const auto difference = hn::Load(d, layer.difference + at);
    const auto p = hn::Load(d, layer.p + at);
    const auto tail = hn::Load(d, layer.tail + at);
    const auto swapped = hn::Lt(p, tail);
    const auto moved = hn::Mul(hn::Min(p, tail), difference);
    const auto a = hn::Add(hn::Load(d, low + s), moved);
    const auto b = hn::Sub(hn::Load(d, high + s), moved);
    hn::Store(hn::IfThenElse(swapped, b, a), d, low + s);
    hn::Store(hn::IfThenElse(swapped, a, b), d, high + s);
    if (slope != nullptr) {
      hn::Store(hn::NegMulAdd(difference, hn::Load(d, layer.density + at), tail), d, slope + at);
    }
  }
}

template <class T>
void Relax(const KeyTile<T>& tile) {
  const hn::ScalableTag<T> d;
  const std::size_t count = tile.network.size();
  for (std::size_t first = 0, last = 0; first < count; first = last) {
    while (last < count && tile.network[last].layer == tile.network[first].layer) ++last;
    const LayerRows<T> layer = rows_of_layer(tile, first);
    for (std::size_t c = first; c < last; ++c) {
      const T* low = tile.x + static_cast<std::size_t>(tile.network[c].low) * tile.samples;
      const T* high = tile.x + static_cast<std::size_t>(tile.network[c].high) * tile.samples;
      T* out = layer.difference + (c - first) * tile.samples;
      for (std::size_t s = 0; s < tile.samples; s += hn::Lanes(d)) {
        hn::Store(hn::Sub(hn::Load(d, high + s), hn::Load(d, low + s)), d, out + s);
      }
    }
    math::decide<T>(tile.distribution, layer.difference, (last - first) * tile.samples,
                    {layer.p, layer.tail, layer.density, nullptr});
    T* slope = tile.slope != nullptr ? tile.slope + first * tile.samples : nullptr;
    for (std::size_t c = first; c < last; ++c)
      swap_wires(tile, tile.network[c], c - first, layer, slope);
  }
}

template <class T>
void Back(const KeyTile<T>& tile, const T* grad_p, T* total_p, T* g) {
  const hn::ScalableTag<T> d;
  for (std::size_t c = tile.network.size(); c-- > 0;) {
    T* low = g + static_cast<std::size_t>(tile.network[c].low) * tile.samples;
    T* high = g + static_cast<std::size_t>(tile.network[c].high) * tile.samples;
    for (std::size_t s = 0; s < tile.samples; s += hn::Lanes(d)) {
      const std::size_t at = c * tile.samples + s;
      const auto g_low = hn::Load(d, low + s);
      const auto g_high = hn::Load(d, high + s);
      const auto along = hn::Sub(g_low, g_high);
      auto g_difference = hn::Mul(along, hn::Load(d, tile.slope + at));
      auto g_p = hn::Zero(d);
      if (grad_p != nullptr) {
        g_p = hn::Load(d, grad_p + at);
        g_difference = hn::MulAdd(hn::Load(d, tile.density + at), g_p, g_difference);
      }
      if (total_p != nullptr) {
        hn::Store(hn::NegMulAdd(along, hn::Load(d, tile.difference + at), g_p), d, total_p + at);
      }
      hn::Store(hn::Sub(g_low, g_difference), d, low + s);
      hn::Store(hn::Add(g_high, g_difference), d, high + s);
    }
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
