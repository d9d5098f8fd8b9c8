// tasks/reconstruction_task.h — what the tasks that see a shape in one picture have in common
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>

#include "pliant/data/safetensors.h"
#include "pliant/train/options.h"
#include "tasks/reconstruct.h"

namespace pliant {
class Mesh;
class Task;
}  // namespace pliant

namespace pliant::tasks {

/// How such a task draws silhouettes with a gradient.
struct SoftSilhouettes {
  /// Of meshes that are on the screen already (N, V, 3), at a step from 1: (N, size, size).
  std::function<at::Tensor(const Mesh& on_screen, std::int64_t step)> draw;
  /// What a snapshot says of it.
  std::function<data::MetadataMap(std::int64_t step)> metadata;
};

/// The task of Reconstruct by other silhouettes.
/// @param options  settled; its coverage and tau are not looked at
std::shared_ptr<Task> make_reconstruction(std::string_view name, const ReconstructOptions& options,
                                          SoftSilhouettes silhouettes);

/// Fills in what both tasks leave open: of `small` data and of the archive.
void settle_reconstruction(ReconstructOptions& options, train::Options& training);

/// @throws std::invalid_argument that names the option, what was expected and what came
void check_reconstruction(const ReconstructOptions& options);

}  // namespace pliant::tasks
