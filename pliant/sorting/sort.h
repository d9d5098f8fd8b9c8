// pliant/sorting/sort.h — relaxed sorting through a comparator network: kernels on raw pointers (no
// torch)
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "pliant/base/parallel.h"
#include "pliant/math/distribution.h"
#include "pliant/sorting/network.h"

namespace pliant::sorting {

/// What every kernel of this file works on. Each comparator on wires (low, high) with D = x_high −
/// x_low and p = F(D) replaces (x_low, x_high) by (p·x_low + (1 − p)·x_high, (1 − p)·x_low +
/// p·x_high), layer by layer (Petersen et al., Differentiable Sorting Networks, ICML 2021;
/// Monotonic Differentiable Sorting Networks, ICLR 2022). The product of these blends is the
/// relaxed permutation matrix P, doubly stochastic, P[i, r] = weight of input i at rank r, and
/// values = x·P.
template <class T>
struct SortArgs {
  std::span<const Comparator> network;  ///< checked by check_network(network, n)
  math::Distribution distribution;      ///< checked by math::check
  std::size_t batch = 0;
  std::size_t n = 0;
  const T* x = nullptr;  ///< (batch, n) keys
};

/// Every kernel runs through the executor and gives the same bits for any; each range of work that
/// it is handed allocates scratch once, at most scratch_bytes(args).

/// values (batch, n), relaxed ascending.   Cost: O(batch · comparators)
template <class T>
void sort_values(const SortArgs<T>& args, T* values, const base::Executor& executor);

/// Gradients of sort_values for upstream grad_values (batch, n).
/// @param grad_x           (batch, n), written
/// @param grad_parameters  4 doubles (scale, power, shift, shape), written; null = not wanted
template <class T>
void sort_values_backward(const SortArgs<T>& args, const T* grad_values, T* grad_x,
                          double* grad_parameters, const base::Executor& executor);

/// values (batch, n) and permutation (batch, n, n).   Cost: O(batch · comparators · n)
template <class T>
void sort(const SortArgs<T>& args, T* values, T* permutation, const base::Executor& executor);

/// Gradients of sort; grad_values or grad_permutation may be null (zero).
template <class T>
void sort_backward(const SortArgs<T>& args, const T* grad_values, const T* grad_permutation,
                   T* grad_x, double* grad_parameters, const base::Executor& executor);

/// Which way a payload goes through P without P being formed.
enum class Direction : std::uint8_t {
  kToRanks,  ///< out[r] = Σ_i P[i, r]·payload[i]: payloads sorted by their keys
  kToItems,  ///< out[i] = Σ_r P[i, r]·payload[r]: what the ranks hold, for each item (soft ranks)
};

/// out (batch, n, columns) from payload (batch, n, columns).   Cost: O(batch · comparators ·
/// columns)
template <class T>
void sort_apply(const SortArgs<T>& args, Direction direction, std::size_t columns, const T* payload,
                T* out, const base::Executor& executor);

/// Gradients of sort_apply; grad_payload (batch, n, columns) is written.
template <class T>
void sort_apply_backward(const SortArgs<T>& args, Direction direction, std::size_t columns,
                         const T* payload, const T* grad_out, T* grad_x, T* grad_payload,
                         double* grad_parameters, const base::Executor& executor);

/// What sort_loss compares P with: Q, the permutation matrix of the true order. Item i may take the
/// ranks first[i] … last[i]; Q[i, r] is 1/(last − first + 1) there and 0 elsewhere. Without ties
/// first = last.
struct LossTarget {
  const std::int64_t* first = nullptr;  ///< (batch, n), in [0, n)
  const std::int64_t* last = nullptr;   ///< (batch, n), in [first, n)
};

enum class Loss : std::uint8_t {
  kBinaryCrossEntropy,  ///< −mean over i, r of Q·ln P + (1 − Q)·ln(1 − P), logarithms ≥ −100
  kCrossEntropy,        ///< −mean over r of Σ_i Q[i, r]·ln P[i, r], logarithms ≥ −100
};

/// loss (batch), one a sample; P is never written to memory that outlives a tile.
template <class T>
void sort_loss(const SortArgs<T>& args, Loss kind, LossTarget target, T* loss,
               const base::Executor& executor);

/// Gradients of sort_loss for upstream grad_loss (batch). The binary cross-entropy's is torch's,
/// (P − Q)/max(P·(1 − P), 1e-12)/n².
template <class T>
void sort_loss_backward(const SortArgs<T>& args, Loss kind, LossTarget target, const T* grad_loss,
                        T* grad_x, double* grad_parameters, const base::Executor& executor);

/// Bytes of scratch that one thread takes in the hungriest of the kernels above.
template <class T>
std::size_t scratch_bytes(const SortArgs<T>& args);

}  // namespace pliant::sorting
