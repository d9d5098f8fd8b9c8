// tasks/word_reader.h — reads the letters of two words, and may guess how far apart the words are
#pragma once

#include <torch/nn/modules/container/sequential.h>
#include <torch/nn/pimpl.h>

#include <cstdint>

#include "tasks/image_classifier.h"

namespace pliant::tasks {

/// A convolutional network that reads each picture as a distribution over the alphabet. With a
/// guess, fully connected layers (length·alphabet → hidden → 1, ReLU between) of |a − b|, the
/// difference of what was read of both words, give their distance: the part of a Siamese network
/// that an algorithm replaces.
class WordReaderImpl : public torch::nn::Module {
 public:
  /// @param letters  of the network that reads; its classes are the alphabet
  WordReaderImpl(const ImageClassifierOptions& letters, std::int64_t length, bool guesses);

  /// @param images  (pairs, 2, length, height, width)
  /// @return (pairs, 2, length, alphabet), distributions
  torch::Tensor read(const torch::Tensor& images);
  /// @param words  as read() gives them   @return (pairs)
  torch::Tensor guess(const torch::Tensor& words);

 private:
  ImageClassifier letters_;
  torch::nn::Sequential guess_;
};
TORCH_MODULE(WordReader);

}  // namespace pliant::tasks
