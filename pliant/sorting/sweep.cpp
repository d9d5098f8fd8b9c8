// pliant/sorting/sweep.cpp — blends of payload columns, SIMD over samples or columns (no torch)
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "pliant/sorting/sweep.cpp"
#include "pliant/sorting/sweep.h"

#include <array>
#include <type_traits>
#include <utility>

#include "pliant/base/simd.h"

HWY_BEFORE_NAMESPACE();
namespace pliant::sorting::HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

template <class T>
using Tag = hn::CappedTag<T, kLanes<T>>;
template <class T>
using Vec = hn::Vec<Tag<T>>;
template <class T>
inline constexpr std::size_t kStep = hn::MaxLanes(Tag<T>());

/// The weights of one comparator for some lanes: one for all, or one each.
template <class T>
struct Blend {
  Vec<T> p, tail;

  template <bool samples_in_lanes>
  HWY_INLINE static Blend load(const PanelWeights<T>& weights, std::size_t c, std::size_t lane) {
    const Tag<T> d;
    const std::size_t at = c * weights.stride;
    if constexpr (samples_in_lanes) {
      return {hn::Load(d, weights.p + at + lane), hn::Load(d, weights.tail + at + lane)};
    } else {
      return {hn::Set(d, weights.p[at]), hn::Set(d, weights.tail[at])};
    }
  }

  HWY_INLINE void operator()(Vec<T>& a, Vec<T>& b) const {
    const auto kept = hn::MulAdd(tail, b, hn::Mul(p, a));
    b = hn::MulAdd(tail, a, hn::Mul(p, b));
    a = kept;
  }
};

/// One comparator on the way there; its difference is kept if wanted.
template <bool keep, class T>
HWY_INLINE void there(const Blend<T>& blend, Vec<T>& a, Vec<T>& b, T* difference) {
  if constexpr (keep) hn::Store(hn::Sub(a, b), Tag<T>(), difference);
  blend(a, b);
}

/// One comparator on the way back.
template <class T>
HWY_INLINE void back(const Blend<T>& blend, Vec<T>& a, Vec<T>& b, const T* difference,
                     Vec<T>& sum) {
  sum = hn::MulAdd(hn::Sub(a, b), hn::Load(Tag<T>(), difference), sum);
  blend(a, b);
}

// === Any network: step by step, the wires in memory ===

/// How a panel is swept; known when its code is compiled.
template <bool samples, std::size_t group_count, bool is_reverse>
struct Layout {
  static constexpr bool samples_in_lanes = samples;
  static constexpr std::size_t groups = group_count;
  static constexpr bool reverse = is_reverse;
};

/// The wires of a step in `array` [n][width].
template <class T>
std::array<T*, 4> wires_of(const Step& step, T* array, std::size_t width) {
  const auto wire = [&](std::size_t k) {
    return array + static_cast<std::size_t>(step.wires[k]) * width;
  };
  return {wire(0), wire(1), wire(2), wire(3)};
}

