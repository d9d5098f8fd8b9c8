// tasks/finite_outputs.h — losses through programs and solvers, which refuse what is not finite
#pragma once

#include <ATen/core/Tensor.h>

#include "pliant/train/torch/task.h"

namespace pliant::tasks {

/// The loss of a network's outputs; their sum where some are NaN or infinite, so that the training
/// loop finds them and ends in its own way, instead of an error of the program.
template <class Loss>
BatchLoss loss_of_finite(const at::Tensor& outputs, const Loss& loss) {
  const bool finite = outputs.detach().isfinite().all().item<bool>();
  return {finite ? loss(outputs) : outputs.sum(), outputs};
}

}  // namespace pliant::tasks
