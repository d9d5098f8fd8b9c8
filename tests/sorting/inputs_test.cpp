// tests/sorting/inputs_test.cpp — what the ops refuse, and what half precision and gradients give
#include <doctest/doctest.h>
#include <torch/torch.h>

#include <cmath>

#include "pliant/sorting/torch/ops.h"

namespace {

/// The op pliant::sort as a user of torch.ops calls it.
std::tuple<torch::Tensor, torch::Tensor> sort_op(const torch::Tensor& x,
                                                 const torch::Tensor& network,
                                                 double steepness = 10) {
  static const auto op = c10::Dispatcher::singleton()
                             .findSchemaOrThrow("pliant::sort", "")
                             .typed<std::tuple<torch::Tensor, torch::Tensor>(
                                 const torch::Tensor&, const torch::Tensor&, std::string_view,
                                 const torch::Tensor&)>();
  return op.call(x, network, "cauchy", torch::tensor({steepness, 1.0, 0.0, 1.0}, torch::kDouble));
}

}  // namespace

TEST_CASE("keys, networks and steepnesses that make no sense are refused with what came") {
  const auto x = torch::zeros({2, 4});
  const auto network = pliant::network("bitonic", 4);
  CHECK_THROWS_WITH(sort_op(torch::zeros({2, 5}), network),
                    doctest::Contains("never touches wire 4"));
  CHECK_THROWS_WITH(sort_op(torch::zeros({2, 3}), network),
                    doctest::Contains("wire outside 0 … 2"));
  CHECK_THROWS_WITH(sort_op(torch::zeros({2, 0}), network),
                    doctest::Contains("at least one value"));
  CHECK_THROWS_WITH(sort_op(torch::zeros({4}), network),
                    doctest::Contains("must have 2 dimensions"));
  CHECK_THROWS_WITH(sort_op(torch::zeros({2, 4}, torch::kLong), network),
                    doctest::Contains("x must be floating point"));
  CHECK_THROWS_WITH(sort_op(x, network.to(torch::kLong)),
                    doctest::Contains("network must be int32"));
  CHECK_THROWS_WITH(sort_op(x, network.flatten()), doctest::Contains("shape (comparators, 3)"));
  CHECK_THROWS_WITH(sort_op(x, network.flip(0)), doctest::Contains("must begin with layer 0"));
  for (const double steepness :
       {0.0, -1.0, static_cast<double>(NAN), static_cast<double>(INFINITY)})
    CHECK_THROWS_WITH(sort_op(x, network, steepness), doctest::Contains("steepness must be > 0"));
  CHECK_THROWS_WITH(pliant::sort(torch::zeros({2, 0})), doctest::Contains("at least one value"));
  CHECK_THROWS_WITH(pliant::sort(torch::tensor(1.0)), doctest::Contains("got a scalar"));
  CHECK_THROWS_WITH(pliant::permutation_loss(x, x, {}, "mse"),
                    doctest::Contains("there are: bce, cross_entropy"));
}

TEST_CASE("half precision comes and goes, and is worked on in float") {
  torch::manual_seed(4);
  for (const auto dtype : {torch::kHalf, torch::kBFloat16}) {
    const auto x = torch::randn({3, 6}).to(dtype).requires_grad_();
    const auto wide = x.detach().to(torch::kFloat).requires_grad_();
    const auto [values, permutation] = pliant::sort(x);
    const auto [wide_values, wide_permutation] = pliant::sort(wide);
    CHECK(values.dtype() == dtype);
    CHECK(torch::equal(permutation, wide_permutation.to(dtype)));
    const auto g = torch::randn({3, 6, 6}).to(dtype);
    permutation.backward(g);
    wide_permutation.backward(g.to(torch::kFloat));
    CHECK(torch::equal(x.grad(), wide.grad().to(dtype)));
    const auto loss = pliant::permutation_loss(x, torch::randn({3, 6}));
    CHECK(loss.dtype() == dtype);
    CHECK(loss.isfinite().item<bool>());
  }
}

TEST_CASE("a second derivative is an error that says so") {
  const auto x = torch::randn({2, 4}).requires_grad_();
  const auto values = pliant::sort_values(x);
  const auto grad = torch::autograd::grad({values.square().sum()}, {x}, {}, {}, true)[0];
  CHECK_THROWS_WITH(grad.sum().backward(),
                    doctest::Contains("second derivatives are not available"));
}

TEST_CASE("float's loss agrees with torch's of the float64 permutation, near P = 1 as well") {
  // The loss has 1 − P from the rounded P, as torch's own does: for P next to 1 its logarithm is
  // off by half an ULP of 1 over 1 − P. That is where Q = 0 and P ≈ 1, a wrong order held for
  // certain.
  torch::manual_seed(5);
  const auto labels = torch::arange(8).expand({4, 8});
  for (const double steepness : {1.0, 10.0, 100.0, 1000.0}) {
    CAPTURE(steepness);
    const auto scores = torch::randn({4, 8}).to(torch::kDouble);
    const pliant::SortOptions options{.steepness = steepness};
    const auto exact = pliant::permutation_loss(scores, labels, options).item<double>();
    const auto narrow = pliant::permutation_loss(scores.to(torch::kFloat), labels, options);
    CHECK(narrow.item<double>() == doctest::Approx(exact).epsilon(2e-5));
  }
}
