// tests/topk/loss_test.cpp — the fused top-k loss against the whole attribution matrix, and finite
// differences
#include "pliant/topk/loss.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <stdexcept>
#include <string>
#include <tuple>
#include <vector>

#include "pliant/base/random.h"
#include "pliant/base/simd_target.h"
#include "pliant/sorting/relaxation.h"
#include "pliant/sorting/sort.h"
#include "pliant/topk/selection.h"

using namespace pliant;
using namespace pliant::selection;

namespace {

using Numbers = std::vector<double>;

math::Distribution family(const char* name, double scale, double power = 1) {
  return {math::family_index(name), scale, power, 0, 1};
}

/// A batch with everything that a loss takes and gives.
struct Problem {
  std::size_t batch = 1;
  std::size_t classes = 8;
  std::size_t candidates = 6;
  std::size_t per_sample = 1;
  Numbers scores;
  std::vector<std::int64_t> targets;
  Numbers class_weights;
  double label_smoothing = 0;
  sorting::Network network;
  math::Distribution distribution;
  std::optional<sorting::RelaxationOptions> relaxation;
  Numbers p_k;
  TopOne top_one = TopOne::kSoftmax;
  bool softmax_over_classes = false;
  base::Executor executor = base::serial_executor();

  Numbers loss, weight, gradient, softmax, grad_scores;
  std::vector<std::int64_t> index;

  [[nodiscard]] TopKLossArgs<double> args() const {
    return {.from = {batch, classes, per_sample, scores.data(), targets.data()},
            .class_weights = class_weights.empty() ? nullptr : class_weights.data(),
            .label_smoothing = label_smoothing,
            .candidates = candidates,
            .network = network.comparators,
            .distribution = distribution,
            .relaxation = relaxation,
            .p_k = p_k,
            .top_one = top_one,
            .softmax_over_classes = softmax_over_classes};
  }

  void run() {
    loss.assign(batch, -1);
    weight.assign(batch, -1);
    gradient.assign(batch * candidates, -1);
    softmax.assign(batch * 2, -1);
    index.assign(batch * candidates, -1);
    topk_loss<double>(args(),
                      {loss.data(), weight.data(), index.data(), gradient.data(), softmax.data()},
                      executor);
    const Numbers ones(batch, 1.0);
    grad_scores.assign(batch * classes, -1);
    topk_loss_backward<double>(args(), {index.data(), gradient.data(), softmax.data()}, ones.data(),
                               grad_scores.data(), executor);
  }

