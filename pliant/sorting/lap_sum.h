// pliant/sorting/lap_sum.h — soft top-k membership, thresholds and ranks by sums of Laplace
// distributions (no torch)
#pragma once

#include <cstddef>

#include "pliant/sorting/order.h"

namespace pliant::sorting {

/// LapSum (Struski et al., LapSum: One Method to Differentiate Them All, ICML 2025). F is the CDF
/// of the Laplace distribution, F(u) = ½·exp(u) for u <= 0, 1 − F(−u) above. In all of it equal
/// infinite numbers tie, finite ones are infinitely far from them, and their gradient is 0; a row
/// with a NaN gives NaN throughout, gradients included.
template <class T>
struct LapArgs {
  OrderedRows<T> rows;
  double steepness = 1;  ///< β = 1/α, in 1/unit of x; > 0, finite
};

/// How much the numbers of a row hold in sum, several times a row.
struct LapMasses {
  std::size_t count = 0;      ///< masses a row
  const double* k = nullptr;  ///< (batch, count); outside of [0, n] they act as the nearest end
};

/// Membership of the top k: p_i = F(β·(x_i − b)), b such that Σ p_i = k; found in closed form.
/// k = 0 gives 0 and k = n gives 1 for all, with no gradient.
/// @param mask  (batch, count, n), written
/// Cost: O(batch · count · n) beside the order. Scratch: 56 bytes a number of a row, a thread.
template <class T>
void lap_mask(const LapArgs<T>& args, const LapMasses& masses, T* mask,
              const base::Executor& executor);

/// @param grad_mask       (batch, count, n), upstream
/// @param grad_x          (batch, n), written
/// @param grad_k          (batch, count), written
/// @param grad_steepness  written; null = not wanted
template <class T>
void lap_mask_backward(const LapArgs<T>& args, const LapMasses& masses, const T* grad_mask,
                       T* grad_x, double* grad_k, double* grad_steepness,
                       const base::Executor& executor);

/// The thresholds b of lap_mask themselves: soft quantiles, where k is the mass above. b is +inf
/// where the +inf of a row hold all of k, and so for k = 0; −inf where all finite ones are above.
/// @param threshold  (batch, count), written
template <class T>
void lap_threshold(const LapArgs<T>& args, const LapMasses& masses, T* threshold,
                   const base::Executor& executor);

/// @param grad_threshold  (batch, count), upstream   @param grad_x, grad_k, grad_steepness  as of
/// lap_mask_backward
template <class T>
void lap_threshold_backward(const LapArgs<T>& args, const LapMasses& masses,
                            const T* grad_threshold, T* grad_x, double* grad_k,
                            double* grad_steepness, const base::Executor& executor);

/// Soft ranks, 1 (the smallest) … n: ½ + Σ_j F(β·(x_i − x_j)). They sum to n(n + 1)/2; equals have
/// the mean of their ranks.
/// @param ranks  (batch, n), written
/// Cost: O(batch · n) beside the order
template <class T>
void lap_rank(const LapArgs<T>& args, T* ranks, const base::Executor& executor);

/// @param grad_ranks  (batch, n), upstream   @param grad_x, grad_steepness  as of lap_mask_backward
template <class T>
void lap_rank_backward(const LapArgs<T>& args, const T* grad_ranks, T* grad_x,
                       double* grad_steepness, const base::Executor& executor);

}  // namespace pliant::sorting
