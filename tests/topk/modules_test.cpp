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

TEST_CASE("topk by lapsum is the last columns of its matrix, and the loss is of these") {
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
  loss.steepness = 2;
  loss.p_k = {0.4, 0.6};
  loss.top1_mode = "sort";
  loss.reduction = "none";
  const torch::Tensor target = torch::tensor({5, 0, 2, 2}, torch::kLong);
  const torch::Tensor ranks =
      attribution.gather(1, target.reshape({4, 1, 1}).expand({4, 1, 2})).squeeze(1);
  const torch::Tensor q = ranks.select(1, 0) + 0.6 * ranks.select(1, 1);
  CHECK(torch::allclose(topk_cross_entropy(x, target, loss), -(q * (1 - 2e-7) + 1e-7).log(), 1e-9,
                        1e-12));
  loss.steepness = 0;
  CHECK_THROWS_WITH(topk_cross_entropy(x, target, loss),
                    doctest::Contains("steepness must be > 0"));
  options.method = "fast";
  CHECK_THROWS_WITH_AS(pliant::topk(x, 2, options), doctest::Contains("unknown method 'fast'"),
                       c10::ValueError);
}

TEST_CASE("apply_topk is the attribution, transposed, times the payload, of largest and smallest") {
  torch::manual_seed(3);
  const torch::Tensor key = torch::randn({2, 3, 7}, torch::kDouble);
  const torch::Tensor payload = torch::randn({2, 3, 7, 2}, torch::kDouble);
  TopKOptions options;
  options.steepness = 2;
  for (const auto* method : {"splitter_selection", "odd_even", "softsort", "sinkhorn", "lapsum"}) {
    CAPTURE(method);
    options.method = method;
    for (const bool largest : {true, false}) {
      options.largest = largest;
      const auto [values, attribution] = pliant::topk(key, 3, options);
      const torch::Tensor applied = pliant::apply_topk(key, payload, 3, options);
      CHECK(applied.sizes() == at::IntArrayRef({2, 3, 3, 2}));
      CHECK(torch::allclose(applied, torch::matmul(attribution.transpose(-1, -2), payload)));
      const torch::Tensor own = pliant::apply_topk(key, key.unsqueeze(-1), 3, options).squeeze(-1);
      CHECK(torch::allclose(own, values));
    }
  }
  options.largest = false;
  options.method = "splitter_selection";
  options.steepness = 1e7;
  CHECK(torch::allclose(std::get<0>(pliant::topk(key, 2, options)),
                        std::get<0>(key.topk(2, -1, /*largest=*/false)), 1e-5, 1e-5));
}

TEST_CASE(
    "apply_topk has a gradient of keys, payload and steepness, and refuses what does not fit") {
  torch::manual_seed(4);
  const torch::Tensor key = torch::randn({4}, torch::kDouble).requires_grad_();
  const torch::Tensor payload = torch::randn({4, 3}, torch::kDouble).requires_grad_();
  const torch::Tensor steepness = torch::tensor({1.5}, torch::kDouble).requires_grad_();
  pliant::apply_topk(key, payload, 2, {}, steepness).pow(2).sum().backward();
  for (const torch::Tensor& each : {key, payload, steepness})
    CHECK(each.grad().abs().max().item<double>() > 0);
  CHECK_THROWS_WITH_AS(pliant::apply_topk(key, payload, 5),
                       doctest::Contains("apply_topk: k must be in 1 … 4"), c10::ValueError);
  CHECK_THROWS_WITH_AS(
      pliant::apply_topk(key, key, 2),
      doctest::Contains("payload must have the shape of key and one dimension more"),
      c10::ValueError);
  CHECK_THROWS_WITH_AS(pliant::apply_topk(key, payload.to(torch::kFloat), 2),
                       doctest::Contains("payload must have the dtype of key"), c10::TypeError);
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
