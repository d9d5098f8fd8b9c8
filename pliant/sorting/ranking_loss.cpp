// pliant/sorting/ranking_loss.cpp — Spearman's ρ and NDCG of soft ranks, set by set (no torch)
#include "pliant/sorting/ranking_loss.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <numbers>
#include <numeric>

#include "pliant/base/aligned.h"
#include "pliant/sorting/laplace_row.h"
#include "pliant/sorting/order.h"

namespace pliant::sorting {
namespace {

using Array = base::AlignedArray<double>;

/// The items of a set that take part, by their place in the row.
class Places {
 public:
  explicit Places(std::size_t n) : place_(n) {}

  void set(const bool* valid, std::size_t n) {
    count_ = 0;
    for (std::size_t i = 0; i < n; ++i) {
      if (valid == nullptr || valid[i]) place_[count_++] = i;
    }
  }
  [[nodiscard]] std::size_t count() const { return count_; }
  [[nodiscard]] std::size_t operator[](std::size_t item) const { return place_[item]; }

 private:
  base::AlignedArray<std::size_t> place_;
  std::size_t count_ = 0;
};

/// One set: its items that take part, in a row without gaps, their soft ranks, and what a loss says
/// of these; with memory that serves all sets of a call.
template <class T>
class RankedSet {
 public:
  explicit RankedSet(const ScoredSets<T>& sets)
      : sets_(sets),
        places_(sets.n),
        x_(sets.n),
        order_(sets.n),
        row_(sets.n, sets.steepness),
        weights_(sets.n),
        ranks_(sets.n),
        by_rank_(sets.n),
        mask_(sets.n),
        by_mask_(sets.n),
        sorted_(sets.n),
        grad_x_(sets.n) {}

  /// @returns false if a score that takes part is NaN
  bool read(std::size_t b) {
    const T* scores = sets_.scores + b * sets_.n;
    places_.set(sets_.valid == nullptr ? nullptr : sets_.valid + b * sets_.n, sets_.n);
    for (std::size_t i = 0; i < size(); ++i) x_[i] = scores[places_[i]];
    if (size() == 0) return true;
    ascending_order(x_.data(), 1, size(), order_.data(), serial_);
    if (!row_.read(x_.data(), order_.data(), size())) return false;
    write_ranks(row_, ranks_.data());
    return true;
  }

  [[nodiscard]] std::size_t size() const { return places_.count(); }
  [[nodiscard]] std::size_t place(std::size_t item) const { return places_[item]; }
  /// Ascending soft ranks from 1, by item.
  [[nodiscard]] double rank(std::size_t item) const { return ranks_[item]; }
  [[nodiscard]] double membership(std::size_t item) const { return mask_[item]; }
  /// The loss's slopes, to be written before `finish`.
  [[nodiscard]] double& by_rank(std::size_t item) const { return by_rank_[item]; }
  [[nodiscard]] double& by_mask(std::size_t item) const { return by_mask_[item]; }

  void select(std::size_t k) {
    write_mask(row_, static_cast<double>(k), sorted_.data(), mask_.data());
  }

  /// Writes the loss and its gradient.
  /// @param k  as of `select`; 0 = there is no mask
  void finish(std::size_t b, double loss, std::size_t k, const SetLosses<T>& to) {
    double of_steepness = rank_gradient(row_, by_rank_.data(), sorted_.data());
    if (k > 0) {
      if (const Threshold at = row_.solve(static_cast<double>(k)); at.is_finite()) {
        weights_.set(row_, at);
        of_steepness +=
            add_mask_gradient(row_, weights_, by_mask_.data(), sorted_.data()).steepness;
      }
    }
    scatter(row_, sorted_.data(), grad_x_.data());
    write(b, loss, of_steepness, to, [&](std::size_t i) { return grad_x_[i]; });
  }

