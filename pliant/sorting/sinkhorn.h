// pliant/sorting/sinkhorn.h — sorting by entropic optimal transport; private to sorting (no torch)
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <string_view>
#include <vector>

#include "pliant/sorting/relaxation.h"

namespace pliant::sorting {

/// The transport between the keys of a row and the ranks, all in double, whatever the keys are in.
///
/// Keys are squashed to y_i = 1/(1 + exp(−π/√3·z_i)), z_i the key less the row's mean by its
/// standard deviation: logistic keys spread evenly over (0, 1). The ranks stand at a_r = r/(n − 1).
/// Of all P ≥ 0 whose rows and columns sum to 1, it looks for the least Σ P·(y_i − a_r)² + 1/s·Σ
/// P·ln P, by P = exp(f_i + g_r − s·(y_i − a_r)²) with f and g fitted to the rows and the columns
/// in turn (Sinkhorn): by scaling a matrix's rows and columns, and where the scales would leave the
/// range of doubles, in logarithms.
class SinkhornPlan {
 public:
  SinkhornPlan(const RelaxationOptions& options, std::size_t n);

  void set_steepness(double steepness);

  /// Until no row's sum is off by more than the tolerance, or for so many iterations. Columns sum
  /// to 1 after each.   Cost: n² exponentials, and 4·n² operations an iteration; in logarithms 2·n²
  /// exponentials an iteration
  void fit(const double* x);

  /// P[i, r] for all i.
  void column(std::size_t r, double* out) const;

  /// The gradient of the last fit for upstream `grad_columns` [c][i], of the columns from `first`.
  /// @param grad_x          (n), written
  /// @param grad_steepness  added to
  void backward(const double* grad_columns, std::size_t first, std::size_t count, double* grad_x,
                double& grad_steepness);

 private:
  void squash(const double* x);
  void squash_backward(const double* grad_y, double* grad_x) const;
  [[nodiscard]] double cost(std::size_t i, std::size_t r) const;
  /// Iterates by scales of rows and columns.
  /// @param iterations  of all so far, counted up
  /// @returns whether that is all; if not, the scales got out of range
  bool fit_by_scaling(int& iterations);
  [[nodiscard]] bool is_balanced() const;
  void take_over_scales(bool is_done);
  void remember();
  void transpose();
  void fit_rows(const double* g, double* f) const;
  void fit_columns(const double* f, double* g) const;
  void weigh(const double* f, const double* g, double* p) const;
  void backward_implicit();
  void backward_unrolled();

  RelaxationOptions options_;
  std::size_t n_;
  std::vector<double> anchor_;                    ///< [r] where rank r stands
  std::vector<double> z_, y_;                     ///< [i] standardised, squashed
  double deviation_ = 0;                          ///< 0: all keys are equal
  std::vector<double> f_, g_;                     ///< [i], [r]
  std::vector<double> row_scale_, column_scale_;  ///< [i], [r] of p, before they are taken over
  std::vector<double> sums_, next_;  ///< [i] or [r]; the rows' scales of the next iteration
  std::vector<double> history_;      ///< f and g of every iteration, where the gradient is unrolled
  std::vector<double> p_;            ///< [r][i]
  std::vector<double> transposed_;   ///< [i][r]
  std::vector<double>
      grad_logit_;  ///< [r][i] of f_i + g_r − s·(y_i − a_r)², then of the last alone
  mutable std::vector<double> line_;
};

template <class T>
class SinkhornRow final : public RowRelaxation<T> {
 public:
  SinkhornRow(const RelaxationOptions& options, std::size_t n, std::size_t first, std::size_t count)
      : plan_(options, n), n_(n), first_(first), count_(count), x_(n), columns_(n * count) {}

  void set_steepness(double steepness) override { plan_.set_steepness(steepness); }

  void forward(const T* x, T* columns) override {
    finite_ = std::all_of(x, x + n_, [](T key) { return std::isfinite(key); });
    std::copy(x, x + n_, x_.begin());
    if (finite_) plan_.fit(x_.data());
    if (columns == nullptr) return;
    for (std::size_t c = 0; c < count_; ++c) {
      double* column = columns_.data() + c * n_;
      std::fill(column, column + n_, std::numeric_limits<double>::quiet_NaN());
      if (finite_) plan_.column(first_ + c, column);
      for (std::size_t i = 0; i < n_; ++i) columns[i * count_ + c] = static_cast<T>(column[i]);
    }
  }

  void backward(const T* grad_columns, T* grad_x, double* grad_steepness) override {
    double sum = finite_ ? 0 : std::numeric_limits<double>::quiet_NaN();
    std::fill(x_.begin(), x_.end(), sum);
    if (finite_) {
      for (std::size_t c = 0; c < count_; ++c) {
        for (std::size_t i = 0; i < n_; ++i) columns_[c * n_ + i] = grad_columns[i * count_ + c];
      }
      plan_.backward(columns_.data(), first_, count_, x_.data(), sum);
    }
    for (std::size_t i = 0; i < n_; ++i) grad_x[i] = static_cast<T>(x_[i]);
    if (grad_steepness != nullptr) *grad_steepness += sum;
  }

 private:
  SinkhornPlan plan_;
  std::size_t n_, first_, count_;
  bool finite_ = true;
  std::vector<double> x_;        ///< keys, or their gradient
  std::vector<double> columns_;  ///< [c][i] of P, or of its gradient
};

struct Sinkhorn {
  static constexpr std::string_view name = "sinkhorn";
  static constexpr std::string_view formula =
      "P = exp(f_i + g_r − s·(y_i − r/(n − 1))²), rows and columns summing to 1; y = "
      "logistic(π/√3·(x − mean)/deviation)";
  static constexpr std::string_view source =
      "Cuturi, Teboul and Vert, Differentiable Ranking and Sorting using Optimal Transport "
      "(NeurIPS "
      "2019)";
  static constexpr std::string_view cost = "O(n²·iterations)";
  static constexpr bool doubly_stochastic = true;  // up to the tolerance
  static constexpr bool monotone = false;
  template <class T>
  using Row = SinkhornRow<T>;
};

}  // namespace pliant::sorting
