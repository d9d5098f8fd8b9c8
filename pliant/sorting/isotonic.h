// pliant/sorting/isotonic.h — isotonic regression by pooling adjacent violators (no torch)
#pragma once

#include <array>
#include <cmath>
#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

namespace pliant::sorting {

/// What holds the projection onto the permutahedron off its corners: the squared norm, or the
/// entropy.
enum class Regularization : unsigned char { kL2, kKl };

/// In the order of Regularization.
inline constexpr std::array<std::string_view, 2> kRegularizationNames = {"l2", "kl"};

/// @throws std::invalid_argument that names `caller` and lists what there is
Regularization regularization_of(std::string_view name, const char* caller);

/// A run of numbers that share one value of the regression, s − w: the means (l2), or the log sums
/// of exponentials (kl), of both sides over the run.
struct IsotonicBlock {
  std::size_t end = 0;  ///< one past its last number; it begins where the one before ends
  double s = 0;
  double w = 0;
};

/// The gradients of a block's total on one side with respect to its numbers there: 1/size each
/// (l2), or exp(number − total) (kl).
class IsotonicShare {
 public:
  IsotonicShare(Regularization regularization, double total, std::size_t size)
      : is_kl_(regularization == Regularization::kKl),
        total_(total),
        inverse_(1 / static_cast<double>(size)) {}

  double operator()(double number) const { return is_kl_ ? std::exp(number - total_) : inverse_; }

 private:
  bool is_kl_;
  double total_;
  double inverse_;
};

/// The non-increasing v that is nearest to s − w, for non-increasing s and w of n >= 1 finite
/// numbers: Σ ½(v_i − (s_i − w_i))² (l2), or Σ exp(s_i − v_i) + v_i·exp(w_i) (kl), least. Pools
/// adjacent violators (Best, Chakravarti, Mathematical Programming 1990); kl: Blondel et al., Fast
/// Differentiable Sorting and Ranking, ICML 2020.   Cost: O(n); kl: two exp and log a merge
class IsotonicRegression {
 public:
  explicit IsotonicRegression(Regularization regularization) : regularization_(regularization) {}

  /// @returns the blocks in order, until the next call. A block is kept apart only where its value
  /// is less than that of the one before: equals merge.
  std::span<const IsotonicBlock> fit(const double* s, const double* w, std::size_t n);

  /// Of a block: its total and size.
  [[nodiscard]] IsotonicShare share(double total, std::size_t size) const {
    return {regularization_, total, size};
  }

 private:
  Regularization regularization_;
  std::vector<IsotonicBlock> blocks_;
};

}  // namespace pliant::sorting
