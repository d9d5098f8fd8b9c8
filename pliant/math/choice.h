// pliant/math/choice.h — soft choices: which one of several, as a distribution over them (no torch)
//
// A weight below the smallest normal number of its type is 0.
#pragma once

#include <cstddef>

namespace pliant::math {

/// ln Σ exp(x_i) over n >= 1 numbers; NaN if one of them is, or if the largest is infinite. The
/// softest of the choices' values: its gradient is soft_argmax. T is float or double; off by about
/// 2 ULP of the largest x and n^½ ULP of the sum.   Cost: about 1 ns a number
template <class T>
T log_sum_exp(const T* x, std::size_t n);

/// The largest of n >= 1 numbers as a distribution, p_i = exp(x_i)/Σ exp(x_j) (softmax; of −x:
/// softmin). A choice of two is the logistic condition: p_1 = F(x_1 − x_0).
/// @param p  may be x
/// @returns ln Σ exp(x_i)
template <class T>
T soft_argmax(const T* x, std::size_t n, T* p);

/// exp(x_i − total), for a total that is known; total >= max x keeps it finite.   @param p  may be
/// x
template <class T>
void exp_minus(const T* x, std::size_t n, T total, T* p);

/// The gradient of soft_argmax: p_i·(g_i − Σ p_j·g_j).
/// @param g       upstream, of p
/// @param grad_x  written; may be g
template <class T>
void soft_argmax_backward(const T* p, const T* g, std::size_t n, T* grad_x);

}  // namespace pliant::math
