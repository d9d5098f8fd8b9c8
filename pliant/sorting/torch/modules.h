// pliant/sorting/torch/modules.h — sorting as modules: they own the options and a learnable
// steepness
#pragma once

#include <torch/nn/module.h>
#include <torch/nn/pimpl.h>

#include <string>
#include <tuple>

#include "pliant/sorting/torch/ops.h"

namespace pliant {

/// Options of the sorting modules.
struct SortModuleOptions {
  SortOptions sort;
  bool learn_steepness = false;  ///< registers the parameter "steepness", a float64 scalar
};

/// pliant::sort as a module: forward(x) → (values, permutation).
class SortImpl : public torch::nn::Module {
 public:
  explicit SortImpl(SortModuleOptions options = {});
  std::tuple<torch::Tensor, torch::Tensor> forward(const torch::Tensor& x) const;

  SortModuleOptions options;
  torch::Tensor steepness;  ///< undefined unless learned
};
TORCH_MODULE(Sort);

/// pliant::soft_rank as a module: forward(x) → ranks from 1 to n.
class SoftRankImpl : public torch::nn::Module {
 public:
  explicit SoftRankImpl(SortModuleOptions options = {});
  torch::Tensor forward(const torch::Tensor& x) const;

  SortModuleOptions options;
  torch::Tensor steepness;  ///< undefined unless learned
};
TORCH_MODULE(SoftRank);

/// Options of PermutationLoss: those of sorting, the loss ("bce" or "cross_entropy") and whether
/// ties share ranks.
struct PermutationLossOptions : SortModuleOptions {
  std::string loss = "bce";
  bool ties = false;
};

/// pliant::permutation_loss as a module: forward(scores, labels) → scalar.
class PermutationLossImpl : public torch::nn::Module {
 public:
  explicit PermutationLossImpl(PermutationLossOptions options = {});
  torch::Tensor forward(const torch::Tensor& scores, const torch::Tensor& labels) const;

  PermutationLossOptions options;
  torch::Tensor steepness;  ///< undefined unless learned
};
TORCH_MODULE(PermutationLoss);

}  // namespace pliant
