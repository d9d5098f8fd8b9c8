// pliant/sorting/torch/softness.h — the steepness at which a relaxed order is off by so many ranks
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "pliant/sorting/torch/ops.h"

namespace pliant {

/// Sets (S, n) of n scores with standard deviation 1, float64: what softness is measured on where
/// nothing is known of the scores. Always the same numbers; S falls with n, from 4,096 numbers on.
/// @throws c10::ValueError if n < 2
at::Tensor normal_scores(int64_t n);

/// How far relaxed ranks are from the true ones: the mean of |soft_rank − rank| over all items. Of
/// equal scores both are in the middle.
/// @param scores  (…, n), floating point, finite
/// @throws c10::ValueError, c10::TypeError that name the argument
double rank_error(const at::Tensor& scores, const SortOptions& options = {});

/// The steepness at which that error is `ranks`: found by bisection, to a ten-thousandth; the
/// options' own steepness is not looked at. Of more than 65,536 numbers, sets evenly spaced.
/// @param scores  (…, n) as they come from a network, not all equal
/// @param ranks   > 0, and below the error of no order at all (about n/4)
/// @throws c10::ValueError that names the argument and its range, or says that the method is exact
/// Cost: about thirty calls of soft_rank.   No gradient
double steepness_of_ranks(const at::Tensor& scores, double ranks, const SortOptions& options = {});

}  // namespace pliant
