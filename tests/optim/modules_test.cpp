// tests/optim/modules_test.cpp — conditioned layers in C++
#include "pliant/optim/torch/modules.h"

#include <doctest/doctest.h>
#include <torch/torch.h>

#include <limits>

#include "pliant/optim/torch/counts.h"

namespace {

using namespace pliant;

torch::Tensor dense(const torch::Tensor& x, const torch::Tensor& grad, double damping) {
  const auto n = x.size(1);
  const auto gram = x.t().mm(x) / x.size(0) + damping * torch::eye(n, x.options());
  return damping * grad.t().mm(x).mm(torch::linalg_inv(gram));
}

torch::nn::Sequential network() {
  torch::manual_seed(1);
  torch::nn::Sequential layers;
  layers->push_back("conv", torch::nn::Conv2d(torch::nn::Conv2dOptions(1, 3, 3).padding(1)));
  layers->push_back("flat", torch::nn::Flatten());
  layers->push_back("hidden", torch::nn::Linear(48, 7));
  layers->push_back("relu", torch::nn::ReLU());
  layers->push_back("last", torch::nn::Linear(7, 2));
  layers->to(torch::kDouble);
  return layers;
}

std::int64_t count(const Conditioned& layer, Conditioning what) {
  return layer.counts()[static_cast<std::size_t>(what)];
}

TEST_CASE("a conditioned layer has torch's output and ISAAC's gradient") {
  torch::manual_seed(0);
  IsaacLinear layer(torch::nn::LinearOptions(12, 5), IsaacOptions{.damping = 0.3, .layer = {}});
  layer->to(torch::kDouble);
  const auto x = torch::randn({8, 12}, torch::kDouble);
  const auto grad = torch::randn({8, 5}, torch::kDouble);
  const auto out = layer(x);
  CHECK(torch::equal(out, torch::linear(x, layer->weight, layer->bias)));
  out.backward(grad);
  CHECK(torch::allclose(layer->weight.grad(), dense(x, grad, 0.3), 1e-10, 1e-12));
  CHECK(torch::allclose(layer->bias.grad(), grad.sum(0)));
  CHECK(count(*layer, Conditioning::kConditioned) == 1);
}

TEST_CASE("a network is conditioned where chosen, with its own parameters and names") {
  auto plain = network();
  auto conditioned = isaac::condition(plain, {.damping = 0.5, .layer = {}},
                                      [](std::size_t place) { return place != 1; });
  const auto names = plain->named_parameters();
  const auto same = conditioned->named_parameters();
  REQUIRE(names.keys() == same.keys());
  for (const auto& item : names) CHECK(item.value().is_same(same[item.key()]));
  const auto children = conditioned->named_children();
  CHECK(children["conv"]->as<IsaacConv2dImpl>() != nullptr);
  CHECK(dynamic_cast<Conditioned*>(children["hidden"].get()) == nullptr);
  const auto* last = dynamic_cast<Conditioned*>(children["last"].get());
  REQUIRE(last != nullptr);
  CHECK(last->isaac().layer == "last");

  const auto x = torch::randn({6, 1, 4, 4}, torch::kDouble);
  CHECK(torch::equal(conditioned->forward(x), plain->forward(x)));
  conditioned->forward(x).sum().backward();
  const auto* conv = children["conv"]->as<torch::nn::Conv2dImpl>();
  const auto mapped = torch::conv2d(x, conv->weight, conv->bias, 1, 1).flatten(1);
  const auto* hidden = children["hidden"]->as<torch::nn::LinearImpl>();
  const auto read = torch::linear(mapped, hidden->weight, hidden->bias);
  const auto expected = dense(read.relu().detach(), torch::ones({6, 2}, torch::kDouble), 0.5);
  CHECK(torch::allclose(names["last.weight"].grad(), expected, 1e-10, 1e-12));
}

TEST_CASE("infinite damping is torch's gradient, and damping may be changed") {
  auto plain = network();
  auto conditioned =
      isaac::condition(plain, {.damping = std::numeric_limits<double>::infinity(), .layer = {}});
  const auto x = torch::randn({6, 1, 4, 4}, torch::kDouble);
  plain->forward(x).square().sum().backward();
  std::vector<torch::Tensor> before;
  for (const auto& parameter : plain->parameters()) before.push_back(parameter.grad().clone());
  plain->zero_grad();
  conditioned->forward(x).square().sum().backward();
  for (std::size_t i = 0; i < before.size(); ++i)
    CHECK(torch::equal(plain->parameters()[i].grad(), before[i]));
  plain->zero_grad();
  isaac::set_damping(*conditioned, 0.01);
  conditioned->forward(x).square().sum().backward();
  const auto weight = plain->named_parameters()["last.weight"].grad();
  CHECK(weight.norm().item<double>() < before[4].norm().item<double>());
}

TEST_CASE("a layer inside of another module, and a derived one, are left alone") {
  struct MineImpl : torch::nn::LinearImpl {
    MineImpl() : LinearImpl(2, 2) {}
    torch::Tensor forward(const torch::Tensor& x) { return LinearImpl::forward(2 * x); }
  };
  torch::nn::Sequential layers;
  layers->push_back(torch::nn::ModuleHolder<MineImpl>(std::make_shared<MineImpl>()));
  auto conditioned = isaac::condition(layers, {});
  CHECK(dynamic_cast<Conditioned*>(conditioned->children()[0].get()) == nullptr);
}

TEST_CASE("wrong options are errors that name them") {
  CHECK_THROWS_WITH(
      IsaacLinear(torch::nn::LinearOptions(2, 2), IsaacOptions{.damping = 0, .layer = {}}),
      doctest::Contains("isaac: damping must be > 0, got 0"));
  CHECK_THROWS_WITH(IsaacConv2d(torch::nn::Conv2dOptions(2, 2, 3).padding(torch::kSame)),
                    doctest::Contains("IsaacConv2d: the padding must be two numbers of zeros"));
  IsaacLinear layer(torch::nn::LinearOptions(2, 2));
  CHECK_THROWS_WITH(layer->set_damping(-1),
                    doctest::Contains("isaac: damping must be > 0, got -1"));
  IsaacOptions capped;
  capped.overhead_cap = -1;
  CHECK_THROWS_WITH(IsaacLinear(torch::nn::LinearOptions(2, 2), capped),
                    doctest::Contains("isaac: overhead_cap must be at least 0, got -1"));
}

}  // namespace
