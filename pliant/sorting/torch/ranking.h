// pliant/sorting/torch/ranking.h — losses of soft ranks for learning to rank, and the exact NDCG
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <optional>
#include <string>

#include "pliant/sorting/torch/ops.h"

namespace pliant {

/// What counts in an NDCG.
struct NdcgOptions {
  std::optional<int64_t> k = {};     ///< how many of the first ranks, >= 1; none: all
  std::string gain = "exponential";  ///< 2^relevance − 1; or "linear", relevance itself
};

// What the functions below share: scores (…, n), floating point; soft ranks are lap_rank's
// (torch/fast.h).   Cost: O(batch · n log n)
// @param steepness  > 0, in 1/unit of the scores; → ∞ gives the ranks
// @param ragged     which items take part; the others may hold anything
// @throws c10::ValueError, c10::TypeError that name the argument, what was expected and what came

/// 1 − Spearman's ρ, the correlation of the scores' soft ranks with the targets' ranks, of which
/// equals have the mean; the mean over the sets, a scalar. Where all targets of a set are equal, ρ
/// counts as 0.   Gradient: scores
/// @param targets  (…, n) integers or floating point, without NaN
at::Tensor spearman_loss(const at::Tensor& scores, const at::Tensor& targets, double steepness = 10,
                         const Ragged& ragged = {});

/// 1 − NDCG\@k, Σ gain·membership/log₂(1 + rank) over its largest value, with soft ranks from the
/// largest score and soft membership of the top k; the mean over the sets, a scalar. A set with
/// nothing relevant has an NDCG of 0.   Gradient: scores
/// @param relevance  (…, n), numbers >= 0
at::Tensor ndcg_loss(const at::Tensor& scores, const at::Tensor& relevance,
                     const NdcgOptions& options = {}, double steepness = 10,
                     const Ragged& ragged = {});

/// The exact NDCG\@k of each set (…); of equal scores the first comes first. 0 where nothing is
/// relevant, NaN where a score is.   No gradient
at::Tensor ndcg(const at::Tensor& scores, const at::Tensor& relevance,
                const NdcgOptions& options = {}, const Ragged& ragged = {});

}  // namespace pliant
