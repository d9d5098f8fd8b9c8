// tests/train/optimizer_test.cpp — each optimiser against torch's own
#include "pliant/train/torch/optimizer.h"

#include <doctest/doctest.h>
#include <torch/torch.h>

#include <functional>
#include <memory>

namespace pliant {
namespace {

using Parameters = std::vector<torch::Tensor>;
using MakeTorchs = std::function<std::unique_ptr<torch::optim::Optimizer>(Parameters)>;

torch::Tensor leaf() {
  torch::manual_seed(3);
  return torch::randn({4, 3}, torch::kDouble).requires_grad_();
}

/// The parameter after five steps on the same quadratic.
template <class Step>
torch::Tensor descend(torch::Tensor parameter, Step&& step) {
  const torch::Tensor target = torch::arange(12, torch::kDouble).view({4, 3});
  for (int i = 0; i < 5; ++i) {
    parameter.mutable_grad().reset();
    (parameter - target).square().sum().backward();
    step();
  }
  return parameter.detach();
}

void check_against(const char* name, const MakeTorchs& make) {
  const torch::Tensor ours = leaf();
  Optimizer optimizer(name, {{"weight", ours}});
  const torch::Tensor theirs = leaf();
  const auto reference = make({theirs});
  const torch::Tensor a = descend(ours, [&] { optimizer.step(0.01); });
  const torch::Tensor b = descend(theirs, [&] { reference->step(); });
  CHECK(torch::allclose(a, b, /*rtol=*/1e-12, /*atol=*/1e-14));
}

}  // namespace

TEST_CASE("every optimiser does what torch's own does") {
  check_against("adam", [](Parameters p) { return std::make_unique<torch::optim::Adam>(p, 0.01); });
  check_against("adamw",
                [](Parameters p) { return std::make_unique<torch::optim::AdamW>(p, 0.01); });
  check_against("sgd", [](Parameters p) {
    return std::make_unique<torch::optim::SGD>(p, torch::optim::SGDOptions(0.01).momentum(0.9));
  });
  for (const char* name : {"descent", "isaac"}) {
    check_against(name, [](Parameters p) {
      return std::make_unique<torch::optim::SGD>(p, torch::optim::SGDOptions(0.01));
    });
  }
}

TEST_CASE("adam and adamw take other betas as torch's own do") {
  const auto check = [](const char* name, auto make) {
    const torch::Tensor ours = leaf();
    Optimizer optimizer(name, {{"weight", ours}}, {0.5, 0.95});
    const torch::Tensor theirs = leaf();
    const auto reference = make({theirs});
    const torch::Tensor a = descend(ours, [&] { optimizer.step(0.01); });
    const torch::Tensor b = descend(theirs, [&] { reference->step(); });
    CHECK(torch::allclose(a, b, /*rtol=*/1e-12, /*atol=*/1e-14));
  };
  check("adam", [](Parameters p) {
    return std::make_unique<torch::optim::Adam>(p,
                                                torch::optim::AdamOptions(0.01).betas({0.5, 0.95}));
  });
  check("adamw", [](Parameters p) {
    return std::make_unique<torch::optim::AdamW>(
        p, torch::optim::AdamWOptions(0.01).betas({0.5, 0.95}));
  });
}

TEST_CASE("every optimiser leaves a parameter without a gradient alone") {
  for (std::string_view name : optimizer_names()) {
    CAPTURE(name);
    const torch::Tensor used = leaf();
    const torch::Tensor unused = leaf();
    const torch::Tensor before = unused.detach().clone();
    Optimizer optimizer(name, {{"used", used}, {"unused", unused}});
    used.sum().backward();
    optimizer.step(0.1);
    CHECK(torch::equal(unused, before));
    CHECK_FALSE(torch::equal(used, before));
  }
}

TEST_CASE("the state has a name for each field of each parameter") {
  const Optimizer optimizer("adam", {{"weight", leaf()}});
  std::vector<std::string> names;
  for (const auto& [name, _] : optimizer.state()) names.push_back(name);
  CHECK(names == std::vector<std::string>{"weight/exp_avg", "weight/exp_avg_sq", "weight/step"});
}

TEST_CASE("an unknown optimiser is an error that lists them") {
  CHECK_THROWS_WITH(Optimizer("adan", {}),
                    "unknown optimizer 'adan'; there are: adam, adamw, sgd, descent, isaac");
}

}  // namespace pliant
