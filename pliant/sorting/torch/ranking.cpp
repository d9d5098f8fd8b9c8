// pliant/sorting/torch/ranking.cpp — Spearman's ρ and NDCG of rows of scores
#include "pliant/sorting/torch/ranking.h"

#include <ATen/Functions.h>

#include <algorithm>
#include <limits>
#include <optional>
#include <string_view>
#include <tuple>

#include "pliant/base/torch/find_op.h"
#include "pliant/sorting/torch/sort_call.h"

namespace pliant {
namespace {

using at::Tensor;

constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// Scores as rows, what comes with them, and which items take part.
struct Sets : Rows {
  Tensor scores;
  Tensor valid;  ///< undefined = all
  at::ScalarType dtype;

  Sets(const char* caller, const Tensor& given, const Ragged& ragged)
      : Rows(caller, given), dtype(given.scalar_type()) {
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
    return rows(given.detach());
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
    TORCH_CHECK_VALUE(!worth.isnan().any().item<bool>(), caller_, ": relevance must not be NaN");
    TORCH_CHECK_VALUE(!worth.lt(0).any().item<bool>(), caller_, ": relevance must be >= 0, got ",
                      worth.min().item<double>());
    return options.gain == "linear" ? worth : worth.exp2() - 1;
  }

  [[nodiscard]] std::optional<Tensor> valid_or_none() const {
    return valid.defined() ? std::optional(valid) : std::nullopt;
  }

  /// Of the losses of the sets, in the dtype that the scores came in.
  [[nodiscard]] Tensor mean(const std::tuple<Tensor, Tensor, Tensor>& losses) const {
    return std::get<0>(losses).mean().to(dtype);
  }

  [[nodiscard]] Tensor per_set(const Tensor& numbers) const {
    return numbers.reshape(batch_shape_);
  }
};

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

/// As the ops take it.
Tensor steepness_vector(double steepness) { return at::full({1}, steepness, at::kDouble); }

int64_t cutoff(const NdcgOptions& options, int64_t n) { return std::min(options.k.value_or(n), n); }

}  // namespace

Tensor spearman_loss(const Tensor& scores, const Tensor& targets, double steepness,
                     const Ragged& ragged) {
  static const auto call_op = op<std::tuple<Tensor, Tensor, Tensor>(
      const Tensor&, const Tensor&, const std::optional<Tensor>&, const Tensor&)>(
      "pliant::spearman_loss");
  const Sets sets("spearman_loss", scores, ragged);
  return sets.mean(call_op.call(sets.scores, sets.companions(targets, scores, "targets"),
                                sets.valid_or_none(), steepness_vector(steepness)));
}

Tensor ndcg_loss(const Tensor& scores, const Tensor& relevance, const NdcgOptions& options,
                 double steepness, const Ragged& ragged) {
  static const auto call_op = op<std::tuple<Tensor, Tensor, Tensor>(
      const Tensor&, const Tensor&, const std::optional<Tensor>&, const Tensor&, std::string_view,
      int64_t)>("pliant::ndcg_loss");
  const Sets sets("ndcg_loss", scores, ragged);
  return sets.mean(call_op.call(sets.scores, sets.companions(relevance, scores, "relevance"),
                                sets.valid_or_none(), steepness_vector(steepness), options.gain,
                                options.k.value_or(sets.n())));
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