  [[nodiscard]] double total() {
    run();
    double sum = 0;
    for (const double each : loss) sum += each;
    return sum;
  }
};

/// The golden case of the papers' formulas: one sample, eight classes, six candidates.
Problem golden(const char* kind, math::Distribution distribution, TopOne top_one) {
  Problem problem;
  problem.scores = {1.0, 2.5, -0.5, 0.7, 2.2, 0.1, 1.4, -1.0};
  problem.targets = {0};
  problem.network = make_selection(kind, 6, 3);
  problem.distribution = distribution;
  problem.p_k = {0.5, 0.2, 0.3};
  problem.top_one = top_one;
  return problem;
}

Problem random_problem(std::size_t batch, std::size_t classes, std::size_t candidates,
                       std::size_t k, std::size_t per_sample = 1) {
  Problem problem;
  problem.batch = batch;
  problem.classes = classes;
  problem.candidates = candidates;
  problem.per_sample = per_sample;
  base::Random random(batch * 7 + classes, 0, 0);
  problem.scores.resize(batch * classes);
  for (double& score : problem.scores) score = 3 * random.uniform();
  for (std::size_t b = 0; b < batch; ++b) {
    for (std::size_t r = 0; r < per_sample; ++r)
      problem.targets.push_back(static_cast<std::int64_t>((b * 5 + r * 2) % classes));
  }
  problem.network =
      make_selection("splitter_selection", static_cast<int>(candidates), static_cast<int>(k));
  problem.distribution = family("cauchy", 2);
  for (std::size_t j = 0; j < k; ++j) problem.p_k.push_back(1.0 / static_cast<double>(k));
  return problem;
}

/// The loss of one sample by its definition: the whole permutation matrix of the candidates, then
/// sums.
double naive_loss(const Problem& problem, std::size_t sample) {
  const std::size_t m = problem.candidates;
  const std::size_t k = problem.p_k.size();
  const bool all = m == problem.classes;
  Numbers x(m);
  for (std::size_t i = 0; i < m; ++i) {
    const std::size_t c = all ? i : static_cast<std::size_t>(problem.index[sample * m + i]);
    x[i] = problem.scores[sample * problem.classes + c];
  }
  Numbers values(m);
  Numbers permutation(m * m);
  if (problem.relaxation) {
    sorting::relaxed_permutation<double>({*problem.relaxation, 1, m, 0, m, x.data()},
                                         permutation.data(), base::serial_executor());
  } else {
    sorting::sort<double>({problem.network.comparators, problem.distribution, 1, m, x.data()},
                          values.data(), permutation.data(), base::serial_executor());
  }
  const Numbers all_scores(problem.scores.begin() + sample * problem.classes,
                           problem.scores.begin() + (sample + 1) * problem.classes);
  double total = 0;
  for (const double s : problem.softmax_over_classes ? all_scores : x) total += std::exp(s);
  const auto loss_of = [&](std::size_t candidate) {
    double q = 0;
    for (std::size_t kk = 1; kk <= k; ++kk) {
      if (kk == 1 && problem.top_one != TopOne::kSort) continue;
      double within = 0;
      for (std::size_t j = 1; j <= kk; ++j) within += permutation[candidate * m + m - j];
      q += problem.p_k[kk - 1] * within;
    }
    const double softmax = std::exp(x[candidate]) / total;
    const auto minus_log = [](double p) { return -std::log(p * (1 - 2e-7) + 1e-7); };
    if (problem.top_one == TopOne::kSoftmax) return minus_log(q + problem.p_k[0] * softmax);
    if (problem.top_one == TopOne::kSort) return minus_log(q);
    return -problem.p_k[0] * std::log(softmax) + (1 - problem.p_k[0]) * minus_log(q);
  };
  const auto class_weight = [&](std::size_t candidate) {
    const std::size_t c =
        all ? candidate : static_cast<std::size_t>(problem.index[sample * m + candidate]);
    return problem.class_weights.empty() ? 1.0 : problem.class_weights[c];
  };
  double sum = 0;
  for (std::size_t r = 0; r < problem.per_sample; ++r) {
    const auto target = static_cast<std::size_t>(problem.targets[sample * problem.per_sample + r]);
    const std::size_t candidate = all ? target : r;
    sum += (1 - problem.label_smoothing) / static_cast<double>(problem.per_sample) *
           class_weight(candidate) * loss_of(candidate);
  }
  for (std::size_t c = 0; problem.label_smoothing > 0 && c < m; ++c)
    sum += problem.label_smoothing / static_cast<double>(m) * class_weight(c) * loss_of(c);
  return sum;
}

constexpr TopOne kModes[] = {TopOne::kSort, TopOne::kSoftmax, TopOne::kSoftmaxCrossEntropy};

/// The gradient of every score by central differences. Candidates may not change: scores are apart.
void check_gradient(Problem problem) {
  problem.run();
  const Numbers found = problem.grad_scores;
  const double h = 1e-6;
  for (std::size_t i = 0; i < problem.scores.size(); ++i) {
    const double before = problem.scores[i];
    problem.scores[i] = before + h;
    const double above = problem.total();
    problem.scores[i] = before - h;
    const double below = problem.total();
    problem.scores[i] = before;
    CHECK(found[i] == doctest::Approx((above - below) / (2 * h)).epsilon(1e-5).scale(1));
  }
}

}  // namespace

TEST_CASE("golden values of the specification") {
  struct Golden {
    const char* kind;
    math::Distribution distribution;
    double sm, smce, sort;
  };
  const Golden all[] = {
      {"odd_even", family("cauchy", 2), 2.044221, 2.446595, 2.244954},
      {"bitonic", family("logistic", 1, 0.5), 1.303912, 1.958322, 1.155051},
      {"splitter_selection", family("logistic", 1, 0.5), 1.612301, 2.148432, 1.629591},
  };
  for (const Golden& each : all) {
    CAPTURE(each.kind);
    const auto loss = [&](TopOne mode) {
      return golden(each.kind, each.distribution, mode).total();
    };
    CHECK(std::abs(loss(TopOne::kSoftmax) - each.sm) < 1e-6);
    CHECK(std::abs(loss(TopOne::kSoftmaxCrossEntropy) - each.smce) < 1e-6);
    CHECK(std::abs(loss(TopOne::kSort) - each.sort) < 1e-6);
  }
}

