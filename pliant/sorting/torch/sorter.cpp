// pliant/sorting/torch/sorter.cpp — the modes of sorting, by the ops and by matrix products
#include "pliant/sorting/torch/sorter.h"

#include <ATen/Functions.h>
#include <ATen/core/dispatch/Dispatcher.h>

#include <cmath>

namespace pliant {
namespace {

using at::Tensor;

/// The op `name` with the signature Fn.
template <class Fn>
c10::TypedOperatorHandle<Fn> op(const char* name) {
  return c10::Dispatcher::singleton().findSchemaOrThrow(name, "").typed<Fn>();
}

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

Tensor MatrixSorter::permutation(const Tensor& keys) const {
  static const auto call =
      op<Tensor(const Tensor&, std::string_view, const Tensor&, c10::SymInt, c10::SymInt, double,
                double, int64_t, bool)>("pliant::relaxed_permutation");
  const auto& relaxation = sorting::relaxations()[static_cast<std::size_t>(options_.method)];
  return call.call(keys, relaxation.name, steepness_, 0, keys.size(1), options_.power,
                   options_.tolerance, options_.iterations, options_.implicit);
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

}  // namespace pliant
