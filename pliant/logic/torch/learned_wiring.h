// pliant/logic/torch/learned_wiring.h — which features to read, learned: a module
#pragma once

#include <torch/nn/module.h>
#include <torch/nn/pimpl.h>

#include <cstdint>

#include "pliant/logic/torch/integer_buffers.h"

namespace pliant {

/// Options of LearnedWiring, as those of pliant.nn.LearnedWiring.
struct LearnedWiringOptions {
  int64_t in_features = 0;
  int64_t slots = 0;
  int64_t candidates = 16;       ///< that each slot chooses from
  bool straight_through = true;  ///< train with the chosen one, and the gradient of the sum
  double temperature = 1;        ///< divides the logits
  std::uint64_t candidates_seed = 0;
  double deviation = 1;  ///< of the logits, which begin as N(0, deviation²), ≥ 0
  /// Added to the logits of the first candidates, in which each feature stands equally often.
  double first_logit = 0;
};

/// Learns which features to pass on: in training a slot is the candidate of the largest logit with
/// the gradient of the softmax-weighted sum, or without `straight_through` that sum; in eval mode
/// always the candidate, the first of equal ones. Parameters "logits" (candidates, slots);
/// buffers "candidates" int32 of the same shape.
class LearnedWiringImpl : public IntegerBuffersModule {
 public:
  /// Logits come from torch's generator, candidates from their own seed.
  /// @param first  the first candidates, int32 (slots); undefined: they are drawn. Others stay
  ///               different from them
  /// @throws c10::ValueError that names the option
  explicit LearnedWiringImpl(const LearnedWiringOptions& options, const torch::Tensor& first = {});

  /// @param x  (batch, in_features)   @return (batch, slots)
  torch::Tensor forward(const torch::Tensor& x);

  /// The feature that each slot passes in eval mode: int32 (slots).
  [[nodiscard]] torch::Tensor chosen() const;

  LearnedWiringOptions options;
  torch::Tensor logits;
  torch::Tensor candidates;
};
TORCH_MODULE(LearnedWiring);

}  // namespace pliant
