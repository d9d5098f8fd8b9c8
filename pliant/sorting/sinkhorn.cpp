// pliant/sorting/sinkhorn.cpp — Sinkhorn's iterations in logarithms, and their gradient two ways
// (no torch)
#include "pliant/sorting/sinkhorn.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>

#include "pliant/math/choice.h"

namespace pliant::sorting {
namespace {

/// Squashes keys of a logistic distribution evenly.
constexpr double kSquash = std::numbers::pi / std::numbers::sqrt3;

/// Conjugate gradients stop where what is left is this small.
constexpr double kSolved = 1e-14;

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
    : options_(options), n_(n), anchor_(n), z_(n), y_(n), f_(n), g_(n), line_(n) {
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
  std::fill(g_.begin(), g_.end(), 0.0);
  std::vector<double> next(n_);
  for (int iteration = 0; iteration < options_.iterations; ++iteration) {
    fit_rows(g_.data(), next.data());
    // What the rows sum to now is known from how far f would move.
    double off = iteration == 0 ? std::numeric_limits<double>::infinity() : 0;
    for (std::size_t i = 0; i < n_ && iteration > 0; ++i) {
      off = std::max(off, std::abs(std::expm1(f_[i] - next[i])));
    }
    if (off <= options_.tolerance) return;
    f_ = next;
    fit_columns(f_.data(), g_.data());
    if (options_.implicit) continue;
    history_.insert(history_.end(), f_.begin(), f_.end());
    history_.insert(history_.end(), g_.begin(), g_.end());
  }
}

void SinkhornPlan::column(std::size_t r, double* out) const {
  for (std::size_t i = 0; i < n_; ++i) out[i] = f_[i] - options_.steepness * cost(i, r);
  math::exp_minus(out, n_, -g_[r], out);
}

/// p [r][i] of any f and g.
void SinkhornPlan::weigh(const double* f, const double* g, double* p) const {
  for (std::size_t r = 0; r < n_; ++r) {
    double* out = p + r * n_;
    for (std::size_t i = 0; i < n_; ++i) out[i] = f[i] - options_.steepness * cost(i, r);
    math::exp_minus(out, n_, -g[r], out);
  }
}

/// out_i = Σ_r P[i, r]·v_r.
void SinkhornPlan::apply(const std::vector<double>& p, const std::vector<double>& v,
                         std::vector<double>& out) const {
  std::fill(out.begin(), out.end(), 0.0);
  for (std::size_t r = 0; r < n_; ++r) {
    for (std::size_t i = 0; i < n_; ++i) out[i] += p[r * n_ + i] * v[r];
  }
}

/// out_r = Σ_i P[i, r]·u_i.
void SinkhornPlan::apply_transposed(const std::vector<double>& p, const std::vector<double>& u,
                                    std::vector<double>& out) const {
  for (std::size_t r = 0; r < n_; ++r) {
    out[r] = std::inner_product(u.begin(), u.end(), p.begin() + static_cast<std::ptrdiff_t>(r * n_),
                                0.0);
  }
}

/// At the fixed point rows and columns go on summing to 1, which says how f and g move: with W =
/// ∂L/∂logit as if they did not, ∂L/∂logit = W − P∘(u_i + v_r), where u + P·v = the row sums of W
/// and Pᵀ·u + v = its column sums. That is (1 − P·Pᵀ)·u = rows − P·columns, singular along (1, …,
/// 1) alone, where the right side has nothing: conjugate gradients.
void SinkhornPlan::backward_implicit() {
  std::vector<double> rows(n_, 0.0), columns(n_, 0.0), between(n_), image(n_), u(n_, 0.0);
  for (std::size_t r = 0; r < n_; ++r) {
    for (std::size_t i = 0; i < n_; ++i) {
      rows[i] += grad_logit_[r * n_ + i];
      columns[r] += grad_logit_[r * n_ + i];
    }
  }
  apply(p_, columns, image);
  std::vector<double> left(n_);
  for (std::size_t i = 0; i < n_; ++i) left[i] = rows[i] - image[i];
  centre(left);
  std::vector<double> direction = left;
  double size = dot(left, left);
  const double enough = kSolved * kSolved * size;
  for (std::size_t k = 0; k < 4 * n_ + 16 && size > enough; ++k) {
    apply_transposed(p_, direction, between);
    apply(p_, between, image);
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
  apply_transposed(p_, u, between);
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
  for (std::size_t k = history_.size() / (2 * n_); k-- > 0;) {
    const double* f = history_.data() + 2 * k * n_;
    weigh(f, f + n_, p_.data());
    for (std::size_t r = 0; r < n_; ++r) {
      for (std::size_t i = 0; i < n_; ++i) {
        grad_logit_[r * n_ + i] -= p_[r * n_ + i] * grad_g[r];
      }
    }
    apply(p_, grad_g, moved);
    for (std::size_t i = 0; i < n_; ++i) grad_f[i] -= moved[i];
    weigh(f, k > 0 ? f - n_ : start.data(), p_.data());
    for (std::size_t r = 0; r < n_; ++r) {
      for (std::size_t i = 0; i < n_; ++i) {
        grad_logit_[r * n_ + i] -= p_[r * n_ + i] * grad_f[i];
      }
    }
    apply_transposed(p_, grad_f, grad_g);
    for (double& v : grad_g) v = -v;
    std::fill(grad_f.begin(), grad_f.end(), 0.0);
  }
}

void SinkhornPlan::backward(const double* grad_columns, std::size_t first, std::size_t count,
                            double* grad_x, double& grad_steepness) {
  p_.resize(n_ * n_);
  weigh(f_.data(), g_.data(), p_.data());
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
