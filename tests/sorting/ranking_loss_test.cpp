// tests/sorting/ranking_loss_test.cpp — Spearman's ρ and NDCG of soft ranks: hand-computed values,
// finite differences, ragged sets, large relevance, threads
#include "pliant/sorting/ranking_loss.h"

#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <cstdint>
#include <functional>
#include <limits>
#include <vector>

#include "pliant/base/random.h"

using namespace pliant;
using namespace pliant::sorting;

namespace {

using Numbers = std::vector<double>;

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

struct Found {
  Numbers loss, gradient, of_steepness;
};

/// A batch of sets, and the loss of them that `kernel` gives.
struct Problem {
  Numbers scores;
  std::size_t batch;
  double steepness;
  const bool* valid = nullptr;
  base::Executor executor = base::serial_executor();

  [[nodiscard]] std::size_t n() const { return scores.size() / batch; }

  template <class Kernel>
  [[nodiscard]] Found run(const Kernel& kernel) const {
    Found found{Numbers(batch), Numbers(scores.size()), Numbers(batch)};
    kernel(ScoredSets<double>{batch, n(), scores.data(), valid, steepness},
           SetLosses<double>{found.loss.data(), found.gradient.data(), found.of_steepness.data()});
    return found;
  }
  [[nodiscard]] Found spearman(const Numbers& labels) const {
    Numbers ranks(labels.size());
    mean_ranks(labels.data(), valid, batch, n(), ranks.data(), executor);
    return run([&](const auto& sets, const auto& losses) {
      spearman_loss(sets, ranks.data(), losses, executor);
    });
  }
  [[nodiscard]] Found ndcg(const Numbers& relevance, std::size_t k, bool exponential = true) const {
    return run([&](const auto& sets, const auto& losses) {
      ndcg_loss(sets, {relevance.data(), exponential, k}, losses, executor);
    });
  }
};

Numbers uniforms(std::size_t count, std::uint64_t seed, double low, double high) {
  base::Random random(seed, 0, 0);
  Numbers out(count);
  for (double& x : out) x = low + (high - low) * random.uniform();
  return out;
}

/// loss(problem) of one set against central differences.
void check_gradient(Problem problem, const std::function<Found(const Problem&)>& loss) {
  constexpr double kStep = 1e-5;
  const Found found = loss(problem);
  const auto slope = [&](double& number) {
    const double at = number;
    number = at + kStep;
    const double above = loss(problem).loss[0];
    number = at - kStep;
    const double below = loss(problem).loss[0];
    number = at;
    return (above - below) / (2 * kStep);
  };
  for (std::size_t i = 0; i < problem.scores.size(); ++i)
    CHECK(found.gradient[i] == doctest::Approx(slope(problem.scores[i])).epsilon(1e-6));
  CHECK(found.of_steepness[0] == doctest::Approx(slope(problem.steepness)).epsilon(1e-6));
}

}  // namespace

TEST_CASE("equal labels have the mean of their ranks, and those that take no part none") {
  const std::vector<std::int64_t> labels = {7, -2, 7, (std::int64_t{1} << 53) + 1,
                                            std::int64_t{1} << 53};
  Numbers ranks(5);
  mean_ranks(labels.data(), nullptr, 1, 5, ranks.data(), base::serial_executor());
  CHECK(ranks == Numbers{2.5, 1, 2.5, 5, 4});
  const std::array valid = {true, false, true, true, true};
  mean_ranks(labels.data(), valid.data(), 1, 5, ranks.data(), base::serial_executor());
  CHECK(ranks == Numbers{1.5, 0, 1.5, 4, 3});
}

