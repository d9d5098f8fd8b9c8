// pliant/topk/torch/modules.h — the top-k cross-entropy as a module
#pragma once

#include <torch/nn/module.h>
#include <torch/nn/pimpl.h>

#include "pliant/topk/torch/functions.h"

namespace pliant {

/// Options of the module: those of the function, and what is learned.
struct TopKCrossEntropyModuleOptions {
  TopKCrossEntropyOptions loss;
  bool learn_steepness = false;  ///< registers "steepness", a float64 scalar
  bool learn_p_k = false;        ///< registers "p_k_logits", float64 (K): P_K is their softmax
};

/// pliant::topk_cross_entropy as a module: forward(scores, target) → loss.
class TopKCrossEntropyImpl : public torch::nn::Module {
 public:
  /// @param weight  (classes), a factor for each class, registered as a buffer; undefined: 1
  /// @throws c10::ValueError that names the option; with learn_p_k for an entry that is 0 too
  explicit TopKCrossEntropyImpl(TopKCrossEntropyModuleOptions options = {},
                                const torch::Tensor& weight = {});
  torch::Tensor forward(const torch::Tensor& scores, const torch::Tensor& target) const;

  TopKCrossEntropyModuleOptions options;
  torch::Tensor weight;      ///< undefined unless given
  torch::Tensor steepness;   ///< undefined unless learned
  torch::Tensor p_k_logits;  ///< undefined unless learned
};
TORCH_MODULE(TopKCrossEntropy);

}  // namespace pliant
