// pliant/base/torch/kernels.h — the boxed kernels that every op shares; private to base/torch
#pragma once

#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/core/stack.h>

#include "pliant/base/torch/transforms.h"

namespace pliant {

/// Runs the op below autograd and hangs a node on its results that calls <op>_backward.
void autograd_kernel(const c10::OperatorHandle& op, torch::jit::Stack* stack);

/// Runs the op on the CPU on copies of its tensors, and copies the results back.
void foreign_device_kernel(const c10::OperatorHandle& op, torch::jit::Stack* stack);

/// Runs the op on all samples at this level of torch.func.vmap: in one call where the op has rows
/// (set_rows), else one after the other, which is right for every op.
void vmap_kernel(const c10::OperatorHandle& op, torch::jit::Stack* stack);

/// Tells vmap_kernel which arguments of an op, by its name with the namespace, have rows.
void set_rows(const std::string& op, Rows rows);

/// Runs the op where autocast is on: halves become float32.
void autocast_kernel(const c10::OperatorHandle& op, torch::jit::Stack* stack);

}  // namespace pliant
