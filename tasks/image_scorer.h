// tasks/image_scorer.h — the published network that gives an image one number
#pragma once

#include <torch/nn/modules/conv.h>
#include <torch/nn/modules/linear.h>
#include <torch/nn/pimpl.h>

#include <array>
#include <cstdint>

namespace pliant::tasks {

struct ImageScorerOptions {
  std::int64_t height = 28;
  std::int64_t width = 112;
  std::array<std::int64_t, 2> channels = {32, 64};
  bool bfloat16 = false;  ///< convolutions in bfloat16; weights and the rest stay float32
};

/// The network of Petersen et al., ICML 2021 and ICLR 2022, for any size and channels: twice
/// (convolution 5×5 pad 2, ReLU, max-pooling 2×2), fully connected 64, ReLU, fully connected 1.
/// At its defaults 855,041 parameters and 43.5 million multiply-adds an image.
class ImageScorerImpl : public torch::nn::Module {
 public:
  explicit ImageScorerImpl(const ImageScorerOptions& options);

  /// @param images (N, 1, height, width) float32, in [0, 1]   @return scores (N) float32
  torch::Tensor forward(const torch::Tensor& images);
  /// @param images (sets, n, height, width)   @return scores (sets, n)
  torch::Tensor score_sets(const torch::Tensor& images);

 private:
  torch::Tensor features(torch::Tensor x);

  bool bfloat16_;
  std::array<torch::nn::Conv2d, 2> convolutions_;
  std::array<torch::nn::Linear, 2> connected_;
};
TORCH_MODULE(ImageScorer);

}  // namespace pliant::tasks
