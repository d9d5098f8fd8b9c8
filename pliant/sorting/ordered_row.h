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
#include "pliant/sorting/relaxation.h"

namespace pliant::sorting {

/// A relaxation whose every column is a soft choice among the keys, by logits that are 0 for the
/// key of that rank and negative for the others. Keys are worked on in ascending order: k is a
/// place in it.
template <class T>
class OrderedRow : public RowRelaxation<T> {
 public:
  OrderedRow(const RelaxationOptions& options, std::size_t n, std::size_t first, std::size_t count)
      : n_(n),
        first_(first),
        count_(count),
        order_(n),
        x_(n),
        grad_(n),
        scratch_(2 * n + 1),
        line_(count),
        p_(n * count),
        grad_p_(n * count),
        sum_(count) {
    set_steepness(options.steepness);
  }

  void set_steepness(double steepness) final {
    // In the range of T, where steepness·0 is 0.
    steepness_ = std::clamp(steepness, static_cast<double>(std::numeric_limits<T>::min()),
                            static_cast<double>(std::numeric_limits<T>::max()));
  }

  void forward(const T* x, T* columns) final {
    finite_ = std::all_of(x, x + n_, [](T key) { return std::isfinite(key); });
    if (!finite_) {
      if (columns != nullptr) std::fill(columns, columns + n_ * count_, kNaN);
      return;
    }
    std::iota(order_.begin(), order_.end(), std::size_t{0});
    std::sort(order_.begin(), order_.end(),
              [x](std::size_t a, std::size_t b) { return x[a] != x[b] ? x[a] < x[b] : a < b; });
    for (std::size_t k = 0; k < n_; ++k) x_[k] = x[order_[k]];
    logits(p_.data());
    choose();
    if (columns == nullptr) return;
    for (std::size_t k = 0; k < n_; ++k) {
      std::copy_n(p_.data() + k * count_, count_, columns + order_[k] * count_);
    }
  }

  /// P depends on steepness·x^degree alone, so s·∂L/∂s = Σ x·∂L/∂x / degree.
  void backward(const T* grad_columns, T* grad_x, double* grad_steepness) final {
    if (!finite_) {
      std::fill(grad_x, grad_x + n_, kNaN);
      if (grad_steepness != nullptr) *grad_steepness += kNaN;
      return;
    }
    logit_gradient(grad_columns);
    std::fill(grad_.begin(), grad_.end(), 0);
    add_key_gradient(grad_p_.data(), grad_.data());
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
  /// The logits (n, count), [k][c] for rank first + c.
  virtual void logits(T* out) const = 0;
  /// Adds Σ s[k, c]·∂logit[k, c]/∂x / steepness, for s (n, count) = ∂L/∂logit.
  virtual void add_key_gradient(const T* s, double* grad) const = 0;
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

  std::size_t n_, first_, count_;
  double steepness_ = 1;
  bool finite_ = true;
  std::vector<std::size_t> order_;       ///< [k] the key at place k
  std::vector<T> x_;                     ///< [k] in ascending order
  std::vector<double> grad_;             ///< [k] / steepness
  mutable std::vector<double> scratch_;  ///< [2n + 1] for add_key_gradient
  mutable std::vector<T> line_;          ///< [c] for logits
  base::AlignedArray<T> p_;              ///< [k][c] P of rank first + c
  base::AlignedArray<T> grad_p_;         ///< [k][c]

 private:
  /// Logits to P, all columns side by side: the largest logit of each is known, 0.
  void choose() {
    math::exp_minus(p_.data(), n_ * count_, T(0), p_.data());
    std::fill(sum_.begin(), sum_.end(), 0.0);
    for (std::size_t k = 0; k < n_; ++k) {
      for (std::size_t c = 0; c < count_; ++c) sum_[c] += p_[k * count_ + c];
    }
    for (std::size_t c = 0; c < count_; ++c) line_[c] = static_cast<T>(1 / sum_[c]);
    for (std::size_t k = 0; k < n_; ++k) {
      for (std::size_t c = 0; c < count_; ++c) p_[k * count_ + c] *= line_[c];
    }
  }

  /// math::soft_argmax_backward of all columns side by side.
  void logit_gradient(const T* grad_columns) {
    std::fill(sum_.begin(), sum_.end(), 0.0);
    for (std::size_t k = 0; k < n_; ++k) {
      const T* g = grad_columns + order_[k] * count_;
      for (std::size_t c = 0; c < count_; ++c) sum_[c] += p_[k * count_ + c] * g[c];
    }
    for (std::size_t c = 0; c < count_; ++c) line_[c] = static_cast<T>(sum_[c]);
    for (std::size_t k = 0; k < n_; ++k) {
      const T* g = grad_columns + order_[k] * count_;
      for (std::size_t c = 0; c < count_; ++c) {
        grad_p_[k * count_ + c] = p_[k * count_ + c] * (g[c] - line_[c]);
      }
    }
  }

  std::vector<double> sum_;  ///< [c]
};

template <class T>
class NeuralSortRow final : public OrderedRow<T> {
 public:
  using OrderedRow<T>::OrderedRow;