TEST_CASE("the fused loss is that of the whole attribution matrix") {
  for (const TopOne mode : kModes) {
    for (const bool over_classes : {false, true}) {
      for (const double smoothing : {0.0, 0.2}) {
        for (const std::size_t per_sample : {1, 3}) {
          for (const std::size_t candidates : {9, 20}) {
            Problem problem = random_problem(5, 20, candidates, 4, per_sample);
            problem.top_one = mode;
            problem.softmax_over_classes = over_classes;
            problem.label_smoothing = smoothing;
            for (std::size_t c = 0; c < 20; ++c) problem.class_weights.push_back(0.5 + 0.1 * c);
            problem.run();
            for (std::size_t b = 0; b < problem.batch; ++b)
              CHECK(problem.loss[b] == doctest::Approx(naive_loss(problem, b)).epsilon(1e-12));
          }
        }
      }
    }
  }
}

TEST_CASE("relaxations of the matrix: golden values, the whole matrix, finite differences") {
  const auto named = [](const char* name, double steepness) {
    return sorting::RelaxationOptions{.method = sorting::relaxation_index(name),
                                      .steepness = steepness};
  };
  for (const auto& [name, sm, smce, sort] :
       {std::tuple{"neuralsort", 1.642843, 2.168074, 1.766611},
        std::tuple{"softsort", 1.441699, 2.041593, 1.354381}}) {
    for (const auto& [mode, expected] :
         {std::pair{TopOne::kSoftmax, sm}, std::pair{TopOne::kSoftmaxCrossEntropy, smce},
          std::pair{TopOne::kSort, sort}}) {
      Problem problem = golden("odd_even", family("cauchy", 1), mode);
      problem.relaxation = named(name, 0.5);
      CHECK(std::abs(problem.total() - expected) < 1e-6);
    }
  }
  for (const auto& relaxation : sorting::relaxations()) {
    for (const double smoothing : {0.0, 0.2}) {
      Problem problem = random_problem(3, 9, 6, 3, 2);
      problem.relaxation = named(relaxation.name.data(), 2);
      problem.relaxation->tolerance = 1e-12;
      problem.label_smoothing = smoothing;
      problem.run();
      for (std::size_t b = 0; b < problem.batch; ++b)
        CHECK(problem.loss[b] == doctest::Approx(naive_loss(problem, b)).epsilon(1e-9));
      check_gradient(problem);
    }
  }
}

TEST_CASE("many classes take the way of wide panels") {
  Problem problem = random_problem(3, 100, 100, 5);
  problem.label_smoothing = 0.1;
  problem.run();
  for (std::size_t b = 0; b < problem.batch; ++b)
    CHECK(problem.loss[b] == doctest::Approx(naive_loss(problem, b)).epsilon(1e-12));
}

TEST_CASE("the gradient of the scores against finite differences") {
  for (const TopOne mode : kModes) {
    for (const std::size_t candidates : {5, 8}) {
      Problem problem = random_problem(2, 8, candidates, 3);
      problem.top_one = mode;
      check_gradient(problem);
      problem.label_smoothing = 0.3;
      problem.softmax_over_classes = true;
      check_gradient(problem);
      Problem several = random_problem(2, 8, candidates, candidates, 2);
      several.top_one = mode;
      several.class_weights = {1, 2, 3, 4, 5, 6, 7, 8};
      check_gradient(several);
    }
  }
}

TEST_CASE("the gradients of the parameters and of P_K against finite differences") {
  for (const TopOne mode : kModes) {
    Problem problem = random_problem(3, 9, 6, 3);
    problem.top_one = mode;
    problem.p_k = {0.3, 0.5, 0.2};
    const Numbers upstream = {1, 1, 1};
    Numbers parameters(4);
    Numbers by_p_k(3);
    topk_loss_parameters_backward(problem.args(), upstream.data(), parameters.data(), by_p_k.data(),
                                  problem.executor);
    const double h = 1e-6;
    const auto difference = [&](double& number) {
      const double before = number;
      number = before + h;
      const double above = problem.total();
      number = before - h;
      const double below = problem.total();
      number = before;
      return (above - below) / (2 * h);
    };
    CHECK(parameters[0] == doctest::Approx(difference(problem.distribution.scale)).epsilon(1e-5));
    CHECK(parameters[1] == doctest::Approx(difference(problem.distribution.power)).epsilon(1e-5));
    CHECK(parameters[2] == doctest::Approx(difference(problem.distribution.shift)).epsilon(1e-5));
    for (std::size_t k = 0; k < 3; ++k)
      CHECK(by_p_k[k] == doctest::Approx(difference(problem.p_k[k])).epsilon(1e-5));
  }
}

