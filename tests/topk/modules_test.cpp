// tests/topk/modules_test.cpp — top-k on tensors from C++: functions, modules, errors
#include "pliant/topk/torch/modules.h"

#include <doctest/doctest.h>
#include <torch/torch.h>

#include "pliant/topk/torch/functions.h"

using namespace pliant;

TEST_CASE("topk takes the largest, whatever the batch shape, and its attribution says which") {
  torch::manual_seed(0);
  const torch::Tensor x = torch::randn({2, 3, 7}, torch::kDouble);
  TopKOptions options;
  options.steepness = 1e7;
  const auto [values, attribution] = pliant::topk(x, 3, options);
  const auto [expected, index] = x.topk(3);
  CHECK(torch::allclose(values, expected, 1e-5, 1e-5));
  CHECK(attribution.argmax(-2).equal(index));
  CHECK(torch::allclose(attribution.sum(-2), torch::ones({2, 3, 3}, torch::kDouble)));
  CHECK_THROWS_WITH_AS(pliant::topk(x, 8), doctest::Contains("topk: k must be in 1 … 7"),
                       c10::Error);
}

TEST_CASE("topk by lapsum is the last columns of its matrix; there is no loss") {
  torch::manual_seed(2);
  const torch::Tensor x = torch::randn({4, 6}, torch::kDouble);
  TopKOptions options;
  options.method = "lapsum";
  options.steepness = 2;
  const auto [values, attribution] = pliant::topk(x, 2, options);
  const torch::Tensor permutation = std::get<1>(pliant::sort(x, options));
  CHECK(torch::allclose(attribution, permutation.slice(-1, 4).flip(-1)));
  CHECK(torch::allclose(values, torch::matmul(x.unsqueeze(1), attribution).squeeze(1)));
  TopKCrossEntropyOptions loss;
  loss.method = "lapsum";
  CHECK_THROWS_WITH_AS(topk_cross_entropy(x, torch::zeros({4}, torch::kLong), loss),
                       doctest::Contains("has values and attributions (topk), but no loss"),
                       c10::ValueError);
  options.method = "fast";
  CHECK_THROWS_WITH_AS(pliant::topk(x, 2, options), doctest::Contains("unknown method 'fast'"),
                       c10::ValueError);
}

TEST_CASE(
    "the loss of P_K = [1] is torch's cross-entropy, with weights, smoothing and an ignored "
    "sample") {
  torch::manual_seed(1);
  const torch::Tensor scores = torch::randn({6, 10}, torch::kDouble);
  torch::Tensor target = torch::randint(10, {6}, torch::kLong);
  target[2] = -100;
  const torch::Tensor weight = torch::rand({10}, torch::kDouble);
  TopKCrossEntropyOptions options;
  options.p_k = {1};
  options.top1_mode = "smce";
  options.label_smoothing = 0.1;
  for (const auto reduction : {at::Reduction::Mean, at::Reduction::Sum, at::Reduction::None}) {
    options.reduction = reduction == at::Reduction::Mean  ? "mean"
                        : reduction == at::Reduction::Sum ? "sum"
                                                          : "none";
    const torch::Tensor expected =
        at::cross_entropy_loss(scores, target, weight, reduction, -100, 0.1);
    CHECK(torch::allclose(topk_cross_entropy(scores, target, options, weight), expected));
  }
}

TEST_CASE("the module learns its steepness and P_K") {
  torch::manual_seed(2);
  TopKCrossEntropyModuleOptions options;
  options.loss.m = 6;
  options.learn_steepness = options.learn_p_k = true;
  TopKCrossEntropy module(options);
  CHECK(module->named_parameters().keys() == std::vector<std::string>{"steepness", "p_k_logits"});
  const torch::Tensor scores = torch::randn({4, 9}, torch::requires_grad());
  const torch::Tensor target = torch::tensor({1, 2, 3, 4}, torch::kLong);
  module(scores, target).backward();
  CHECK(scores.grad().abs().sum().item<double>() > 0);
  CHECK(module->steepness.grad().item<double>() != 0);
  CHECK(module->p_k_logits.grad().abs().sum().item<double>() > 0);
  options.loss.p_k = {0, 1};
  CHECK_THROWS_WITH_AS(TopKCrossEntropy{options}, doctest::Contains("must be > 0"), c10::Error);
  options.loss.p_k = {0.5, 0.4};
  CHECK_THROWS_WITH_AS(TopKCrossEntropy{options}, doctest::Contains("p_k must sum to 1"),
                       c10::Error);
}

TEST_CASE("baselines: cross-entropy is the truncated entropy of k = 1, and golden values") {
  const torch::Tensor scores =
      torch::tensor({{1.0, 2.5, -0.5, 0.7, 2.2, 0.1, 1.4, -1.0}}, torch::kDouble);
  const torch::Tensor target = torch::tensor({0}, torch::kLong);
  CHECK(torch::allclose(truncated_topk_entropy(scores, target, 1),
                        at::cross_entropy_loss(scores, target)));
  CHECK(truncated_topk_entropy(scores, target, 3).item<double>() ==
        doctest::Approx(1.385714).epsilon(1e-6));
  CHECK(smooth_topk_svm(scores, target, 3).item<double>() ==
        doctest::Approx(1.670799).epsilon(1e-6));
  CHECK_THROWS_WITH_AS(smooth_topk_svm(scores, target, 8), doctest::Contains("k must be in 1 … 7"),
                       c10::Error);
}
