// pliant/sorting/torch/modules.cpp — sorting as modules
#include "pliant/sorting/torch/modules.h"

#include <torch/types.h>

#include <utility>

namespace pliant {
namespace {

/// Checks the options now, by `check` of an empty batch and them, not at the first call, and
/// registers the steepness if it is to be learned.
template <class Check>
torch::Tensor register_steepness(torch::nn::Module& module, const SortModuleOptions& options,
                                 const Check& check) {
  check(torch::empty({0, 2}), options.sort);
  if (!options.learn_steepness) return {};
  return module.register_parameter("steepness",
                                   torch::tensor(options.sort.steepness, torch::kDouble));
}

constexpr auto kSort = [](const torch::Tensor& x, const SortOptions& by) { sort(x, by); };
constexpr auto kSoftRank = [](const torch::Tensor& x, const SortOptions& by) { soft_rank(x, by); };

}  // namespace

SortImpl::SortImpl(SortModuleOptions module_options)
    : options(std::move(module_options)), steepness(register_steepness(*this, options, kSort)) {}

std::tuple<torch::Tensor, torch::Tensor> SortImpl::forward(const torch::Tensor& x) const {
  return sort(x, options.sort, steepness);
}

SoftRankImpl::SoftRankImpl(SortModuleOptions module_options)
    : options(std::move(module_options)),
      steepness(register_steepness(*this, options, kSoftRank)) {}

torch::Tensor SoftRankImpl::forward(const torch::Tensor& x) const {
  return soft_rank(x, options.sort, steepness);
}

PermutationLossImpl::PermutationLossImpl(PermutationLossOptions module_options)
    : options(std::move(module_options)), steepness(register_steepness(*this, options, kSort)) {}

torch::Tensor PermutationLossImpl::forward(const torch::Tensor& scores,
                                           const torch::Tensor& labels) const {
  return permutation_loss(scores, labels, options.sort, options.loss, options.ties, steepness);
}

}  // namespace pliant
