// pliant/sorting/torch/functions.cpp — the C++ functions over the sorting ops: options, ranks,
// targets
#include <ATen/Functions.h>

#include <cstring>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "pliant/base/errors.h"
#include "pliant/base/torch/find_op.h"
#include "pliant/sorting/torch/ops.h"
#include "pliant/sorting/torch/sort_call.h"

namespace pliant {
namespace {

using at::Tensor;

/// For each item the ranks that it may take, (batch, n) each: one, in order of position, or those
/// of all equals.
std::pair<Tensor, Tensor> target_ranks(const Tensor& labels, bool ties) {
  const auto [ordered, order] = at::sort(labels, /*stable=*/true, /*dim=*/-1, /*descending=*/false);
  if (ties) {
    const Tensor values = labels.contiguous();
    return {at::searchsorted(ordered, values),
            at::searchsorted(ordered, values, false, /*right=*/true) - 1};
  }
  const Tensor ranks = at::empty_like(order);
  ranks.scatter_(-1, order, at::arange(labels.size(-1), order.options()).expand_as(order));
  return {ranks, ranks};
}

void check_labels(const char* caller, const Tensor& labels, const Tensor& scores) {
  TORCH_CHECK_VALUE(labels.sizes() == scores.sizes(), caller,
                    ": labels must have the shape of scores, ", scores.sizes(), ", got ",
                    labels.sizes());
}

/// Ranks are the last dimension.
Tensor ranks_flipped(const Tensor& result, const SortOptions& options) {
  return options.descending ? result.flip(-1) : result;
}

}  // namespace

math::Distribution SortOptions::comparison() const {
  base::require(art_lambda >= 0 && art_lambda < 1, "sort: art_lambda must be in [0, 1), got ",
                art_lambda);
  const int family = math::family_index(distribution);
  const double scale = math::families()[static_cast<std::size_t>(family)].sort_scale;
  const math::Distribution result{family, steepness * scale, 1 - art_lambda, shift,
                                  shape,  straight_through};
  math::check(result, "sort", "steepness");
  return result;
}

sorting::RelaxationOptions SortOptions::relaxation() const {
  const sorting::RelaxationOptions result{.method = sorting::relaxation_index(method),
                                          .steepness = steepness,
                                          .power = power,
                                          .tolerance = tolerance,
                                          .iterations = iterations,
                                          .implicit = implicit};
  sorting::check(result, "sort");
  return result;
}

Tensor comparison_parameters(const SortOptions& options, const Tensor& steepness) {
  const math::Distribution d = options.comparison();
  std::vector<double> values = {d.scale, d.power, d.shift, d.shape};
  if (d.straight_through) values.push_back(1);
  const Tensor numbers = at::tensor(values, at::kDouble);
  if (!steepness.defined()) return numbers;
  TORCH_CHECK_VALUE(steepness.numel() == 1, "sort: steepness must be one number, got shape ",
                    steepness.sizes());
  const Tensor scale =
      steepness.reshape({1}).to(at::kCPU, at::kDouble) * (d.scale / options.steepness);
  return at::cat({scale, numbers.slice(0, 1)});
}

Tensor network(std::string_view kind, int64_t size) {
  static std::mutex mutex;
  static std::map<std::pair<std::string, int64_t>, Tensor> made;
  const std::lock_guard lock(mutex);
  Tensor& entry = made[{std::string(kind), size}];
  if (!entry.defined()) {
    const c10::InferenceMode off(
        false);  // what is made in it could not be saved for a gradient later
    static const auto make = op<Tensor(std::string_view, int64_t)>("pliant::network");
    entry = make.call(kind, size);
  }
  return entry;
}

std::tuple<Tensor, Tensor> sort(const Tensor& x, const SortOptions& options,
                                const Tensor& steepness, const Ragged& ragged) {
  const SortCall call("sort", x, options, steepness, ragged);
  const auto results = call.run(
      [&](const Tensor& keys, const Sorter& sorter, const std::vector<Tensor>&) {
        const auto [values, permutation] = sorter.sort(keys);
        return std::vector{ranks_flipped(values, options), ranks_flipped(permutation, options)};
      },
      {{Axis::kRank}, {Axis::kItem, Axis::kRank}});
  return {call.unkeys(results[0]), call.unrows(results[1])};
}

Tensor sort_values(const Tensor& x, const SortOptions& options, const Tensor& steepness,
                   const Ragged& ragged) {
  const SortCall call("sort_values", x, options, steepness, ragged);
  const auto results = call.run(
      [&](const Tensor& keys, const Sorter& sorter, const std::vector<Tensor>&) {
        return std::vector{ranks_flipped(sorter.values(keys), options)};
      },
      {{Axis::kRank}});
  return call.unkeys(results[0]);
}

Tensor soft_rank(const Tensor& x, const SortOptions& options, const Tensor& steepness,
                 const Ragged& ragged) {
  const SortCall call("soft_rank", x, options, steepness, ragged);
  const auto results = call.run(
      [&](const Tensor& keys, const Sorter& sorter, const std::vector<Tensor>&) {
        return std::vector{sorter.ranks(keys, options.descending)};
      },
      {{Axis::kItem}});
  return call.unrows(results[0]);
}

Tensor apply_sort(const Tensor& key, const Tensor& payload, const SortOptions& options,
                  const Tensor& steepness, const Ragged& ragged) {
  const SortCall call("apply_sort", key, options, steepness, ragged);
  TORCH_CHECK_VALUE(
      payload.dim() == key.dim() + 1 && payload.sizes().slice(0, key.dim()) == key.sizes(),
      "apply_sort: payload must have the shape of key and one dimension more, got ",
      payload.sizes(), " for key ", key.sizes());
  TORCH_CHECK_TYPE(payload.scalar_type() == key.scalar_type(),
                   "apply_sort: payload must have the dtype of key, ", key.scalar_type(), ", got ",
                   payload.scalar_type());
  const auto results = call.run(
      [&](const Tensor& keys, const Sorter& sorter, const std::vector<Tensor>& others) {
        const Tensor out = sorter.apply(keys, others[0], /*to_ranks=*/true);
        return std::vector{options.descending ? out.flip(1) : out};
      },
      {{Axis::kRank}}, {call.rows(payload).to(call.keys().scalar_type())});
  return call.unrows(results[0]);
}

Tensor permutation_loss(const Tensor& scores, const Tensor& labels, const SortOptions& options,
                        std::string_view loss, bool ties, const Tensor& steepness,
                        const Ragged& ragged) {
  const SortCall call("permutation_loss", scores, options, steepness, ragged);
  check_labels("permutation_loss", labels, scores);
  // Descending order flips the ranks of P and of its target alike: the loss is the same.
  const auto results = call.run(
      [&](const Tensor& keys, const Sorter& sorter, const std::vector<Tensor>& others) {
        const auto [first, last] = target_ranks(others[0], ties);
        return std::vector{sorter.loss(keys, first, last, loss)};
      },
      {{}}, {call.rows(labels)});
  return results[0].mean().to(scores.scalar_type());
}

Tensor perturb(const Tensor& x, int64_t seed, int64_t step, double scale) {
  static const auto noise =
      op<Tensor(const Tensor&, c10::SymInt, c10::SymInt)>("pliant::gumbel_noise");
  return x + scale * noise.call(x.detach(), seed, step);
}

sorting::RankingMetrics ranking_metrics(const Tensor& scores, const Tensor& labels,
                                        const Ragged& ragged) {
  static const auto call_op =
      op<Tensor(const Tensor&, const Tensor&, const std::optional<Tensor>&)>(
          "pliant::ranking_metrics");
  const Rows sets("ranking_metrics", scores);
  check_labels("ranking_metrics", labels, scores);
  const Tensor valid = sets.valid_items(ragged);
  const Tensor numbers = call_op
                             .call(sets.rows(scores), sets.rows(labels),
                                   valid.defined() ? std::optional(valid) : std::nullopt)
                             .cpu();
  sorting::RankingMetrics metrics;
  static_assert(std::is_trivially_copyable_v<sorting::RankingCounts>);
  std::memcpy(static_cast<void*>(&metrics.counts), numbers.const_data_ptr<int64_t>(),
              sizeof(metrics.counts));
  return metrics;
}

}  // namespace pliant
