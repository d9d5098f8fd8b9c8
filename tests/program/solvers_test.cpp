// tests/program/solvers_test.cpp — solvers and programs on tensors from C++
#include "pliant/program/torch/solvers.h"

#include <doctest/doctest.h>
#include <torch/torch.h>

#include <string>

#include "pliant/program/shipped.h"
#include "pliant/program/torch/ops.h"

namespace pliant::test {
namespace {

using torch::Tensor;

Tensor grids(std::int64_t count) {
  torch::manual_seed(0);
  return 0.8 + 8.4 * torch::rand({count, 6, 5}, torch::kDouble);
}

/// The cheapest place of each row, one-hot.
Tensor cheapest(const Tensor& costs) {
  return torch::one_hot(costs.argmin(-1), costs.size(-1)).to(costs.scalar_type());
}

std::string message(const auto& call) {
  try {
    call();
  } catch (const c10::Error& error) {
    return error.what_without_backtrace();
  }
  return "";
}

}  // namespace

TEST_CASE("a program on tensors has its outputs' shapes and a gradient") {
  const Tensor costs = grids(70).requires_grad_();
  const auto program = program::shipped("shortest_path");
  const auto results = run_program(program, {costs}, {.beta = 25});
  REQUIRE(results.size() == 2);
  CHECK(results[0].sizes() == costs.sizes());
  CHECK(results[1].sizes() == torch::IntArrayRef{70});
  results[1].sum().backward();
  // The slopes of the distance are the visits, but for the first cell.
  const Tensor visits = results[0].detach().clone();
  visits.select(1, 0).select(1, 0).zero_();
  CHECK((costs.grad() - visits).abs().mean().item<double>() < 0.02);
  const auto hard = run_program(program, {costs}, {.mode = "hard"});
  CHECK_FALSE(hard[0].requires_grad());
  CHECK(torch::equal(hard[0], shortest_path(costs)));
}

TEST_CASE("what is wrong with a program's inputs and options is named") {
  const auto program = program::shipped("levenshtein");
  const Tensor word = torch::ones({2, 3, 4});
  CHECK(message([&] { run_program(program, {word}); }) ==
        "program levenshtein takes 2 inputs, got 1");
  CHECK(message([&] {
          run_program(program, {word, word[0]});
        }) ==
        "program levenshtein: t must have 2 dimensions behind the batch of the first input, got "
        "shape [3, 4]");
  CHECK(message([&] {
          run_program(program, {word, word}, {.beta = -1});
        }).find("beta must be") != std::string::npos);
  CHECK(message([&] {
          run_program(program, {word, word}, {.mode = "warm"});
        }).find("unknown mode 'warm'") != std::string::npos);
}

TEST_CASE("the black box has its formula's gradient") {
  const Tensor costs = grids(3).requires_grad_(), upstream = torch::randn_like(costs);
  const Tensor paths = blackbox(shortest_path, costs, {.interpolation = 4, .least = 0});
  CHECK(torch::equal(paths, shortest_path(costs)));
  paths.backward(upstream);
  const Tensor moved = shortest_path((costs.detach() + 4 * upstream).clamp_min(0));
  CHECK(torch::equal(costs.grad(), (moved - paths.detach()) / 4));
  CHECK_FALSE(blackbox(shortest_path, costs.detach()).requires_grad());
}

TEST_CASE("the identity hands the gradient back with the other sign") {
  const Tensor costs = grids(3).requires_grad_(), upstream = torch::randn_like(costs);
  identity_gradient(shortest_path, costs).backward(upstream);
  CHECK(torch::equal(costs.grad(), -upstream));
}

TEST_CASE("a part of a batch is perturbed as it is within the whole") {
  const Tensor costs = grids(6);
  const auto part = [&](std::int64_t first, std::int64_t count, std::int64_t whole) {
    torch::manual_seed(8);
    return perturbed(cheapest, costs.narrow(0, first, count),
                     {.samples = 4, .first = first, .whole = whole});
  };
  const Tensor whole = part(0, 6, 0);
  CHECK(torch::equal(part(0, 6, 6), whole));
  CHECK(torch::equal(torch::cat({part(0, 2, 6), part(2, 4, 6)}), whole));
}

TEST_CASE("perturbed solutions: the mean is that of the samples, the loss has it as its gradient") {
  const Tensor costs = torch::tensor({{0.5, 0.0}}, torch::kDouble).requires_grad_();
  const Tensor target = torch::tensor({{0.0, 1.0}}, torch::kDouble);
  const PerturbedOptions options = {.samples = 100'000, .sigma = std::sqrt(0.5)};
  torch::manual_seed(3);
  const Tensor mean = perturbed(cheapest, costs, options);
  CHECK(mean[0][0].item<double>() == doctest::Approx(0.3085).epsilon(0.02));  // P(Z > ½)
  mean[0][0].backward();
  CHECK(costs.grad()[0][1].item<double>() == doctest::Approx(0.3521).epsilon(0.05));
  costs.mutable_grad() = Tensor();
  torch::manual_seed(3);
  fenchel_young_loss(cheapest, costs, target, options).sum().backward();
  CHECK(torch::allclose(costs.grad(), target - mean.detach()));
}

TEST_CASE("wrong arguments of solvers are named") {
  const Tensor costs = grids(2);
  CHECK(message([&] { blackbox(shortest_path, costs, {.interpolation = 0}); }) ==
        "blackbox: interpolation must be > 0 and finite, got 0");
  CHECK(message([&] { identity_gradient([](const Tensor& c) { return c[0]; }, costs); }) ==
        "identity_gradient: the solver must give the shape of costs, [2, 6, 5], got [6, 5]");
  CHECK(message([&] { perturbed(shortest_path, costs, {.samples = 1}); }) ==
        "perturbed: samples must be at least 2, got 1");
  CHECK(message([&] {
          perturbed(shortest_path, costs, {.first = 3, .whole = 4});
        }).find("must lie in a batch of whole = 4") != std::string::npos);
  CHECK(message([&] { fenchel_young_loss(shortest_path, costs, costs[0]); }) ==
        "fenchel_young_loss: target must have the shape of costs, [2, 6, 5], got [6, 5]");
  CHECK(message([&] { shortest_path(-costs); }).find("costs must be finite and >= 0, got -") !=
        std::string::npos);
}

}  // namespace pliant::test
