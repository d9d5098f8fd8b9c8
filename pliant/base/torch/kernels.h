// pliant/base/torch/kernels.h — the two boxed kernels that every op shares; private to base/torch
#pragma once

#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/core/stack.h>

namespace pliant {

/// Runs the op below autograd and hangs a node on its results that calls <op>_backward.
void autograd_kernel(const c10::OperatorHandle& op, torch::jit::Stack* stack);

/// Runs the op on the CPU on copies of its tensors, and copies the results back.
void foreign_device_kernel(const c10::OperatorHandle& op, torch::jit::Stack* stack);

}  // namespace pliant
