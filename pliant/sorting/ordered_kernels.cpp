// pliant/sorting/ordered_kernels.cpp — NeuralSort's and SoftSort's loops, SIMD over columns (no
// torch)
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "pliant/sorting/ordered_kernels.cpp"
#include "pliant/sorting/ordered_kernels.h"

#include <algorithm>
#include <limits>
#include <type_traits>

#include "pliant/base/simd.h"

HWY_BEFORE_NAMESPACE();
namespace pliant::sorting::HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

template <class T>
using Tag = hn::CappedTag<T, kColumnLanes<T>>;
template <class T>
using Vec = hn::Vec<Tag<T>>;
template <class T>
inline constexpr std::size_t kStep = hn::MaxLanes(Tag<T>());

/// Rows of a matrix that are summed in T before they are added to a column's sum.
constexpr std::size_t kRows = 8;

/// A vector of T as double, or a sum of such.
template <class T>
struct Wide {
#if HWY_TARGET == HWY_SCALAR
  static constexpr std::size_t kParts = 1;
#else
  static constexpr std::size_t kParts = std::is_same_v<T, double> ? 1 : 2;
#endif
  using D = hn::CappedTag<double, kStep<T> / kParts>;
  hn::Vec<D> part[kParts];

  HWY_INLINE static Wide zero() {
    Wide out;
    for (auto& v : out.part) v = hn::Zero(D());
    return out;
  }

  HWY_INLINE static Wide of(Vec<T> v) {
    if constexpr (std::is_same_v<T, double>) {
      return {{v}};
    } else {
#if HWY_TARGET == HWY_SCALAR
      return {{hn::PromoteTo(D(), v)}};
#else
      const hn::Half<Tag<T>> half;
      return {
          {hn::PromoteTo(D(), hn::LowerHalf(half, v)), hn::PromoteTo(D(), hn::UpperHalf(half, v))}};
#endif
    }
  }

  HWY_INLINE static Wide load(const double* from) {
    Wide out;
    for (std::size_t i = 0; i < kParts; ++i)
      out.part[i] = hn::LoadU(D(), from + i * hn::Lanes(D()));
    return out;
  }
  HWY_INLINE void store(double* to) const {
    for (std::size_t i = 0; i < kParts; ++i) hn::StoreU(part[i], D(), to + i * hn::Lanes(D()));
  }

  // What is a friend and a template's is not of the namespace's target by itself: where it is not
  // inlined, it would take and give vectors in another way.
  friend HWY_INLINE HWY_ATTR Wide operator+(const Wide& a, const Wide& b) {
    Wide out;
    for (std::size_t i = 0; i < kParts; ++i) out.part[i] = hn::Add(a.part[i], b.part[i]);
    return out;
  }
  friend HWY_INLINE HWY_ATTR Wide operator-(const Wide& a, const Wide& b) {
    Wide out;
    for (std::size_t i = 0; i < kParts; ++i) out.part[i] = hn::Sub(a.part[i], b.part[i]);
    return out;
  }
  friend HWY_INLINE HWY_ATTR Wide operator*(const Wide& a, const Wide& b) {
    Wide out;
    for (std::size_t i = 0; i < kParts; ++i) out.part[i] = hn::Mul(a.part[i], b.part[i]);
    return out;
  }
};

/// 0, 1, 2, … in the lanes. Highway makes it in memory: once a kernel is enough.
template <class T>
HWY_INLINE Vec<T> lane_numbers() {
  return hn::Iota(Tag<T>(), T{0});
}

/// The caller's lines: 0 is read behind their end, and nothing written.
template <class T>
struct Lines {
  const ColumnBlock& block;
  hn::Mask<Tag<T>> tail;  ///< what there is of the last vector

  HWY_INLINE explicit Lines(const ColumnBlock& of)
      : block(of),
        tail(hn::Lt(lane_numbers<T>(), hn::Set(Tag<T>(), static_cast<T>(of.count % kStep<T>)))) {}

  /// Of place k, from column c on.
  [[nodiscard]] HWY_INLINE Vec<T> load(const T* lines, std::size_t k, std::size_t c) const {
    const T* from = lines + block.order[k] * block.count + c;
    if (c + kStep<T> <= block.count) return hn::LoadU(Tag<T>(), from);
    if (c >= block.count) return hn::Zero(Tag<T>());
#if HWY_MEM_OPS_MIGHT_FAULT
    alignas(64) T numbers[kStep<T>] = {};
    std::copy_n(from, block.count - c, numbers);
    return hn::Load(Tag<T>(), numbers);
#else
    return hn::MaskedLoad(tail, Tag<T>(), from);
#endif
  }

