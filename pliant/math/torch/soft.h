// pliant/math/torch/soft.h — the steps of arithmetic, relaxed: comparisons, choices, clamp, round
#pragma once

#include <ATen/core/Tensor.h>

#include <optional>
#include <string>

namespace pliant::soft {

/// How the steps are relaxed. With F the CDF of the distribution, P(x) = F(beta·x).
struct Options {
  std::string distribution = "logistic";  ///< a name of math::families()
  double beta = 10;                       ///< inverse temperature > 0; → ∞ is the hard function
  bool straight_through = false;  ///< the values of the hard function, the derivatives of this one
};

// Shapes are broadcast; floating point (halves decide in float32), of two dtypes the wider one.
// Where an operand is infinite the result is the hard one, with its derivative; NaN gives NaN.
// Gradient: all tensors; there is no second derivative. Cost: about 1 ns a number for the decision
// (pliant::decide) and a few passes of ATen's elementwise ops.
// All throw c10::TypeError and c10::ValueError that name the function and the argument.

/// P(a − b): how likely a is larger. Hard: 1, 0, and ½ at ties.
at::Tensor greater(const at::Tensor& a, const at::Tensor& b, const Options& options = {});

/// P(b − a).
at::Tensor less(const at::Tensor& a, const at::Tensor& b, const Options& options = {});

/// 4·P(−|a − b|)·(1 − P(−|a − b|)): 1 where they are equal. For the logistic distribution that is
/// sech²(beta·(a − b)/2). The distribution must be symmetric. Hard: 1 or 0.
at::Tensor equal(const at::Tensor& a, const at::Tensor& b, const Options& options = {});

/// b + p·(a − b); exactly a where p is 1 and b where it is 0, be the other one infinite. Hard: a
/// where p > ½.   @param p  chances in [0, 1], or bool
at::Tensor where(const at::Tensor& p, const at::Tensor& a, const at::Tensor& b,
                 bool straight_through = false);

/// b + P(a − b)·(a − b), the larger output of a relaxed swap: maximum + minimum = a + b.
at::Tensor maximum(const at::Tensor& a, const at::Tensor& b, const Options& options = {});

/// a − P(a − b)·(a − b).
at::Tensor minimum(const at::Tensor& a, const at::Tensor& b, const Options& options = {});

/// minimum(maximum(x, low), high); a bound that is not there is left out.
at::Tensor clamp(const at::Tensor& x, const std::optional<at::Tensor>& low,
                 const std::optional<at::Tensor>& high, const Options& options = {});

/// 2·P(x) − 1. Hard: −1, 0 or 1.
at::Tensor sign(const at::Tensor& x, const Options& options = {});

/// n + (P(f − ½) − P(−½))/(P(½) − P(−½)) with n = ⌊x⌋ and f = x − n: continuous, exact at whole
/// numbers, and, for symmetric distributions, with a continuous derivative; beta → 0 is x itself.
/// Below beta = 0.1 differences of chances lose digits. Hard: to the nearest, ties to even.
at::Tensor round(const at::Tensor& x, const Options& options = {});

}  // namespace pliant::soft
