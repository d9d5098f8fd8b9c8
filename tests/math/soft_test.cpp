// tests/math/soft_test.cpp — relaxed steps of arithmetic from C++
#include "pliant/math/torch/soft.h"

#include <doctest/doctest.h>
#include <torch/torch.h>

namespace {

namespace soft = pliant::soft;
using torch::Tensor;

Tensor numbers(std::initializer_list<double> values) {
  return torch::tensor(std::vector<double>(values), torch::kDouble);
}

bool close(const Tensor& a, const Tensor& b) { return torch::allclose(a, b, 1e-12, 1e-14); }

}  // namespace

TEST_CASE("soft functions are their formulas") {
  const Tensor a = numbers({0.3, -1, 2}), b = numbers({0.5, -1.2, 2});
  const Tensor p = torch::sigmoid(4 * (a - b));
  const soft::Options options{.beta = 4};
  CHECK(close(soft::greater(a, b, options), p));
  CHECK(close(soft::less(a, b, options), 1 - p));
  CHECK(close(soft::equal(a, b, options), 4 * p * (1 - p)));
  CHECK(close(soft::where(p, a, b), p * a + (1 - p) * b));
  CHECK(close(soft::maximum(a, b, options), p * a + (1 - p) * b));
  CHECK(close(soft::minimum(a, b, options), p * b + (1 - p) * a));
  CHECK(close(soft::clamp(a, b, std::nullopt, options), soft::maximum(a, b, options)));
  CHECK(close(soft::sign(a, options), torch::tanh(2 * a)));
  CHECK(close(soft::round(numbers({1, 1.5, -2}), options), numbers({1, 1.5, -2})));
  CHECK(torch::equal(soft::maximum(a, b, {.straight_through = true}), torch::maximum(a, b)));
  const Tensor cauchy = soft::greater(a, b, {.distribution = "cauchy", .beta = 2});
  CHECK(close(cauchy, 0.5 + torch::atan(2 * (a - b)) / M_PI));
}

TEST_CASE("soft functions have gradients in C++") {
  const Tensor x = numbers({0.2, 0.7}).requires_grad_();
  soft::round(x, {.beta = 6}).sum().backward();
  const Tensor f = torch::sigmoid(6 * (x.detach() - 0.5));
  const double norm = torch::tanh(torch::tensor(1.5, torch::kDouble)).item<double>();
  CHECK(close(x.grad(), 6 * f * (1 - f) / norm));
}

TEST_CASE("errors of soft functions name the function and the option") {
  const Tensor x = torch::zeros({2});
  CHECK_THROWS_WITH_AS(soft::sign(x, {.beta = -1}),
                       doctest::Contains("soft.sign: beta must be > 0 and finite, got -1"),
                       c10::ValueError);
  CHECK_THROWS_WITH_AS(soft::less(x, x, {.distribution = "step"}),
                       doctest::Contains("unknown distribution 'step'"), c10::ValueError);
  CHECK_THROWS_WITH_AS(soft::clamp(x, std::nullopt, std::nullopt),
                       doctest::Contains("expected low, high or both"), c10::ValueError);
}