  HWY_INLINE void store(Vec<T> v, T* lines, std::size_t k, std::size_t c) const {
    T* to = lines + block.order[k] * block.count + c;
    if (c + kStep<T> <= block.count) return hn::StoreU(v, Tag<T>(), to);
    if (c >= block.count) return;
#if HWY_MEM_OPS_MIGHT_FAULT
    alignas(64) T numbers[kStep<T>];
    hn::Store(v, Tag<T>(), numbers);
    std::copy_n(numbers, block.count - c, to);
#else
    hn::BlendedStore(v, tail, Tag<T>(), to);
#endif
  }
};

/// Lanes that count: the keys in them, each beside all keys in turn.
template <class T>
HWY_ATTR void FindPlaces(const T* x, std::size_t n, std::int32_t* places) {
  const Tag<T> d;
  const auto one = hn::Set(d, T{1}), lanes = lane_numbers<T>();
  for (std::size_t i = 0; i < n; i += kStep<T>) {
    const auto keys = hn::LoadU(d, x + i);
    auto before = hn::Zero(d);
    const std::size_t own = std::min(n, i + kStep<T>);
    for (std::size_t j = 0; j < i; ++j) {
      before = hn::Add(before, hn::IfThenElseZero(hn::Le(hn::Set(d, x[j]), keys), one));
    }
    for (std::size_t j = i; j < own; ++j) {
      const auto key = hn::Set(d, x[j]);
      const auto later = hn::Gt(lanes, hn::Set(d, static_cast<T>(j - i)));
      const auto is_before = hn::Or(hn::Lt(key, keys), hn::And(later, hn::Eq(key, keys)));
      before = hn::Add(before, hn::IfThenElseZero(is_before, one));
    }
    for (std::size_t j = own; j < n; ++j) {
      before = hn::Add(before, hn::IfThenElseZero(hn::Lt(hn::Set(d, x[j]), keys), one));
    }
    alignas(64) T counted[kStep<T>];
    hn::Store(before, d, counted);
    for (std::size_t lane = 0; lane < kStep<T>; ++lane) {
      places[i + lane] = static_cast<std::int32_t>(counted[lane]);
    }
  }
}

/// Goes across a gap with what the logits in a vector have fallen by so far.
template <class T>
HWY_INLINE Vec<T> cross(Vec<T> gap, Vec<T> factor, T* far) {
  const Tag<T> d;
  const auto fallen = hn::Add(hn::Load(d, far), hn::Mul(gap, hn::Max(factor, hn::Zero(d))));
  hn::Store(fallen, d, far);
  return fallen;
}

/// The gap above place k. One that overflows still does not count where its factor is 0.
template <class T>
HWY_INLINE Vec<T> gap_above(const T* x, std::size_t k) {
  return hn::Set(Tag<T>(), std::min(x[k + 1] - x[k], std::numeric_limits<T>::max()));
}

/// 2·(k − r) + 1 for the ranks r of the vector at column c, the `lanes` being numbered.
template <class T>
HWY_INLINE Vec<T> factor_above(const ColumnBlock& block, std::size_t k, std::size_t c,
                               Vec<T> lanes) {
  const auto place = static_cast<T>(k) - static_cast<T>(block.first + c);
  return hn::Sub(hn::Set(Tag<T>(), 2 * place + 1), hn::Add(lanes, lanes));
}