template <class L, bool keep, class T>
void sweep_step(const PanelWeights<T>& weights, const Step& step, T* HWY_RESTRICT state,
                T* HWY_RESTRICT difference) {
  const Tag<T> d;
  constexpr std::size_t kWidth = L::groups * kLanes<T>;
  const auto [w0, w1, w2, w3] = wires_of(step, state, kWidth);
  const auto [c0, c1, c2, c3] = step.comparators;
  for (std::size_t lane = 0; lane < kLanes<T>; lane += kStep<T>) {
    const auto load = [&](std::int32_t c) HWY_ATTR {
      return Blend<T>::template load<L::samples_in_lanes>(weights, c, lane);
    };
    const Blend<T> b0 = load(c0);
    if (!step.butterfly) {
#pragma GCC unroll 4
      for (std::size_t at = lane; at < kWidth; at += kLanes<T>) {
        auto x0 = hn::Load(d, w0 + at), x1 = hn::Load(d, w1 + at);
        there<keep>(b0, x0, x1, difference + c0 * kWidth + at);
        hn::Store(x0, d, w0 + at);
        hn::Store(x1, d, w1 + at);
      }
      continue;
    }
    const Blend<T> b1 = load(c1), b2 = load(c2), b3 = load(c3);
#pragma GCC unroll 4
    for (std::size_t at = lane; at < kWidth; at += kLanes<T>) {
      auto x0 = hn::Load(d, w0 + at), x1 = hn::Load(d, w1 + at);
      auto x2 = hn::Load(d, w2 + at), x3 = hn::Load(d, w3 + at);
      const auto first = [&]() HWY_ATTR {
        there<keep>(b0, x0, x1, difference + c0 * kWidth + at);
        there<keep>(b1, x2, x3, difference + c1 * kWidth + at);
      };
      if (!L::reverse) first();
      there<keep>(b2, x0, x2, difference + c2 * kWidth + at);
      there<keep>(b3, x1, x3, difference + c3 * kWidth + at);
      if (L::reverse) first();
      hn::Store(x0, d, w0 + at);
      hn::Store(x1, d, w1 + at);
      hn::Store(x2, d, w2 + at);
      hn::Store(x3, d, w3 + at);
    }
  }
}

template <class L, class T>
void back_step(const PanelWeights<T>& weights, const Step& step, const T* HWY_RESTRICT difference,
               T* HWY_RESTRICT g, T* HWY_RESTRICT grad_p) {
  const Tag<T> d;
  constexpr std::size_t kWidth = L::groups * kLanes<T>;
  const auto [w0, w1, w2, w3] = wires_of(step, g, kWidth);
  const auto [c0, c1, c2, c3] = step.comparators;
  for (std::size_t lane = 0; lane < kLanes<T>; lane += kStep<T>) {
    const auto load = [&](std::int32_t c) HWY_ATTR {
      return Blend<T>::template load<L::samples_in_lanes>(weights, c, lane);
    };
    const auto sum_at = [&](std::int32_t c) { return grad_p + c * kLanes<T> + lane; };
    const Blend<T> b0 = load(c0);
    auto s0 = hn::Load(d, sum_at(c0));
    if (!step.butterfly) {
#pragma GCC unroll 4
      for (std::size_t at = lane; at < kWidth; at += kLanes<T>) {
        auto x0 = hn::Load(d, w0 + at), x1 = hn::Load(d, w1 + at);
        back(b0, x0, x1, difference + c0 * kWidth + at, s0);
        hn::Store(x0, d, w0 + at);
        hn::Store(x1, d, w1 + at);
      }
      hn::Store(s0, d, sum_at(c0));
      continue;
    }
    const Blend<T> b1 = load(c1), b2 = load(c2), b3 = load(c3);
    auto s1 = hn::Load(d, sum_at(c1)), s2 = hn::Load(d, sum_at(c2)), s3 = hn::Load(d, sum_at(c3));
#pragma GCC unroll 4
    for (std::size_t at = lane; at < kWidth; at += kLanes<T>) {
      auto x0 = hn::Load(d, w0 + at), x1 = hn::Load(d, w1 + at);
      auto x2 = hn::Load(d, w2 + at), x3 = hn::Load(d, w3 + at);
      const auto first = [&]() HWY_ATTR {
        back(b0, x0, x1, difference + c0 * kWidth + at, s0);
        back(b1, x2, x3, difference + c1 * kWidth + at, s1);
      };
      if (L::reverse) first();
      back(b2, x0, x2, difference + c2 * kWidth + at, s2);
      back(b3, x1, x3, difference + c3 * kWidth + at, s3);
      if (!L::reverse) first();
      hn::Store(x0, d, w0 + at);
      hn::Store(x1, d, w1 + at);
      hn::Store(x2, d, w2 + at);
      hn::Store(x3, d, w3 + at);
    }
    hn::Store(s0, d, sum_at(c0));
    hn::Store(s1, d, sum_at(c1));
    hn::Store(s2, d, sum_at(c2));
    hn::Store(s3, d, sum_at(c3));
  }
}

