// pliant/logic/torch/learned_wiring.cpp — which features to read, learned: a module
#include "pliant/logic/torch/learned_wiring.h"

#include <torch/types.h>

#include <cmath>

#include "pliant/logic/torch/conv_functions.h"

namespace pliant {
namespace {

/// Candidates with others in the first row. Where the new one stands further down, what it replaces
/// takes its place: a slot's candidates stay different.
torch::Tensor with_first(const torch::Tensor& candidates, const torch::Tensor& first) {
  const torch::Tensor others = candidates.slice(0, 1);
  return torch::cat(
      {first.unsqueeze(0), torch::where(others.eq(first), candidates.slice(0, 0, 1), others)}, 0);
}

}  // namespace

LearnedWiringImpl::LearnedWiringImpl(const LearnedWiringOptions& given, const torch::Tensor& first)
    : options(given) {
  TORCH_CHECK_VALUE(options.temperature > 0, "LearnedWiring: temperature must be > 0, got ",
                    options.temperature);
  TORCH_CHECK_VALUE(std::isfinite(options.first_logit),
                    "LearnedWiring: first_logit must be finite, got ", options.first_logit);
  TORCH_CHECK_VALUE(std::isfinite(options.deviation) && options.deviation >= 0,
                    "LearnedWiring: deviation must be at least 0, got ", options.deviation);
  torch::Tensor drawn = wiring_candidates(options.in_features, options.slots, options.candidates,
                                          options.candidates_seed);
  if (first.defined()) drawn = with_first(drawn, first);
  candidates = register_buffer("candidates", drawn);
  torch::Tensor start = torch::randn({options.candidates, options.slots}).mul_(options.deviation);
  start[0].add_(options.first_logit);
  logits = register_parameter("logits", start);
}

torch::Tensor LearnedWiringImpl::forward(const torch::Tensor& x) {
  TORCH_CHECK_VALUE(x.dim() == 2 && x.size(1) == options.in_features,
                    "LearnedWiring: x must have shape (batch, ", options.in_features, "), got ",
                    x.sizes());
  // Of the logits themselves: weights may be equal where these are not.
  if (!is_training()) return logic_select(x, candidates, logits, /*hard=*/true);
  return logic_select(x, candidates, (logits / options.temperature).softmax(0),
                      options.straight_through);
}

torch::Tensor LearnedWiringImpl::chosen() const {
  return candidates.gather(0, logits.detach().argmax(0, /*keepdim=*/true)).squeeze(0);
}

}  // namespace pliant
