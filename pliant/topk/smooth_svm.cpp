// pliant/topk/smooth_svm.cpp — elementary symmetric polynomials there and back (no torch)
#include "pliant/topk/smooth_svm.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

namespace pliant::selection {
namespace {

/// ln(1 + e^x).
double softplus(double x) { return x > 0 ? x + std::log1p(std::exp(-x)) : std::log1p(std::exp(x)); }

/// ln σ_k − ln σ_{k−1} of n numbers exp(z_j), and its gradient.
///
/// Numbers join one after the other, the k largest first in descending order: σ_i becomes σ_i +
/// e_j·σ_{i−1}. What is kept is s_i = σ_i/(e_(1)·…·e_(i)), e_(i) the i-th largest: then the factors
/// e_j/e_(i) are at most 1, and 1 <= s_i <= the number of terms.
class SymmetricRatio {
 public:
  SymmetricRatio(std::size_t n, std::size_t k)
      : n_(n), k_(k), order_(n), largest_(k), last_beside_(k), steps_((n + 1) * (k + 1)) {}

  /// @param z  n numbers
  double operator()(const double* z) {
    z_ = z;
    std::iota(order_.begin(), order_.end(), std::size_t{0});
    std::partial_sort(order_.begin(), order_.begin() + static_cast<std::ptrdiff_t>(k_),
                      order_.end(), [z](std::size_t a, std::size_t b) { return z[a] > z[b]; });
    for (std::size_t i = 0; i < k_; ++i) largest_[i] = z[order_[i]];
    for (std::size_t i = 0; i < k_; ++i) last_beside_[i] = std::exp(largest_[k_ - 1] - largest_[i]);
    double* s = steps_.data();
    std::fill(s, s + k_ + 1, 0.0);
    s[0] = 1;
    for (std::size_t step = 0; step < n_; ++step, s += k_ + 1) {
      double* next = s + k_ + 1;
      next[0] = 1;
      factors(step, [&](std::size_t i, double factor) { next[i] = s[i] + factor * s[i - 1]; });
    }
    return largest_[k_ - 1] + std::log(s[k_]) - std::log(s[k_ - 1]);
  }

  /// d (ln σ_k − ln σ_{k−1})/dz of the last call, times `upstream`.   @param grad  n numbers,
  /// written
  void backward(double upstream, double* grad) const {
    const double* s = steps_.data() + n_ * (k_ + 1);
    std::vector<double> wanted(k_ + 1, 0.0);  // of the s_i
    wanted[k_] = upstream / s[k_];
    wanted[k_ - 1] = -upstream / s[k_ - 1];
    for (std::size_t step = n_; step-- > 0;) {
      s -= k_ + 1;
      double sum = 0;
      factors(step, [&](std::size_t i, double factor) {
        sum += wanted[i] * factor * s[i - 1];
        wanted[i - 1] += wanted[i] * factor;
      });
      grad[order_[step]] = sum;
    }
  }

 private:
  /// fn(i, e_j/e_(i)) for i = 1 … k and the number that joins in this step; 0 beyond the step, as
  /// σ_{i−1} is.
  template <class Fn>
  void factors(std::size_t step, const Fn& fn) const {
    const double z = z_[order_[step]];
    if (step < k_) {
      for (std::size_t i = 1; i <= k_; ++i)
        fn(i, i > step + 1 ? 0.0 : std::exp(z - largest_[i - 1]));
      return;
    }
    const double beside_last = std::exp(z - largest_[k_ - 1]);
    for (std::size_t i = 1; i <= k_; ++i) fn(i, beside_last * last_beside_[i - 1]);
  }

  std::size_t n_;
  std::size_t k_;
  std::vector<std::size_t> order_;
  std::vector<double> largest_;
  std::vector<double> last_beside_;  // e_(k)/e_(i)
  std::vector<double> steps_;        // (n + 1, k + 1): the s_i before each step
  const double* z_ = nullptr;
};

}  // namespace

template <class T>
void smooth_topk_svm(const SmoothSvmArgs<T>& args, T* loss, T* gradient,
                     const base::Executor& executor) {
  const std::size_t others = args.classes - 1;
  const double scale = 1 / (static_cast<double>(args.k) * args.tau);
  executor(args.batch, 1, [&](std::size_t begin, std::size_t end) {
    SymmetricRatio ratio(others, args.k);
    std::vector<double> z(others);
    std::vector<double> grad(others);
    for (std::size_t sample = begin; sample < end; ++sample) {
      const T* row = args.scores + sample * args.classes;
      const auto target = static_cast<std::size_t>(args.targets[sample]);
      for (std::size_t c = 0; c < args.classes; ++c) {
        if (c != target) z[c - (c > target ? 1 : 0)] = static_cast<double>(row[c]) * scale;
      }
      const double argument =
          1 / args.tau + ratio(z.data()) - static_cast<double>(row[target]) * scale;
      loss[sample] = static_cast<T>(args.tau * softplus(argument));
      const double slope = args.tau * scale / (1 + std::exp(-argument));
      ratio.backward(slope, grad.data());
      T* out = gradient + sample * args.classes;
      for (std::size_t c = 0; c < args.classes; ++c)
        out[c] = static_cast<T>(c == target ? -slope : grad[c - (c > target ? 1 : 0)]);
    }
  });
}

template void smooth_topk_svm(const SmoothSvmArgs<float>&, float*, float*, const base::Executor&);
template void smooth_topk_svm(const SmoothSvmArgs<double>&, double*, double*,
                              const base::Executor&);

}  // namespace pliant::selection