TEST_CASE("losses of sharp ranks are the textbook's") {
  // Σ d² = 6 of n = 4 without ties: ρ = 1 − 6·6/(4·15) = 0.4.
  const Problem four{{1, 2, 3, 4}, 1, 1e9};
  CHECK(four.spearman({1, 4, 2, 3}).loss[0] == doctest::Approx(0.6));
  CHECK(four.spearman({5, 5, 5, 5}).loss[0] == 1);
  // Ranks 3, 1, 2 from the largest; gains 7, 0, 1.
  const Problem three{{0.1, 0.9, 0.5}, 1, 1e9};
  const double second = 1 / std::log2(3);
  CHECK(three.ndcg({3, 0, 1}, 3).loss[0] == doctest::Approx(1 - (3.5 + second) / (7 + second)));
  CHECK(three.ndcg({3, 0, 1}, 2).loss[0] == doctest::Approx(1 - second / (7 + second)));
  CHECK(three.ndcg({3, 0, 1}, 2, false).loss[0] == doctest::Approx(1 - second / (3 + second)));
  CHECK(three.ndcg({0, 0, 0}, 3).loss[0] == 1);
}

TEST_CASE("gradients are those of finite differences") {
  const Problem problem{uniforms(9, 1, -1, 1), 1, 2.5};
  const Numbers labels = uniforms(9, 2, 0, 3);
  check_gradient(problem, [&](const Problem& at) { return at.spearman(labels); });
  for (std::size_t k : {1, 4, 9}) {
    for (bool exponential : {true, false})
      check_gradient(problem, [&](const Problem& at) { return at.ndcg(labels, k, exponential); });
  }
}

TEST_CASE("what takes no part may hold anything and changes nothing") {
  const std::array valid = {true, true, false, true, false};
  Problem ragged{{0.3, -1, kNaN, 0.5, 9}, 1, 2, valid.data()};
  const Problem alone{{0.3, -1, 0.5}, 1, 2};
  for (std::size_t k : {2, 5}) {
    const Found a = ragged.ndcg({2, 0, 9, 1, kNaN}, k), b = alone.ndcg({2, 0, 1}, k);
    CHECK(a.loss == b.loss);
    CHECK(a.gradient == Numbers{b.gradient[0], b.gradient[1], 0, b.gradient[2], 0});
  }
  const Found a = ragged.spearman({2, 0, 9, 1, 0}), b = alone.spearman({2, 0, 1});
  CHECK(a.loss == b.loss);
  CHECK(a.of_steepness == b.of_steepness);
  // An infinite score that takes part does not tie with what takes none.
  ragged.scores = {0.3, -std::numeric_limits<double>::infinity(), kNaN, 0.5, 9};
  CHECK(ragged.spearman({2, 0, 9, 3, 0}).loss[0] < 0.2);
}

TEST_CASE("relevance of any size has finite gains") {
  const Problem problem{{0.1, 0.9, 0.5}, 1, 2};
  const double small = problem.ndcg({499, 498, 0}, 3).loss[0];
  for (double shift : {2.0, 1e3, 1e5})
    CHECK(problem.ndcg({499 + shift, 498 + shift, 0}, 3).loss[0] == doctest::Approx(small));
  CHECK(std::isfinite(problem.ndcg({1e308, 1e308, 1}, 3, false).loss[0]));
  CHECK(std::isfinite(problem.ndcg({1e-308, 0, 0}, 3).loss[0]));
}

TEST_CASE("NaN stays in its set, and the bits do not depend on the threads") {
  Problem problem{uniforms(4'000, 3, -1, 1), 500, 4};
  problem.scores[8] = kNaN;
  const Numbers labels = uniforms(4'000, 4, 0, 3);
  const Found one = problem.ndcg(labels, 3), ranks = problem.spearman(labels);
  CHECK(std::isnan(one.loss[1]));
  CHECK(std::isnan(one.gradient[8]));
  CHECK(std::isnan(ranks.loss[1]));
  CHECK(std::isfinite(one.loss[0] + one.loss[2] + one.gradient[0] + one.gradient[16]));
  problem.scores[8] = 0;
  const Found serial = problem.ndcg(labels, 3), serial_ranks = problem.spearman(labels);
  problem.executor = base::thread_executor(4);
  CHECK(problem.ndcg(labels, 3).gradient == serial.gradient);
  CHECK(problem.spearman(labels).gradient == serial_ranks.gradient);
  CHECK(problem.spearman(labels).loss == serial_ranks.loss);
}
