// pliant/sorting/torch/fast.h — sorting, ranking and selecting of tensors without a matrix
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>

namespace pliant {

/// How to sort by projection onto the permutahedron (sorting/fast_sort.h).
struct FastSortOptions {
  double steepness = 10;              ///< 1/ε, ε the strength of the regularisation; > 0
  std::string regularization = "l2";  ///< or "kl"
  bool descending = false;
};

/// How to select by sums of Laplace distributions (sorting/lap_sum.h).
struct SelectOptions {
  double steepness = 10;  ///< 1/α, in 1/unit of x; > 0
  bool largest = true;    ///< the mask is of the largest
};

// What the functions below share: x is (…, n), n >= 1, float32, float64, or float16/bfloat16
// (worked on in float32).   Cost: O(batch · n log n) at most; no matrix is formed.
// @throws c10::ValueError, c10::TypeError that name the argument, what was expected and what came

/// Soft values (…, n), ascending.   Gradient: x
at::Tensor fast_sort(const at::Tensor& x, const FastSortOptions& options = {});

/// Soft ranks (…, n), from 1 (the smallest; descending: the largest) to n.   Gradient: x
at::Tensor fast_rank(const at::Tensor& x, const FastSortOptions& options = {});

/// Soft membership (…, n) of the top k, in [0, 1], that sums to k.   Gradient: x, k, steepness
/// @param k  in [0, n]; need not be whole; a tensor: a scalar, or of the batch shape
/// @param steepness  one number that replaces options.steepness; undefined = not given
at::Tensor soft_topk_mask(const at::Tensor& x, const at::Tensor& k,
                          const SelectOptions& options = {}, const at::Tensor& steepness = {});
at::Tensor soft_topk_mask(const at::Tensor& x, double k, const SelectOptions& options = {},
                          const at::Tensor& steepness = {});

/// Soft quantile (…), for steepness → ∞ the one that linear interpolation gives.   Gradient: x
/// @param q  in [0, 1]
at::Tensor soft_quantile(const at::Tensor& x, double q, double steepness = 10);

/// Columns of the permutation matrix of the masks, P[…, i, r] = (mask of the top n − r)_i − (mask
/// of the top n − r − 1)_i, r = first … first + count − 1; the whole of P is doubly stochastic.
/// @param steepness  (1), or the batch shape: one for each row
/// @return (…, n, count), in the dtype worked on.   Gradient: x, steepness
/// Cost: O(batch · n·(log n + count))
at::Tensor lap_permutation(const at::Tensor& x, const at::Tensor& steepness, int64_t first,
                           int64_t count);

/// Soft ranks (…, n), from 1 (the smallest) to n, of which equals have the mean.   Gradient: x
at::Tensor lap_rank(const at::Tensor& x, double steepness = 10);

}  // namespace pliant
