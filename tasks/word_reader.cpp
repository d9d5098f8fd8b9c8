// tasks/word_reader.cpp — reads the letters of two words, and may guess how far apart the words are
#include "tasks/word_reader.h"

#include <torch/torch.h>

namespace pliant::tasks {

using torch::Tensor;

WordReaderImpl::WordReaderImpl(const ImageClassifierOptions& letters, std::int64_t length,
                               bool guesses)
    : letters_(register_module("letters", ImageClassifier(letters))) {
  if (!guesses) return;
  const std::int64_t inputs = length * letters.classes;
  guess_ = register_module(
      "guess", torch::nn::Sequential(torch::nn::Linear(inputs, letters.hidden), torch::nn::ReLU(),
                                     torch::nn::Linear(letters.hidden, 1)));
}

Tensor WordReaderImpl::read(const Tensor& images) {
  const Tensor logits = letters_(images.flatten(0, 2).unsqueeze(1));
  return logits.softmax(1).view({images.size(0), 2, images.size(2), logits.size(1)});
}

Tensor WordReaderImpl::guess(const Tensor& words) {
  const Tensor apart = (words.select(1, 0) - words.select(1, 1)).abs();
  return guess_->forward(apart.flatten(1)).squeeze(1);
}

}  // namespace pliant::tasks
