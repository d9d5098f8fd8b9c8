// pliant/math/extreme.h — the larger and the smaller output of a relaxed swap (no SIMD, no torch)
#pragma once

#include <cstddef>

#include "pliant/math/distribution.h"

namespace pliant::math {

/// The larger outputs of relaxed swaps, b + P(a − b)·(a − b), or the smaller ones,
/// a − P(a − b)·(a − b). Where a − b is not finite, or the distribution is straight-through, the
/// hard ones. T is float or double. Cost: about 2 ns a pair (gamma: 100).
/// @param a, b, out  (n); out may be a or b
/// @pre check(distribution) passes; this is not checked again here
template <class T>
void extreme(const Distribution& distribution, bool larger, const T* a, const T* b, std::size_t n,
             T* out);

/// The gradient of Σ grad·extreme(a, b), which a straight-through distribution does not change:
/// with d = a − b, p + d·p′ for a and 1 − p − d·p′ for b of the larger one; for the smaller one
/// they change places. Where d is not finite it is a's or b's, or half of both.
/// @param grad            (n)
/// @param grad_a, grad_b  out (n)
/// @param gradient        that of (scale, power, shift, shape), added to; null: not wanted
template <class T>
void extreme_backward(const Distribution& distribution, bool larger, const T* a, const T* b,
                      const T* grad, std::size_t n, T* grad_a, T* grad_b, double* gradient);

}  // namespace pliant::math
