// tests/sorting/modules_test.cpp — the C++ functions and modules over the ops
#include "pliant/sorting/torch/modules.h"

#include <doctest/doctest.h>
#include <torch/torch.h>

#include <cmath>
#include <utility>

#include "pliant/sorting/torch/fast.h"

using pliant::SortOptions;

TEST_CASE("sort gives values and permutation for any batch shape, and flips when descending") {
  torch::manual_seed(0);
  const auto x = torch::randn({2, 3, 5}, torch::kDouble);
  const auto [values, permutation] = pliant::sort(x, {.method = "bitonic", .steepness = 20});
  CHECK(values.sizes() == x.sizes());
  CHECK(permutation.sizes() == torch::IntArrayRef({2, 3, 5, 5}));
  CHECK(torch::allclose(values, torch::matmul(x.unsqueeze(-2), permutation).squeeze(-2)));
  CHECK(torch::equal(pliant::sort_values(x, {.method = "bitonic", .steepness = 20}), values));
  const auto [down, flipped] =
      pliant::sort(x, {.method = "bitonic", .steepness = 20, .descending = true});
  CHECK(torch::equal(down, values.flip(-1)));
  CHECK(torch::equal(flipped, permutation.flip(-1)));
}

TEST_CASE("soft ranks and sorted payloads are products with the permutation") {
  torch::manual_seed(1);
  const auto x = torch::randn({4, 7}, torch::kDouble);
  const auto payload = torch::randn({4, 7, 3}, torch::kDouble);
  for (const bool descending : {false, true}) {
    const SortOptions options{.descending = descending};
    const auto permutation = std::get<1>(pliant::sort(x, options));
    const auto positions = torch::arange(1, 8, torch::kDouble);
    CHECK(torch::allclose(pliant::soft_rank(x, options), torch::matmul(permutation, positions)));
    CHECK(torch::allclose(pliant::apply_sort(x, payload, options),
                          torch::matmul(permutation.transpose(-1, -2), payload)));
  }
}

TEST_CASE("the permutation loss is torch's binary cross-entropy of P") {
  torch::manual_seed(2);
  const auto scores = torch::randn({6, 5}, torch::kDouble);
  const auto labels = torch::randint(0, 100, {6, 5});
  const auto order = std::get<1>(torch::sort(labels, /*stable=*/true, -1, false));
  const auto target = torch::zeros({6, 5, 5}, torch::kDouble).scatter_(1, order.unsqueeze(1), 1.0);
  const auto permutation = std::get<1>(pliant::sort(scores));
  const auto expected = torch::nn::functional::binary_cross_entropy(permutation, target);
  CHECK(torch::allclose(pliant::permutation_loss(scores, labels), expected));
  CHECK(torch::allclose(pliant::permutation_loss(scores, labels, {.descending = true}), expected));
}

TEST_CASE("equal labels share their ranks when asked to") {
  const auto scores = torch::tensor({{0.5, 0.1, 0.9}}, torch::kDouble);
  const auto labels = torch::tensor({{3, 3, 8}});
  const auto permutation = std::get<1>(pliant::sort(scores));
  auto target =
      torch::tensor({{{0.5, 0.5, 0.0}, {0.5, 0.5, 0.0}, {0.0, 0.0, 1.0}}}, torch::kDouble);
  CHECK(torch::allclose(pliant::permutation_loss(scores, labels, {}, "bce", /*ties=*/true),
                        torch::nn::functional::binary_cross_entropy(permutation, target)));
}

TEST_CASE("a module can learn its steepness, and saves it") {
  pliant::PermutationLossOptions options;
  options.learn_steepness = true;
  pliant::PermutationLoss loss(options);
  REQUIRE(loss->parameters().size() == 1);
  const auto scores = torch::tensor({{0.1, 0.4, 0.2}}, torch::kDouble);
  loss->forward(scores, torch::tensor({{1, 3, 2}})).backward();
  CHECK(loss->steepness.grad().item<double>() <
        0);  // the order is right: a sharper network is better
  CHECK(pliant::Sort().get()->parameters().empty());
}

