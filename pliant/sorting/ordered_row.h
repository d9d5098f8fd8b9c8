// pliant/sorting/ordered_row.h — NeuralSort and SoftSort: choices among the keys in their order;
// private to sorting (no torch)
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <numeric>
#include <string_view>
#include <vector>

#include "pliant/base/aligned.h"
#include "pliant/math/choice.h"
#include "pliant/sorting/ordered_kernels.h"
#include "pliant/sorting/relaxation.h"

namespace pliant::sorting {

/// A relaxation whose every column is a soft choice among the keys, by logits that are 0 for the
/// key of that rank and negative for the others. Keys are worked on in ascending order: k is a
/// place in it.
template <class T>
class OrderedRow : public RowRelaxation<T> {
 public:
  OrderedRow(const RelaxationOptions& options, std::size_t n, std::size_t first, std::size_t count)
      : kernels_(ordered_kernels<T>()),
        n_(n),
        width_((count + kLanes - 1) / kLanes * kLanes),
        order_(n),
        block_{n, first, count, width_, order_.data()},
        places_(n + kLanes),
        x_(n + kLanes),
        grad_(n),
        scratch_(3 * n + width_ + 1),
        line_(width_),
        p_(n * width_),
        sum_(width_) {
    set_steepness(options.steepness);
  }

  void set_steepness(double steepness) final {
    // In the range of T, where steepness·0 is 0.
    steepness_ = std::clamp(steepness, static_cast<double>(std::numeric_limits<T>::min()),
                            static_cast<double>(std::numeric_limits<T>::max()));
  }

  void forward(const T* x, T* columns) final {
    find_finite(x);
    if (!finite_) {
      if (columns != nullptr) std::fill(columns, columns + n_ * block_.count, kNaN);
      return;
    }
    sort(x);
    logits(p_.data());
    // The largest logit of each column is known, 0.
    math::exp_minus(p_.data(), n_ * width_, T(0), p_.data());
    kernels_.normalise(block_, p_.data(), sum_.data(), line_.data(), columns);
  }

  void recall(const T* x, const T* columns) final {
    find_finite(x);
    if (!finite_) return;
    sort(x);
    for (std::size_t k = 0; k < n_; ++k) {
      T* line = p_.data() + k * width_;
      std::copy_n(columns + order_[k] * block_.count, block_.count, line);
      std::fill(line + block_.count, line + width_, T{0});
    }
  }

  /// P depends on steepness·x^degree alone, so s·∂L/∂s = Σ x·∂L/∂x / degree.
  void backward(const T* grad_columns, T* grad_x, double* grad_steepness) final {
    if (!finite_) {
      std::fill(grad_x, grad_x + n_, kNaN);
      if (grad_steepness != nullptr) *grad_steepness += kNaN;
      return;
    }
    kernels_.means(block_, p_.data(), grad_columns, sum_.data(), line_.data());
    key_gradient(grad_columns, line_.data(), grad_.data());
    for (std::size_t k = 0; k < n_; ++k) {
      grad_x[order_[k]] = static_cast<T>(steepness_ * grad_[k]);
    }
    if (grad_steepness == nullptr) return;
    // P stays the same when all keys move: from the middle one the sum loses the least.
    const double middle = x_[n_ / 2];
    double sum = 0;
    for (std::size_t k = 0; k < n_; ++k) sum += (x_[k] - middle) * grad_[k];
    *grad_steepness += sum / degree();
  }

 protected:
  /// The logits, [k][c] for rank first + c.
  virtual void logits(T* out) = 0;
  /// grad[k] ← Σ s·∂logit/∂x_k / steepness over all logits, s = P∘(g − mean) being their gradient.
  virtual void key_gradient(const T* g, const T* mean, double* grad) = 0;
  /// Of the logits as functions of all keys.
  [[nodiscard]] virtual double degree() const = 0;

  /// fn(begin, end) for every run of equal keys.
  template <class Fn>
  void for_equal_keys(const Fn& fn) const {
    for (std::size_t begin = 0, end = 0; begin < n_; begin = end) {
      while (end < n_ && x_[end] == x_[begin]) ++end;
      fn(begin, end);
    }
  }

  static constexpr T kNaN = std::numeric_limits<T>::quiet_NaN();
  static constexpr std::size_t kLanes = kColumnLanes<T>;

  OrderedKernels<T> kernels_;
  std::size_t n_, width_;
  std::vector<std::size_t> order_;  ///< [k] the key at place k
  ColumnBlock block_;
  double steepness_ = 1;
  bool finite_ = true;
  std::vector<std::int32_t> places_;  ///< [i] where key i stands
  std::vector<T> x_;                  ///< [k] in ascending order, and numbers behind the end
  std::vector<double> grad_;          ///< [k] / steepness
  std::vector<double> scratch_;       ///< [3n + width + 1] for key_gradient
  base::AlignedArray<T> line_;        ///< [c]
  base::AlignedArray<T> p_;           ///< [k][c] P of rank first + c, 0 behind the last column

 private:
  /// Up to so many keys, each is compared with each.
  static constexpr std::size_t kCompareAll = 256;

  void find_finite(const T* x) {
    finite_ = std::all_of(x, x + n_, [](T key) { return std::isfinite(key); });
  }

  /// Equal keys stay in the order of their indices.
  void sort(const T* x) {
    if (n_ <= kCompareAll) {
      std::copy_n(x, n_, x_.data());
      kernels_.find_places(x_.data(), n_, places_.data());
      for (std::size_t i = 0; i < n_; ++i) order_[static_cast<std::size_t>(places_[i])] = i;
    } else {
      std::iota(order_.begin(), order_.end(), std::size_t{0});
      std::sort(order_.begin(), order_.end(),
                [x](std::size_t a, std::size_t b) { return x[a] != x[b] ? x[a] < x[b] : a < b; });
    }
    for (std::size_t k = 0; k < n_; ++k) x_[k] = x[order_[k]];
  }

