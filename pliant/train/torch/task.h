// pliant/train/torch/task.h — what the training loop knows of a task
#pragma once

#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>

#include <cstdint>
#include <filesystem>
#include <string_view>

#include "pliant/data/image_set.h"
#include "pliant/train/metrics_log.h"
#include "pliant/train/torch/optimizer.h"
#include "pliant/train/torch/tensors.h"

namespace pliant {

/// The samples that one process works on in one step. All that a task draws at random for a sample
/// is a function of the seed, the step and the sample's index in the global batch.
struct BatchKeys {
  std::uint64_t seed = 0;
  std::int64_t step = 0;   ///< from 1
  std::int64_t first = 0;  ///< index of the first sample in the global batch
  std::int64_t count = 0;
};

/// The mean loss over the samples, a scalar with its gradient; and what the network said, which the
/// loop looks through for NaN and infinities.
struct BatchLoss {
  at::Tensor loss;
  at::Tensor outputs;
};

/// The figure of a validation by which the best checkpoint is chosen.
struct BestRule {
  std::string_view metric;
  bool higher_is_better = true;
};

/// Tensors and texts for the report, from one validation.
struct Snapshot {
  NamedTensors tensors;
  data::MetadataMap metadata;
};

/// One problem to learn, with its data, network and loss; options are settled when it is made.
class Task {
 public:
  virtual ~Task() = default;
  [[nodiscard]] virtual std::string_view name() const = 0;
  /// Its parameters are trained, and saved with its buffers.
  virtual torch::nn::Module& module() = 0;
  virtual BatchLoss loss(const BatchKeys& keys) = 0;
  /// The figures on the validation or the test set, which are the same sets at each call.
  virtual train::Metrics evaluate(data::Split split) = 0;
  [[nodiscard]] virtual BestRule best_rule() const = 0;
  /// @param step  of the training, from 1
  virtual Snapshot snapshot(std::int64_t step) = 0;
  /// Texts that its checkpoints have beside the training's own: what says to other programs what
  /// the tensors are.
  [[nodiscard]] virtual data::MetadataMap checkpoint_metadata() const { return {}; }
  /// Of Adam and AdamW.
  [[nodiscard]] virtual AdamBetas betas() const { return {}; }
  /// Writes what other programs can use, when a training has used up its budget; the module holds
  /// the best checkpoint.   The argument is the run's folder `results`, made if need be
  virtual void write_results(const std::filesystem::path& /*folder*/) {}
};

}  // namespace pliant
