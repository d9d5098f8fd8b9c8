// pliant/train/torch/checkpoint.h — a training on disk: parameters, optimiser, and how far it is
#pragma once

#include <torch/nn/module.h>

#include <cstdint>
#include <filesystem>
#include <string>

#include "pliant/data/safetensors.h"
#include "pliant/train/torch/optimizer.h"
#include "pliant/train/torch/tensors.h"

namespace pliant {

/// How far a training is: all that it needs beside tensors to go on to the same bits.
struct Progress {
  std::int64_t step = 0;
  double seconds = 0;               ///< spent in steps
  std::int64_t validated_step = 0;  ///< of the last validation; 0: none yet
  std::int64_t best_step = 0;       ///< of the best validation; 0: none yet
  double best_value = 0;
  double loss_sum = 0;  ///< since the last line of metrics
  double gradient_norm_sum = 0;
  std::int64_t summed_steps = 0;
  double logged_seconds = 0;  ///< `seconds` at that line
};

/// What a checkpoint belongs to.
struct CheckpointKey {
  std::string task;
  std::uint64_t seed = 0;
  std::string config_hash;
};

/// The parameters and buffers of a module as "conv1.weight", ….
NamedTensors module_tensors(const torch::nn::Module& module);

/// Writes one safetensors file atomically: the tensors "model/…" and "optimizer/…", and as metadata
/// the format and its version, the key and the progress, and what else `texts` has.
/// @throws std::system_error with path and reason; the old file is then untouched
void save_checkpoint(const std::filesystem::path& path, const CheckpointKey& key,
                     const Progress& progress, const torch::nn::Module& module,
                     const Optimizer& optimizer, const data::MetadataMap& texts = {});

/// An opened checkpoint, not yet loaded into anything.
class Checkpoint {
 public:
  /// @throws std::invalid_argument that names the file and what is wrong: damaged, no checkpoint of
  /// ours, or a newer format; std::system_error if it cannot be read
  explicit Checkpoint(const std::filesystem::path& path);

  [[nodiscard]] const CheckpointKey& key() const { return key_; }
  [[nodiscard]] const Progress& progress() const { return progress_; }

  /// Copies the model's tensors into the module; the second form those of the optimiser, too.
  /// @throws std::invalid_argument that names the first tensor that is missing or different; the
  /// module is then as it was
  void load(torch::nn::Module& module) const;
  void load(torch::nn::Module& module, Optimizer& optimizer) const;

 private:
  std::filesystem::path path_;
  data::SafetensorsFile file_;
  CheckpointKey key_;
  Progress progress_;
};

}  // namespace pliant
