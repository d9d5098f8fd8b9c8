// pliant/logic/torch/gate_weight.h — the weights of a module's gates; private to logic/torch
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string_view>

#include "pliant/logic/torch/functions.h"

namespace pliant {

/// @param module  begins the texts of errors
/// @throws c10::ValueError if the parametrisation or `init` is unknown, or gates are to be drawn
/// and the parametrisation has nothing to draw from
void check_gates(const char* module, const GateOptions& options, std::string_view init,
                 bool gumbel);

/// Weights (P, gates) from torch's generator.   @param init  "residual": gates begin by passing
/// their first input; "gaussian": N(0, 1)
at::Tensor initial_gate_weight(const GateOptions& options, std::string_view init, int64_t gates);

/// Coefficients of hard gates drawn at random, with the gradient of the soft ones (Gumbel).
at::Tensor drawn_gate_coefficients(const at::Tensor& weight, const GateOptions& options);

}  // namespace pliant
