// tasks/logic_network.h — the network of the task of logic: bits, convolutions of gates if there
// are any, layers of gates, class sums
#pragma once

#include <torch/nn/module.h>
#include <torch/nn/pimpl.h>

#include <cstdint>
#include <string>
#include <vector>

#include "pliant/logic/description.h"
#include "pliant/logic/torch/conv_modules.h"
#include "pliant/logic/torch/modules.h"
#include "pliant/logic/torch/thermometer.h"
#include "tasks/logic.h"

namespace pliant::tasks {

/// Examples' numbers as bits, or in training with no thresholds as they are.
class BitEncoderImpl : public torch::nn::Module {
 public:
  BitEncoderImpl(const LogicOptions& options, const LabelledData& data);

  /// @param x  (N, shape…) in [0, 1]   @return (N, features)
  torch::Tensor forward(const torch::Tensor& x);
  /// Appends what it does in eval mode.   @param prefix  of its tensors in a checkpoint
  void describe(const NumberFormat& numbers, const std::string& prefix,
                logic::Description& description) const;

 private:
  Thermometer code_{nullptr};
};
TORCH_MODULE(BitEncoder);

/// Bits of the examples, then the convolutions, then the layers. Parameters and buffers stand under
/// "encoder", "convolutions.0" …, and "network".
class LogicClassifierImpl : public torch::nn::Module {
 public:
  /// @param options  settled   @param seed  of wiring and taps
  /// @throws std::invalid_argument that names the option, what was expected and what came
  LogicClassifierImpl(const LogicOptions& options, const LabelledData& data, std::uint64_t seed);

  /// @param x  (N, shape…) in [0, 1]   @return scores (N, classes)
  torch::Tensor forward(const torch::Tensor& x) { return scores(encoder(x)); }
  /// @param bits  (N, features)
  torch::Tensor scores(const torch::Tensor& bits);

  /// Whether gates are soft: without the encoder, which stays as it is.
  void soften(bool soft);
  /// The share of gates that hardware is expected to need, those of a convolution at each placement
  /// that its outputs read: a scalar with its gradient.
  [[nodiscard]] torch::Tensor expected_share() const;
  /// Sets whether gates are drawn in training; what it was.
  bool draw_gates(bool draw);

  /// Appends the layers from the encoder to the scores.   @param prefix  of the module's tensors in
  /// a checkpoint
  void describe(const NumberFormat& numbers, const std::string& prefix,
                logic::Description& description) const;

  /// How often the first layer reads each number of an example, (shape…); of a convolution how many
  /// of the kernels' leaves read each place of the receptive field, (channels, rows, columns).
  [[nodiscard]] torch::Tensor first_reads() const;
  /// Of each convolution and each layer how many gates are which of the 16, (layers, 16); gates of
  /// a kernel count once. Gates have two inputs.
  [[nodiscard]] torch::Tensor gate_counts() const;

  BitEncoder encoder;
  std::vector<LogicConv2d> convolutions;
  LogicNetwork network{nullptr};

 private:
  std::vector<std::int64_t> shape_;       // of an example
  std::vector<std::int64_t> bits_;        // channels, rows and columns of its bits
  std::vector<std::int64_t> placements_;  // of each convolution
};
TORCH_MODULE(LogicClassifier);

}  // namespace pliant::tasks
