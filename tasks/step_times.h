// tasks/step_times.h — how the time of a training step is shared between the network and what
// follows it
#pragma once

#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>

#include <cstdint>
#include <filesystem>
#include <functional>

namespace pliant::tasks {

/// Times both parts of a step, there and back, and writes the medians as times.json in the folder,
/// made if need be:
/// {"event":"times","step":0,"network_ms":…,"program_ms":…,"program_share":…}. Parameters and their
/// gradients are as before.
/// @param network  the module, whose outputs `outputs` gives   @param loss  of these outputs
/// @param repetitions  ≥ 1; one more goes before
void write_step_times(const std::filesystem::path& folder, torch::nn::Module& network,
                      const std::function<at::Tensor()>& outputs,
                      const std::function<at::Tensor(const at::Tensor&)>& loss,
                      std::int64_t repetitions);

}  // namespace pliant::tasks
