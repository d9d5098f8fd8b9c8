// tests/parity/write_modules.cpp — a C++ module's state, input and output, for its Python twin
//
// write_modules FILE: the tensors <Module>/… (its state), <Module>/out, x and labels; payload, and
// what apply_topk makes of it.
#include <torch/torch.h>

#include <iostream>
#include <string>

#include "pliant/data/safetensors.h"
#include "pliant/logic/torch/thermometer.h"
#include "pliant/sorting/torch/modules.h"
#include "pliant/topk/torch/functions.h"
#include "pliant/topk/torch/modules.h"

namespace {

pliant::data::TensorView view(const torch::Tensor& tensor) {
  const auto sizes = tensor.sizes();
  return {tensor.scalar_type() == torch::kLong ? "I64" : "F64",
          {sizes.begin(), sizes.end()},
          tensor.const_data_ptr(),
          tensor.nbytes()};
}

torch::Tensor apply_topk(const torch::Tensor& key, const torch::Tensor& payload, const char* method,
                         bool largest) {
  pliant::TopKOptions options;
  options.method = method;
  options.largest = largest;
  options.steepness = 3;
  return pliant::apply_topk(key, payload, 2, options).contiguous();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: write_modules FILE\n";
    return 2;
  }
  const torch::NoGradGuard no_grad;
  torch::manual_seed(0);
  const auto x = torch::randn({4, 6}, torch::kDouble);
  const auto labels = torch::randint(0, 5, {4, 6});
  const auto payload = torch::linspace(-1, 1, 72, torch::kDouble).sin().reshape({4, 6, 3});
  pliant::PermutationLossOptions options;
  options.sort = {.method = "bitonic",
                  .distribution = "logistic",
                  .steepness = 7.5,
                  .art_lambda = 0.25,
                  .descending = true};
  options.learn_steepness = true;
  options.loss = "cross_entropy";
  options.ties = true;
  const pliant::Sort sort(options);
  const pliant::SoftRank rank(options);
  const pliant::PermutationLoss loss(options);
  const auto permutation = std::get<1>(sort->forward(x)).contiguous();
  const auto ranks = rank->forward(x).contiguous();
  const auto losses = loss->forward(x, labels).contiguous();
  pliant::TopKCrossEntropyModuleOptions topk_options;
  topk_options.loss.steepness = 7.5;
  topk_options.loss.m = 5;
  topk_options.loss.p_k = {0.3, 0.7};
  topk_options.learn_steepness = topk_options.learn_p_k = true;
  const auto weight = torch::linspace(0.5, 2, 6, torch::kDouble);
  const pliant::TopKCrossEntropy topk(topk_options, weight);
  const auto topk_loss = topk->forward(x, labels.select(1, 0).contiguous()).contiguous();
  const auto applied = apply_topk(x, payload, "splitter_selection", /*largest=*/false);
  const auto relaxed = apply_topk(x, payload, "softsort", /*largest=*/true);
  const auto levels = pliant::choose_thresholds("gaussian", 3, x);
  const pliant::Thermometer thermometer(levels);
  const pliant::Thermometer learnable(
      levels, pliant::ThermometerOptions{.learnable = true, .steepness = 7.5});
  const auto bits = thermometer->forward(x).contiguous();
  const auto relaxed_bits = learnable->forward(x).contiguous();
  pliant::data::write_safetensors(argv[1],
                                  {{"x", view(x)},
                                   {"labels", view(labels)},
                                   {"payload", view(payload)},
                                   {"apply_topk/smallest", view(applied)},
                                   {"apply_topk/softsort", view(relaxed)},
                                   {"Sort/steepness", view(sort->steepness)},
                                   {"Sort/out", view(permutation)},
                                   {"SoftRank/steepness", view(rank->steepness)},
                                   {"SoftRank/out", view(ranks)},
                                   {"PermutationLoss/steepness", view(loss->steepness)},
                                   {"PermutationLoss/out", view(losses)},
                                   {"TopKCrossEntropy/steepness", view(topk->steepness)},
                                   {"TopKCrossEntropy/p_k_logits", view(topk->p_k_logits)},
                                   {"TopKCrossEntropy/weight", view(topk->weight)},
                                   {"TopKCrossEntropy/out", view(topk_loss)},
                                   {"Thermometer/thresholds", view(thermometer->thresholds)},
                                   {"Thermometer/out", view(bits)},
                                   {"LearnableThermometer/lowest", view(learnable->lowest)},
                                   {"LearnableThermometer/gaps", view(learnable->gaps)},
                                   {"LearnableThermometer/out", view(relaxed_bits)}});
}
