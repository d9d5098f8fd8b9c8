// pliant/optim/torch/joint_layer.h — a conditioned layer of several processes
#pragma once

#include <ATen/core/Tensor.h>

#include <memory>
#include <optional>

#include "pliant/base/torch/communicator.h"
#include "pliant/optim/torch/condition.h"

namespace pliant {

/// The layer's output, in whose backward pass the processes condition together. It is no op: a
/// schema has no word for processes.
/// @param bias   may be undefined
/// @param shape  of a convolution; a linear layer has none
at::Tensor joint_layer(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias,
                       const IsaacSettings& settings, std::shared_ptr<const Communicator> processes,
                       const std::optional<ConvShape>& shape);

}  // namespace pliant
