// pliant/sorting/torch/functions.cpp — the C++ functions over the sorting ops: batch shapes, ranks,
// targets
#include <ATen/Functions.h>
#include <ATen/core/dispatch/Dispatcher.h>

#include <map>
#include <mutex>
#include <string>
#include <tuple>
#include <utility>

#include "pliant/base/errors.h"
#include "pliant/sorting/torch/ops.h"

namespace pliant {
namespace {

using at::Tensor;

/// The op `name` with the signature Fn, looked up once.
template <class Fn>
c10::TypedOperatorHandle<Fn> op(const char* name) {
  return c10::Dispatcher::singleton().findSchemaOrThrow(name, "").typed<Fn>();
}

void check_dimension(const Tensor& x, const char* caller, const char* argument) {
  TORCH_CHECK_VALUE(x.dim() >= 1, caller, ": ", argument,
                    " must have at least one dimension, got a scalar");
}

/// (…, n) as (batch, n).
Tensor rows(const Tensor& x) { return x.dim() == 2 ? x : x.reshape({-1, x.size(-1)}); }

std::vector<int64_t> shape_with(const Tensor& x, std::initializer_list<int64_t> last) {
  std::vector<int64_t> shape(x.sizes().begin(), x.sizes().end() - 1);
  shape.insert(shape.end(), last);
  return shape;
}

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

}  // namespace

math::Distribution SortOptions::comparison() const {
  base::require(art_lambda >= 0 && art_lambda < 1, "sort: art_lambda must be in [0, 1), got ",
                art_lambda);
  const int family = math::family_index(distribution);
  const double scale = math::families()[static_cast<std::size_t>(family)].sort_scale;
  const math::Distribution result{family, steepness * scale, 1 - art_lambda, shift, shape};
  math::check(result, "sort", "steepness");
  return result;
}

Tensor comparison_parameters(const SortOptions& options, const Tensor& steepness) {
  const math::Distribution d = options.comparison();
  const Tensor numbers = at::tensor({d.scale, d.power, d.shift, d.shape}, at::kDouble);
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
    static const auto make = op<Tensor(std::string_view, int64_t)>("pliant::network");
    entry = make.call(kind, size);
  }
  return entry;
}

std::tuple<Tensor, Tensor> sort(const Tensor& x, const SortOptions& options,
                                const Tensor& steepness) {
  check_dimension(x, "sort", "x");
  static const auto call =
      op<std::tuple<Tensor, Tensor>(const Tensor&, const Tensor&, std::string_view, const Tensor&)>(
          "pliant::sort");
  auto [values, permutation] =
      call.call(rows(x), network(options.method, x.size(-1)), options.distribution,
                comparison_parameters(options, steepness));
  if (options.descending) {
    values = values.flip(-1);
    permutation = permutation.flip(-1);
  }
  return {values.reshape(x.sizes()), permutation.reshape(shape_with(x, {x.size(-1), x.size(-1)}))};
}

Tensor sort_values(const Tensor& x, const SortOptions& options, const Tensor& steepness) {
  check_dimension(x, "sort_values", "x");
  static const auto call =
      op<Tensor(const Tensor&, const Tensor&, std::string_view, const Tensor&)>(
          "pliant::sort_values");
  const Tensor values = call.call(rows(x), network(options.method, x.size(-1)),
                                  options.distribution, comparison_parameters(options, steepness));
  return (options.descending ? values.flip(-1) : values).reshape(x.sizes());
}

namespace {

Tensor apply(const Tensor& keys, const Tensor& payload, const SortOptions& options,
             const Tensor& steepness, bool to_ranks) {
  static const auto call = op<Tensor(const Tensor&, const Tensor&, const Tensor&, std::string_view,
                                     const Tensor&, bool)>("pliant::sort_apply");
  return call.call(keys, payload, network(options.method, keys.size(-1)), options.distribution,
                   comparison_parameters(options, steepness), to_ranks);
}

}  // namespace

Tensor soft_rank(const Tensor& x, const SortOptions& options, const Tensor& steepness) {
  check_dimension(x, "soft_rank", "x");
  const Tensor keys = rows(x);
  Tensor ranks = at::arange(1, x.size(-1) + 1, x.options());
  if (options.descending) ranks = ranks.flip(0);
  const Tensor payload = ranks.unsqueeze(-1).expand({keys.size(0), keys.size(1), 1});
  return apply(keys, payload, options, steepness, /*to_ranks=*/false).reshape(x.sizes());
}

Tensor apply_sort(const Tensor& key, const Tensor& payload, const SortOptions& options,
                  const Tensor& steepness) {
  check_dimension(key, "apply_sort", "key");
  TORCH_CHECK_VALUE(
      payload.dim() == key.dim() + 1 && payload.sizes().slice(0, key.dim()) == key.sizes(),
      "apply_sort: payload must have the shape of key and one dimension more, got ",
      payload.sizes(), " for key ", key.sizes());
  const Tensor keys = rows(key);
  const Tensor out = apply(keys, payload.reshape({keys.size(0), keys.size(1), payload.size(-1)}),
                           options, steepness, true);
  return (options.descending ? out.flip(1) : out).reshape(payload.sizes());
}

Tensor permutation_loss(const Tensor& scores, const Tensor& labels, const SortOptions& options,
                        std::string_view loss, bool ties, const Tensor& steepness) {
  check_dimension(scores, "permutation_loss", "scores");
  TORCH_CHECK_VALUE(labels.sizes() == scores.sizes(),
                    "permutation_loss: labels must have the shape of scores, ", scores.sizes(),
                    ", got ", labels.sizes());
  // Descending order flips the ranks of P and of its target alike: the loss is the same.
  const auto [first, last] = target_ranks(rows(labels), ties);
  static const auto call =
      op<Tensor(const Tensor&, const Tensor&, const Tensor&, const Tensor&, std::string_view,
                const Tensor&, std::string_view)>("pliant::sort_loss");
  return call
      .call(rows(scores), first, last, network(options.method, scores.size(-1)),
            options.distribution, comparison_parameters(options, steepness), loss)
      .mean();
}

}  // namespace pliant
