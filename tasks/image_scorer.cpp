// tasks/image_scorer.cpp — the published network that gives an image one number
#include "tasks/image_scorer.h"

#include <torch/torch.h>

#include <string>

#include "pliant/base/errors.h"

namespace pliant::tasks {
namespace {

constexpr std::int64_t kHidden = 64;

torch::nn::Conv2d convolution(std::int64_t in, std::int64_t out) {
  return torch::nn::Conv2d(torch::nn::Conv2dOptions(in, out, 5).padding(2));
}

/// Inputs of the first fully connected layer.
std::int64_t features_of(const ImageScorerOptions& o) {
  base::require(o.height >= 4 && o.width >= 4, "images must be at least 4 × 4, got ", o.height,
                " × ", o.width);
  for (std::int64_t channels : o.channels) {
    base::require(channels >= 1, "channels must be at least 1, got ", channels);
  }
  return o.channels[1] * (o.height / 4) * (o.width / 4);
}

}  // namespace

ImageScorerImpl::ImageScorerImpl(const ImageScorerOptions& options)
    : bfloat16_(options.bfloat16),
      convolutions_{convolution(1, options.channels[0]),
                    convolution(options.channels[0], options.channels[1])},
      connected_{torch::nn::Linear(features_of(options), kHidden), torch::nn::Linear(kHidden, 1)} {
  for (std::size_t i = 0; i < 2; ++i) {
    register_module("conv" + std::to_string(i + 1), convolutions_[i]);
  }
  for (std::size_t i = 0; i < 2; ++i) {
    register_module("fc" + std::to_string(i + 1), connected_[i]);
  }
}

torch::Tensor ImageScorerImpl::features(torch::Tensor x) {
  const auto as_convolved = [type = bfloat16_ ? torch::kBFloat16
                                              : torch::kFloat](const torch::Tensor& t) {
    return t.to(type).contiguous(torch::MemoryFormat::ChannelsLast);
  };
  x = as_convolved(x);
  for (auto& convolution : convolutions_) {
    x = torch::conv2d(x, as_convolved(convolution->weight), convolution->bias.to(x.scalar_type()),
                      /*stride=*/1, /*padding=*/2);
    // ReLU is monotonic, so it may follow the maximum: a quarter of the work, the same numbers.
    x = torch::max_pool2d(x, 2).relu_();
  }
  return x.flatten(1).to(torch::kFloat);
}

torch::Tensor ImageScorerImpl::forward(const torch::Tensor& images) {
  return connected_[1](torch::relu(connected_[0](features(images)))).squeeze(1);
}

torch::Tensor ImageScorerImpl::score_sets(const torch::Tensor& images) {
  return forward(images.flatten(0, 1).unsqueeze(1)).view({images.size(0), images.size(1)});
}

}  // namespace pliant::tasks
