// tasks/reconstruction_network.cpp — from one picture to a deformed template
#include "tasks/reconstruction_network.h"

#include <torch/torch.h>

#include "pliant/base/errors.h"
#include "pliant/train/torch/batch_norm.h"
#include "tasks/shape_model.h"

namespace pliant::tasks {
namespace {

namespace nn = torch::nn;
using torch::Tensor;

constexpr double kCentreScale = 0.1;
constexpr double kObjectScale = 0.5;

void add_linear(nn::Sequential& layers, std::int64_t in, std::int64_t out) {
  layers->push_back(nn::Linear(in, out));
  layers->push_back(nn::ReLU());
}

nn::Sequential make_encoder(const ReconstructionNetworkOptions& options) {
  nn::Sequential layers;
  std::int64_t in = 4;
  for (const std::int64_t out : options.channels) {
    base::require(out >= 1, "channels must be at least 1, got ", out);
    layers->push_back(nn::Conv2d(nn::Conv2dOptions(in, out, 5).stride(2).padding(2)));
    layers->push_back(SharedBatchNorm2d(out));
    layers->push_back(nn::ReLU());
    in = out;
  }
  layers->push_back(nn::Flatten());
  const std::int64_t side = options.size / 8;
  add_linear(layers, in * side * side, options.hidden);
  add_linear(layers, options.hidden, options.hidden);
  add_linear(layers, options.hidden, options.code);
  return layers;
}

}  // namespace

ReconstructionNetworkImpl::ReconstructionNetworkImpl(const ReconstructionNetworkOptions& options,
                                                     const Tensor& base) {
  base_logit_ = register_buffer("base_logit", torch::logit(base.abs()));
  sign_ = register_buffer("sign", base.sign());
  encoder_ = register_module("encoder", make_encoder(options));
  decoder_ = register_module("decoder", nn::Sequential());
  add_linear(decoder_, options.code, options.hidden);
  add_linear(decoder_, options.hidden, 2 * options.hidden);
  centre_ = register_module("centre", nn::Linear(2 * options.hidden, 3));
  displacement_ = register_module("displacement", nn::Linear(2 * options.hidden, 3 * base.size(0)));
}

Tensor ReconstructionNetworkImpl::forward(const Tensor& images) {
  const Tensor features = decoder_->forward(encoder_->forward(images));
  const Tensor centre = centre_(features).unsqueeze(1) * kCentreScale;
  const Tensor displacement = displacement_(features).view({images.size(0), -1, 3});
  return displaced(base_logit_, sign_, displacement, centre) * kObjectScale;
}

}  // namespace pliant::tasks
