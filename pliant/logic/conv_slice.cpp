// pliant/logic/conv_slice.cpp — trees of gates on a slice, SIMD over its samples (no torch)
#include "pliant/logic/conv_slice.h"

#include <algorithm>

#include "pliant/logic/conv.h"
#include "pliant/logic/dense.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "pliant/logic/conv_slice.cpp"
#include "pliant/base/simd.h"
// After simd.h, which re-reads this file for every target.
#include "pliant/logic/lanes-inl.h"
#include "pliant/math/value.h"

#ifndef PLIANT_LOGIC_CONV_SLICE_KERNELS_
#define PLIANT_LOGIC_CONV_SLICE_KERNELS_
namespace pliant::logic {

/// Depths with loops of their own; beyond them is one whose depth is known when it runs.
inline constexpr int kUnrolledDepths = 4;  // 0 … 3

/// For depths 0 … 3 and any other, first without, then with a sigmoid.
template <class T>
struct ConvKernels {
  void (*const* run)(const ConvSlice<T>&, const ConvOutput<T>&);
  void (*const* backward)(const ConvSlice<T>&, const ConvGradients<T>&);
};

}  // namespace pliant::logic
#endif

HWY_BEFORE_NAMESPACE();
namespace pliant::logic::HWY_NAMESPACE {
namespace {

/// The most leaves of a tree of this depth; any depth if it is kUnrolledDepths.
template <int depth>
inline constexpr std::size_t kLeaves =
    std::size_t{1} << (depth == kUnrolledDepths ? kMaxDepth : depth);

/// The coefficients of a kernel's gates, (gates, 4), and what it computes.
template <int depth, bool sigmoid, class T>
struct Tree {
  using V = Number<T>;
  std::size_t leaves;
  T coefficients[kLeaves<depth> * 4];

  HWY_INLINE explicit Tree(const ConvSlice<T>& kernel)
      : leaves(depth == kUnrolledDepths ? std::size_t{1} << kernel.depth : kLeaves<depth>) {
    for (std::size_t g = 0; g + 1 < count(); ++g) {
      for (std::size_t s = 0; s < 4; ++s)
        coefficients[4 * g + s] = kernel.coefficients[s * kernel.stride + g];
    }
  }

  /// Leaves, as a constant where it is one.
  [[nodiscard]] HWY_INLINE std::size_t count() const {
    return depth == kUnrolledDepths ? leaves : kLeaves<depth>;
  }
  [[nodiscard]] HWY_INLINE V coefficient(std::size_t gate, std::size_t s) const {
    return hn::Set(Tag<T>(), coefficients[4 * gate + s]);
  }

  /// Sets the nodes after the leaves.
  HWY_INLINE void run(V* node) const {
    for (std::size_t g = 0; g + 1 < count(); ++g) {
      const V a = node[2 * g], b = node[2 * g + 1];
      const V form = fma(a, fma(b, coefficient(g, 3), coefficient(g, 2)),
                         fma(b, coefficient(g, 1), coefficient(g, 0)));
      if constexpr (sigmoid) {
        node[count() + g] = V(1) / (V(1) + exp(-form));
      } else {
        node[count() + g] = form;
      }
    }
  }
  [[nodiscard]] HWY_INLINE V root(const V* node) const { return node[2 * count() - 2]; }

