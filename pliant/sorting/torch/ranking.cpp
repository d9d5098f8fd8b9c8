// pliant/sorting/torch/ranking.cpp — Spearman's ρ and NDCG of rows of scores
#include "pliant/sorting/torch/ranking.h"

#include <ATen/Functions.h>

#include <algorithm>
#include <limits>
#include <vector>

#include "pliant/sorting/torch/fast.h"
#include "pliant/sorting/torch/sort_call.h"

namespace pliant {
namespace {

using at::Tensor;

constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// Scores as rows, what comes with them, and which items take part.
struct Sets : Rows {
  Tensor scores;
  Tensor valid;  ///< undefined = all

  Sets(const char* caller, const Tensor& given, const Ragged& ragged) : Rows(caller, given) {
    TORCH_CHECK_TYPE(given.is_floating_point(), caller, ": scores must be floating point, got ",
                     given.scalar_type());
    const bool is_half = given.scalar_type() == at::kHalf || given.scalar_type() == at::kBFloat16;
    scores = rows(is_half ? given.to(at::kFloat) : given);  // not all ranks are halves
    valid = valid_items(ragged);
  }

  /// What comes with the scores, as rows.
  [[nodiscard]] Tensor companions(const Tensor& given, const Tensor& like, const char* name) const {
    TORCH_CHECK_VALUE(given.sizes() == like.sizes(), caller_, ": ", name,
                      " must have the shape of scores, ", like.sizes(), ", got ", given.sizes());
    const Tensor numbers = rows(given.detach());
    const Tensor unknown = valid.defined() ? numbers.isnan().logical_and(valid) : numbers.isnan();
    TORCH_CHECK_VALUE(!unknown.any().item<bool>(), caller_, ": ", name, " must not be NaN");
    return numbers;
  }

  /// `numbers` where items take part, `otherwise` elsewhere.
  [[nodiscard]] Tensor where_valid(const Tensor& numbers, double otherwise) const {
    if (!valid.defined()) return numbers;
    return at::where(valid, numbers, at::scalar_tensor(otherwise, numbers.options()));
  }

  /// What each item is worth, 0 for those that take no part.
  [[nodiscard]] Tensor gains(const Tensor& relevance, const Tensor& like,
                             const NdcgOptions& options) const {
    TORCH_CHECK_VALUE(options.gain == "exponential" || options.gain == "linear", caller_,
                      ": unknown gain '", options.gain, "'; there are: exponential, linear");
    TORCH_CHECK_VALUE(options.k.value_or(1) >= 1, caller_, ": k must be >= 1, got ",
                      options.k.value_or(1));
    const Tensor worth =
        where_valid(companions(relevance, like, "relevance").to(scores.scalar_type()), 0);
    TORCH_CHECK_VALUE(!worth.lt(0).any().item<bool>(), caller_, ": relevance must be >= 0, got ",
                      worth.min().item<double>());
    return options.gain == "linear" ? worth : worth.exp2() - 1;
  }

