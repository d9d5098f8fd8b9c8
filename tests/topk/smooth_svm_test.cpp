// tests/topk/smooth_svm_test.cpp — the smooth top-k SVM against sums over all subsets, and finite
// differences
#include "pliant/topk/smooth_svm.h"

#include <doctest/doctest.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <vector>

#include "pliant/base/random.h"

using namespace pliant;
using namespace pliant::selection;

namespace {

using Numbers = std::vector<double>;

struct Result {
  double loss;
  Numbers gradient;
};

Result smooth_svm(const Numbers& scores, std::int64_t target, std::size_t k, double tau) {
  Result result{0, Numbers(scores.size())};
  smooth_topk_svm<double>({1, scores.size(), k, tau, scores.data(), &target}, &result.loss,
                          result.gradient.data(), base::serial_executor());
  return result;
}

/// Elementary symmetric polynomials as sums over all subsets.
double by_subsets(const Numbers& scores, std::size_t target, std::size_t k, double tau) {
  const double scale = 1 / (static_cast<double>(k) * tau);
  Numbers e;
  for (std::size_t c = 0; c < scores.size(); ++c) {
    if (c != target) e.push_back(std::exp(scores[c] * scale));
  }
  Numbers sigma(e.size() + 1, 0.0);
  for (std::uint32_t subset = 0; subset < (1U << e.size()); ++subset) {
    double product = 1;
    for (std::size_t i = 0; i < e.size(); ++i) product *= (subset >> i) & 1U ? e[i] : 1;
    sigma[static_cast<std::size_t>(std::popcount(subset))] += product;
  }
  return tau * std::log(1 + std::exp(1 / tau) * sigma[k] /
                                (sigma[k - 1] * std::exp(scores[target] * scale)));
}

}  // namespace

TEST_CASE("golden value of the specification") {
  const Numbers scores = {1.0, 2.5, -0.5, 0.7, 2.2, 0.1, 1.4, -1.0};
  CHECK(std::abs(smooth_svm(scores, 0, 3, 1).loss - 1.670799) < 1e-6);
}

TEST_CASE("sums over all subsets, and finite differences of the gradient") {
  base::Random random(3, 0, 0);
  for (const std::size_t classes : {2, 3, 9}) {
    for (std::size_t k = 1; k < classes; ++k) {
      for (const double tau : {0.2, 1.0, 5.0}) {
        Numbers scores(classes);
        for (double& score : scores) score = 4 * random.uniform() - 2;
        const std::size_t target = k % classes;
        const Result found = smooth_svm(scores, static_cast<std::int64_t>(target), k, tau);
        CHECK(found.loss == doctest::Approx(by_subsets(scores, target, k, tau)).epsilon(1e-12));
        for (std::size_t c = 0; c < classes; ++c) {
          Numbers moved = scores;
          moved[c] += 1e-6;
          const double above = by_subsets(moved, target, k, tau);
          moved[c] -= 2e-6;
          const double below = by_subsets(moved, target, k, tau);
          CHECK(found.gradient[c] ==
                doctest::Approx((above - below) / 2e-6).epsilon(1e-6).scale(1));
        }
      }
    }
  }
}

TEST_CASE("scores far apart neither overflow nor vanish: the loss is the hard hinge there") {
  // With gaps much larger than k·τ: max(0, 1 + (mean of the k largest others) − …) of Berrada et
  // al.
  const Numbers scores = {3e4, -2e4, 2e4, 0, 1e4};
  const Result found = smooth_svm(scores, 3, 2, 0.01);
  CHECK(found.loss == doctest::Approx(1 + (2e4 - 0) / 2).epsilon(1e-9));
  CHECK(found.gradient[2] == doctest::Approx(0.5));
  CHECK(found.gradient[3] == doctest::Approx(-0.5));
  CHECK(found.gradient[1] == 0);
  CHECK(smooth_svm({1e6, 0, 0}, 0, 1, 1).loss == 0);
}

TEST_CASE("the bits do not depend on threads") {
  base::Random random(4, 0, 0);
  constexpr std::size_t kBatch = 9;
  constexpr std::size_t kClasses = 300;
  std::vector<float> scores(kBatch * kClasses);
  for (float& score : scores) score = static_cast<float>(random.uniform());
  std::vector<std::int64_t> targets(kBatch, 5);
  const auto run = [&](const base::Executor& executor) {
    std::vector<float> loss(kBatch);
    std::vector<float> gradient(scores.size());
    smooth_topk_svm<float>({kBatch, kClasses, 5, 1, scores.data(), targets.data()}, loss.data(),
                           gradient.data(), executor);
    return std::pair(loss, gradient);
  };
  CHECK(run(base::serial_executor()) == run(base::thread_executor(3)));
}
