// tasks/path_methods.h — ways to a gradient from a path to the costs that it came from
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>

#include "tasks/paths.h"

namespace pliant::tasks {

/// Where the maps of a process stand in the batch of the step, which is of `whole` maps.
struct BatchShare {
  std::int64_t first = 0;
  std::int64_t whole = 0;
};

/// What a training on paths differs by.
class PathMethod {
 public:
  virtual ~PathMethod() = default;

  /// Whether the network gives logits of marks instead of costs.
  [[nodiscard]] virtual bool labels() const { return false; }
  /// The mean loss over the maps.
  /// @param found  (B, rows, columns) by the network   @param truth  the right paths, the same
  /// shape
  [[nodiscard]] virtual at::Tensor loss(const at::Tensor& found, const at::Tensor& truth,
                                        const BatchShare& share) const = 0;
  /// How much each cell is marked, if not by the exact path; undefined otherwise.
  [[nodiscard]] virtual at::Tensor marks(const at::Tensor& /*found*/) const { return {}; }
};

/// @param options  settled
/// @throws std::invalid_argument that names the option, what was expected and what came
std::unique_ptr<PathMethod> make_path_method(const PathsOptions& options);

/// The loss of a method where none is given.   @throws std::invalid_argument for an unknown method
std::string default_path_loss(std::string_view method);

}  // namespace pliant::tasks
