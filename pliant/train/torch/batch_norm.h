// pliant/train/torch/batch_norm.h — batch normalisation by the statistics of all processes' samples
#pragma once

#include <torch/nn/cloneable.h>
#include <torch/nn/pimpl.h>

#include <cstdint>
#include <vector>

#include "pliant/base/torch/communicator.h"

namespace pliant {

/// A module whose training pass looks at the whole batch, of which each process has a share.
class NeedsWholeBatch {
 public:
  virtual ~NeedsWholeBatch() = default;
  /// From now on the batch is that of these processes, which all call the module's training pass
  /// equally often; null: the samples that come are all.
  virtual void share_batch(const Communicator* processes) = 0;
};

/// Lets the modules that need the whole batch have it while the object lives. What a process does
/// by itself, as a validation, is then done without the others.
class WholeBatch {
 public:
  /// Both outlive the object.
  /// @throws std::invalid_argument that names a torch::nn::BatchNorm in the module, whose
  /// statistics would be of a share of the batch, if there is more than one process
  WholeBatch(const torch::nn::Module& module, const Communicator& processes);
  WholeBatch(const WholeBatch&) = delete;
  WholeBatch& operator=(const WholeBatch&) = delete;
  ~WholeBatch();

 private:
  std::vector<NeedsWholeBatch*> modules_;
};

/// torch::nn::BatchNorm2d with its names, defaults (momentum 0.1, ε 1e-5) and numbers; where
/// processes share the batch, means and variances in training are those of all their samples, so
/// that the number of processes changes rounding only.
///
/// @param x  forward's argument: (N, channels, H, W); N may differ between processes
/// Gradient: x, weight, bias.   Cost beside torch's: two all-reduces of `channels` numbers there
/// (one more of the counts), two back
class SharedBatchNorm2dImpl : public torch::nn::Cloneable<SharedBatchNorm2dImpl>,
                              public NeedsWholeBatch {
 public:
  explicit SharedBatchNorm2dImpl(std::int64_t channels);
  void reset() override;
  torch::Tensor forward(const torch::Tensor& x);
  void share_batch(const Communicator* processes) override { processes_ = processes; }

  torch::Tensor weight, bias, running_mean, running_var, num_batches_tracked;

 private:
  [[nodiscard]] torch::Tensor normalised(const torch::Tensor& x);

  std::int64_t channels_;
  const Communicator* processes_ = nullptr;
};
TORCH_MODULE(SharedBatchNorm2d);

}  // namespace pliant
