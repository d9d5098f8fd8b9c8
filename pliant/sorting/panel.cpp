// pliant/sorting/panel.cpp — panels filled, emptied and turned into losses, SIMD over lanes (no
// torch)
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "pliant/sorting/panel.cpp"
#include "pliant/sorting/panel.h"

#include <algorithm>

#include "pliant/base/simd.h"

HWY_BEFORE_NAMESPACE();
namespace pliant::sorting::HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

template <class T>
using Tag = hn::CappedTag<T, kLanes<T>>;

/// A square of 4 × 4 floats or 2 × 2 doubles turned about its diagonal, in 128-bit vectors.
template <class T>
HWY_INLINE void turn_square(const T* HWY_RESTRICT from, std::size_t from_stride, T* HWY_RESTRICT to,
                            std::size_t to_stride) {
#if HWY_TARGET == HWY_SCALAR
  for (std::size_t i = 0; i < 16 / sizeof(T); ++i) {
    for (std::size_t j = 0; j < 16 / sizeof(T); ++j)
      to[j * to_stride + i] = from[i * from_stride + j];
  }
#else
  if constexpr (sizeof(T) == 4) {
    const hn::FixedTag<T, 4> d;
    const hn::Repartition<double, decltype(d)> pairs;
    const auto r0 = hn::LoadU(d, from);
    const auto r1 = hn::LoadU(d, from + from_stride);
    const auto r2 = hn::LoadU(d, from + 2 * from_stride);
    const auto r3 = hn::LoadU(d, from + 3 * from_stride);
    const auto a = hn::BitCast(pairs, hn::InterleaveLower(d, r0, r1));  // 00 10 01 11
    const auto b = hn::BitCast(pairs, hn::InterleaveUpper(d, r0, r1));
    const auto e = hn::BitCast(pairs, hn::InterleaveLower(d, r2, r3));
    const auto f = hn::BitCast(pairs, hn::InterleaveUpper(d, r2, r3));
    hn::StoreU(hn::BitCast(d, hn::InterleaveLower(pairs, a, e)), d, to);
    hn::StoreU(hn::BitCast(d, hn::InterleaveUpper(pairs, a, e)), d, to + to_stride);
    hn::StoreU(hn::BitCast(d, hn::InterleaveLower(pairs, b, f)), d, to + 2 * to_stride);
    hn::StoreU(hn::BitCast(d, hn::InterleaveUpper(pairs, b, f)), d, to + 3 * to_stride);
  } else {
    const hn::FixedTag<T, 2> d;
    const auto r0 = hn::LoadU(d, from);
    const auto r1 = hn::LoadU(d, from + from_stride);
    hn::StoreU(hn::InterleaveLower(d, r0, r1), d, to);
    hn::StoreU(hn::InterleaveUpper(d, r0, r1), d, to + to_stride);
  }
#endif
}

/// turn(row, lane) for squares that cover `rows` × `lanes`, both at least kSquare: the last ones
/// overlap those before, which writes the same numbers again.
template <std::size_t kSquare, class Turn>
HWY_INLINE void for_squares(std::size_t rows, std::size_t lanes, const Turn& turn) {
  for (std::size_t lane = 0; lane < lanes; lane += kSquare) {
    const std::size_t at = std::min(lane, lanes - kSquare);
    for (std::size_t row = 0; row < rows; row += kSquare) turn(std::min(row, rows - kSquare), at);
  }
}

template <class T>
void LoadLanes(const LaneView<const T>& view, std::size_t rows, std::size_t width, T* panel) {
  constexpr std::size_t kSquare = 16 / sizeof(T);
  for (std::size_t row = 0; view.valid < kLanes<T> && row < rows; ++row) {
    std::fill(panel + row * width + view.valid, panel + row * width + kLanes<T>, T{0});
  }
  if (view.row_stride == 1 && rows >= kSquare && view.valid >= kSquare) {
    return for_squares<kSquare>(rows, view.valid, [&](std::size_t row, std::size_t lane) HWY_ATTR {
      turn_square(view.base + lane * view.lane_stride + row, view.lane_stride,
                  panel + row * width + lane, width);
    });
  }
  for (std::size_t row = 0; row < rows; ++row) {
    for (std::size_t lane = 0; lane < view.valid; ++lane)
      panel[row * width + lane] = view.base[row * view.row_stride + lane * view.lane_stride];
  }
}

template <class T>
void StoreLanes(const T* panel, std::size_t rows, std::size_t width, const LaneView<T>& view) {
  constexpr std::size_t kSquare = 16 / sizeof(T);
  if (view.row_stride == 1 && rows >= kSquare && view.valid >= kSquare) {
    return for_squares<kSquare>(rows, view.valid, [&](std::size_t row, std::size_t lane) HWY_ATTR {
      turn_square(panel + row * width + lane, width, view.base + lane * view.lane_stride + row,
                  view.lane_stride);
    });
  }
  for (std::size_t row = 0; row < rows; ++row) {
    for (std::size_t lane = 0; lane < view.valid; ++lane)
      view.base[row * view.row_stride + lane * view.lane_stride] = panel[row * width + lane];
  }
}

