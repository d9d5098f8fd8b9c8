// pliant/topk/candidates.cpp — the largest scores of each sample, SIMD along the classes (no torch)
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "pliant/topk/candidates.cpp"
#include "pliant/topk/candidates.h"

#include <algorithm>
#include <atomic>
#include <limits>
#include <span>
#include <vector>

#include "pliant/base/simd.h"

#ifndef PLIANT_TOPK_ROW_KERNELS_
#define PLIANT_TOPK_ROW_KERNELS_
namespace pliant::selection {

/// Passes over the scores of one sample, compiled for one target.
template <class T>
struct RowKernels {
  bool (*has_nan)(const T* row, std::size_t n);

  /// maxima[g] ← the largest of the row[i] with i mod groups = g (a NaN may be missed); whether
  /// there is a NaN.
  /// @param groups  a multiple of 64 bytes of numbers, at most n
  bool (*group_maxima)(const T* row, std::size_t n, std::size_t groups, T* maxima);

  /// The places of all numbers >= threshold, in order; how many there are.
  std::size_t (*places_from)(const T* row, std::size_t n, T threshold, std::uint32_t* places);
};

}  // namespace pliant::selection
#endif

HWY_BEFORE_NAMESPACE();
namespace pliant::selection::HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

template <class T>
using Tag = hn::CappedTag<T, 64 / sizeof(T)>;

template <class T>
bool HasNan(const T* row, std::size_t n) {
  const Tag<T> d;
  const std::size_t lanes = hn::Lanes(d);
  auto nan = hn::Zero(d);
  std::size_t i = 0;
  for (; i + lanes <= n; i += lanes) {
    const auto x = hn::LoadU(d, row + i);
    nan = hn::Or(nan, hn::VecFromMask(d, hn::IsNaN(x)));
  }
  bool found = !hn::AllFalse(d, hn::MaskFromVec(nan));
  for (; i < n; ++i) found = found || row[i] != row[i];
  return found;
}

template <class T>
bool GroupMaxima(const T* row, std::size_t n, std::size_t groups, T* maxima) {
  const Tag<T> d;
  const std::size_t lanes = hn::Lanes(d);
  auto nan = hn::Zero(d);
  for (std::size_t g = 0; g < groups; g += lanes) {
    auto most = hn::LoadU(d, row + g);
    nan = hn::Or(nan, hn::VecFromMask(d, hn::IsNaN(most)));
    for (std::size_t i = g + groups; i + lanes <= n; i += groups) {
      const auto x = hn::LoadU(d, row + i);
      nan = hn::Or(nan, hn::VecFromMask(d, hn::IsNaN(x)));
      most = hn::Max(most, x);
    }
    hn::StoreU(most, d, maxima + g);
  }
  bool found = !hn::AllFalse(d, hn::MaskFromVec(nan));
  for (std::size_t i = n - n % lanes; i < n; ++i) {
    found = found || row[i] != row[i];
    maxima[i % groups] = std::max(maxima[i % groups], row[i]);
  }
  return found;
}

template <class T>
std::size_t PlacesFrom(const T* row, std::size_t n, T threshold, std::uint32_t* places) {
  const Tag<T> d;
  const std::size_t lanes = hn::Lanes(d);
  const auto from = hn::Set(d, threshold);
  std::size_t count = 0;
  std::size_t i = 0;
  const auto take = [&](std::size_t end) {
    for (; i < end; ++i) {
      places[count] = static_cast<std::uint32_t>(i);
      count += row[i] >= threshold ? 1 : 0;
    }
  };
  while (i + lanes <= n) {
    if (hn::AllFalse(d, hn::Ge(hn::LoadU(d, row + i), from))) {
      i += lanes;
    } else {
      take(i + lanes);
    }
  }
  take(n);
  return count;
}

RowKernels<float> FloatKernels() {
  return {&HasNan<float>, &GroupMaxima<float>, &PlacesFrom<float>};
}
RowKernels<double> DoubleKernels() {
  return {&HasNan<double>, &GroupMaxima<double>, &PlacesFrom<double>};
}

}  // namespace
}  // namespace pliant::selection::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace pliant::selection {
namespace {

HWY_EXPORT(FloatKernels);
HWY_EXPORT(DoubleKernels);

template <class T>
RowKernels<T> row_kernels();
template <>
RowKernels<float> row_kernels() {
  return HWY_DYNAMIC_DISPATCH(FloatKernels)();
}
template <>
RowKernels<double> row_kernels() {
  return HWY_DYNAMIC_DISPATCH(DoubleKernels)();
}

/// A number, and where it stood; the order of the candidates.
template <class T>
struct Placed {
  T value;
  std::uint32_t place;
  bool operator<(const Placed& other) const {
    return value > other.value || (value == other.value && place < other.place);
  }
};

/// Finds the largest numbers of rows of one length, with memory that serves them all.
template <class T>
class RowSelection {
 public:
  RowSelection(std::size_t n, std::size_t count)
      : n_(n), count_(count), groups_(groups_for(n, count)), maxima_(groups_), places_(n + 64) {}