TEST_CASE("reciprocal counts its steepness as the papers' code does") {
  const auto x = torch::tensor({0.3, -1.2, 0.8, 0.1, -0.4}, torch::kDouble);
  const auto values = pliant::sort_values(x, {.distribution = "reciprocal"});
  const auto golden =
      torch::tensor({-0.944193, -0.260513, 0.085734, 0.153535, 0.565437}, torch::kDouble);
  CHECK(torch::allclose(values, golden, 0, 1e-6));
}

TEST_CASE("wrong options are refused when the module is made") {
  const auto make = [](SortOptions options) {
    pliant::Sort(pliant::SortModuleOptions{.sort = options});
  };
  CHECK_THROWS_WITH(make({.method = "bubble"}), doctest::Contains("there are: odd_even"));
  CHECK_THROWS_WITH(make({.distribution = "cauchi"}), doctest::Contains("there are: "));
  CHECK_THROWS_WITH(make({.steepness = -1}),
                    doctest::Contains("steepness must be > 0 and finite, got -1"));
  CHECK_THROWS_WITH(make({.art_lambda = 1}),
                    doctest::Contains("art_lambda must be in [0, 1), got 1"));
}

TEST_CASE("relaxations give values, ranks, payloads and losses by their matrix") {
  torch::manual_seed(3);
  const auto x = torch::randn({4, 5}, torch::kDouble);
  const auto payload = torch::randn({4, 5, 2}, torch::kDouble);
  const auto labels = torch::randint(0, 100, {4, 5});
  const auto order = std::get<1>(torch::sort(labels, /*stable=*/true, -1, false));
  const auto target = torch::zeros({4, 5, 5}, torch::kDouble).scatter_(1, order.unsqueeze(1), 1.0);
  for (const char* method : {"neuralsort", "softsort", "sinkhorn"}) {
    CAPTURE(method);
    const SortOptions options{.method = method, .steepness = 2};
    const auto [values, permutation] = pliant::sort(x, options);
    CHECK(torch::allclose(permutation.sum(-2), torch::ones({4, 5}, torch::kDouble)));
    CHECK(torch::allclose(values, torch::matmul(x.unsqueeze(1), permutation).squeeze(1)));
    CHECK(torch::equal(pliant::sort_values(x, options), values));
    const auto positions = torch::arange(1, 6, torch::kDouble);
    CHECK(torch::allclose(pliant::soft_rank(x, options), torch::matmul(permutation, positions)));
    CHECK(torch::allclose(pliant::apply_sort(x, payload, options),
                          torch::matmul(permutation.transpose(-1, -2), payload)));
    const auto loss = torch::nn::functional::binary_cross_entropy(permutation, target);
    CHECK(torch::allclose(pliant::permutation_loss(x, labels, options), loss));
    const auto each = torch::tensor({1.0, 2.0, 3.0, 4.0}, torch::kDouble);
    const auto lengths = torch::tensor({5, 2, 5, 3});
    const auto ragged = pliant::sort_values(x, options, each, {.lengths = lengths});
    for (int row = 0; row < 4; ++row) {
      const auto n = lengths[row].item<int64_t>();
      const auto alone = pliant::sort_values(x[row].slice(0, 0, n), options, each[row]);
      CHECK(torch::allclose(ragged[row].slice(0, 0, n), alone));
    }
  }
  const auto squared = pliant::sort_values(x, {.method = "softsort", .power = 2});
  CHECK_FALSE(torch::allclose(squared, pliant::sort_values(x, {.method = "softsort"})));
  CHECK_THROWS_WITH(pliant::sort(x, {.method = "softsort", .power = 0}),
                    doctest::Contains("power must be > 0 and finite, got 0"));
  CHECK_THROWS_WITH(pliant::sort(x, {.method = "softsrt"}),
                    doctest::Contains("unknown method 'softsrt'; there are: odd_even"));
}

