// tasks/reconstruction_network.h — from one picture to a deformed template
#pragma once

#include <torch/nn/modules/container/sequential.h>
#include <torch/nn/pimpl.h>

#include <cstdint>
#include <vector>

namespace pliant::tasks {

struct ReconstructionNetworkOptions {
  std::int64_t size = 64;                               ///< pixels a side, a multiple of 8
  std::vector<std::int64_t> channels = {64, 128, 256};  ///< of the three convolutions
  std::int64_t hidden = 1024;                           ///< of the encoder's two hidden layers
  std::int64_t code = 512;
};

/// The network of SoftRas's and GenDR's single-view experiments (their released code): three
/// convolutions 5×5 of stride 2 with batch normalisation and ReLU, fully connected to hidden,
/// hidden and the code; decoded through hidden and 2 × hidden to a displacement for each vertex of
/// the template and a centre, whose last layer is scaled by 0.1. The template is ×0.5 before its
/// logit and ×0.5 after it.
class ReconstructionNetworkImpl : public torch::nn::Module {
 public:
  /// @param base  vertices (V, 3) of the template within (−1, 1)
  ReconstructionNetworkImpl(const ReconstructionNetworkOptions& options, const torch::Tensor& base);

  /// @param images  (B, 4, S, S) float32 in [0, 1]   @return vertices (B, V, 3) in (−½, ½)
  torch::Tensor forward(const torch::Tensor& images);

 private:
  torch::Tensor base_logit_, sign_;
  torch::nn::Sequential encoder_, decoder_;
  torch::nn::Linear centre_{nullptr}, displacement_{nullptr};
};
TORCH_MODULE(ReconstructionNetwork);

}  // namespace pliant::tasks