  /// Whether the row has a NaN; else take() gives its largest numbers.
  bool scan(const T* row) {
    row_ = row;
    if (groups_ == 0) {
      for (std::size_t i = 0; i < n_; ++i) places_[i] = static_cast<std::uint32_t>(i);
      found_ = n_;
      return kernels_.has_nan(row, n_);
    }
    if (kernels_.group_maxima(row, n_, groups_, maxima_.data())) return true;
    // `count` groups have a number that is at least this one.
    const auto least = maxima_.begin() + static_cast<std::ptrdiff_t>(count_) - 1;
    std::nth_element(maxima_.begin(), least, maxima_.end(), std::greater<>());
    found_ = kernels_.places_from(row, n_, *least, places_.data());
    return false;
  }

  /// The `wanted` largest of the last row that was scanned, without those at `taken`, by value and
  /// place.
  std::span<const Placed<T>> take(std::size_t wanted, std::span<const std::int64_t> taken) {
    sorted_.clear();
    for (std::size_t k = 0; k < found_; ++k) {
      const std::uint32_t place = places_[k];
      if (std::find(taken.begin(), taken.end(), place) == taken.end())
        sorted_.push_back({row_[place], place});
    }
    std::partial_sort(sorted_.begin(), sorted_.begin() + static_cast<std::ptrdiff_t>(wanted),
                      sorted_.end());
    return std::span(sorted_).first(wanted);
  }

 private:
  /// At least twice as many as there are candidates, but so few that a group has four numbers; else
  /// 0.
  static std::size_t groups_for(std::size_t n, std::size_t count) {
    constexpr std::size_t kLanes = 64 / sizeof(T);
    const std::size_t groups = (2 * count + kLanes - 1) / kLanes * kLanes;
    return 4 * groups <= n ? groups : 0;
  }

  RowKernels<T> kernels_ = row_kernels<T>();
  std::size_t n_;
  std::size_t count_;
  std::size_t groups_;
  std::vector<T> maxima_;
  std::vector<std::uint32_t> places_;
  std::vector<Placed<T>> sorted_;
  const T* row_ = nullptr;
  std::size_t found_ = 0;
};

template <class T>
T bounded(T score) {
  return std::clamp(score, -kLargestScore<T>, kLargestScore<T>);
}

/// Samples that are worth a thread's waking: about 10 µs of one or two passes.
std::size_t grain(std::size_t classes) { return 1 + 30000 / (classes + 200); }

/// The smallest of the numbers that threads offer.
class Smallest {
 public:
  explicit Smallest(std::size_t most) : value_(most) {}
  void offer(std::size_t value) {
    std::size_t now = value_.load();
    while (value < now && !value_.compare_exchange_weak(now, value)) {
    }
  }
  [[nodiscard]] std::size_t get() const { return value_.load(); }

 private:
  std::atomic<std::size_t> value_;
};

}  // namespace

template <class T>
std::size_t select_candidates(const Scores<T>& from, std::size_t count, std::int64_t* index, T* x,
                              const base::Executor& executor) {
  Smallest with_nan(from.batch);
  executor(from.batch, grain(from.classes), [&](std::size_t begin, std::size_t end) {
    RowSelection<T> selection(from.classes, count);
    std::vector<std::int64_t> targets;
    for (std::size_t sample = begin; sample < end; ++sample) {
      const T* row = from.scores + sample * from.classes;
      if (selection.scan(row)) {
        with_nan.offer(sample);
        return;
      }
      const std::int64_t* given = from.targets + sample * from.targets_per_sample;
      targets.clear();
      std::copy_if(given, given + from.targets_per_sample, std::back_inserter(targets),
                   [](std::int64_t target) { return target >= 0; });
      std::int64_t* to = std::copy(targets.begin(), targets.end(), index + sample * count);
      for (const auto& placed : selection.take(count - targets.size(), targets))
        *to++ = placed.place;
      for (std::size_t k = sample * count; k < (sample + 1) * count; ++k)
        x[k] = bounded(row[index[k]]);
    }
  });
  return with_nan.get();
}

template <class T>
std::size_t all_as_candidates(const Scores<T>& from, T* x, const base::Executor& executor) {
  Smallest with_nan(from.batch);
  const RowKernels<T> kernels = row_kernels<T>();
  executor(from.batch, grain(from.classes), [&](std::size_t begin, std::size_t end) {
    for (std::size_t sample = begin; sample < end; ++sample) {
      const T* row = from.scores + sample * from.classes;
      if (kernels.has_nan(row, from.classes)) {
        with_nan.offer(sample);
        return;
      }
      std::transform(row, row + from.classes, x + sample * from.classes, bounded<T>);
    }
  });
  return with_nan.get();
}

template std::size_t select_candidates(const Scores<float>&, std::size_t, std::int64_t*, float*,
                                       const base::Executor&);
template std::size_t select_candidates(const Scores<double>&, std::size_t, std::int64_t*, double*,
                                       const base::Executor&);
template std::size_t all_as_candidates(const Scores<float>&, float*, const base::Executor&);
template std::size_t all_as_candidates(const Scores<double>&, double*, const base::Executor&);

}  // namespace pliant::selection
#endif  // HWY_ONCE
