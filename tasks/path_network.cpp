// tasks/path_network.cpp — from the picture of a map to what its cells cost
#include "tasks/path_network.h"

#include <torch/torch.h>

#include <tuple>

namespace pliant::tasks {
namespace {

namespace nn = torch::nn;
using torch::Tensor;

nn::Conv2d convolution(std::int64_t in, std::int64_t out, std::int64_t kernel,
                       std::int64_t stride) {
  return nn::Conv2d(
      nn::Conv2dOptions(in, out, kernel).stride(stride).padding(kernel / 2).bias(false));
}

}  // namespace

ResidualBlockImpl::ResidualBlockImpl(std::int64_t channels)
    : conv1_(register_module("conv1", convolution(channels, channels, 3, 1))),
      conv2_(register_module("conv2", convolution(channels, channels, 3, 1))),
      bn1_(register_module("bn1", SharedBatchNorm2d(channels))),
      bn2_(register_module("bn2", SharedBatchNorm2d(channels))) {}

Tensor ResidualBlockImpl::forward(const Tensor& x) {
  return torch::relu(x + bn2_(conv2_(torch::relu(bn1_(conv1_(x))))));
}

PathNetworkImpl::PathNetworkImpl(const PathNetworkOptions& options, const Tensor& mean,
                                 const Tensor& std)
    : options_(options),
      mean_(register_buffer("mean", mean.view({3, 1, 1}).to(torch::kFloat))),
      std_(register_buffer("std", std.view({3, 1, 1}).to(torch::kFloat))),
      conv1_(register_module("conv1", convolution(3, options.channels, 7, 2))),
      bn1_(register_module("bn1", SharedBatchNorm2d(options.channels))),
      layer1_(register_module("layer1", nn::Sequential())) {
  for (std::int64_t i = 0; i < options.blocks; ++i)
    layer1_->push_back(ResidualBlock(options.channels));
  if (options.labels) {
    const std::int64_t cells = options.rows * options.columns;
    fc_ = register_module("fc", nn::Linear(options.channels * cells, cells));
  }
}

Tensor PathNetworkImpl::forward(const Tensor& images) {
  Tensor x = (images.to(torch::kFloat) - mean_) / std_;
  x = torch::max_pool2d(torch::relu(bn1_(conv1_(x))), /*kernel_size=*/3, /*stride=*/2,
                        /*padding=*/1);
  if (options_.blocks > 0) x = layer1_->forward(x);
  x = std::get<0>(torch::adaptive_max_pool2d(x, {options_.rows, options_.columns}));
  if (options_.labels) return fc_(x.flatten(1)).view({-1, options_.rows, options_.columns});
  return x.mean(1).abs();
}

}  // namespace pliant::tasks
