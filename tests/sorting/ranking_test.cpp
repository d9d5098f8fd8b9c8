// tests/sorting/ranking_test.cpp — the C++ losses of soft ranks, and NDCG
#include "pliant/sorting/torch/ranking.h"

#include <doctest/doctest.h>
#include <torch/torch.h>

#include <cmath>

TEST_CASE("NDCG and its loss computed by hand") {
  const auto scores = torch::tensor({0.1, 0.9, 0.5}, torch::kDouble);
  const auto relevance = torch::tensor({3, 0, 1});
  // Ranks 3, 1, 2; gains 7, 0, 1.
  const double second = 1 / std::log2(3);
  const double all = (7 * 0.5 + second) / (7 + second), two = second / (7 + second);
  CHECK(pliant::ndcg(scores, relevance).item<double>() == doctest::Approx(all));
  CHECK(pliant::ndcg(scores, relevance, {2}).item<double>() == doctest::Approx(two));
  CHECK(pliant::ndcg_loss(scores, relevance, {}, 1e6).item<double>() == doctest::Approx(1 - all));
  CHECK(pliant::ndcg_loss(scores, relevance, {2}, 1e6).item<double>() == doctest::Approx(1 - two));
  const double linear = (3 * 0.5 + second) / (3 + second);
  CHECK(pliant::ndcg(scores, relevance, {{}, "linear"}).item<double>() == doctest::Approx(linear));
}

TEST_CASE("Spearman's loss computed by hand") {
  // Σ d² = 6 of n = 4 without ties: ρ = 1 − 6·6/(4·15) = 0.4.
  const auto scores = torch::tensor({1.0, 2.0, 3.0, 4.0}, torch::kDouble);
  const auto targets = torch::tensor({2, 1, 4, 3}).index_select(0, torch::tensor({1, 2, 0, 3}));
  CHECK(pliant::spearman_loss(scores, targets, 1e6).item<double>() == doctest::Approx(0.6));
  CHECK(pliant::spearman_loss(scores, torch::ones({4}), 1e6).item<double>() == 1);
}

TEST_CASE("what takes no part changes nothing, and there are gradients") {
  auto scores = torch::randn({2, 5}, torch::kDouble);
  scores[1][4] = NAN;
  scores.requires_grad_();
  const auto labels = torch::tensor({{3, 1, 0, 2, 1}, {2, 0, 1, 3, -7}});
  const pliant::Ragged ragged{torch::tensor({5, 4})};
  const auto first = scores[0], second = scores[1].slice(0, 0, 4);
  const auto spearman = pliant::spearman_loss(scores, labels, 2, ragged);
  const auto ndcg = pliant::ndcg_loss(scores, labels, {3}, 2, ragged);
  CHECK(spearman.item<double>() ==
        doctest::Approx(((pliant::spearman_loss(first, labels[0], 2) +
                          pliant::spearman_loss(second, labels[1].slice(0, 0, 4), 2)) /
                         2)
                            .item<double>()));
  CHECK(ndcg.item<double>() ==
        doctest::Approx(((pliant::ndcg_loss(first, labels[0], {3}, 2) +
                          pliant::ndcg_loss(second, labels[1].slice(0, 0, 4), {3}, 2)) /
                         2)
                            .item<double>()));
  CHECK(pliant::ndcg(scores, labels, {3}, ragged)[1].item<double>() ==
        doctest::Approx(pliant::ndcg(second, labels[1].slice(0, 0, 4), {3}).item<double>()));
  const auto gradient = torch::autograd::grad({spearman + ndcg}, {scores})[0];
  CHECK(gradient.isfinite().all().item<bool>());
  CHECK(gradient.abs().max().item<double>() > 0);
  CHECK(gradient[1][4].item<double>() == 0);
}

TEST_CASE("what makes no sense is refused with what came") {
  const auto x = torch::zeros({2, 4});
  CHECK_THROWS_WITH(pliant::ndcg(x, torch::zeros({4})),
                    doctest::Contains("relevance must have the shape of scores, [2, 4], got [4]"));
  CHECK_THROWS_WITH(pliant::ndcg_loss(x, x - 1),
                    doctest::Contains("relevance must be >= 0, got -1"));
  CHECK_THROWS_WITH(pliant::ndcg(x, x, {0}), doctest::Contains("k must be >= 1, got 0"));
  CHECK_THROWS_WITH(pliant::ndcg(x, x, {{}, "log"}), doctest::Contains("unknown gain 'log'"));
  CHECK_THROWS_WITH(pliant::spearman_loss(x, x * NAN),
                    doctest::Contains("targets must not be NaN"));
}