/// A vector of ranks of which all are below k has fallen on the way up alone, one of ranks that
/// are all above on the way down; what holds k itself is reached by both.
template <class T>
HWY_ATTR void Fall(const ColumnBlock& block, const T* x, T steepness, T* HWY_RESTRICT far,
                   T* HWY_RESTRICT logits) {
  const Tag<T> d;
  const auto factor = hn::Set(d, -steepness), lanes = lane_numbers<T>();
  const std::size_t n = block.n, width = block.width;
  const auto is_reached_up = [&](std::size_t k, std::size_t c) { return block.first + c < k; };
  const auto is_reached_down = [&](std::size_t k, std::size_t c) {
    return block.first + c + kStep<T> > k;
  };
  std::fill(far, far + width, T{0});
  for (std::size_t k = 1; k < n; ++k) {
    const auto gap = gap_above(x, k - 1);
    for (std::size_t c = 0; c < width && is_reached_up(k, c); c += kStep<T>) {
      const auto fallen = cross(gap, factor_above<T>(block, k - 1, c, lanes), far + c);
      hn::Store(is_reached_down(k, c) ? fallen : hn::Mul(fallen, factor), d,
                logits + k * width + c);
    }
  }
  std::fill(far, far + width, T{0});
  for (std::size_t k = n; k-- > 0;) {
    const auto gap = k + 1 < n ? gap_above(x, k) : hn::Zero(d);
    const std::size_t below = k > block.first ? k - block.first : 0;
    for (std::size_t c = below / kStep<T> * kStep<T>; c < width; c += kStep<T>) {
      auto fallen = cross(gap, hn::Neg(factor_above<T>(block, k, c, lanes)), far + c);
      T* at = logits + k * width + c;
      if (is_reached_up(k, c)) fallen = hn::Add(hn::Load(d, at), fallen);
      hn::Store(hn::Mul(fallen, factor), d, at);
    }
  }
}

template <class T>
HWY_ATTR void Distances(const ColumnBlock& block, const T* x, T factor, T* HWY_RESTRICT out) {
  const Tag<T> d;
  const auto times = hn::Set(d, factor);
  for (std::size_t k = 0; k < block.n; ++k) {
    const auto key = hn::Set(d, x[k]);
    for (std::size_t c = 0; c < block.width; c += kStep<T>) {
      const auto distance = hn::Abs(hn::Sub(key, hn::LoadU(d, x + block.first + c)));
      hn::Store(hn::Mul(distance, times), d, out + k * block.width + c);
    }
  }
}

/// sum[c] ← Σ_k term(k, c), of a vector of columns each.
template <class T, class Term>
HWY_INLINE HWY_ATTR void sum_columns(const ColumnBlock& block, double* HWY_RESTRICT sum,
                                     const Term& term) {
  std::fill(sum, sum + block.width, 0.0);
  for (std::size_t begin = 0; begin < block.n; begin += kRows) {
    const std::size_t end = std::min(block.n, begin + kRows);
    for (std::size_t c = 0; c < block.width; c += kStep<T>) {
      auto rows = term(begin, c);
      for (std::size_t k = begin + 1; k < end; ++k) rows = hn::Add(rows, term(k, c));
      (Wide<T>::load(sum + c) + Wide<T>::of(rows)).store(sum + c);
    }
  }
}

template <class T>
HWY_ATTR void Normalise(const ColumnBlock& block, T* HWY_RESTRICT p, double* HWY_RESTRICT sum,
                        T* HWY_RESTRICT line, T* HWY_RESTRICT columns) {
  const Tag<T> d;
  sum_columns<T>(block, sum, [&](std::size_t k, std::size_t c) HWY_ATTR {
    return hn::Load(d, p + k * block.width + c);
  });
  for (std::size_t c = 0; c < block.count; ++c) line[c] = static_cast<T>(1 / sum[c]);
  std::fill(line + block.count, line + block.width, T{0});
  const Lines<T> lines(block);
  for (std::size_t k = 0; k < block.n; ++k) {
    for (std::size_t c = 0; c < block.width; c += kStep<T>) {
      T* at = p + k * block.width + c;
      const auto share = hn::Mul(hn::Load(d, at), hn::Load(d, line + c));
      hn::Store(share, d, at);
      if (columns != nullptr) lines.store(share, columns, k, c);
    }
  }
}

template <class T>
HWY_ATTR void Means(const ColumnBlock& block, const T* HWY_RESTRICT p, const T* HWY_RESTRICT g,
                    double* HWY_RESTRICT sum, T* HWY_RESTRICT mean) {
  const Lines<T> lines(block);
  sum_columns<T>(block, sum, [&](std::size_t k, std::size_t c) HWY_ATTR {
    return hn::Mul(hn::Load(Tag<T>(), p + k * block.width + c), lines.load(g, k, c));
  });
  for (std::size_t c = 0; c < block.width; ++c) mean[c] = static_cast<T>(sum[c]);
}

/// Sums of a row in kColumnLanes lanes, whatever the CPU's vectors are: their order is the same
/// everywhere.
template <class T>
struct RowSum {
  alignas(64) double lane[kColumnLanes<T>];

