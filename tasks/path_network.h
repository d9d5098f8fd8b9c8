// tasks/path_network.h — from the picture of a map to what its cells cost
#pragma once

#include <torch/nn/modules/container/sequential.h>
#include <torch/nn/modules/conv.h>
#include <torch/nn/modules/linear.h>
#include <torch/nn/pimpl.h>

#include <cstdint>

#include "pliant/train/torch/batch_norm.h"

namespace pliant::tasks {

struct PathNetworkOptions {
  std::int64_t rows = 12;
  std::int64_t columns = 12;
  std::int64_t channels = 64;
  std::int64_t blocks = 1;  ///< of the first stage
  bool labels = false;      ///< a fully connected layer at the end instead: a logit for each cell
};

/// Two convolutions 3×3 with batch normalisation and a short cut (He et al., Deep Residual
/// Learning, CVPR 2016).
class ResidualBlockImpl : public torch::nn::Module {
 public:
  explicit ResidualBlockImpl(std::int64_t channels);
  torch::Tensor forward(const torch::Tensor& x);

 private:
  torch::nn::Conv2d conv1_, conv2_;
  SharedBatchNorm2d bn1_, bn2_;
};
TORCH_MODULE(ResidualBlock);

/// The network of Vlastelica et al., ICLR 2020: ResNet-18's stem and the beginning of its first
/// stage, the maximum over each cell, the mean over the channels, its absolute value. At its
/// defaults 83,520 parameters.
class PathNetworkImpl : public torch::nn::Module {
 public:
  /// @param mean, std  of the training pictures' channels, (3) each, of pixels in 0 … 255
  PathNetworkImpl(const PathNetworkOptions& options, const torch::Tensor& mean,
                  const torch::Tensor& std);

  /// @param images  (B, 3, H, W) uint8   @return (B, rows, columns): costs ≥ 0, or logits
  torch::Tensor forward(const torch::Tensor& images);

 private:
  PathNetworkOptions options_;
  torch::Tensor mean_, std_;
  torch::nn::Conv2d conv1_;
  SharedBatchNorm2d bn1_;
  torch::nn::Sequential layer1_;
  torch::nn::Linear fc_{nullptr};
};
TORCH_MODULE(PathNetwork);

}  // namespace pliant::tasks