  std::vector<double> sum_;  ///< [c]
};

template <class T>
class NeuralSortRow final : public OrderedRow<T> {
 public:
  using OrderedRow<T>::OrderedRow;

 protected:
  void logits(T* out) override {
    this->kernels_.fall(this->block_, this->x_.data(), static_cast<T>(this->steepness_),
                        this->line_.data(), out);
  }

  /// ∂L/∂x_k = Σ_r (2r + 1 − n)·s[r, k] − Σ_l sign(x_k − x_l)·(h_k + h_l), h_k = Σ_r s[r, k]; the
  /// sum over l from running sums of h.
  void key_gradient(const T* g, const T* mean, double* grad) override {
    const std::size_t n = this->n_;
    const auto size = static_cast<double>(n);
    double* h = this->scratch_.data();
    double* by_rank = h + n;
    double* below = by_rank + n;  // [n + 1]: the sums of h up to each place
    this->kernels_.rank_sums(this->block_, this->p_.data(), g, mean, h, by_rank);
    for (std::size_t k = 0; k < n; ++k) {
      grad[k] = 2 * by_rank[k] + (2 * static_cast<double>(this->block_.first) + 1 - size) * h[k];
    }
    below[0] = 0;
    std::partial_sum(h, h + n, below + 1);
    this->for_equal_keys([&](std::size_t begin, std::size_t end) {
      const double signs = static_cast<double>(begin) + static_cast<double>(end) - size;
      const double others = below[begin] - (below[n] - below[end]);
      for (std::size_t k = begin; k < end; ++k) grad[k] -= signs * h[k] + others;
    });
  }

  [[nodiscard]] double degree() const override { return 1; }
};

template <class T>
class SoftSortRow final : public OrderedRow<T> {
 public:
  SoftSortRow(const RelaxationOptions& options, std::size_t n, std::size_t first, std::size_t count)
      : OrderedRow<T>(options, n, first, count), power_(options.power) {}

 protected:
  void logits(T* out) override {
    const T s = static_cast<T>(this->steepness_);
    this->kernels_.distances(this->block_, this->x_.data(), power_ == 1 ? -s : 1, out);
    if (power_ == 1) return;
    const auto power = static_cast<T>(power_);
    for (std::size_t at = 0; at < this->n_ * this->width_; ++at) {
      out[at] = -s * std::pow(out[at], power);
    }
  }

  /// Column r moves with the key at place r too. Equal keys share what comes to their ranks.
  void key_gradient(const T* g, const T* mean, double* grad) override {
    const std::size_t n = this->n_;
    const ColumnBlock& block = this->block_;
    double* of_rank = this->scratch_.data();
    std::fill(of_rank, of_rank + n, 0.0);
    this->kernels_.slope_sums(block, this->x_.data(), power_ == 1 ? nullptr : slopes(),
                              this->p_.data(), g, mean, grad, of_rank + block.first);
    this->for_equal_keys([&](std::size_t begin, std::size_t end) {
      const double all = std::accumulate(of_rank + begin, of_rank + end, 0.0);
      for (std::size_t k = begin; k < end; ++k) grad[k] += all / static_cast<double>(end - begin);
    });
  }

  [[nodiscard]] double degree() const override { return power_; }

 private:
  /// [k][c] of d|x|^power/dx at the distance from place k to rank first + c, 0 behind the last.
  const T* slopes() {
    slopes_.assign(this->n_ * this->width_, 0);
    for (std::size_t k = 0; k < this->n_; ++k) {
      for (std::size_t c = 0; c < this->block_.count; ++c) {
        slopes_[k * this->width_ + c] = slope(this->x_[this->block_.first + c] - this->x_[k]);
      }
    }
    return slopes_.data();
  }

  /// d|x|^power/dx, 0 at 0, and finite.
  [[nodiscard]] T slope(double x) const {
    if (x == 0) return 0;
    const double steep = power_ * std::pow(std::abs(x), power_ - 1);
    const auto most = static_cast<double>(std::numeric_limits<T>::max());
    return static_cast<T>(std::copysign(std::min(steep, most), x));
  }

  double power_;
  std::vector<T> slopes_;
};

struct NeuralSort {
  static constexpr std::string_view name = "neuralsort";
  static constexpr std::string_view formula =
      "P[i, r] = softmax over i of s·((2r + 1 − n)·x_i − Σ_l |x_i − x_l|)";
  static constexpr std::string_view source =
      "Grover et al., Stochastic Optimization of Sorting Networks via Continuous Relaxations (ICLR "
      "2019)";
  static constexpr std::string_view cost = "O(n²)";
  static constexpr bool doubly_stochastic = false;
  static constexpr bool monotone = false;
  template <class T>
  using Row = NeuralSortRow<T>;
};

struct SoftSort {
  static constexpr std::string_view name = "softsort";
  static constexpr std::string_view formula =
      "P[i, r] = softmax over i of −s·|x_i − sorted(x)_r|^power";
  static constexpr std::string_view source =
      "Prillo and Eisenschlos, SoftSort: A Continuous Relaxation for the argsort Operator (ICML "
      "2020)";
  static constexpr std::string_view cost = "O(n²)";
  static constexpr bool doubly_stochastic = false;
  static constexpr bool monotone = false;
  template <class T>
  using Row = SoftSortRow<T>;
};

}  // namespace pliant::sorting