  /// Pairwise.
  [[nodiscard]] HWY_INLINE double total() {
    for (std::size_t half = kColumnLanes<T> / 2; half > 0; half /= 2) {
      for (std::size_t i = 0; i < half; ++i) lane[i] += lane[i + half];
    }
    return lane[0];
  }
};

/// ∂L/∂logit of place k, for a vector of columns.
template <class T>
HWY_INLINE Vec<T> logit_gradient(const Lines<T>& lines, std::size_t k, std::size_t c, const T* p,
                                 const T* g, const T* mean) {
  const auto above = hn::Sub(lines.load(g, k, c), hn::Load(Tag<T>(), mean + c));
  return hn::Mul(hn::Load(Tag<T>(), p + k * lines.block.width + c), above);
}

template <class T>
HWY_ATTR void RankSums(const ColumnBlock& block, const T* p, const T* g, const T* mean,
                       double* HWY_RESTRICT total, double* HWY_RESTRICT by_rank) {
  const Lines<T> lines(block);
  const auto lanes = lane_numbers<T>();
  for (std::size_t k = 0; k < block.n; ++k) {
    RowSum<T> of_all, of_ranks;
    for (std::size_t lane = 0; lane < kColumnLanes<T>; lane += kStep<T>) {
      Wide<T> sum = Wide<T>::zero(), weighted = Wide<T>::zero();
      for (std::size_t c = lane; c < block.width; c += kColumnLanes<T>) {
        const auto moved = Wide<T>::of(logit_gradient(lines, k, c, p, g, mean));
        const auto rank = hn::Add(lanes, hn::Set(Tag<T>(), static_cast<T>(c)));
        sum = sum + moved;
        weighted = weighted + moved * Wide<T>::of(rank);
      }
      sum.store(of_all.lane + lane);
      weighted.store(of_ranks.lane + lane);
    }
    total[k] = of_all.total();
    by_rank[k] = of_ranks.total();
  }
}

/// sign(ranked − key).
template <class V>
HWY_INLINE V side_of(V ranked, V key) {
  const hn::DFromV<V> d;
  const auto one = hn::Set(d, 1);
  return hn::Sub(hn::IfThenElseZero(hn::Gt(ranked, key), one),
                 hn::IfThenElseZero(hn::Lt(ranked, key), one));
}

template <class T>
HWY_ATTR void SlopeSums(const ColumnBlock& block, const T* x, const T* slopes, const T* p,
                        const T* g, const T* mean, double* HWY_RESTRICT of_key,
                        double* HWY_RESTRICT of_rank) {
  const Tag<T> d;
  const Lines<T> lines(block);
  std::fill(of_rank, of_rank + block.width, 0.0);
  for (std::size_t k = 0; k < block.n; ++k) {
    const auto key = hn::Set(d, x[k]);
    RowSum<T> of_all;
    for (std::size_t lane = 0; lane < kColumnLanes<T>; lane += kStep<T>) {
      Wide<T> sum = Wide<T>::zero();
      for (std::size_t c = lane; c < block.width; c += kColumnLanes<T>) {
        const auto slope = slopes != nullptr ? hn::LoadU(d, slopes + k * block.width + c)
                                             : side_of(hn::LoadU(d, x + block.first + c), key);
        const auto moved =
            Wide<T>::of(logit_gradient(lines, k, c, p, g, mean)) * Wide<T>::of(slope);
        sum = sum + moved;
        (Wide<T>::load(of_rank + c) - moved).store(of_rank + c);
      }
      sum.store(of_all.lane + lane);
    }
    of_key[k] = of_all.total();
  }
}

template <class T>
OrderedKernels<T> kernels() {
  return {&FindPlaces<T>, &Fall<T>,     &Distances<T>, &Normalise<T>,
          &Means<T>,      &RankSums<T>, &SlopeSums<T>};
}
OrderedKernels<float> FloatKernels() { return kernels<float>(); }
OrderedKernels<double> DoubleKernels() { return kernels<double>(); }

}  // namespace
}  // namespace pliant::sorting::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace pliant::sorting {
namespace {
HWY_EXPORT(FloatKernels);
HWY_EXPORT(DoubleKernels);
}  // namespace

template <>
OrderedKernels<float> ordered_kernels() {
  return HWY_DYNAMIC_DISPATCH(FloatKernels)();
}
template <>
OrderedKernels<double> ordered_kernels() {
  return HWY_DYNAMIC_DISPATCH(DoubleKernels)();
}

}  // namespace pliant::sorting
#endif  // HWY_ONCE
