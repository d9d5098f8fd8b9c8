// tests/sorting/ragged_test.cpp — sets of several lengths, and a steepness for each sample
#include <doctest/doctest.h>
#include <torch/torch.h>

#include "pliant/sorting/torch/ops.h"

using pliant::Ragged;
using pliant::SortOptions;

namespace {

/// Three sets of 5, 3 and 1 items, the others being noise that must not matter.
struct Sets {
  torch::Tensor x = make();
  torch::Tensor lengths = torch::tensor({5, 3, 1});
  static torch::Tensor make() {
    torch::manual_seed(3);
    return torch::randn({3, 5}, torch::kDouble);
  }
  [[nodiscard]] torch::Tensor set(int64_t row) const {
    return x[row].slice(0, 0, lengths[row].item<int64_t>());
  }
};

}  // namespace

TEST_CASE("each set is sorted by itself, and what it does not fill is 0") {
  const Sets sets;
  for (const bool descending : {false, true}) {
    const SortOptions options{.method = "bitonic", .descending = descending};
    const auto [values, permutation] = pliant::sort(sets.x, options, {}, {.lengths = sets.lengths});
    const auto ranks = pliant::soft_rank(sets.x, options, {}, {.lengths = sets.lengths});
    const auto alone = pliant::sort_values(sets.x, options, {}, {.lengths = sets.lengths});
    CHECK(torch::equal(alone, values));
    for (int64_t row = 0; row < 3; ++row) {
      const auto set = sets.set(row);
      const auto n = set.size(0);
      const auto [set_values, set_permutation] = pliant::sort(set, options);
      CHECK(torch::equal(values[row].slice(0, 0, n), set_values));
      CHECK(torch::equal(permutation[row].slice(0, 0, n).slice(1, 0, n), set_permutation));
      CHECK(torch::equal(ranks[row].slice(0, 0, n), pliant::soft_rank(set, options)));
      CHECK(values[row].slice(0, n).eq(0).all().item<bool>());
      CHECK(ranks[row].slice(0, n).eq(0).all().item<bool>());
      CHECK(permutation[row].slice(0, n).eq(0).all().item<bool>());
      CHECK(permutation[row].slice(1, n).eq(0).all().item<bool>());
    }
  }
}

TEST_CASE("a mask takes any items, and equals the lengths where it takes the first") {
  const Sets sets;
  const auto first = torch::arange(5).lt(sets.lengths.unsqueeze(-1));
  CHECK(torch::equal(std::get<1>(pliant::sort(sets.x, {}, {}, {.mask = first})),
                     std::get<1>(pliant::sort(sets.x, {}, {}, {.lengths = sets.lengths}))));
  const auto odd = torch::tensor({{false, true, false, true, false}}).expand({3, 5});
  const auto [values, permutation] = pliant::sort(sets.x, {}, {}, {.mask = odd});
  const auto chosen = torch::stack({sets.x.select(1, 1), sets.x.select(1, 3)}, 1);
  const auto [two, matrix] = pliant::sort(chosen);
  CHECK(torch::equal(values.slice(1, 0, 2), two));
  CHECK(torch::equal(permutation.index_select(1, torch::tensor({1, 3})).slice(2, 0, 2), matrix));
  CHECK(torch::allclose(values, torch::matmul(sets.x.unsqueeze(1), permutation).squeeze(1)));
}

TEST_CASE("payloads and the loss of ragged sets are those of each set") {
  const Sets sets;
  const auto payload = torch::randn({3, 5, 2}, torch::kDouble);
  const auto labels = torch::randint(0, 9, {3, 5});
  const auto out = pliant::apply_sort(sets.x, payload, {}, {}, {.lengths = sets.lengths});
  auto expected = torch::zeros({}, torch::kDouble);
  for (int64_t row = 0; row < 3; ++row) {
    const auto set = sets.set(row);
    const auto n = set.size(0);
    CHECK(torch::equal(out[row].slice(0, 0, n),
                       pliant::apply_sort(set, payload[row].slice(0, 0, n))));
    CHECK(out[row].slice(0, n).eq(0).all().item<bool>());
    expected = expected + pliant::permutation_loss(set, labels[row].slice(0, 0, n)) / 3;
  }
  CHECK(torch::allclose(
      pliant::permutation_loss(sets.x, labels, {}, "bce", false, {}, {.lengths = sets.lengths}),
      expected));
}

