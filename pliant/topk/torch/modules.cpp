// pliant/topk/torch/modules.cpp — the top-k cross-entropy as a module
#include "pliant/topk/torch/modules.h"

#include <torch/types.h>

#include <algorithm>
#include <utility>

namespace pliant {

TopKCrossEntropyImpl::TopKCrossEntropyImpl(TopKCrossEntropyModuleOptions module_options,
                                           const torch::Tensor& class_weight)
    : options(std::move(module_options)) {
  const TopKCrossEntropyOptions& loss = options.loss;
  comparison_parameters(loss);
  const auto k = static_cast<int64_t>(loss.p_k.size());
  // Checks P_K, and the method and mode for the least number of classes, on an empty batch.
  TopKCrossEntropyOptions probe = loss;
  probe.m = 0;
  topk_cross_entropy(torch::empty({0, std::max<int64_t>(k, 1)}), torch::empty({0}, torch::kLong),
                     probe);
  if (class_weight.defined()) weight = register_buffer("weight", class_weight);
  if (options.learn_steepness)
    steepness = register_parameter("steepness", torch::tensor(loss.steepness, torch::kDouble));
  if (!options.learn_p_k) return;
  TORCH_CHECK_VALUE(std::ranges::all_of(loss.p_k, [](double p) { return p > 0; }),
                    "TopKCrossEntropy: with learn_p_k every entry of p_k must be > 0");
  p_k_logits = register_parameter("p_k_logits", torch::tensor(loss.p_k, torch::kDouble).log());
}

torch::Tensor TopKCrossEntropyImpl::forward(const torch::Tensor& scores,
                                            const torch::Tensor& target) const {
  const torch::Tensor p_k = p_k_logits.defined() ? p_k_logits.softmax(0) : torch::Tensor();
  return topk_cross_entropy(scores, target, options.loss, weight, steepness, p_k);
}

}  // namespace pliant
