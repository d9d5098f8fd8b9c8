// pliant/program/torch/tensor_machine.h — programs on tensors, step by step; private to
// program/torch/
#pragma once

#include <ATen/core/Tensor.h>

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "pliant/program/program.h"
#include "pliant/program/run/recorder.h"

namespace pliant {

/// How decisions are taken, as ops have it.
struct Decisions {
  std::string_view distribution;
  at::Tensor parameters;
  std::string_view t_norm;
  at::Tensor p;
  std::string_view mode;
};

/// Computes each node as a tensor (elements, lanes) with torch's autograd behind it. The lanes are
/// the samples, and more like the last up to a multiple of program::kLeastLanes.
class TensorMachine final : public program::Machine {
 public:
  /// @param functions  for each external function the key that call_external finds it by
  TensorMachine(const Decisions& decisions, const at::Tensor& like, int64_t samples,
                std::vector<std::string> functions);

  void compute(const program::Recording& recording, std::size_t node) override;
  std::span<const double> lanes(program::View view) override;
  std::vector<std::size_t> call(std::size_t function,
                                std::span<const program::Argument> arguments) override;

  /// An input: (samples, shape…).
  void set(program::View view, const at::Tensor& samples);
  /// 1 for lanes with a sample.
  void set_alive(program::View view);
  /// Elements as (samples, shape…).
  at::Tensor samples(std::span<const program::View> elements,
                     const std::vector<int64_t>& shape) const;

 private:
  [[nodiscard]] at::Tensor elements(program::View view, int64_t count) const;
  [[nodiscard]] at::Tensor gathered(const program::Recording& recording,
                                    const program::Node& node) const;
  [[nodiscard]] at::Tensor to_lanes(const at::Tensor& samples) const;

  Decisions decisions_;
  at::TensorOptions options_;
  int64_t samples_;
  int64_t lanes_;
  std::vector<std::string> functions_;
  std::vector<at::Tensor> values_;
  at::Tensor called_;  ///< what the last call gave
  at::Tensor nothing_;
  std::vector<double> numbers_;
};

}  // namespace pliant
