// pliant/sorting/sinkhorn.cpp — Sinkhorn's iterations in logarithms, and their gradient two ways
// (no torch)
#include "pliant/sorting/sinkhorn.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>

#include "pliant/math/choice.h"
#include "pliant/sorting/sum_lines.h"

namespace pliant::sorting {
namespace {

/// Squashes keys of a logistic distribution evenly.
constexpr double kSquash = std::numbers::pi / std::numbers::sqrt3;

/// Rows and columns are scaled by no more than this, nor by less than its inverse, before f and g
/// take it over: a weight that was too small for a double stays too small to count.
constexpr double kLargestScale = 1e30;

/// Conjugate gradients stop where what is left is this small.
constexpr double kSolved = 1e-14;

bool are_in_range(const std::vector<double>& sums) {
  return std::all_of(sums.begin(), sums.end(),
                     [](double sum) { return sum >= 1 / kLargestScale && sum <= kLargestScale; });
}

double dot(const std::vector<double>& a, const std::vector<double>& b) {
  return std::inner_product(a.begin(), a.end(), b.begin(), 0.0);
}

/// Less its mean.
void centre(std::vector<double>& v) {
  const double mean = std::accumulate(v.begin(), v.end(), 0.0) / static_cast<double>(v.size());
  for (double& x : v) x -= mean;
}

}  // namespace

SinkhornPlan::SinkhornPlan(const RelaxationOptions& options, std::size_t n)
    : options_(options),
      n_(n),
      anchor_(n),
      z_(n),
      y_(n),
      f_(n),
      g_(n),
      row_scale_(n),
      column_scale_(n),
      sums_(n),
      next_(n),
      p_(n * n),
      transposed_(n * n),
      line_(n) {
  for (std::size_t r = 0; r < n; ++r) {
    anchor_[r] = n > 1 ? static_cast<double>(r) / static_cast<double>(n - 1) : 0.5;
  }
  set_steepness(options.steepness);
}

void SinkhornPlan::set_steepness(double steepness) {
  // f and g grow with it, and their sums have to stay in range.
  options_.steepness = std::min(steepness, 1e300);
}

double SinkhornPlan::cost(std::size_t i, std::size_t r) const {
  const double distance = y_[i] - anchor_[r];
  return distance * distance;
}

void SinkhornPlan::squash(const double* x) {
  const auto n = static_cast<double>(n_);
  double mean = 0;
  for (std::size_t i = 0; i < n_; ++i) mean += x[i] / n;
  double largest = 0;
  for (std::size_t i = 0; i < n_; ++i) {
    z_[i] = x[i] - mean;
    largest = std::max(largest, std::abs(z_[i]));
  }
  const bool equal = std::all_of(x, x + n_, [x](double key) { return key == x[0]; });
  deviation_ = 0;
  if (!equal) {
    // By the largest first: squares neither overflow nor vanish.
    double squares = 0;
    for (double& z : z_) squares += (z / largest) * (z / largest) / n;
    deviation_ = largest * std::sqrt(squares);
  }
  for (std::size_t i = 0; i < n_; ++i) {
    z_[i] = equal ? 0 : z_[i] / deviation_;
    y_[i] = 1 / (1 + std::exp(-kSquash * z_[i]));
  }
}

/// Equal keys have no deviation, and their gradient is 0.
void SinkhornPlan::squash_backward(const double* grad_y, double* grad_x) const {
  if (deviation_ == 0) return std::fill(grad_x, grad_x + n_, 0.0);
  const auto n = static_cast<double>(n_);
  double mean = 0, along = 0;
  for (std::size_t i = 0; i < n_; ++i) {
    grad_x[i] = grad_y[i] * kSquash * y_[i] * (1 - y_[i]);
    mean += grad_x[i] / n;
    along += grad_x[i] * z_[i] / n;
  }
  for (std::size_t i = 0; i < n_; ++i) grad_x[i] = (grad_x[i] - mean - z_[i] * along) / deviation_;
}

void SinkhornPlan::fit_rows(const double* g, double* f) const {
  for (std::size_t i = 0; i < n_; ++i) {
    for (std::size_t r = 0; r < n_; ++r) line_[r] = g[r] - options_.steepness * cost(i, r);
    f[i] = -math::log_sum_exp(line_.data(), n_);
  }
}

void SinkhornPlan::fit_columns(const double* f, double* g) const {
  for (std::size_t r = 0; r < n_; ++r) {
    for (std::size_t i = 0; i < n_; ++i) line_[i] = f[i] - options_.steepness * cost(i, r);
    g[r] = -math::log_sum_exp(line_.data(), n_);
  }
}

void SinkhornPlan::fit(const double* x) {
  squash(x);
  history_.clear();
  std::fill(f_.begin(), f_.end(), 0.0);
  std::fill(g_.begin(), g_.end(), 0.0);
  int iterations = 0;
  while (!fit_by_scaling(iterations)) {
    fit_rows(g_.data(), f_.data());
    fit_columns(f_.data(), g_.data());
    ++iterations;
    remember();
  }
}

bool SinkhornPlan::fit_by_scaling(int& iterations) {
  weigh(f_.data(), g_.data(), p_.data());
  transpose();
  std::fill(row_scale_.begin(), row_scale_.end(), 1.0);
  std::fill(column_scale_.begin(), column_scale_.end(), 1.0);
  bool is_done = false;
  while (true) {
    sum_lines(p_.data(), column_scale_.data(), n_, n_, sums_.data());
    is_done = iterations == options_.iterations || (iterations > 0 && is_balanced());
    if (is_done || !are_in_range(sums_)) break;
    for (std::size_t i = 0; i < n_; ++i) next_[i] = 1 / sums_[i];
    sum_lines(transposed_.data(), next_.data(), n_, n_, sums_.data());
    if (!are_in_range(sums_)) break;
    row_scale_.swap(next_);
    for (std::size_t r = 0; r < n_; ++r) column_scale_[r] = 1 / sums_[r];
    ++iterations;
    remember();
  }
  take_over_scales(is_done);
  return is_done;
}

/// What the rows sum to is in sums_, but for their scales.
bool SinkhornPlan::is_balanced() const {
  double off = 0;
  for (std::size_t i = 0; i < n_; ++i) off = std::max(off, std::abs(row_scale_[i] * sums_[i] - 1));
  return off <= options_.tolerance;
}

/// Into p at the end, which is all that is wanted then, else into f and g.
void SinkhornPlan::take_over_scales(bool is_done) {
  if (!is_done) {
    for (std::size_t i = 0; i < n_; ++i) f_[i] += std::log(row_scale_[i]);
    for (std::size_t r = 0; r < n_; ++r) g_[r] += std::log(column_scale_[r]);
    std::fill(row_scale_.begin(), row_scale_.end(), 1.0);
    std::fill(column_scale_.begin(), column_scale_.end(), 1.0);
    return;
  }
  for (std::size_t r = 0; r < n_; ++r) {
    double* line = p_.data() + r * n_;
    for (std::size_t i = 0; i < n_; ++i) line[i] *= row_scale_[i] * column_scale_[r];
  }
}

/// f and g of this iteration, for the gradient through them.
void SinkhornPlan::remember() {
  if (options_.implicit) return;
  for (std::size_t i = 0; i < n_; ++i) history_.push_back(f_[i] + std::log(row_scale_[i]));
  for (std::size_t r = 0; r < n_; ++r) history_.push_back(g_[r] + std::log(column_scale_[r]));
}

void SinkhornPlan::transpose() {
  for (std::size_t r = 0; r < n_; ++r) {
    for (std::size_t i = 0; i < n_; ++i) transposed_[i * n_ + r] = p_[r * n_ + i];
  }
}

void SinkhornPlan::column(std::size_t r, double* out) const {
  std::copy_n(p_.data() + r * n_, n_, out);
}

/// p [r][i] of any f and g.
void SinkhornPlan::weigh(const double* f, const double* g, double* p) const {
  for (std::size_t r = 0; r < n_; ++r) {
    double* out = p + r * n_;
    for (std::size_t i = 0; i < n_; ++i) out[i] = f[i] - options_.steepness * cost(i, r) + g[r];
  }
  math::exp_minus(p, n_ * n_, 0.0, p);
}

/// At the fixed point rows and columns go on summing to 1, which says how f and g move: with W =
/// ∂L/∂logit as if they did not, ∂L/∂logit = W − P∘(u_i + v_r), where u + P·v = the row sums of W
/// and Pᵀ·u + v = its column sums. That is (1 − P·Pᵀ)·u = rows − P·columns, singular along (1, …,
/// 1) alone, where the right side has nothing: conjugate gradients.
void SinkhornPlan::backward_implicit() {
  transpose();
  std::vector<double> rows(n_, 0.0), columns(n_, 0.0), between(n_), image(n_), u(n_, 0.0);
  for (std::size_t r = 0; r < n_; ++r) {
    for (std::size_t i = 0; i < n_; ++i) {
      rows[i] += grad_logit_[r * n_ + i];
      columns[r] += grad_logit_[r * n_ + i];
    }
  }
  sum_lines(p_.data(), columns.data(), n_, n_, image.data());
  std::vector<double> left(n_);
  for (std::size_t i = 0; i < n_; ++i) left[i] = rows[i] - image[i];
  centre(left);
  std::vector<double> direction = left;
  double size = dot(left, left);
  const double enough = kSolved * kSolved * size;
  for (std::size_t k = 0; k < 4 * n_ + 16 && size > enough; ++k) {
    sum_lines(transposed_.data(), direction.data(), n_, n_, between.data());
    sum_lines(p_.data(), between.data(), n_, n_, image.data());
    for (std::size_t i = 0; i < n_; ++i) image[i] = direction[i] - image[i];
    centre(image);
    const double curvature = dot(direction, image);
    if (!(curvature > 0)) break;  // P is hard: nothing moves
    for (std::size_t i = 0; i < n_; ++i) {
      u[i] += size / curvature * direction[i];
      left[i] -= size / curvature * image[i];
    }
    const double before = size;
    size = dot(left, left);
    for (std::size_t i = 0; i < n_; ++i) direction[i] = left[i] + size / before * direction[i];
  }
  sum_lines(transposed_.data(), u.data(), n_, n_, between.data());
  for (std::size_t r = 0; r < n_; ++r) {
    const double v = columns[r] - between[r];
    for (std::size_t i = 0; i < n_; ++i) grad_logit_[r * n_ + i] -= p_[r * n_ + i] * (u[i] + v);
  }
}

/// The iterations backwards. Each fit is minus a log_sum_exp, whose gradient are weights that are
/// made anew from the history.
void SinkhornPlan::backward_unrolled() {
  std::vector<double> grad_f(n_, 0.0), grad_g(n_, 0.0), moved(n_);
  for (std::size_t r = 0; r < n_; ++r) {
    for (std::size_t i = 0; i < n_; ++i) {
      grad_f[i] += grad_logit_[r * n_ + i];
      grad_g[r] += grad_logit_[r * n_ + i];
    }
  }
  const std::vector<double> start(n_, 0.0);
  double* p = transposed_.data();  // which is free by now
  for (std::size_t k = history_.size() / (2 * n_); k-- > 0;) {
    const double* f = history_.data() + 2 * k * n_;
    weigh(f, f + n_, p);
    for (std::size_t r = 0; r < n_; ++r) {
      for (std::size_t i = 0; i < n_; ++i) {
        grad_logit_[r * n_ + i] -= p[r * n_ + i] * grad_g[r];
      }
    }
    sum_lines(p, grad_g.data(), n_, n_, moved.data());
    for (std::size_t i = 0; i < n_; ++i) grad_f[i] -= moved[i];
    weigh(f, k > 0 ? f - n_ : start.data(), p);
    for (std::size_t r = 0; r < n_; ++r) {
      for (std::size_t i = 0; i < n_; ++i) {
        grad_logit_[r * n_ + i] -= p[r * n_ + i] * grad_f[i];
      }
      const double* line = p + r * n_;
      grad_g[r] = -std::inner_product(line, line + n_, grad_f.begin(), 0.0);
    }
    std::fill(grad_f.begin(), grad_f.end(), 0.0);
  }
}

void SinkhornPlan::backward(const double* grad_columns, std::size_t first, std::size_t count,
                            double* grad_x, double& grad_steepness) {
  grad_logit_.assign(n_ * n_, 0.0);
  for (std::size_t k = 0; k < count * n_; ++k) {
    grad_logit_[first * n_ + k] = grad_columns[k] * p_[first * n_ + k];
  }
  if (options_.implicit) {
    backward_implicit();
  } else {
    backward_unrolled();
  }
  std::vector<double> grad_y(n_, 0.0);
  double sum = 0;
  for (std::size_t r = 0; r < n_; ++r) {
    for (std::size_t i = 0; i < n_; ++i) {
      const double g = grad_logit_[r * n_ + i];
      grad_y[i] -= 2 * options_.steepness * g * (y_[i] - anchor_[r]);
      sum -= g * cost(i, r);
    }
  }
  grad_steepness += sum;
  squash_backward(grad_y.data(), grad_x);
}

}  // namespace pliant::sorting
