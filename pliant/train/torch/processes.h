// pliant/train/torch/processes.h — the processes that train one model together
#pragma once

#include <ATen/core/Tensor.h>

#include <memory>

namespace pliant {

/// Who takes part in a training. The loop gives each process its share of the global batch and
/// averages their gradients; only rank 0 writes.
class Processes {
 public:
  virtual ~Processes() = default;
  [[nodiscard]] virtual int rank() const = 0;   ///< 0 … world() − 1
  [[nodiscard]] virtual int world() const = 0;  ///< ≥ 1
  /// Replaces the tensor on every process by the sum over all of them.
  virtual void all_reduce(const at::Tensor& tensor) const = 0;
};

/// One process, alone.
class SingleProcess final : public Processes {
 public:
  [[nodiscard]] int rank() const override { return 0; }
  [[nodiscard]] int world() const override { return 1; }
  void all_reduce(const at::Tensor& tensor) const override {}
};

/// The processes that the environment names as torchrun does (WORLD_SIZE).
/// @throws std::invalid_argument if there is more than one, or WORLD_SIZE is no number ≥ 1
std::unique_ptr<Processes> processes_of_environment();

}  // namespace pliant
