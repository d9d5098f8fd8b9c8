// pliant/topk/loss.h — the top-k cross-entropy, forward and backward in one go (no torch)
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "pliant/base/parallel.h"
#include "pliant/math/distribution.h"
#include "pliant/sorting/network.h"
#include "pliant/sorting/relaxation.h"
#include "pliant/topk/candidates.h"

namespace pliant::selection {

/// How the label's chance to be the very first enters. A is the relaxation's attribution, A[y, j]
/// the weight of candidate y for being the j-th largest, j = 1 … K.
enum class TopOne : std::uint8_t {
  kSort,     ///< from A as the others: q = Σ_k P_K(k)·Σ_{j≤k} A[y, j], loss −ln q
  kSoftmax,  ///< softmax instead of A[y, 1] in the term k = 1, loss −ln q
  kSoftmaxCrossEntropy,  ///< P_K(1)·(−ln softmax_y) − (1 − P_K(1))·ln Σ_{k≥2} P_K(k)·Σ_{j≤k} A[y,
                         ///< j]
};

/// What the loss of a batch is computed from (Petersen et al., Differentiable Top-k Classification
/// Learning, ICML 2022). Probabilities q enter logarithms as q·(1 − 2e-7) + 1e-7.
template <class T>
struct TopKLossArgs {
  Scores<T> from;
  const double* target_weights =
      nullptr;                            ///< as from.targets; null: 1/(targets of the sample) each
  const double* class_weights = nullptr;  ///< (classes), a factor of a target's loss; null: 1
  double label_smoothing = 0;  ///< in [0, 1]: so much of the weight goes to all candidates alike
  std::size_t candidates = 0;  ///< classes that take part; all of them: in their own order
  /// What ranks the candidates: a network that selects the top K of them …
  std::span<const sorting::Comparator> network;
  math::Distribution distribution;
  /// … or, if there is one, a relaxation of the permutation matrix …
  std::optional<sorting::RelaxationOptions> relaxation;
  /// … or, if there is one, LapSum of this steepness (sorting/lap_sum.h).
  std::optional<double> lap_steepness{};
  std::span<const double> p_k;  ///< P_K(1) … P_K(K), K <= candidates; they need not sum to 1
  TopOne top_one = TopOne::kSoftmax;
  bool softmax_over_classes = false;  ///< the softmax is over all classes, not over the candidates
};

/// What a loss leaves for its gradient. `candidates` = classes: no index.
template <class T>
struct TopKLossResults {
  T* loss = nullptr;              ///< (batch)
  T* weight = nullptr;            ///< (batch): what a mean over the batch divides by
  std::int64_t* index = nullptr;  ///< (batch, candidates): their classes
  T* gradient = nullptr;          ///< (batch, candidates): of the loss by their scores
  T* softmax =
      nullptr;  ///< (batch, 2): ln Σ exp, and what of exp(score − that) every class's gradient gets
};

/// loss[b] = Σ_targets weight·loss of the target; 0 for a sample without targets.
/// Cost: a pass or two over the scores, O(comparators) a target. Every executor gives the same
/// bits.
/// @throws std::invalid_argument that names the sample if a score is NaN
template <class T>
void topk_loss(const TopKLossArgs<T>& args, const TopKLossResults<T>& results,
               const base::Executor& executor);

/// What topk_loss_backward needs of TopKLossResults.
template <class T>
struct KeptForGradient {
  const std::int64_t* index;
  const T* gradient;
  const T* softmax;
};

/// grad_scores (batch, classes), written, for upstream grad_loss (batch).
template <class T>
void topk_loss_backward(const TopKLossArgs<T>& args, const KeptForGradient<T>& kept,
                        const T* grad_loss, T* grad_scores, const base::Executor& executor);

/// The gradients of the parameters, by running the loss again.
/// @param grad_parameters  4 doubles (scale, power, shift, shape of the distribution; of a
/// relaxation its steepness and 0), written
/// @param grad_p_k         K doubles, written
template <class T>
void topk_loss_parameters_backward(const TopKLossArgs<T>& args, const T* grad_loss,
                                   double* grad_parameters, double* grad_p_k,
                                   const base::Executor& executor);

}  // namespace pliant::selection
