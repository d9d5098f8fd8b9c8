// pliant/optim/torch/condition.cpp — the conditioned gradient of linear layers
#include "pliant/optim/torch/condition.h"

#include <ATen/Functions.h>

#include <optional>
#include <vector>

#include "pliant/optim/torch/conditioned_product.h"

namespace pliant {
namespace {

using at::Tensor;

/// X with a column of ones.
Tensor augmented(const Tensor& x) {
  std::vector<int64_t> ones = x.sizes().vec();
  ones.back() = 1;
  return at::cat({x, at::ones(ones, x.options())}, -1);
}

/// The mean over all dimensions but the first and the last, (N, n).
Tensor mean_of_positions(const Tensor& x) {
  if (x.dim() < 3) return x;
  return x.flatten(1, x.dim() - 2).mean(1);
}

}  // namespace

LayerGradient isaac_linear_gradient(const Tensor& x, const Tensor& grad, bool with_bias,
                                    const IsaacSettings& settings) {
  check_damping("isaac_linear", settings.damping);
  const Tensor flat = x.reshape({-1, x.size(-1)});
  const Tensor upstream = grad.reshape({-1, grad.size(-1)});
  const auto plain = [&] {
    return LayerGradient{at::mm(upstream.t(), flat), with_bias ? upstream.sum(0) : Tensor()};
  };
  const bool reduced = settings.reduced && x.dim() > 2;
  const optim::LayerShape shape{flat.size(0), flat.size(1), upstream.size(1), 1, true};
  const optim::Cost cost =
      optim::isaac_cost(shape, reduced ? optim::Side::kInputs : optim::isaac_cost(shape).side);
  if (is_plain(cost, settings)) return plain();

  const bool bias_too = settings.augmented_bias && with_bias;
  const Tensor read = bias_too ? augmented(x) : x;
  ConditionedProduct product{read.reshape({-1, read.size(-1)}), upstream,
                             reduced ? mean_of_positions(read) : Tensor(), x, Tensor()};
  if (rows_travel(settings))
    product.everyone = gathered(reduced ? product.gram : product.x, settings);
  std::optional<Tensor> weight = product.value(settings);
  if (!weight) return plain();
  if (settings.divided) weight->div_(settings.damping);
  if (!bias_too) return {*weight, with_bias ? upstream.sum(0) : Tensor()};
  return {weight->slice(1, 0, x.size(-1)).contiguous(), weight->select(1, x.size(-1)).contiguous()};
}

}  // namespace pliant
