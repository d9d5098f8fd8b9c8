// tests/sorting/fast_test.cpp — the C++ functions of sorting without a matrix
#include "pliant/sorting/torch/fast.h"

#include <doctest/doctest.h>
#include <torch/torch.h>

#include <cmath>

namespace {

torch::Tensor doubles(std::initializer_list<double> numbers) {
  return torch::tensor(std::vector<double>(numbers), torch::kDouble);
}

}  // namespace

TEST_CASE("sorting and ranking go to the hard ones, in both directions and any batch shape") {
  const auto x = torch::randn({2, 3, 7}, torch::kDouble);
  const auto sorted = std::get<0>(x.sort(-1));
  const auto ranks = (x.argsort(-1, false).argsort(-1, false) + 1).to(torch::kDouble);
  for (const char* regularization : {"l2", "kl"}) {
    CHECK(pliant::fast_sort(x, {1e9, regularization}).allclose(sorted));
    CHECK(pliant::fast_sort(x, {1e9, regularization, true}).allclose(sorted.flip(-1)));
    CHECK(pliant::fast_rank(x, {1e9, regularization}).allclose(ranks));
    CHECK(pliant::fast_rank(x, {1e9, regularization, true}).allclose(8 - ranks));
  }
  CHECK(pliant::lap_rank(x, 1e9).allclose(ranks));
}

TEST_CASE("masks sum to k, of the largest or the smallest") {
  const auto x = doubles({1, 4, 2, 3});
  CHECK(pliant::soft_topk_mask(x, 2, {1e9}).allclose(doubles({0, 1, 0, 1})));
  CHECK(pliant::soft_topk_mask(x, 2, {1e9, false}).allclose(doubles({1, 0, 1, 0})));
  CHECK(pliant::soft_topk_mask(x, 2.5).sum().item<double>() == doctest::Approx(2.5));
}

TEST_CASE("quantiles are torch's in the hard limit") {
  const auto x = torch::randn({3, 6}, torch::kDouble);
  for (const double q : {0.0, 0.3, 0.5, 1.0})
    CHECK(pliant::soft_quantile(x, q, 1e9).allclose(x.quantile(q, -1)));
  const auto ends = doubles({1, 2, INFINITY});
  CHECK(pliant::soft_quantile(ends, 0.5, 1e9).item<double>() == doctest::Approx(2));
}

TEST_CASE("all have gradients") {
  const auto x = torch::randn({2, 5}, torch::kDouble).requires_grad_();
  for (const auto& result :
       {pliant::fast_sort(x), pliant::fast_rank(x, {0.5}), pliant::soft_topk_mask(x, 2),
        pliant::soft_quantile(x, 0.4), pliant::lap_rank(x)}) {
    const auto gradient = torch::autograd::grad({result.square().sum()}, {x})[0];
    CHECK(gradient.isfinite().all().item<bool>());
    CHECK(gradient.abs().max().item<double>() > 0);
  }
}

TEST_CASE("k and steepness as tensors get gradients") {
  const auto x = torch::randn({2, 3, 5}, torch::kDouble);
  const auto k = torch::full({2, 3}, 2.5, torch::kDouble).requires_grad_();
  const auto steepness = torch::tensor(2.0, torch::kDouble).requires_grad_();
  const auto mask = pliant::soft_topk_mask(x, k, {}, steepness);
  CHECK(mask.allclose(pliant::soft_topk_mask(x, 2.5, {2})));
  const auto gradients = torch::autograd::grad({mask.sum()}, {k, steepness});
  CHECK(gradients[0].allclose(torch::ones({2, 3}, torch::kDouble)));
  CHECK(std::abs(gradients[1].item<double>()) < 1e-12);  // the sum is k whatever the steepness
  CHECK_THROWS_WITH(pliant::soft_topk_mask(x, torch::ones({3})),
                    doctest::Contains("k must be one number or have the batch shape [2, 3]"));
}

TEST_CASE("what makes no sense is refused with what came") {
  const auto x = torch::zeros({2, 4});
  CHECK_THROWS_WITH(pliant::fast_sort(x, {0}),
                    doctest::Contains("steepness must be > 0 and finite, got 0"));
  CHECK_THROWS_WITH(pliant::fast_rank(x, {1, "l3"}),
                    doctest::Contains("unknown regularization 'l3'; there are: l2, kl"));
  CHECK_THROWS_WITH(pliant::soft_topk_mask(x, 5), doctest::Contains("k must be in [0, n], n = 4"));
  CHECK_THROWS_WITH(pliant::soft_quantile(x, 1.5),
                    doctest::Contains("q must be in [0, 1], got 1.5"));
  CHECK_THROWS_WITH(pliant::lap_rank(torch::zeros({2, 0})),
                    doctest::Contains("there must be at least one value"));
}