/// fn(step) for every step, from the first to the last or from the last to the first.
template <bool from_last, class Fn>
HWY_INLINE void for_steps(const Plan& plan, const Fn& fn) {
  const std::size_t count = plan.steps.size();
  for (std::size_t k = 0; k < count; ++k) fn(plan.steps[from_last ? count - 1 - k : k]);
}

/// fn(Layout) with the panel's.
template <class T, class Fn>
void with_layout(const Panel<T>& panel, const Fn& fn) {
  const auto with_groups = [&]<bool samples, bool reverse>() {
    switch (panel.groups) {
      case 4:
        return fn(Layout<samples, 4, reverse>());
      case 2:
        return fn(Layout<samples, 2, reverse>());
      default:
        return fn(Layout<samples, 1, reverse>());
    }
  };
  const bool reverse = panel.order == Order::kReverse;
  if (panel.weights.samples_in_lanes) {
    reverse ? with_groups.template operator()<true, true>()
            : with_groups.template operator()<true, false>();
  } else {
    reverse ? with_groups.template operator()<false, true>()
            : with_groups.template operator()<false, false>();
  }
}

// === The odd-even network on few wires: all of them in registers ===

/// One column of a panel by group through the network on n wires; every lane is a sample.
template <class T, std::size_t n>
struct OddEvenColumn {
  Vec<T> x[n];

  HWY_INLINE void load(const T* from) { load(from, std::make_index_sequence<n>()); }
  HWY_INLINE void store(T* to) const { store(to, std::make_index_sequence<n>()); }

  /// visit(comparator, its wire a, its wire b) for all, by layers in order or against it.
  template <class Visit>
  HWY_INLINE void for_comparators(bool reverse, const Visit& visit) {
    for (std::size_t k = 0; k < n; ++k) {
      const std::size_t layer = reverse ? n - 1 - k : k;
      const std::size_t first = layer / 2 * (n - 1);
      if (layer % 2 == 0) {
        layer_at<0>(first, visit, std::make_index_sequence<n / 2>());
      } else {
        layer_at<1>(first + n / 2, visit, std::make_index_sequence<(n - 1) / 2>());
      }
    }
  }

 private:
  // The indices are constants from the start: else x would not live in registers.
  template <std::size_t parity, class Visit, std::size_t... i>
  HWY_INLINE void layer_at(std::size_t first, const Visit& visit, std::index_sequence<i...>) {
    (visit(first + i, x[2 * i + parity], x[2 * i + parity + 1]), ...);
  }
  template <std::size_t... w>
  HWY_INLINE void load(const T* from, std::index_sequence<w...>) {
    ((x[w] = hn::Load(Tag<T>(), from + w * kLanes<T>)), ...);
  }
  template <std::size_t... w>
  HWY_INLINE void store(T* to, std::index_sequence<w...>) const {
    (hn::Store(x[w], Tag<T>(), to + w * kLanes<T>), ...);
  }
};

template <class T, bool keep>
struct VisitThere {
  PanelWeights<T> weights;  // a copy: stores of vectors may change anything that is pointed to
  std::size_t lane;
  T* difference;
  std::size_t width;
  HWY_INLINE void operator()(std::size_t c, Vec<T>& a, Vec<T>& b) const {
    there<keep>(Blend<T>::template load<true>(weights, c, lane), a, b, difference + c * width);
  }
};

template <class T>
struct VisitBack {
  PanelWeights<T> weights;
  std::size_t lane;
  const T* difference;
  std::size_t width;
  T* grad_p;
  HWY_INLINE void operator()(std::size_t c, Vec<T>& a, Vec<T>& b) const {
    T* sum_at = grad_p + c * kLanes<T> + lane;
    auto sum = hn::Load(Tag<T>(), sum_at);
    back(Blend<T>::template load<true>(weights, c, lane), a, b, difference + c * width, sum);
    hn::Store(sum, Tag<T>(), sum_at);
  }
};

