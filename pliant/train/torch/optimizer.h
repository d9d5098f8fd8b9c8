// pliant/train/torch/optimizer.h — optimisers by name, whose whole state is tensors by name
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "pliant/train/torch/tensors.h"

namespace pliant {

/// How much of their past Adam's and AdamW's mean gradient and mean square keep, in [0, 1).
struct AdamBetas {
  double mean = 0.9;
  double square = 0.999;
};

/// Updates parameters by their gradients, with torch's fused kernels; the numbers other than the
/// learning rate and the betas are torch's defaults.
class Optimizer {
 public:
  /// @param parameters  leaves that require gradients, float32 or float64
  /// @throws std::invalid_argument if the name is unknown (the text lists the names)
  Optimizer(std::string_view name, const NamedTensors& parameters, const AdamBetas& betas = {});

  /// One update of every parameter that has a gradient.
  void step(double learning_rate);
  void zero_grad();

  /// The state as "<parameter>/<field>", e.g. "conv1.weight/exp_avg": what a checkpoint holds.
  [[nodiscard]] NamedTensors state() const;

 private:
  int kind_;
  AdamBetas betas_;
  NamedTensors parameters_;
  std::vector<std::vector<at::Tensor>> fields_;  ///< [field of the kind][parameter]
};

/// @throws std::invalid_argument if there is no optimiser of this name; the text lists the names
void require_optimizer(std::string_view name);

/// The optimiser of tasks whose layers condition their gradients; the update is that of "descent".
inline constexpr std::string_view kIsaacOptimizer = "isaac";

/// "adam", "adamw" (decoupled weight decay 0.01), "sgd" (momentum 0.9), "descent" (no momentum),
/// "isaac".
std::vector<std::string_view> optimizer_names();

}  // namespace pliant