template <class T>
void SumLanes(const T* grad_p, std::size_t comparators, T* sums) {
  constexpr std::size_t kSquare = 16 / sizeof(T);
  alignas(64) T folded[kSquare * kSquare];
  alignas(64) T turned[kSquare * kSquare];
  for (std::size_t c = 0; c < comparators; c += kSquare) {
    const std::size_t rows = std::min(kSquare, comparators - c);
    for (std::size_t k = 0; k < rows; ++k) {
      const T* row = grad_p + (c + k) * kLanes<T>;
      for (std::size_t lane = 0; lane < kSquare; ++lane) {
        folded[k * kSquare + lane] =
            (row[lane] + row[kSquare + lane]) + (row[2 * kSquare + lane] + row[3 * kSquare + lane]);
      }
    }
    turn_square(folded, kSquare, turned, kSquare);
    for (std::size_t k = 0; k < rows; ++k) {
      T sum = turned[k];
      for (std::size_t lane = 1; lane < kSquare; ++lane) sum += turned[lane * kSquare + k];
      sums[c + k] = sum;
    }
  }
}

/// Q at one row.
template <class T>
HWY_INLINE hn::Vec<Tag<T>> target_at(const LaneTarget<T>& target, std::size_t row,
                                     std::size_t lane) {
  const Tag<T> d;
  const auto r = hn::Set(d, static_cast<T>(row));
  const auto inside = hn::And(hn::Ge(r, hn::Load(d, target.first + lane)),
                              hn::Le(r, hn::Load(d, target.last + lane)));
  return hn::IfThenElseZero(inside, hn::Load(d, target.weight + lane));
}

/// max(ln x, −100); x ≥ 0. Below e⁻¹⁰⁰, the smallest that matters, there is no logarithm to take.
template <class T>
HWY_INLINE hn::Vec<Tag<T>> clamped_log(hn::Vec<Tag<T>> x) {
  const Tag<T> d;
  const auto least = hn::Set(d, static_cast<T>(-100));
  const auto smallest = hn::Set(d, static_cast<T>(sizeof(T) == 4 ? 1.2e-38 : 3.7e-44));
  return hn::IfThenElse(hn::Lt(x, smallest), least, hn::Max(least, hn::Log(d, x)));
}

template <class T>
void AddLoss(const T* panel, std::size_t rows, std::size_t width, const LaneTarget<T>& target,
             bool cross, T* sum) {
  const Tag<T> d;
  const auto one = hn::Set(d, T{1});
  for (std::size_t lane = 0; lane < kLanes<T>; lane += hn::Lanes(d)) {
    auto total = hn::Load(d, sum + lane);
    for (std::size_t row = 0; row < rows; ++row) {
      const auto p = hn::Load(d, panel + row * width + lane);
      const auto q = target_at(target, row, lane);
      total = hn::NegMulAdd(q, clamped_log<T>(p), total);
      if (!cross) {
        total = hn::NegMulAdd(hn::Sub(one, q),
                              clamped_log<T>(hn::Max(hn::Sub(one, p), hn::Zero(d))), total);
      }
    }
    hn::Store(total, d, sum + lane);
  }
}

template <class T>
void LossGradient(T* panel, std::size_t rows, std::size_t width, const LaneTarget<T>& target,
                  bool cross, const T* factor) {
  const Tag<T> d;
  const auto one = hn::Set(d, T{1});
  const auto least =
      hn::Set(d, static_cast<T>(cross ? (sizeof(T) == 4 ? 1.2e-38 : 3.7e-44) : 1e-12));
  for (std::size_t lane = 0; lane < kLanes<T>; lane += hn::Lanes(d)) {
    const auto f = hn::Load(d, factor + lane);
    for (std::size_t row = 0; row < rows; ++row) {
      T* at = panel + row * width + lane;
      const auto p = hn::Load(d, at);
      const auto q = target_at(target, row, lane);
      const auto numerator = cross ? hn::Neg(q) : hn::Sub(p, q);
      const auto denominator = cross ? p : hn::Mul(p, hn::Sub(one, p));
      hn::Store(hn::Mul(f, hn::Div(numerator, hn::Max(denominator, least))), d, at);
    }
  }
}

/// All kernels for T on this target: dispatch sees one name a type.
template <class T>
PanelKernels<T> kernels_here() {
  return {&LoadLanes<T>, &StoreLanes<T>, &SumLanes<T>, &AddLoss<T>, &LossGradient<T>};
}
PanelKernels<float> FloatKernels() { return kernels_here<float>(); }
PanelKernels<double> DoubleKernels() { return kernels_here<double>(); }

}  // namespace
}  // namespace pliant::sorting::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace pliant::sorting {

HWY_EXPORT(FloatKernels);
HWY_EXPORT(DoubleKernels);

template <>
PanelKernels<float> panel_kernels() {
  return HWY_DYNAMIC_DISPATCH(FloatKernels)();
}
template <>
PanelKernels<double> panel_kernels() {
  return HWY_DYNAMIC_DISPATCH(DoubleKernels)();
}

}  // namespace pliant::sorting
#endif
