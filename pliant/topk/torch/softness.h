// pliant/topk/torch/softness.h — the steepness at which so many of a relaxed top k are wrong
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "pliant/topk/torch/functions.h"

namespace pliant {

/// How many of the k largest are wrong in the mean: k less what the true k largest get of the
/// attribution of topk().
/// @param scores  (…, n), floating point, finite
/// @throws c10::ValueError, c10::TypeError that name the argument
double topk_error(const at::Tensor& scores, int64_t k, const TopKOptions& options = {});

/// The steepness at which that error is `wrong`: found by bisection, to a ten-thousandth; the
/// options' own steepness is not looked at. Of more than 65,536 numbers, sets evenly spaced.
/// @param scores  (…, n) as they come from a network, not all equal; normal_scores(n) where nothing
/// is known of them
/// @param wrong   > 0, and below the error of no order at all (k less k²/n)
/// @throws c10::ValueError that names the argument and its range, or says that the method is exact
/// Cost: about thirty calls of topk.   No gradient
double steepness_of_topk(const at::Tensor& scores, int64_t k, double wrong,
                         const TopKOptions& options = {});

}  // namespace pliant