  /// Gradients of all nodes from that of the root, which stands there.
  /// @param sums  (gates, 4), added to; null: not wanted
  HWY_INLINE void back(const V* node, V* up, V* sums) const {
    for (std::size_t g = count() - 1; g-- > 0;) {
      const V a = node[2 * g], b = node[2 * g + 1];
      V u = up[count() + g];
      if constexpr (sigmoid) {
        const V y = node[count() + g];
        u = u * (y * (V(1) - y));
      }
      if (sums != nullptr) {
        const V ua = u * a;
        sums[4 * g] = sums[4 * g] + u;
        sums[4 * g + 1] = fma(u, b, sums[4 * g + 1]);
        sums[4 * g + 2] = sums[4 * g + 2] + ua;
        sums[4 * g + 3] = fma(ua, b, sums[4 * g + 3]);
      }
      const V both = coefficient(g, 3);
      up[2 * g] = u * fma(b, both, coefficient(g, 2));
      up[2 * g + 1] = u * fma(a, both, coefficient(g, 1));
    }
  }
};

// Places of winners are bytes in memory and numbers of T in registers.

template <class T>
HWY_INLINE Number<T> load_places(const std::uint8_t* from) {
  const Tag<T> d;
  const hn::Rebind<std::int32_t, Tag<T>> whole;
  const auto places = hn::PromoteTo(whole, hn::LoadU(hn::Rebind<std::uint8_t, Tag<T>>(), from));
  if constexpr (sizeof(T) == sizeof(float)) {
    return hn::ConvertTo(d, places);
  } else {
    return hn::PromoteTo(d, places);
  }
}

template <class T>
HWY_INLINE void store_places(Number<T> places, std::uint8_t* to) {
  const hn::Rebind<std::int32_t, Tag<T>> whole;
  const hn::Rebind<std::uint8_t, Tag<T>> bytes;
  if constexpr (sizeof(T) == sizeof(float)) {
    hn::StoreU(hn::DemoteTo(bytes, hn::ConvertTo(whole, places.raw)), bytes, to);
  } else {
    hn::StoreU(hn::DemoteTo(bytes, hn::DemoteTo(whole, places.raw)), bytes, to);
  }
}

/// The value of the tree at a placement.
template <int depth, bool sigmoid, class T>
HWY_INLINE Number<T> value_at(const ConvSlice<T>& kernel, const Tree<depth, sigmoid, T>& tree,
                              const T* x) {
  Number<T> node[2 * kLeaves<depth>];
  for (std::size_t j = 0; j < tree.count(); ++j) node[j] = hn::LoadU(Tag<T>(), x + kernel.taps[j]);
  tree.run(node);
  return tree.root(node);
}

// Kernels copy what they are given: a vector that is stored might change what lies behind a
// reference, as far as the compiler knows.

template <int depth, bool sigmoid, class T>
void run(const ConvSlice<T>& given, const ConvOutput<T>& to) {
  using V = Number<T>;
  const ConvSlice<T> kernel = given;
  const ConvOutput<T> output = to;
  const Tree<depth, sigmoid, T> tree(kernel);
  std::size_t o = 0;
  for (std::size_t row = 0; row < kernel.rows; ++row) {
    const T* x = kernel.x + row * kernel.row_step;
    for (std::size_t column = 0; column < kernel.columns; ++column, ++o, x += kernel.column_step) {
      for (std::size_t at = 0; at < kSlice; at += kStep<T>) {
        V best = value_at(kernel, tree, x + at);
        V winner(0), place(0);
        for (std::size_t q = 1; q < kernel.pooled; ++q) {
          place = place + V(1);
          const V value = value_at(kernel, tree, x + kernel.placements[q] + at);
          const auto larger = value > best;
          best = select(larger, value, best);
          winner = select(larger, place, winner);
        }
        hn::StoreU(best.raw, Tag<T>(), output.data + o * output.stride + at);
        if (kernel.pooled > 1)
          store_places<T>(winner, output.winner + o * output.winner_stride + at);
      }
    }
  }
}

/// The leaves of each lane's winner.
template <int depth, bool sigmoid, class T>
HWY_INLINE void load_leaves(const ConvSlice<T>& kernel, const Tree<depth, sigmoid, T>& tree,
                            const T* x, Number<T> winner, Number<T>* node) {
  using V = Number<T>;
  for (std::size_t j = 0; j < tree.count(); ++j) node[j] = hn::LoadU(Tag<T>(), x + kernel.taps[j]);
  V place(0);
  for (std::size_t q = 1; q < kernel.pooled; ++q) {
    place = place + V(1);
    const auto wins = winner == place;
    const T* placement = x + kernel.placements[q];
    for (std::size_t j = 0; j < tree.count(); ++j) {
      const V leaf = hn::LoadU(Tag<T>(), placement + kernel.taps[j]);
      node[j] = select(wins, leaf, node[j]);
    }
  }
}

/// The leaves' gradients to each lane's winner.
template <int depth, bool sigmoid, class T>
HWY_INLINE void add_leaves(const ConvSlice<T>& kernel, const Tree<depth, sigmoid, T>& tree,
                           T* grad_x, Number<T> winner, Number<T> factor, const Number<T>* up) {
  using V = Number<T>;
  V place(0);
  for (std::size_t q = 0; q < kernel.pooled; ++q, place = place + V(1)) {
    const auto wins = winner == place;
    T* placement = grad_x + kernel.placements[q];
    for (std::size_t j = 0; j < tree.count(); ++j) {
      T* to = placement + kernel.taps[j];
      const V before = hn::LoadU(Tag<T>(), to);
      hn::StoreU(select(wins, fma(up[j], factor, before), before).raw, Tag<T>(), to);
    }
  }
}

template <int depth, bool sigmoid, class T>
void backward(const ConvSlice<T>& given, const ConvGradients<T>& given_gradients) {
  using V = Number<T>;
  const ConvSlice<T> kernel = given;
  const ConvGradients<T> gradients = given_gradients;
  const Tree<depth, sigmoid, T> tree(kernel);
  const V factor(gradients.factor);
  V sums[4 * kLeaves<depth>];
  const std::size_t entries = 4 * (tree.count() - 1);
  for (std::size_t i = 0; i < entries; ++i) sums[i] = V(0);
  V node[2 * kLeaves<depth>], up[2 * kLeaves<depth>];
  std::size_t o = 0;
  for (std::size_t row = 0; row < kernel.rows; ++row) {
    std::size_t x = row * kernel.row_step;
    for (std::size_t column = 0; column < kernel.columns; ++column, ++o, x += kernel.column_step) {
      for (std::size_t at = 0; at < kSlice; at += kStep<T>) {
        const V winner = kernel.pooled > 1
                             ? load_places<T>(gradients.winner + o * gradients.winner_stride + at)
                             : V(0);
        load_leaves(kernel, tree, kernel.x + x + at, winner, node);
        tree.run(node);
        up[2 * tree.count() - 2] =
            hn::LoadU(Tag<T>(), gradients.grad_y + o * gradients.stride + at);
        tree.back(node, up, gradients.sums == nullptr ? nullptr : sums);
        if (gradients.grad_x != nullptr)
          add_leaves(kernel, tree, gradients.grad_x + x + at, winner, factor, up);
      }
    }
  }
  if (gradients.sums != nullptr) store_lane_sums(Tag<T>(), sums, entries, true, gradients.sums);
}

template <class T>
ConvKernels<T> kernels() {
  using Run = void (*)(const ConvSlice<T>&, const ConvOutput<T>&);
  using Backward = void (*)(const ConvSlice<T>&, const ConvGradients<T>&);
  static constexpr Run kRun[] = {
      &run<0, false, T>, &run<1, false, T>, &run<2, false, T>, &run<3, false, T>, &run<4, false, T>,
      &run<0, true, T>,  &run<1, true, T>,  &run<2, true, T>,  &run<3, true, T>,  &run<4, true, T>};
  static constexpr Backward kBackward[] = {&backward<0, false, T>, &backward<1, false, T>,
                                           &backward<2, false, T>, &backward<3, false, T>,
                                           &backward<4, false, T>, &backward<0, true, T>,
                                           &backward<1, true, T>,  &backward<2, true, T>,
                                           &backward<3, true, T>,  &backward<4, true, T>};
  return {kRun, kBackward};
}
ConvKernels<float> FloatConvKernels() { return kernels<float>(); }
ConvKernels<double> DoubleConvKernels() { return kernels<double>(); }

}  // namespace
}  // namespace pliant::logic::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace pliant::logic {
namespace {

HWY_EXPORT(FloatConvKernels);
HWY_EXPORT(DoubleConvKernels);

template <class T>
ConvKernels<T> kernels() {
  if constexpr (sizeof(T) == sizeof(float)) {
    return HWY_DYNAMIC_DISPATCH(FloatConvKernels)();
  } else {
    return HWY_DYNAMIC_DISPATCH(DoubleConvKernels)();
  }
}

template <class T>
std::size_t variant(const ConvSlice<T>& kernel) {
  const int depth = std::min(kernel.depth, kUnrolledDepths);
  const int index = depth + (kernel.sigmoid ? kUnrolledDepths + 1 : 0);
  return static_cast<std::size_t>(index);
}

}  // namespace

template <class T>
void run_conv(const ConvSlice<T>& kernel, const ConvOutput<T>& output) {
  kernels<T>().run[variant(kernel)](kernel, output);
}

template <class T>
void run_conv_backward(const ConvSlice<T>& kernel, const ConvGradients<T>& gradients) {
  kernels<T>().backward[variant(kernel)](kernel, gradients);
}

template void run_conv(const ConvSlice<float>&, const ConvOutput<float>&);
template void run_conv(const ConvSlice<double>&, const ConvOutput<double>&);
template void run_conv_backward(const ConvSlice<float>&, const ConvGradients<float>&);
template void run_conv_backward(const ConvSlice<double>&, const ConvGradients<double>&);

}  // namespace pliant::logic
#endif  // HWY_ONCE
