// tasks/image_classifier.h — a small convolutional network that tells classes, and a head on
// features
#pragma once

#include <torch/nn/modules/container/sequential.h>
#include <torch/nn/pimpl.h>

#include <cstdint>
#include <vector>

namespace pliant::tasks {

struct ImageClassifierOptions {
  std::vector<std::int64_t> shape;     ///< of an input: (channels, height, width) or (dimension)
  std::vector<std::int64_t> channels;  ///< of the convolutions; of features none is looked at
  std::int64_t hidden = 256;           ///< of the layer before the last
  std::int64_t classes = 10;
};

/// For images: for each number of channels a convolution 3×3 pad 1, normalisation in groups of 8
/// channels, ReLU, and max-pooling 2×2 while there are at least 4 pixels each way; then fully
/// connected to `hidden`, ReLU, and to the classes. For features: one fully connected layer. The
/// last layer's weights begin at a standard deviation of 0.01, its biases at 0: equal scores would
/// be ties to a sorting network.
class ImageClassifierImpl : public torch::nn::Module {
 public:
  explicit ImageClassifierImpl(const ImageClassifierOptions& options);

  /// @param inputs  (N, shape…) float32   @return scores (N, classes)
  torch::Tensor forward(const torch::Tensor& inputs);

 private:
  torch::nn::Sequential layers_;
};
TORCH_MODULE(ImageClassifier);

}  // namespace pliant::tasks
