// pliant/logic/torch/price.h — what circuits cost, to train with: the gates that hardware is
// expected to need, and fewer bits before the sums
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace pliant {

/// How many gates hardware needs if each entry of each soft table is drawn: a table that is
/// constant, an input or its complement is a wire and costs nothing, any other one gate; entry i is
/// 1 with its soft value p_i, independently of the others. Loss + λ · expected_gates trades
/// accuracy for gates. Gradient: coefficients. Cost: (k + 1) · 2^(k + 2) multiplications a gate.
/// @param coefficients  (2^k, gates) of soft gates (gate_coefficients), k in 1 … 6
/// @param sigmoid       the gates' outputs are σ of their multilinear form
/// @return a scalar, from 0 to the number of gates
/// @throws c10::ValueError, c10::TypeError that name the argument
at::Tensor expected_gates(const at::Tensor& coefficients, bool sigmoid = false);

/// The OR of neighbouring features: 1 − Π (1 − x) over each `size` of them, the probability that
/// one is 1; exact of 0 and 1. Gradient: x.
/// @param x       (batch, features) in [0, 1]
/// @param size    1 … 6; divides the features
/// @param groups  > 0: sums of so many groups of pools
/// @return (batch, features / size), or (batch, groups), stored by feature as by logic_dense
/// @throws c10::ValueError, c10::TypeError that name the argument
at::Tensor or_pool(const at::Tensor& x, std::int64_t size, std::int64_t groups = 0);

}  // namespace pliant
