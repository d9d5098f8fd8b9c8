// pliant/sorting/lap_row.cpp — columns as differences of neighbouring masks, and their gradient (no
// torch)
#include "pliant/sorting/lap_row.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include "pliant/sorting/lap_sum.h"

namespace pliant::sorting {
namespace {

template <class T>
class LapColumns final : public RowRelaxation<T> {
 public:
  LapColumns(double steepness, std::size_t n, std::size_t first, std::size_t count)
      : steepness_(steepness),
        n_(n),
        count_(count),
        x_(n),
        order_(n),
        k_(count + 1),
        masks_(k_.size() * n),
        grad_x_(n),
        grad_k_(k_.size()) {
    for (std::size_t c = 0; c <= count; ++c) k_[c] = static_cast<double>(n - first - c);
  }

  void set_steepness(double steepness) override { steepness_ = steepness; }

  void forward(const T* x, T* columns) override {
    std::copy_n(x, n_, x_.data());
    finite_ = std::all_of(x, x + n_, [](T key) { return std::isfinite(key); });
    if (!finite_) {
      if (columns != nullptr) std::fill(columns, columns + n_ * count_, kNaN);
      return;
    }
    ascending_order(x_.data(), 1, n_, order_.data(), serial_);
    if (columns == nullptr) return;
    lap_mask(args(), masses(), masks_.data(), serial_);
    for (std::size_t i = 0; i < n_; ++i) {
      for (std::size_t c = 0; c < count_; ++c)
        columns[i * count_ + c] = static_cast<T>(masks_[c * n_ + i] - masks_[(c + 1) * n_ + i]);
    }
  }

  /// A mask is in the column before it and in the one behind.
  void backward(const T* grad_columns, T* grad_x, double* grad_steepness) override {
    if (!finite_) {
      std::fill(grad_x, grad_x + n_, kNaN);
      if (grad_steepness != nullptr) *grad_steepness += kNaN;
      return;
    }
    for (std::size_t c = 0; c <= count_; ++c) {
      for (std::size_t i = 0; i < n_; ++i) {
        const T* g = grad_columns + i * count_ + c;
        masks_[c * n_ + i] = (c < count_ ? double{g[0]} : 0) - (c > 0 ? double{g[-1]} : 0);
      }
    }
    double by_steepness = 0;
    lap_mask_backward(args(), masses(), masks_.data(), grad_x_.data(), grad_k_.data(),
                      &by_steepness, serial_);
    std::transform(grad_x_.begin(), grad_x_.end(), grad_x,
                   [](double g) { return static_cast<T>(g); });
    if (grad_steepness != nullptr) *grad_steepness += by_steepness;
  }

 private:
  static constexpr T kNaN = std::numeric_limits<T>::quiet_NaN();

  [[nodiscard]] LapArgs<double> args() const {
    return {{1, n_, x_.data(), order_.data()}, steepness_};
  }
  [[nodiscard]] LapMasses masses() const { return {k_.size(), k_.data()}; }

  double steepness_;
  std::size_t n_, count_;
  bool finite_ = true;
  std::vector<double> x_;
  std::vector<std::int32_t> order_;
  std::vector<double> k_;      ///< n − first … n − first − count
  std::vector<double> masks_;  ///< [k][i], or their gradients
  std::vector<double> grad_x_, grad_k_;
  base::Executor serial_ = base::serial_executor();
};

}  // namespace

template <class T>
std::unique_ptr<RowRelaxation<T>> make_lap_row(double steepness, std::size_t n, std::size_t first,
                                               std::size_t count) {
  return std::make_unique<LapColumns<T>>(steepness, n, first, count);
}

template std::unique_ptr<RowRelaxation<float>> make_lap_row(double, std::size_t, std::size_t,
                                                            std::size_t);
template std::unique_ptr<RowRelaxation<double>> make_lap_row(double, std::size_t, std::size_t,
                                                             std::size_t);

}  // namespace pliant::sorting