TEST_CASE("lapsum is its matrix in every mode, the same as from the columns of masks") {
  torch::manual_seed(5);
  const auto x = torch::randn({4, 5}, torch::kDouble);
  const SortOptions options{.method = "lapsum", .steepness = 2};
  const auto [values, permutation] = pliant::sort(x, options);
  CHECK(torch::equal(permutation,
                     pliant::lap_permutation(x, torch::full({1}, 2.0, torch::kDouble), 0, 5)));
  CHECK(torch::allclose(permutation.sum(-1), torch::ones({4, 5}, torch::kDouble)));
  CHECK(torch::allclose(permutation.select(-1, 4), pliant::soft_topk_mask(x, 1, {2})));
  CHECK(torch::allclose(values, torch::matmul(x.unsqueeze(1), permutation).squeeze(1)));
  CHECK(torch::allclose(pliant::soft_rank(x, options),
                        torch::matmul(permutation, torch::arange(1, 6, torch::kDouble))));
  const auto each = torch::tensor({1.0, 2.0, 3.0, 4.0}, torch::kDouble).requires_grad_();
  const auto lengths = torch::tensor({5, 2, 5, 3});
  const auto ragged = pliant::sort_values(x, options, each, {.lengths = lengths});
  CHECK(torch::autograd::grad({ragged.square().sum()}, {each})[0].ne(0).all().item<bool>());
  for (int row = 0; row < 4; ++row) {
    const auto n = lengths[row].item<int64_t>();
    const auto alone = pliant::sort_values(x[row].slice(0, 0, n), options, each[row]);
    CHECK(torch::allclose(ragged[row].slice(0, 0, n), alone));
  }
  // As in test_ordered_methods.py: of the keys 1 and 0, F(2·(1 − ½)) is the weight at its own rank.
  const auto pair = torch::tensor({1.0, 0.0}, torch::kDouble);
  CHECK(std::get<1>(pliant::sort(pair, options))[0][1].item<double>() ==
        doctest::Approx(1 - 0.5 * std::exp(-1)));
  CHECK_THROWS_WITH(pliant::sort(x, {.method = "lapsum", .steepness = 0}),
                    doctest::Contains("sort: steepness must be > 0 and finite, got 0"));
}

TEST_CASE("projections have values and ranks, and say that they have no more") {
  torch::manual_seed(6);
  const auto x = torch::randn({4, 5}, torch::kDouble);
  for (const auto& [method, regularization] : {std::pair{"fast", "l2"}, {"fast_kl", "kl"}}) {
    CAPTURE(method);
    const SortOptions options{.method = method, .steepness = 0.7};
    CHECK(
        torch::equal(pliant::sort_values(x, options), pliant::fast_sort(x, {0.7, regularization})));
    const auto ranks = pliant::fast_rank(x, {0.7, regularization});
    CHECK(torch::equal(pliant::soft_rank(x, options), ranks));
    const SortOptions down{.method = method, .steepness = 0.7, .descending = true};
    CHECK(torch::allclose(pliant::soft_rank(x, down), 6 - ranks));
    const auto mask = torch::tensor({true, false, true, true, false}).expand({4, 5});
    const auto part = x.index_select(1, torch::tensor({0, 2, 3}));
    CHECK(torch::equal(pliant::sort_values(x, options, {}, {.mask = mask}).slice(1, 0, 3),
                       pliant::sort_values(part, options)));
    CHECK(torch::equal(pliant::SoftRank(pliant::SortModuleOptions{.sort = options})(x), ranks));
    CHECK_THROWS_WITH(pliant::sort(x, options), doctest::Contains("but no permutation matrix"));
    CHECK_THROWS_WITH(pliant::apply_sort(x, x.unsqueeze(-1), options),
                      doctest::Contains("a method that has one: odd_even"));
    CHECK_THROWS_WITH(pliant::permutation_loss(x, x, options),
                      doctest::Contains("permutation_loss: method"));
    CHECK_THROWS_WITH(pliant::Sort(pliant::SortModuleOptions{.sort = options}),
                      doctest::Contains("take sort_values or soft_rank"));
    CHECK_THROWS_WITH(pliant::soft_rank(x, options, torch::ones({4})),
                      doctest::Contains("takes one steepness for all samples, got shape [4]"));
  }
}

TEST_CASE("straight-through swaps sort exactly") {
  torch::manual_seed(4);
  const auto x = torch::randn({4, 5}).requires_grad_();
  const auto values = pliant::sort_values(x, {.steepness = 1, .straight_through = true});
  CHECK(torch::equal(values, std::get<0>(torch::sort(x))));
  values.square().sum().backward();
  CHECK(x.grad().ne(2 * x).any().item<bool>());  // not the gradient of the hard sort
}
