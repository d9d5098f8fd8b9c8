// pliant/sorting/torch/ops.h — relaxed sorting of tensors
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <tuple>

#include "pliant/math/distribution.h"
#include "pliant/sorting/metrics.h"
#include "pliant/sorting/relaxation.h"

namespace pliant {

/// How to sort. The weight of a conditional swap of a and b is F(u), u = steepness·(b − a), F the
/// CDF of the distribution: see docs/sorting.md for the choice.
struct SortOptions {
  std::string method = "odd_even";      ///< a name of sorting::methods()
  std::string distribution = "cauchy";  ///< a name of math::families()
  double steepness = 10;  ///< inverse temperature, > 0, in 1/unit of x; → ∞ is the hard sort
  double art_lambda = 0;  ///< activation replacement trick, in [0, 1): u ∝ sign(d)·|d|^(1 − λ)
  double shift = 0;       ///< added to u
  double shape = 1;       ///< of gamma and gamma_rev
  bool descending = false;
  bool straight_through =
      false;  ///< hard swaps with the relaxed ones' gradient (math::Distribution)

  // Of relaxations, which have no comparisons (sorting::RelaxationOptions):
  double power = 1;         ///< of softsort's distances
  double tolerance = 1e-6;  ///< of sinkhorn's rows
  int iterations = 1000;    ///< of sinkhorn at most
  bool implicit = true;     ///< sinkhorn's gradient

  /// The comparison that this asks for.
  /// @throws std::invalid_argument if the distribution is unknown or a number is out of its range
  [[nodiscard]] math::Distribution comparison() const;
  /// The relaxation that this asks for, if the method is one.
  /// @throws std::invalid_argument if it is none or a number is out of its range
  [[nodiscard]] sorting::RelaxationOptions relaxation() const;
};

/// Which items of each row take part, where sets are of several lengths: at most one is given. Each
/// set goes through the network of its own size. Of the results, its values, ranks and rows of
/// payload come first, and all else is 0.
struct Ragged {
  at::Tensor lengths = {};  ///< the batch shape, integers in 1 … n: the first ones
  at::Tensor mask = {};     ///< bool, the shape of the keys: these, at least one in every set
};

/// The parameters of a comparison as the ops take them: float64 (scale, power, shift, shape), and 1
/// if it is straight-through.
/// @param steepness  a tensor of one element that replaces options.steepness and keeps its
/// gradient; undefined = not given
at::Tensor comparison_parameters(const SortOptions& options, const at::Tensor& steepness = {});

/// The comparator network as the ops take it: int32 (C, 3), rows (layer, low wire, high wire).
/// Made once a process and kind and size.
at::Tensor network(std::string_view kind, int64_t size);

// What the functions below share:
// @param steepness  replaces options.steepness and gets a gradient: a tensor of one element, or of
//                   the batch shape, one for each sample; undefined = not given
// @param ragged     which items take part; all by default
// @throws c10::ValueError, c10::TypeError that name the argument, what was expected and what came

/// Relaxed sort along the last dimension (Petersen et al., Differentiable Sorting Networks, ICML
/// 2021; Monotonic Differentiable Sorting Networks, ICLR 2022).
/// @param x  (…, n); float32, float64, or float16/bfloat16 (worked on in float32)
/// @return   values (…, n), relaxed ascending; permutation (…, n, n), doubly stochastic, [i, r] =
/// weight of input i at rank r; values = x·P. `descending` flips the ranks. Of neuralsort and
/// softsort only the columns sum to 1. Gradient: x, steepness.   Cost: O(batch · comparators · n);
/// of a relaxation its own
/// @throws c10::ValueError, as apply_sort and permutation_loss do, if the method has no P (fast,
/// fast_kl: sort_values and soft_rank alone, of one steepness for all samples)
std::tuple<at::Tensor, at::Tensor> sort(const at::Tensor& x, const SortOptions& options = {},
                                        const at::Tensor& steepness = {},
                                        const Ragged& ragged = {});

/// The values alone.   Cost: O(batch · comparators)
at::Tensor sort_values(const at::Tensor& x, const SortOptions& options = {},
                       const at::Tensor& steepness = {}, const Ragged& ragged = {});

/// Relaxed ranks (…, n), from 1 (the smallest; descending: the largest) to n: Σ_r (r + 1)·P[i, r].
/// fast and fast_kl have ranks of their own; descending they are n + 1 less those.
at::Tensor soft_rank(const at::Tensor& x, const SortOptions& options = {},
                     const at::Tensor& steepness = {}, const Ragged& ragged = {});

/// Payloads sorted by their keys: out[…, r, :] = Σ_i P[i, r]·payload[…, i, :], without P.
/// @param key (…, n)   @param payload (…, n, q), the same dtype   @return (…, n, q).   Gradient:
/// key, payload
at::Tensor apply_sort(const at::Tensor& key, const at::Tensor& payload,
                      const SortOptions& options = {}, const at::Tensor& steepness = {},
                      const Ragged& ragged = {});

/// How far P of the scores is from the permutation that sorts the labels; the mean over the sets of
/// each set's own loss, a scalar.
/// @param scores (…, n)   @param labels (…, n) int64 or floating   @param loss  "bce" (the papers';
/// mean over all n² entries, logarithms ≥ −100) or "cross_entropy" (of the item at each rank, mean
/// over ranks)
/// @param ties  true: equal labels share their ranks evenly; false: in order of position (stable
/// argsort)
at::Tensor permutation_loss(const at::Tensor& scores, const at::Tensor& labels,
                            const SortOptions& options = {}, std::string_view loss = "bce",
                            bool ties = false, const at::Tensor& steepness = {},
                            const Ragged& ragged = {});

/// x with Gumbel noise, x + scale·G, G = −ln(−ln U): its order, by any method, is a draw from the
/// Plackett-Luce distribution with the scores x/scale. With method "neuralsort" this is stochastic
/// NeuralSort (Grover et al., ICLR 2019).
/// @param x     (…, n), floating point
/// @param seed, step  the same ones give the same noise, on any number of threads; rows differ
/// Gradient: x
at::Tensor perturb(const at::Tensor& x, int64_t seed, int64_t step = 0, double scale = 1);

/// How well scores order sets along the last dimension: EM, EW and EM5, plain and with ties
/// forgiven (sorting/metrics.h). Metrics of several batches are added up.
/// @param scores (…, n) floating point; float64 is compared as such   @param labels (…, n) integers
/// or floating point, without NaN   @param ragged  which items take part
/// No gradient.   Cost: O(batch · n log n)
sorting::RankingMetrics ranking_metrics(const at::Tensor& scores, const at::Tensor& labels,
                                        const Ragged& ragged = {});

}  // namespace pliant
