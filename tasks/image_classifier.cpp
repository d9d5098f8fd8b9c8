// tasks/image_classifier.cpp — a small convolutional network that tells classes, and a head on
// features
#include "tasks/image_classifier.h"

#include <torch/torch.h>

#include <numeric>

#include "pliant/base/errors.h"

namespace pliant::tasks {
namespace {

constexpr std::int64_t kGroupChannels = 8;

torch::nn::Linear last_layer(std::int64_t in, std::int64_t classes) {
  torch::nn::Linear layer(in, classes);
  const torch::NoGradGuard fixed;
  layer->weight.normal_(0, 0.01);
  layer->bias.zero_();
  return layer;
}

}  // namespace

ImageClassifierImpl::ImageClassifierImpl(const ImageClassifierOptions& options) {
  torch::nn::Sequential layers;
  std::vector<std::int64_t> shape = options.shape;
  if (shape.size() == 3) {
    for (const std::int64_t channels : options.channels) {
      base::require(channels >= 1, "channels must be at least 1, got ", channels);
      layers->push_back(
          torch::nn::Conv2d(torch::nn::Conv2dOptions(shape[0], channels, 3).padding(1)));
      layers->push_back(torch::nn::GroupNorm(
          channels % kGroupChannels == 0 ? channels / kGroupChannels : 1, channels));
      layers->push_back(torch::nn::ReLU());
      shape[0] = channels;
      if (shape[1] < 4 || shape[2] < 4) continue;
      layers->push_back(torch::nn::MaxPool2d(2));
      shape[1] /= 2;
      shape[2] /= 2;
    }
    layers->push_back(torch::nn::Flatten());
    layers->push_back(torch::nn::Linear(shape[0] * shape[1] * shape[2], options.hidden));
    layers->push_back(torch::nn::LayerNorm(torch::nn::LayerNormOptions({options.hidden})));
    layers->push_back(torch::nn::ReLU());
    layers->push_back(last_layer(options.hidden, options.classes));
  } else {
    layers->push_back(last_layer(shape[0], options.classes));
  }
  layers_ = register_module("layers", layers);
}

torch::Tensor ImageClassifierImpl::forward(const torch::Tensor& inputs) {
  return layers_->forward(inputs.dim() == 4 ? inputs.contiguous(torch::MemoryFormat::ChannelsLast)
                                            : inputs);
}

}  // namespace pliant::tasks
