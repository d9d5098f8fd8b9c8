// pliant/sorting/ranking_loss.h — losses of soft ranks with their gradients, a set a row (no torch)
#pragma once

#include <cstddef>
#include <cstdint>

#include "pliant/base/parallel.h"

namespace pliant::sorting {

/// Sets of items with scores, which soft ranks are found of (lap_rank of sorting/lap_sum.h).
template <class T>
struct ScoredSets {
  std::size_t batch = 0;
  std::size_t n = 0;            ///< 1 … kLongestRow − 1 (sorting/order.h)
  const T* scores = nullptr;    ///< (batch, n)
  const bool* valid = nullptr;  ///< (batch, n): which items take part; null = all
  double steepness = 1;         ///< > 0, finite, in 1/unit of the scores
};

/// Where a loss goes. Gradients are of each set's own loss; items that take no part have none, and
/// infinite scores neither.
template <class T>
struct SetLosses {
  T* loss = nullptr;               ///< (batch), written; NaN where a score that takes part is
  T* gradient = nullptr;           ///< (batch, n), written
  double* of_steepness = nullptr;  ///< (batch), written
};

/// Ranks from 1 of labels, ascending; equals have the mean of theirs. Label is double or int64.
/// @param labels  (batch, n), without NaN   @param valid  as above; where false the rank is 0
/// @param ranks   (batch, n), written
/// Cost: O(batch · n log n)
template <class Label>
void mean_ranks(const Label* labels, const bool* valid, std::size_t batch, std::size_t n,
                double* ranks, const base::Executor& executor);

/// 1 − ρ, ρ the correlation of the scores' soft ranks with `ranks`. A set whose ranks are all equal
/// has ρ = 0; so has one whose scores are, with the gradient of ranks of full spread.
/// @param ranks  (batch, n), as of mean_ranks
/// Cost: O(batch · n log n)
template <class T>
void spearman_loss(const ScoredSets<T>& sets, const double* ranks, const SetLosses<T>& losses,
                   const base::Executor& executor);

/// What counts in an NDCG.
struct Gains {
  const double* relevance = nullptr;  ///< (batch, n), >= 0 and finite
  bool exponential = true;            ///< 2^relevance − 1; false: relevance itself
  std::size_t k = 0;                  ///< how many of the first ranks count, >= 1
};

/// 1 − Σ gain·m/log₂(1 + rank) over its largest value; ranks from the largest score, m the soft
/// membership of the top k (lap_mask), 1 if k >= n. A set with nothing relevant has the loss 1.
/// Cost: O(batch · n log n)
template <class T>
void ndcg_loss(const ScoredSets<T>& sets, const Gains& gains, const SetLosses<T>& losses,
               const base::Executor& executor);

}  // namespace pliant::sorting