TEST_CASE("P_K = [1] is cross-entropy, to the floor of its logarithm") {
  for (const TopOne mode : {TopOne::kSoftmax, TopOne::kSoftmaxCrossEntropy}) {
    Problem problem = random_problem(4, 10, 10, 1);
    problem.top_one = mode;
    problem.run();
    for (std::size_t b = 0; b < 4; ++b) {
      double total = 0;
      for (std::size_t c = 0; c < 10; ++c) total += std::exp(problem.scores[b * 10 + c]);
      const double score = problem.scores[b * 10 + static_cast<std::size_t>(problem.targets[b])];
      const double floor = mode == TopOne::kSoftmax ? 1e-5 : 1e-13;
      CHECK(std::abs(problem.loss[b] - (std::log(total) - score)) < floor);
    }
  }
}

TEST_CASE("adding a constant to all scores changes nothing") {
  for (const TopOne mode : kModes) {
    Problem problem = random_problem(3, 12, 6, 3);
    problem.top_one = mode;
    const double before = problem.total();
    const Numbers gradient = problem.grad_scores;
    for (double& score : problem.scores) score += 17;
    CHECK(problem.total() == doctest::Approx(before).epsilon(1e-12));
    double sum = 0;
    for (std::size_t i = 0; i < gradient.size(); ++i) {
      CHECK(problem.grad_scores[i] == doctest::Approx(gradient[i]).scale(1e-3));
      sum += gradient[i];
    }
    CHECK(std::abs(sum) < 1e-12);
  }
}

TEST_CASE("a steep relaxation counts the label's true rank") {
  Problem problem = golden("splitter_selection", family("logistic", 1e6), TopOne::kSort);
  problem.p_k = {0, 0, 1};
  problem.run();
  CHECK(problem.loss[0] == doctest::Approx(-std::log(1e-7)));  // its rank is 4
  problem.targets = {6};                                       // rank 3
  CHECK(std::abs(problem.total()) < 1e-6);
}

TEST_CASE("a sample without targets counts nothing") {
  Problem problem = random_problem(3, 9, 5, 2);
  problem.targets[1] = -1;
  for (const double smoothing : {0.0, 0.5}) {
    problem.label_smoothing = smoothing;
    problem.run();
    CHECK(problem.loss[1] == 0);
    CHECK(problem.weight == Numbers{1, 0, 1});
    for (std::size_t c = 0; c < 9; ++c) CHECK(problem.grad_scores[9 + c] == 0);
    CHECK(problem.loss[0] > 0);
  }
}

TEST_CASE("the smallest cases") {
  Problem one = random_problem(1, 1, 1, 1);
  CHECK(std::abs(one.total()) < 1e-6);
  CHECK(one.grad_scores[0] == 0);
  Problem two = random_problem(1, 3, 2, 1);
  two.top_one = TopOne::kSort;
  check_gradient(two);
  Problem whole = random_problem(2, 4, 4, 4);
  whole.top_one = TopOne::kSort;
  whole.p_k = {0, 0, 0, 1};  // inside the top 4 of 4 it always is
  CHECK(std::abs(whole.total()) < 1e-6);
}

TEST_CASE("infinite scores are the largest and smallest that there are") {
  Problem problem = random_problem(1, 6, 6, 2);
  const double inf = std::numeric_limits<double>::infinity();
  problem.scores = {0, -inf, -inf, 1, -inf, 2};
  problem.targets = {3};
  for (const TopOne mode : kModes) {
    problem.top_one = mode;
    problem.run();
    CHECK(std::isfinite(problem.loss[0]));
    for (const double g : problem.grad_scores) CHECK(std::isfinite(g));
  }
}

TEST_CASE("NaN is refused with its place") {
  Problem problem = random_problem(4, 9, 5, 2);
  problem.scores[2 * 9 + 7] = std::nan("");
  CHECK_THROWS_WITH_AS(problem.run(),
                       "topk_loss: scores must not be NaN, got NaN in sample 2, class 7",
                       std::invalid_argument);
}

TEST_CASE("the bits do not depend on threads, nor the results on the SIMD target") {
  for (const std::size_t candidates : {16, 200}) {
    Problem problem = random_problem(70, 200, candidates, 5);
    problem.run();
    const Numbers loss = problem.loss;
    const Numbers gradient = problem.grad_scores;
    problem.executor = base::thread_executor(3);
    problem.run();
    CHECK(problem.loss == loss);
    CHECK(problem.grad_scores == gradient);
    const std::string best = base::simd_target();
    for (const std::string& target : base::simd_targets()) {
      base::set_simd_target(target);
      problem.run();
      for (std::size_t b = 0; b < 70; ++b)
        CHECK(problem.loss[b] == doctest::Approx(loss[b]).epsilon(1e-12));
    }
    base::set_simd_target(best);
  }
}
