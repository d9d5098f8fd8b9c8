// pliant/sorting/laplace_row.h — one sorted row, and what Laplace distributions sum to along it:
// what lap_sum.cpp, quantile.cpp and ranking_loss.cpp are made of; not installed (no torch)
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>

#include "pliant/base/aligned.h"

namespace pliant::sorting {

/// Rows that are worth a thread's waking: about 20 µs.
inline std::size_t laplace_grain(std::size_t n) { return 1 + 2000 / (n + 10); }

/// Where the distributions of a row stand: u_i = β·(x_i − anchor) + offset is β·(x_i − b), exact
/// even where b − anchor is too small a part of b.
struct Threshold {
  double anchor = 0;
  double offset = 0;

  [[nodiscard]] bool is_finite() const { return std::isfinite(offset); }
};

/// One row, its finite numbers x_0 >= x_1 >= …, and what the distributions of one side sum to at
/// each; with memory that serves all rows of a call.
class LaplaceRow {
 public:
  /// @param most  the longest row   @param steepness  β > 0, finite
  LaplaceRow(std::size_t most, double steepness);

  /// Reads a row; `order`, its ascending_order, must live as long as the row is looked at.
  /// @returns false if it has a NaN: nothing else is then defined
  template <class T>
  bool read(const T* x, const std::int32_t* order, std::size_t n) {
    n_ = n;
    order_ = order;
    if (std::isnan(x[order[n - 1]])) return false;
    const auto is_low = [x](std::int32_t i) { return x[i] == -std::numeric_limits<T>::infinity(); };
    const auto is_not_high = [x](std::int32_t i) {
      return x[i] < std::numeric_limits<T>::infinity();
    };
    const std::int32_t* first = std::partition_point(order, order + n, is_low);
    const std::int32_t* last = std::partition_point(first, order + n, is_not_high);
    low_ = static_cast<std::size_t>(first - order);
    finite_ = static_cast<std::size_t>(last - first);
    high_ = n - low_ - finite_;
    for (std::size_t j = 0; j < finite_; ++j) x_[j] = static_cast<double>(x[item(j)]);
    add_up();
    return true;
  }

  [[nodiscard]] double steepness() const { return steepness_; }
  [[nodiscard]] std::size_t low() const { return low_; }        ///< −inf
  [[nodiscard]] std::size_t finite() const { return finite_; }  ///< neither
  [[nodiscard]] std::size_t high() const { return high_; }      ///< +inf
  [[nodiscard]] double x(std::size_t j) const { return x_[j]; }
  /// The place in the row of the j-th largest finite number.
  [[nodiscard]] std::size_t item(std::size_t j) const {
    return static_cast<std::size_t>(order_[low_ + finite_ - 1 - j]);
  }

  /// fn(place) for the −inf, and for the +inf.
  template <class Fn>
  void for_low(const Fn& fn) const {
    std::for_each(order_, order_ + low_, fn);
  }
  template <class Fn>
  void for_high(const Fn& fn) const {
    std::for_each(order_ + low_ + finite_, order_ + n_, fn);
  }

  /// 2·Σ_{i > j} F(β·(x_i − x_j)) + 1, of the finite numbers; and Σ_{i < j} 2·(1 − F) + 1.
  [[nodiscard]] double below(std::size_t j) const { return below_[j]; }
  [[nodiscard]] double above(std::size_t j) const { return above_[j]; }
  /// exp(−β·(x_j − x_{j + 1})).
  [[nodiscard]] double decay(std::size_t j) const { return decay_[j]; }

  /// Where the finite numbers have mass k − high in sum.
  [[nodiscard]] Threshold solve(double k) const;

  /// u[j] of every finite number.
  void arguments(const Threshold& at, double* u) const {
    for (std::size_t j = 0; j < finite_; ++j) u[j] = steepness_ * (x_[j] - at.anchor) + at.offset;
  }

 private:
  void add_up();
  /// How many x_j, from the largest, have at most this mass: Σ_i F(β·(x_i − x_j)).
  [[nodiscard]] std::size_t count_up_to(double mass) const;

  double steepness_;
  base::AlignedArray<double> x_, decay_, above_, below_;
  const std::int32_t* order_ = nullptr;
  std::size_t n_ = 0, low_ = 0, finite_ = 0, high_ = 0;
};

/// Weights of the numbers at a threshold, with memory that serves all.
class LaplaceWeights {
 public:
  explicit LaplaceWeights(std::size_t most) : u_(most), q_(most) {}

