// pliant/sorting/torch/sorter.cpp — the modes of sorting, by the ops and by matrix products
#include "pliant/sorting/torch/sorter.h"

#include <ATen/Functions.h>

#include <cmath>

#include "pliant/base/torch/find_op.h"
#include "pliant/sorting/torch/fast.h"

namespace pliant {
namespace {

using at::Tensor;

/// Float32 for float16 and bfloat16: products of halves would lose what P has.
Tensor working_keys(const Tensor& tensor) {
  const bool half = tensor.scalar_type() == at::kHalf || tensor.scalar_type() == at::kBFloat16;
  return half ? tensor.to(at::kFloat) : tensor;
}

/// The logarithm, at least −100; what is below, be it 0 or rounded to less, has no gradient.
Tensor clamped_log(const Tensor& weight) {
  const Tensor above = weight.le(std::exp(-100.0)).logical_not();  // NaN stays NaN
  return at::where(above, at::where(above, weight, 1).log(), -100);
}

}  // namespace

Tensor Sorter::ranks(const Tensor& keys, bool descending) const {
  const Tensor ascending = at::arange(1, keys.size(1) + 1, keys.options());
  const Tensor payload = (descending ? ascending.flip(0) : ascending).reshape({1, -1, 1});
  return apply(keys, payload.expand({keys.size(0), -1, -1}), /*to_ranks=*/false).squeeze(-1);
}

std::tuple<Tensor, Tensor> NetworkSorter::sort(const Tensor& keys) const {
  static const auto call =
      op<std::tuple<Tensor, Tensor>(const Tensor&, const Tensor&, std::string_view, const Tensor&)>(
          "pliant::sort");
  return call.call(keys, network_, family_, parameters_);
}

Tensor NetworkSorter::values(const Tensor& keys) const {
  static const auto call =
      op<Tensor(const Tensor&, const Tensor&, std::string_view, const Tensor&)>(
          "pliant::sort_values");
  return call.call(keys, network_, family_, parameters_);
}

Tensor NetworkSorter::apply(const Tensor& keys, const Tensor& payload, bool to_ranks) const {
  static const auto call = op<Tensor(const Tensor&, const Tensor&, const Tensor&, std::string_view,
                                     const Tensor&, bool)>("pliant::sort_apply");
  return call.call(keys, payload, network_, family_, parameters_, to_ranks);
}

Tensor NetworkSorter::loss(const Tensor& keys, const Tensor& first, const Tensor& last,
                           std::string_view kind) const {
  static const auto call =
      op<Tensor(const Tensor&, const Tensor&, const Tensor&, const Tensor&, std::string_view,
                const Tensor&, std::string_view)>("pliant::sort_loss");
  return call.call(keys, first, last, network_, family_, parameters_, kind);
}

Tensor RelaxationSorter::permutation(const Tensor& keys) const {
  static const auto call =
      op<Tensor(const Tensor&, std::string_view, const Tensor&, c10::SymInt, c10::SymInt, double,
                double, int64_t, bool)>("pliant::relaxed_permutation");
  const auto& relaxation = sorting::relaxations()[static_cast<std::size_t>(options_.method)];
  return call.call(keys, relaxation.name, steepness_, 0, keys.size(1), options_.power,
                   options_.tolerance, options_.iterations, options_.implicit);
}

Tensor LapSorter::permutation(const Tensor& keys) const {
  return lap_permutation(keys, steepness_, 0, keys.size(1));
}

std::tuple<Tensor, Tensor> MatrixSorter::sort(const Tensor& keys) const {
  const Tensor x = working_keys(keys);
  const Tensor p = permutation(x);
  return {at::matmul(x.unsqueeze(1), p).squeeze(1), p};
}

Tensor MatrixSorter::values(const Tensor& keys) const { return std::get<0>(sort(keys)); }

Tensor MatrixSorter::apply(const Tensor& keys, const Tensor& payload, bool to_ranks) const {
  const Tensor p = permutation(working_keys(keys));
  return at::matmul(to_ranks ? p.transpose(-1, -2) : p, working_keys(payload));
}

Tensor MatrixSorter::loss(const Tensor& keys, const Tensor& first, const Tensor& last,
                          std::string_view kind) const {
  TORCH_CHECK_VALUE(kind == "bce" || kind == "cross_entropy", "sort_loss: unknown loss '", kind,
                    "'; there are: bce, cross_entropy");
  const Tensor p = permutation(working_keys(keys));
  const Tensor from = first.unsqueeze(-1), to = last.unsqueeze(-1);
  const Tensor ranks = at::arange(keys.size(1), first.options());
  const Tensor target =
      from.le(ranks).logical_and(to.ge(ranks)) / (to - from + 1).to(p.scalar_type());
  const Tensor entropy = -target * clamped_log(p);
  if (kind == "cross_entropy") return entropy.sum(-2).mean(-1);
  return (entropy - (1 - target) * clamped_log(1 - p)).mean({-2, -1});
}

std::tuple<Tensor, Tensor> ProjectionSorter::sort(const Tensor&) const { refuse(); }

Tensor ProjectionSorter::values(const Tensor& keys) const {
  return projected("pliant::fast_sort", keys);
}

Tensor ProjectionSorter::apply(const Tensor&, const Tensor&, bool) const { refuse(); }

/// Ranks in the other direction are n + 1 less these, as with any P that is doubly stochastic.
Tensor ProjectionSorter::ranks(const Tensor& keys, bool descending) const {
  const Tensor ascending = projected("pliant::fast_rank", working_keys(keys));
  return descending ? keys.size(1) + 1 - ascending : ascending;
}

Tensor ProjectionSorter::loss(const Tensor&, const Tensor&, const Tensor&, std::string_view) const {
  refuse();
}

Tensor ProjectionSorter::projected(const char* op_name, const Tensor& keys) const {
  static const auto order = op<Tensor(const Tensor&)>("pliant::ascending_order");
  return op<Tensor(const Tensor&, const Tensor&, const Tensor&, std::string_view)>(op_name).call(
      keys, order.call(keys.detach()), steepness_, method_.regularization);
}

void ProjectionSorter::refuse() const {
  C10_THROW_ERROR(ValueError,
                  c10::str(caller_, ": method '", method_.name,
                           "' has sorted values and ranks, but no permutation matrix: take "
                           "sort_values or soft_rank, or a method that has one: ",
                           sorting::names_with_permutation()));
}

}  // namespace pliant
