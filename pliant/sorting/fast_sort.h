// pliant/sorting/fast_sort.h — soft sorting and ranking by projection onto the permutahedron (no
// torch)
#pragma once

#include "pliant/sorting/isotonic.h"
#include "pliant/sorting/order.h"

namespace pliant::sorting {

/// Fast soft sort and soft rank (Blondel et al., Fast Differentiable Sorting and Ranking, ICML
/// 2020). A row with a NaN or infinite number gives NaN throughout, gradients included.
template <class T>
struct FastArgs {
  OrderedRows<T> rows;
  Regularization regularization = Regularization::kL2;
  double steepness = 1;  ///< s = 1/ε, ε the strength of the regularisation; > 0, finite
};

/// Soft values of each row, non-decreasing: s·(1, …, n), projected onto the convex hull of the
/// orders of x (kl: the logarithm of the projection of their exponentials). s is in units of x:
/// scaling x by c asks for c times the s.
/// @param values  (batch, n), written
/// Cost: O(batch · n) beside the order. Scratch: about 60 (l2) or 130 (kl) bytes a number of a row,
/// a thread.
template <class T>
void fast_sort(const FastArgs<T>& args, T* values, const base::Executor& executor);

/// @param grad_values     (batch, n), upstream
/// @param grad_x          (batch, n), written
/// @param grad_steepness  written; null = not wanted
template <class T>
void fast_sort_backward(const FastArgs<T>& args, const T* grad_values, T* grad_x,
                        double* grad_steepness, const base::Executor& executor);

/// Soft ranks of each row, 1 (the smallest) … n: s·x, projected onto the convex hull of the orders
/// of (1, …, n) (kl: exp of its projection in logarithms). s is in 1/unit of x.
/// @param ranks  (batch, n), written; they sum to n(n + 1)/2
template <class T>
void fast_rank(const FastArgs<T>& args, T* ranks, const base::Executor& executor);

/// @param grad_ranks  (batch, n), upstream   @param grad_x, grad_steepness  as of
/// fast_sort_backward
template <class T>
void fast_rank_backward(const FastArgs<T>& args, const T* grad_ranks, T* grad_x,
                        double* grad_steepness, const base::Executor& executor);

}  // namespace pliant::sorting
