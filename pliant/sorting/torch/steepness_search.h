// pliant/sorting/torch/steepness_search.h — the steepness at which a relaxation is off by so much
#pragma once

#include <ATen/core/Tensor.h>

#include <functional>
#include <string_view>

namespace pliant {

/// Scores (…, n) as sets (S, n) in double on the CPU, of more than 65,536 numbers evenly spaced
/// ones.
/// @throws c10::ValueError, c10::TypeError unless they are finite numbers, n at least 2
at::Tensor softness_sets(const at::Tensor& scores);

/// Finds by bisection the steepness, to a ten-thousandth, at which error(steepness) is `softness`.
/// @param sets   the scores that the error is measured on: their spread says where to look
/// @param name   of what is measured, for errors
/// @param error  falls with the steepness
/// @throws c10::ValueError if softness is not > 0, or not in the range of the error
double steepness_of_error(const at::Tensor& sets, double softness, std::string_view name,
                          const std::function<double(double)>& error);

}  // namespace pliant