template <std::size_t n, bool keep, class T>
void sweep_odd_even(const Panel<T>& panel, T* HWY_RESTRICT state, T* HWY_RESTRICT difference) {
  const std::size_t width = panel.groups * kLanes<T>;
  for (std::size_t at = 0; at < width; at += kStep<T>) {
    T* wires = state + at / kLanes<T> * n * kLanes<T> + at % kLanes<T>;
    OddEvenColumn<T, n> column;
    column.load(wires);
    const VisitThere<T, keep> visit{panel.weights, at % kLanes<T>, keep ? difference + at : nullptr,
                                    width};
    column.for_comparators(panel.order == Order::kReverse, visit);
    column.store(wires);
  }
}

template <std::size_t n, class T>
void back_odd_even(const Panel<T>& panel, const T* HWY_RESTRICT difference, T* HWY_RESTRICT g,
                   T* HWY_RESTRICT grad_p) {
  const std::size_t width = panel.groups * kLanes<T>;
  for (std::size_t at = 0; at < width; at += kStep<T>) {
    T* wires = g + at / kLanes<T> * n * kLanes<T> + at % kLanes<T>;
    OddEvenColumn<T, n> column;
    column.load(wires);
    const VisitBack<T> visit{panel.weights, at % kLanes<T>, difference + at, width, grad_p};
    column.for_comparators(panel.order == Order::kForward, visit);
    column.store(wires);
  }
}

template <class T>
using SweepFunction = void (*)(const Panel<T>&, T*, T*);
template <class T>
using BackFunction = void (*)(const Panel<T>&, const T*, T*, T*);

/// The odd-even sweeps by their number of wires less one.
template <class T, bool keep, std::size_t... i>
constexpr std::array<SweepFunction<T>, sizeof...(i)> sweep_table(std::index_sequence<i...>) {
  return {&sweep_odd_even<i + 1, keep, T>...};
}
template <class T, std::size_t... i>
constexpr std::array<BackFunction<T>, sizeof...(i)> back_table(std::index_sequence<i...>) {
  return {&back_odd_even<i + 1, T>...};
}

// === The kernels ===

template <bool keep, class T>
void sweep_panel(const Panel<T>& panel, T* state, T* difference) {
  if (panel.plan.odd_even > 0) {
    static constexpr auto kTable = sweep_table<T, keep>(std::make_index_sequence<kRegisterWires>());
    return kTable[panel.plan.odd_even - 1](panel, state, difference);
  }
  with_layout(panel, [&]<class L>(L) {
    for_steps<L::reverse>(panel.plan, [&](const Step& step) {
      sweep_step<L, keep>(panel.weights, step, state, difference);
    });
  });
}

template <class T>
void Sweep(const Panel<T>& panel, T* state, T* difference) {
  if (difference != nullptr) {
    sweep_panel<true>(panel, state, difference);
  } else {
    sweep_panel<false>(panel, state, difference);
  }
}

template <class T>
void SweepBack(const Panel<T>& panel, const T* difference, T* g, T* grad_p) {
  if (panel.plan.odd_even > 0) {
    static constexpr auto kTable = back_table<T>(std::make_index_sequence<kRegisterWires>());
    return kTable[panel.plan.odd_even - 1](panel, difference, g, grad_p);
  }
  with_layout(panel, [&]<class L>(L) {
    for_steps<!L::reverse>(panel.plan, [&](const Step& step) {
      back_step<L>(panel.weights, step, difference, g, grad_p);
    });
  });
}

SweepKernels<float> FloatKernels() { return {&Sweep<float>, &SweepBack<float>}; }
SweepKernels<double> DoubleKernels() { return {&Sweep<double>, &SweepBack<double>}; }

}  // namespace
}  // namespace pliant::sorting::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace pliant::sorting {

HWY_EXPORT(FloatKernels);
HWY_EXPORT(DoubleKernels);

template <>
SweepKernels<float> sweep_kernels() {
  return HWY_DYNAMIC_DISPATCH(FloatKernels)();
}
template <>
SweepKernels<double> sweep_kernels() {
  return HWY_DYNAMIC_DISPATCH(DoubleKernels)();
}

}  // namespace pliant::sorting
#endif