  /// q_j = f(u_j)/Σ f, and f(u_j) = total()·q_j, f the density.
  void set(const LaplaceRow& row, const Threshold& at);
  [[nodiscard]] double u(std::size_t j) const { return u_[j]; }
  [[nodiscard]] double q(std::size_t j) const { return q_[j]; }
  [[nodiscard]] double total() const { return total_; }

 private:
  base::AlignedArray<double> u_, q_;
  double total_ = 0;
};

/// What a result's gradient is of the mass k and of the steepness.
struct MassGradient {
  double k = 0;
  double steepness = 0;
};

/// Soft ranks from 1 of all numbers of the row, at their places; equal infinite ones tie.
template <class T>
void write_ranks(const LaplaceRow& row, T* ranks) {
  const std::size_t finite = row.finite(), below = row.low() + finite;
  for (std::size_t j = 0; j < finite; ++j) {
    const auto hard = static_cast<double>(below - j);
    ranks[row.item(j)] = static_cast<T>(hard + 0.5 * (row.above(j) - row.below(j)));
  }
  const auto middle = [](std::size_t ties) { return 0.5 * static_cast<double>(ties + 1); };
  row.for_low([&](std::int32_t i) { ranks[i] = static_cast<T>(middle(row.low())); });
  row.for_high([&](std::int32_t i) {
    ranks[i] = static_cast<T>(static_cast<double>(below) + middle(row.high()));
  });
}

/// The gradient of the finite numbers, sorted, from that of their ranks, g by place: with f_ij the
/// densities of the differences, that of x_i is β·Σ_j f_ij·(g_i − g_j).
/// @param sorted  written   @returns the steepness' gradient
template <class T>
double rank_gradient(const LaplaceRow& row, const T* g_by_place, double* sorted) {
  const std::size_t finite = row.finite();
  const auto g = [&](std::size_t j) { return static_cast<double>(g_by_place[row.item(j)]); };
  double sum = 0, of_steepness = 0;
  for (std::size_t j = 0; j < finite; ++j) {
    sum = g(j) + (j == 0 ? 0 : row.decay(j - 1) * sum);
    sorted[j] = g(j) * (row.above(j) + row.below(j)) - sum;
  }
  for (std::size_t j = finite; j-- > 0;) {
    sum = g(j) + (j + 1 == finite ? 0 : row.decay(j) * sum);
    sorted[j] = 0.5 * (sorted[j] - sum);
    of_steepness += sorted[j] * (row.x(j) - row.x(0));
    sorted[j] *= row.steepness();
  }
  return of_steepness;
}

/// F at the finite numbers, where they sum to k, and the shares of the infinite ones.
/// @param u  scratch, as many as there are finite numbers
template <class T>
void write_mask(const LaplaceRow& row, double k, double* u, T* mask);

/// Adds one mask's gradient, w_j·(g_j − Σ q·g), w the density, to that of the sorted numbers.
template <class T>
MassGradient add_mask_gradient(const LaplaceRow& row, const LaplaceWeights& weights,
                               const T* g_by_place, double* sorted) {
  MassGradient gradient;
  const auto g = [&](std::size_t j) { return static_cast<double>(g_by_place[row.item(j)]); };
  for (std::size_t j = 0; j < row.finite(); ++j) gradient.k += weights.q(j) * g(j);
  for (std::size_t j = 0; j < row.finite(); ++j) {
    const double moved = weights.total() * weights.q(j) * (g(j) - gradient.k);
    sorted[j] += row.steepness() * moved;
    // They sum to 0, so that the shift changes nothing.
    gradient.steepness += moved * (row.x(j) - row.x(0));
  }
  return gradient;
}

/// Adds one threshold's gradient to that of the sorted numbers: it moves with their mean by q.
MassGradient add_threshold_gradient(const LaplaceRow& row, const LaplaceWeights& weights, double g,
                                    double* sorted);

/// The gradients of the sorted finite numbers, at their places; 0 for the infinite ones.
template <class T>
void scatter(const LaplaceRow& row, const double* sorted, T* grad_x) {
  for (std::size_t j = 0; j < row.finite(); ++j) grad_x[row.item(j)] = static_cast<T>(sorted[j]);
  row.for_low([&](std::int32_t i) { grad_x[i] = 0; });
  row.for_high([&](std::int32_t i) { grad_x[i] = 0; });
}

}  // namespace pliant::sorting