  /// Writes a loss whose gradient is the same number everywhere: 0, or NaN.
  void finish_flat(std::size_t b, double loss, double slope, const SetLosses<T>& to) const {
    write(b, loss, slope, to, [slope](std::size_t) { return static_cast<T>(slope); });
  }

 private:
  template <class Slope>
  void write(std::size_t b, double loss, double of_steepness, const SetLosses<T>& to,
             const Slope& slope) const {
    to.loss[b] = static_cast<T>(loss);
    to.of_steepness[b] = of_steepness;
    T* gradient = to.gradient + b * sets_.n;
    std::fill_n(gradient, sets_.n, T{0});
    for (std::size_t i = 0; i < size(); ++i) gradient[places_[i]] = slope(i);
  }

  const ScoredSets<T>& sets_;
  Places places_;
  base::AlignedArray<T> x_;
  base::AlignedArray<std::int32_t> order_;
  LaplaceRow row_;
  LaplaceWeights weights_;
  Array ranks_, by_rank_, mask_, by_mask_, sorted_;
  base::AlignedArray<T> grad_x_;
  base::Executor serial_ = base::serial_executor();
};

/// of_set(set, number) for every set that has no NaN; the others' losses and gradients are NaN.
template <class T, class OfSet>
void for_sets(const ScoredSets<T>& sets, const SetLosses<T>& losses, const base::Executor& executor,
              const OfSet& of_set) {
  executor(sets.batch, laplace_grain(4 * sets.n), [&](std::size_t begin, std::size_t end) {
    RankedSet<T> set(sets);
    for (std::size_t b = begin; b < end; ++b) {
      if (set.read(b)) {
        of_set(set, b);
      } else {
        constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
        set.finish_flat(b, kNaN, kNaN, losses);
      }
    }
  });
}

/// The gains of a set over the largest of them, which cancels in an NDCG: so none overflows.
/// @returns false if there are none
template <class T>
bool write_gains(const RankedSet<T>& set, const double* relevance, bool exponential, double* gain) {
  double most = 0;
  for (std::size_t i = 0; i < set.size(); ++i) most = std::max(most, relevance[set.place(i)]);
  if (most == 0) return false;
  const bool is_large = most > 500;
  const double least = std::exp2(-most), largest = std::expm1(most * std::numbers::ln2);
  for (std::size_t i = 0; i < set.size(); ++i) {
    const double r = relevance[set.place(i)];
    if (!exponential) {
      gain[i] = r / most;
    } else {
      gain[i] =
          is_large ? std::exp2(r - most) - least : std::expm1(r * std::numbers::ln2) / largest;
    }
  }
  return true;
}

/// What the first k places of the best order of `gains` are worth.
double ideal(const double* gains, std::size_t count, std::size_t k, double* ordered) {
  std::copy_n(gains, count, ordered);
  const std::size_t counted = std::min(k, count);
  if (counted < count)
    std::nth_element(ordered, ordered + counted, ordered + count, std::greater<>());
  std::sort(ordered, ordered + counted, std::greater<>());
  double sum = 0;
  for (std::size_t r = 0; r < counted; ++r)
    sum += ordered[r] / std::log2(2 + static_cast<double>(r));
  return sum;
}

}  // namespace

template <class Label>
void mean_ranks(const Label* labels, const bool* valid, std::size_t batch, std::size_t n,
                double* ranks, const base::Executor& executor) {
  executor(batch, laplace_grain(4 * n), [&](std::size_t begin, std::size_t end) {
    Places places(n);
    base::AlignedArray<std::size_t> order(n);
    for (std::size_t b = begin; b < end; ++b) {
      const Label* label = labels + b * n;
      double* rank = ranks + b * n;
      places.set(valid == nullptr ? nullptr : valid + b * n, n);
      std::fill_n(rank, n, 0.0);
      const std::size_t count = places.count();
      for (std::size_t i = 0; i < count; ++i) order[i] = places[i];
      std::sort(order.data(), order.data() + count,
                [label](std::size_t i, std::size_t j) { return label[i] < label[j]; });
      for (std::size_t first = 0, last = 0; first < count; first = last) {
        while (last < count && label[order[last]] == label[order[first]]) ++last;
        for (std::size_t r = first; r < last; ++r)
          rank[order[r]] = 0.5 * static_cast<double>(first + last + 1);
      }
    }
  });
}

template <class T>
void spearman_loss(const ScoredSets<T>& sets, const double* ranks, const SetLosses<T>& losses,
                   const base::Executor& executor) {
  for_sets(sets, losses, executor, [&](RankedSet<T>& set, std::size_t b) {
    const auto size = static_cast<double>(set.size());
    const double middle = (size + 1) / 2, full = size * (size * size - 1) / 12;
    const auto found = [&](std::size_t i) { return set.rank(i) - middle; };
    const auto expected = [&](std::size_t i) { return ranks[b * sets.n + set.place(i)] - middle; };
    double spread = 0, of_expected = 0, product = 0;
    for (std::size_t i = 0; i < set.size(); ++i) {
      spread += found(i) * found(i);
      of_expected += expected(i) * expected(i);
      product += found(i) * expected(i);
    }
    if (of_expected == 0) return set.finish_flat(b, 1, 0, losses);
    // Equal scores have no spread: that of all ranks leaves them a gradient.
    const bool has_spread = spread > 1e-12 * full;
    if (!has_spread) spread = full;
    const double norm = std::sqrt(spread * of_expected);
    const double part = has_spread ? product / spread : 0;
    for (std::size_t i = 0; i < set.size(); ++i)
      set.by_rank(i) = (part * found(i) - expected(i)) / norm;
    set.finish(b, 1 - std::clamp(product / norm, -1.0, 1.0), 0, losses);
  });
}

template <class T>
void ndcg_loss(const ScoredSets<T>& sets, const Gains& gains, const SetLosses<T>& losses,
               const base::Executor& executor) {
  for_sets(sets, losses, executor, [&](RankedSet<T>& set, std::size_t b) {
    const Array gain(sets.n), ordered(sets.n);
    if (!write_gains(set, gains.relevance + b * sets.n, gains.exponential, gain.data()))
      return set.finish_flat(b, 1, 0, losses);
    const double best = ideal(gain.data(), set.size(), gains.k, ordered.data());
    const bool is_cut = gains.k < set.size();
    if (is_cut) set.select(gains.k);
    double sum = 0;
    for (std::size_t i = 0; i < set.size(); ++i) {
      // Ranks count from the largest score.
      const double above = static_cast<double>(set.size()) + 2 - set.rank(i);
      const double discount = 1 / std::log2(above), worth = gain[i] / best;
      const double member = is_cut ? set.membership(i) : 1;
      sum += worth * member * discount;
      set.by_rank(i) = -worth * member * discount * discount / (above * std::numbers::ln2);
      set.by_mask(i) = -worth * discount;
    }
    set.finish(b, 1 - sum, is_cut ? gains.k : 0, losses);
  });
}

template void mean_ranks(const double*, const bool*, std::size_t, std::size_t, double*,
                         const base::Executor&);
template void mean_ranks(const std::int64_t*, const bool*, std::size_t, std::size_t, double*,
                         const base::Executor&);
template void spearman_loss(const ScoredSets<float>&, const double*, const SetLosses<float>&,
                            const base::Executor&);
template void spearman_loss(const ScoredSets<double>&, const double*, const SetLosses<double>&,
                            const base::Executor&);
template void ndcg_loss(const ScoredSets<float>&, const Gains&, const SetLosses<float>&,
                        const base::Executor&);
template void ndcg_loss(const ScoredSets<double>&, const Gains&, const SetLosses<double>&,
                        const base::Executor&);

}  // namespace pliant::sorting