TEST_CASE("ranking metrics of ragged sets are the sum of those of each set") {
  const Sets sets;
  const auto labels = torch::randint(0, 3, {3, 5});
  const auto whole = pliant::ranking_metrics(sets.x, labels, {.lengths = sets.lengths});
  const auto first = torch::arange(5).lt(sets.lengths.unsqueeze(-1));
  pliant::sorting::RankingMetrics by_mask, by_set;
  for (int64_t row = 0; row < 3; ++row) {
    const auto set = sets.set(row);
    const auto truth = labels[row].slice(0, 0, set.size(0));
    by_mask += pliant::ranking_metrics(sets.x[row], labels[row], {.mask = first[row]});
    by_set += pliant::ranking_metrics(set.to(torch::kFloat), truth.to(torch::kFloat));
  }
  for (const auto& sum : {by_mask, by_set}) {
    CHECK(sum.counts.groups == 3);
    CHECK(sum.counts.items == 9);
    CHECK(sum.elementwise() == whole.elementwise());
    CHECK(sum.elementwise_tied() == whole.elementwise_tied());
    CHECK(sum.exact_five_tied() == whole.exact_five_tied());
  }
  CHECK_THROWS_WITH(pliant::ranking_metrics(sets.x, labels[0]),
                    doctest::Contains("ranking_metrics: labels must have the shape of scores"));
}

TEST_CASE("items that take no part get no gradient, the others that of their set") {
  const Sets sets;
  const auto x = sets.x.clone().requires_grad_();
  const auto weights = torch::randn({3, 5}, torch::kDouble);
  (pliant::sort_values(x, {}, {}, {.lengths = sets.lengths}) * weights).sum().backward();
  const auto set = sets.set(1).clone().requires_grad_();
  (pliant::sort_values(set) * weights[1].slice(0, 0, 3)).sum().backward();
  CHECK(torch::equal(x.grad()[1].slice(0, 0, 3), set.grad()));
  CHECK(x.grad()[1].slice(0, 3).eq(0).all().item<bool>());
}

TEST_CASE("each sample may have a steepness of its own, with its gradient") {
  const auto x = Sets().x;
  const auto steepness = torch::tensor({1.0, 10.0, 30.0}, torch::kDouble).requires_grad_();
  for (const double art_lambda : {0.0, 0.25}) {
    const SortOptions options{.distribution = "logistic", .art_lambda = art_lambda};
    const auto [values, permutation] = pliant::sort(x, options, steepness);
    for (int64_t row = 0; row < 3; ++row) {
      SortOptions one = options;
      one.steepness = steepness[row].item<double>();
      const auto [row_values, row_permutation] = pliant::sort(x[row], one);
      CHECK(torch::allclose(values[row], row_values));
      CHECK(torch::allclose(permutation[row], row_permutation, 1e-5, 1e-7));
    }
  }
  const auto loss = [&](const torch::Tensor& s) {
    return std::get<1>(pliant::sort(x, {}, s)).square().sum();
  };
  loss(steepness).backward();
  const double step = 1e-5;
  for (int64_t row = 0; row < 3; ++row) {
    auto up = steepness.detach().clone(), down = up.clone();
    up[row] += step;
    down[row] -= step;
    const double numeric = (loss(up) - loss(down)).item<double>() / (2 * step);
    CHECK(steepness.grad()[row].item<double>() == doctest::Approx(numeric).epsilon(1e-6));
  }
}

TEST_CASE("malformed lengths, masks and steepnesses are refused by name") {
  const auto x = torch::zeros({2, 3});
  const auto with = [&](const Ragged& ragged) { pliant::sort(x, {}, {}, ragged); };
  const auto long_row = torch::tensor({3, 4}), none = torch::tensor({0, 3});
  CHECK_THROWS_WITH(
      with({.lengths = long_row}),
      doctest::Contains("lengths must leave 1 … 3 items in every set, got 4 in set 1"));
  CHECK_THROWS_WITH(with({.lengths = none}), doctest::Contains("got 0 in set 0"));
  CHECK_THROWS_WITH(with({.lengths = torch::tensor({2, -1})}),
                    doctest::Contains("got -1 in set 1"));
  CHECK_THROWS_WITH(with({.lengths = torch::tensor({1.0, 2.0})}),
                    doctest::Contains("lengths must be integers"));
  CHECK_THROWS_WITH(with({.lengths = torch::tensor({1, 2, 3})}),
                    doctest::Contains("lengths must have the batch shape [2], got [3]"));
  CHECK_THROWS_WITH(with({.mask = torch::zeros({2, 3}, torch::kBool)}),
                    doctest::Contains("mask must leave 1 … 3 items in every set, got 0 in set 0"));
  CHECK_THROWS_WITH(with({.mask = torch::ones({2, 3})}), doctest::Contains("mask must be bool"));
  CHECK_THROWS_WITH(with({.mask = torch::ones({3}, torch::kBool)}),
                    doctest::Contains("mask must have the shape of the values, [2, 3], got [3]"));
  CHECK_THROWS_WITH(with({.lengths = none, .mask = torch::ones({2, 3}, torch::kBool)}),
                    doctest::Contains("mask or lengths, not both"));
  CHECK_THROWS_WITH(pliant::sort(x, {}, torch::tensor({1.0, 0.0})),
                    doctest::Contains("steepness must be > 0 and finite"));
  CHECK_THROWS_WITH(pliant::sort(x, {}, torch::ones({3})),
                    doctest::Contains("steepness must be one number or have the batch shape [2]"));
}
