// pliant/sorting/isotonic.h — isotonic regression by pooling adjacent violators (no torch)
#pragma once

#include <array>
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

/// The non-increasing v that is nearest to s − w, for non-increasing s and w of n >= 1 finite
/// numbers: Σ ½(v_i − (s_i − w_i))² (l2), or Σ exp(s_i − v_i) + v_i·exp(w_i) (kl), least. Pools
/// adjacent violators (Best, Chakravarti, Mathematical Programming 1990); kl: Blondel et al., Fast
/// Differentiable Sorting and Ranking, ICML 2020.   Cost: O(n); kl: two exp and a log a merge
class IsotonicRegression {
 public:
  explicit IsotonicRegression(Regularization regularization) : regularization_(regularization) {}

  /// @returns the blocks in order, until the next call. A block is kept apart only where its value
  /// is less than that of the one before: equals merge.
  std::span<const IsotonicBlock> fit(const double* s, const double* w, std::size_t n);

 private:
  /// A block of kl while it grows: each side is its first number, which is its largest, and the sum
  /// of exponentials relative to that.
  struct RelativeSums {
    std::size_t end;
    double s, s_sum;
    double w, w_sum;
    double value;

    void append(const RelativeSums& next);
  };

  void pool_sums(const double* s, const double* w, std::size_t n);
  void pool_exponentials(const double* s, const double* w, std::size_t n);

  Regularization regularization_;
  std::vector<IsotonicBlock> blocks_;
  std::vector<RelativeSums> growing_;
};

}  // namespace pliant::sorting