  [[nodiscard]] Tensor per_set(const Tensor& numbers) const {
    return numbers.reshape(batch_shape_);
  }
};

/// Ranks from 1 of rows of labels, ascending; equals have the mean of theirs, and what takes no
/// part is behind all others.
Tensor mean_ranks(const Tensor& given, const Tensor& valid) {
  const auto first_and_last = [](const Tensor& labels) {
    const Tensor ordered = std::get<0>(labels.sort(-1));
    return std::pair(at::searchsorted(ordered, labels),
                     at::searchsorted(ordered, labels, false, /*right=*/true));
  };
  auto [first, last] = first_and_last(given.contiguous());
  if (valid.defined())
    std::tie(first, last) = first_and_last(first.masked_fill(valid.logical_not(), given.size(1)));
  return (first + last + 1).to(at::kDouble) / 2;
}

/// Σ gain/log₂(1 + rank) of gains in the order of their ranks.
Tensor discounted(const Tensor& gains) {
  const Tensor ranks = at::arange(2, gains.size(1) + 2, gains.options());
  return (gains / ranks.log2()).sum(-1);
}

/// Over what the best order of the gains would have; 0 where that is 0.
Tensor normalised(const Tensor& found, const Tensor& gains, int64_t cutoff) {
  const Tensor ideal = discounted(std::get<0>(gains.sort(-1, true)).slice(1, 0, cutoff));
  const Tensor some = ideal.gt(0);
  return at::where(some, found / at::where(some, ideal, at::ones_like(ideal)),
                   at::zeros_like(found));
}

int64_t cutoff(const NdcgOptions& options, int64_t n) { return std::min(options.k.value_or(n), n); }

}  // namespace

Tensor spearman_loss(const Tensor& scores, const Tensor& targets, double steepness,
                     const Ragged& ragged) {
  const Sets sets("spearman_loss", scores, ragged);
  const Tensor truth = sets.companions(targets, scores, "targets");
  const Tensor ranks = lap_rank(sets.where_valid(sets.scores, kInfinity), steepness);
  const Tensor size = sets.valid.defined() ? sets.valid.sum(-1, true).to(ranks.scalar_type())
                                           : at::full({1, 1}, sets.n(), ranks.options());
  const Tensor middle = (size + 1) / 2;
  const Tensor found = sets.where_valid(ranks - middle, 0);
  const Tensor expected =
      sets.where_valid(mean_ranks(truth, sets.valid).to(ranks.scalar_type()) - middle, 0);
  const Tensor full = (size * (size * size - 1) / 12).squeeze(1);
  const Tensor spread = found.square().sum(-1);
  // Equal scores have no spread: that of all ranks leaves them a gradient.
  const Tensor norm = at::where(spread.gt(1e-12 * full), spread, full) * expected.square().sum(-1);
  const Tensor rho =
      (found * expected).sum(-1) / norm.clamp_min(std::numeric_limits<float>::min()).sqrt();
  return (1 - rho).mean().to(scores.scalar_type());
}

Tensor ndcg_loss(const Tensor& scores, const Tensor& relevance, const NdcgOptions& options,
                 double steepness, const Ragged& ragged) {
  const Sets sets("ndcg_loss", scores, ragged);
  const Tensor gains = sets.gains(relevance, scores, options);
  const Tensor keys = sets.where_valid(-sets.scores, kInfinity);
  Tensor weights = 1 / (1 + lap_rank(keys, steepness)).log2();
  const int64_t first = cutoff(options, sets.n());
  if (first < sets.n()) {
    const Tensor rest = soft_topk_mask(keys, static_cast<double>(sets.n() - first), {steepness});
    weights = weights * (1 - rest);
  }
  const Tensor found = normalised((gains * weights).sum(-1), gains, first);
  return (1 - found).mean().to(scores.scalar_type());
}

Tensor ndcg(const Tensor& scores, const Tensor& relevance, const NdcgOptions& options,
            const Ragged& ragged) {
  const Sets sets("ndcg", scores.detach(), ragged);
  Tensor gains = sets.gains(relevance, scores, options), keys = sets.scores;
  const int64_t first = cutoff(options, sets.n());
  if (sets.valid.defined()) {  // they have no gain: behind the others they count for nothing
    const Tensor behind = at::argsort(sets.valid.logical_not().to(at::kByte), true, -1, false);
    keys = sets.where_valid(keys, -kInfinity).gather(1, behind);
    gains = gains.gather(1, behind);
  }
  const Tensor order = at::argsort(keys, /*stable=*/true, -1, /*descending=*/true);
  const Tensor found =
      normalised(discounted(gains.gather(1, order).slice(1, 0, first)), gains, first);
  const Tensor unknown = keys.isnan().any(-1);
  return sets.per_set(found.masked_fill(unknown, std::numeric_limits<double>::quiet_NaN()));
}

}  // namespace pliant