 protected:
  /// Between neighbours at places k and k + 1 the logit changes by s·(x_{k+1} − x_k)·(2(r − k) −
  /// 1): from place r on both sides it only falls, and as a sum of terms of one sign it keeps its
  /// accuracy whatever the keys' common offset.
  void logits(T* out) const override {
    const std::size_t n = this->n_, count = this->count_;
    T* far = this->line_.data();  // how far the logits of each column have fallen, / steepness
    std::fill(out, out + count, T(0));
    std::fill(far, far + count, T(0));
    for (std::size_t k = 1; k < n; ++k) fall<true>(k - 1, out + k * count);
    std::fill(far, far + count, T(0));
    for (std::size_t k = n - 1; k-- > 0;) fall<false>(k, out + k * count);
    const T s = static_cast<T>(this->steepness_);
    for (std::size_t at = 0; at < n * count; ++at) out[at] *= -s;
  }

  /// ∂L/∂x_k = Σ_r (2r + 1 − n)·s[r, k] − Σ_l sign(x_k − x_l)·(h_k + h_l), h_k = Σ_r s[r, k]; the
  /// sum over l from running sums of h.
  void add_key_gradient(const T* s, double* grad) const override {
    const std::size_t n = this->n_;
    const auto size = static_cast<double>(n);
    double* h = this->scratch_.data();
    double* below = h + n;  // [n + 1]: the sums of h up to each place
    std::fill(h, below + 1, 0.0);
    for (std::size_t k = 0; k < n; ++k) {
      double sum = 0, by_rank = 0;
      for (std::size_t c = 0; c < this->count_; ++c) {
        const double moved = s[k * this->count_ + c];
        sum += moved;
        by_rank += static_cast<double>(c) * moved;
      }
      h[k] = sum;
      grad[k] += 2 * by_rank + (2 * static_cast<double>(this->first_) + 1 - size) * sum;
    }
    std::partial_sum(h, h + n, below + 1);
    this->for_equal_keys([&](std::size_t begin, std::size_t end) {
      const double signs = static_cast<double>(begin) + static_cast<double>(end) - size;
      const double others = below[begin] - (below[n] - below[end]);
      for (std::size_t k = begin; k < end; ++k) grad[k] -= signs * h[k] + others;
    });
  }

  [[nodiscard]] double degree() const override { return 1; }

 private:
  /// Goes across the gap between places k and k + 1 and adds what the logits have fallen by then:
  /// upwards those of the ranks r ≤ k, downwards those above.
  template <bool up>
  void fall(std::size_t k, T* __restrict__ out) const {
    // A gap that overflows still does not count where its factor is 0.
    const T gap = std::min(this->x_[k + 1] - this->x_[k], std::numeric_limits<T>::max());
    const T place = 2 * (static_cast<T>(k) - static_cast<T>(this->first_)) + 1;
    T* __restrict__ far = this->line_.data();
    for (std::size_t c = 0; c < this->count_; ++c) {
      const T rank = static_cast<T>(static_cast<std::int32_t>(2 * c));
      const T factor = up ? place - rank : rank - place;
      far[c] += gap * (factor > 0 ? factor : 0);
      out[c] = up ? far[c] : out[c] + far[c];
    }
  }
};

template <class T>
class SoftSortRow final : public OrderedRow<T> {
 public:
  SoftSortRow(const RelaxationOptions& options, std::size_t n, std::size_t first, std::size_t count)
      : OrderedRow<T>(options, n, first, count), power_(options.power) {}

 protected:
  void logits(T* out) const override {
    const T s = static_cast<T>(this->steepness_);
    const T* ranked = this->x_.data() + this->first_;
    for (std::size_t k = 0; k < this->n_; ++k) {
      const T key = this->x_[k];
      T* row = out + k * this->count_;
      for (std::size_t c = 0; c < this->count_; ++c) row[c] = std::abs(key - ranked[c]);
      if (power_ != 1) {
        for (std::size_t c = 0; c < this->count_; ++c) {
          row[c] = std::pow(row[c], static_cast<T>(power_));
        }
      }
      for (std::size_t c = 0; c < this->count_; ++c) row[c] *= -s;
    }
  }

  /// Column r moves with the key at place r too. Equal keys share what comes to their ranks.
  void add_key_gradient(const T* s, double* grad) const override {
    const std::size_t n = this->n_;
    double* of_rank = this->scratch_.data();
    std::fill(of_rank, of_rank + n, 0.0);
    for (std::size_t k = 0; k < n; ++k) {
      double sum = 0;
      for (std::size_t c = 0; c < this->count_; ++c) {
        const std::size_t r = this->first_ + c;
        const double moved = s[k * this->count_ + c] * slope(this->x_[r] - this->x_[k]);
        sum += moved;
        of_rank[r] -= moved;
      }
      grad[k] += sum;
    }
    this->for_equal_keys([&](std::size_t begin, std::size_t end) {
      const double all = std::accumulate(of_rank + begin, of_rank + end, 0.0);
      for (std::size_t k = begin; k < end; ++k) grad[k] += all / static_cast<double>(end - begin);
    });
  }

  [[nodiscard]] double degree() const override { return power_; }

 private:
  /// d|x|^power/dx, 0 at 0, and finite.
  [[nodiscard]] double slope(double x) const {
    if (x == 0) return 0;
    if (power_ == 1) return x > 0 ? 1 : -1;
    const double steep = power_ * std::pow(std::abs(x), power_ - 1);
    return std::copysign(std::min(steep, std::numeric_limits<double>::max()), x);
  }

  double power_;
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
