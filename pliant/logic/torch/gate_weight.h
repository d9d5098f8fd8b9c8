// pliant/logic/torch/gate_weight.h — the weights of a module's gates; private to logic/torch
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string_view>

#include "pliant/logic/torch/functions.h"

namespace pliant {

/// Weights (P, gates) from torch's generator.   @param init  "residual": gates begin by passing
/// their first input; "gaussian": N(0, 1)
at::Tensor initial_gate_weight(const GateOptions& options, std::string_view init, int64_t gates);

/// Coefficients of hard gates drawn at random, with the gradient of the soft ones (Gumbel); of
/// softmax, light or walsh, whose parameters are logits of gates or of entries.
at::Tensor drawn_gate_coefficients(const at::Tensor& weight, const GateOptions& options);

}  // namespace pliant
