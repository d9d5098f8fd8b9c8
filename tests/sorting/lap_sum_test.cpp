// tests/sorting/lap_sum_test.cpp — masks, thresholds and ranks against bisection, laws and finite
// differences
#include "pliant/sorting/lap_sum.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <numeric>
#include <vector>

#include "pliant/base/random.h"

using namespace pliant;
using namespace pliant::sorting;

namespace {

using Numbers = std::vector<double>;

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

Numbers uniforms(std::size_t count, std::uint64_t seed, double low = -2, double high = 2) {
  base::Random random(seed, 0, 0);
  Numbers out(count);
  for (double& x : out) x = low + (high - low) * random.uniform();
  return out;
}

double laplace(double u) { return u > 0 ? 1 - 0.5 * std::exp(-u) : 0.5 * std::exp(u); }

double dot(const Numbers& a, const Numbers& b) {
  return std::inner_product(a.begin(), a.end(), b.begin(), 0.0);
}

/// A batch with its masses and its order.
struct Problem {
  Numbers x;
  std::size_t batch;
  double steepness;
  Numbers k = {};
  base::Executor executor = base::serial_executor();
  std::vector<std::int32_t> order = {};

  [[nodiscard]] std::size_t n() const { return x.size() / batch; }
  [[nodiscard]] LapMasses masses() const { return {k.size() / batch, k.data()}; }

  LapArgs<double> args() {
    order.resize(x.size());
    ascending_order(x.data(), batch, n(), order.data(), executor);
    return {{batch, n(), x.data(), order.data()}, steepness};
  }
  Numbers mask() {
    Numbers out(k.size() * n());
    lap_mask(args(), masses(), out.data(), executor);
    return out;
  }
  Numbers threshold() {
    Numbers out(k.size());
    lap_threshold(args(), masses(), out.data(), executor);
    return out;
  }
  Numbers rank() {
    Numbers out(x.size());
    lap_rank(args(), out.data(), executor);
    return out;
  }
};

double sum(const Numbers& numbers) { return std::accumulate(numbers.begin(), numbers.end(), 0.0); }

/// The threshold of one row by bisection; k must not be so whole that the mass is flat there.
double bisection(const Numbers& x, double steepness, double k) {
  double low = -1e3, high = 1e3;
  for (int step = 0; step < 200; ++step) {
    const double b = 0.5 * (low + high);
    double mass = 0;
    for (const double number : x) mass += laplace(steepness * (number - b));
    (mass > k ? low : high) = b;
  }
  return low;
}

struct Gradients {
  Numbers x, k;
  double steepness;
};

/// Checks the gradients of loss(problem) by central differences.
void check_gradients(const Problem& problem, const Gradients& found,
                     const std::function<double(Problem)>& loss) {
  constexpr double kStep = 1e-6;
  const auto slope = [&](const auto& number) {
    Problem up = problem, down = problem;
    number(up) += kStep;
    number(down) -= kStep;
    return doctest::Approx((loss(up) - loss(down)) / (2 * kStep)).epsilon(1e-5);
  };
  for (std::size_t i = 0; i < problem.x.size(); ++i)
    CHECK(found.x[i] == slope([i](Problem& p) -> double& { return p.x[i]; }));
  for (std::size_t i = 0; i < problem.k.size(); ++i)
    CHECK(found.k[i] == slope([i](Problem& p) -> double& { return p.k[i]; }));
  CHECK(found.steepness == slope([](Problem& p) -> double& { return p.steepness; }));
}

}  // namespace

TEST_CASE("thresholds are those of bisection, and masks sum to k") {
  for (const std::size_t n : {1, 2, 3, 10, 50}) {
    for (const double steepness : {0.01, 1.0, 30.0}) {
      const Numbers fractions = {0.01, 0.21, 0.53, 0.77, 0.99};
      Problem problem{uniforms(n, n), 1, steepness};
      for (const double fraction : fractions)
        problem.k.push_back(fraction * static_cast<double>(n));
      const Numbers thresholds = problem.threshold(), mask = problem.mask();
      for (std::size_t c = 0; c < problem.k.size(); ++c) {
        CHECK(thresholds[c] ==
              doctest::Approx(bisection(problem.x, steepness, problem.k[c])).epsilon(1e-9));
        const Numbers row(mask.begin() + static_cast<std::ptrdiff_t>(c * n),
                          mask.begin() + static_cast<std::ptrdiff_t>((c + 1) * n));
        CHECK(sum(row) == doctest::Approx(problem.k[c]).epsilon(1e-14));
        for (std::size_t i = 0; i < n; ++i)
          CHECK(
              row[i] ==
              doctest::Approx(laplace(steepness * (problem.x[i] - thresholds[c]))).epsilon(1e-10));
      }
    }
  }
}

TEST_CASE("a mask computed by hand") {
  // By symmetry the threshold of the top one of two is in the middle.
  Problem problem{{0, 2}, 1, 1, {1}};
  CHECK(problem.threshold()[0] == doctest::Approx(1));
  CHECK(problem.mask()[0] == doctest::Approx(0.5 * std::exp(-1)));
  // 1.5 of two equal ones: ¾ each.
  Problem tie{{3, 3}, 1, 1, {1.5}};
  CHECK(tie.mask() == Numbers{0.75, 0.75});
}

TEST_CASE("huge steepness is the hard mask, with the fraction on the item that it falls to") {
  for (const double steepness : {1e20, 1e300}) {
    Problem problem{{1, 3, 2, 4}, 1, steepness, {2, 1.3, 3.8, 0.25, 2.5}};
    const Numbers mask = problem.mask();
    const Numbers expected = {0, 1, 0, 1, 0, .3, 0, 1, .8, 1, 1, 1, 0, 0, 0, .25, 0, 1, .5, 1};
    for (std::size_t i = 0; i < mask.size(); ++i) CHECK(mask[i] == doctest::Approx(expected[i]));
  }
  Problem flat{{1, 3, 2, 4}, 1, 1e-300, {3}};
  for (const double p : flat.mask()) CHECK(p == doctest::Approx(0.75));
}

TEST_CASE("long rows and hard ones sum to k") {
  for (const double steepness : {1e-3, 1.0, 1e4, 1e8}) {
    Problem problem{uniforms(100000, 1), 1, steepness, {3, 12345.6, 99999.5}};
    const Numbers mask = problem.mask();
    for (std::size_t c = 0; c < 3; ++c) {
      const auto* row = mask.data() + c * 100000;
      CHECK(std::accumulate(row, row + 100000, 0.0) ==
            doctest::Approx(problem.k[c]).epsilon(1e-12));
    }
  }
}

TEST_CASE("k = 0 and k = n are all and nothing, without a gradient") {
  Problem problem{{1, 3, 2}, 1, 2, {0, 3}};
  CHECK(problem.mask() == Numbers{0, 0, 0, 1, 1, 1});
  CHECK(problem.threshold() == Numbers{kInfinity, -kInfinity});
  const Numbers g = uniforms(6, 1);
  Numbers grad_x(3, 7.0), grad_k(2, 7.0);
  double of_steepness = 7;
  lap_mask_backward(problem.args(), problem.masses(), g.data(), grad_x.data(), grad_k.data(),
                    &of_steepness, problem.executor);
  CHECK(grad_x == Numbers{0, 0, 0});
  CHECK(grad_k == Numbers{0, 0});
  CHECK(of_steepness == 0);
}

TEST_CASE("infinite numbers tie at the ends") {
  // One +inf, two −inf, two finite ones.
  Problem problem{{-kInfinity, 5, kInfinity, 4, -kInfinity}, 1, 1e6, {0.5, 2, 3, 4}};
  const Numbers expected = {0, 0, .5, 0, 0, 0, 1, 1, 0, 0, 0, 1, 1, 1, 0, .5, 1, 1, 1, .5};
  const Numbers mask = problem.mask();
  for (std::size_t i = 0; i < mask.size(); ++i) CHECK(mask[i] == doctest::Approx(expected[i]));
  CHECK(problem.rank() == Numbers{1.5, 4, 5, 3, 1.5});
  Problem none{{kInfinity, kInfinity}, 1, 1, {1}};
  CHECK(none.mask() == Numbers{.5, .5});
  CHECK(none.rank() == Numbers{1.5, 1.5});
}

TEST_CASE("a row with a NaN is NaN, and no other row") {
  Problem problem{{1, 2, 3, 4, kNaN, 6}, 2, 1, {1, 1}};
  const Numbers g(6, 1.0);
  Numbers grad_x(6), grad_k(2);
  lap_mask_backward(problem.args(), problem.masses(), g.data(), grad_x.data(), grad_k.data(),
                    nullptr, problem.executor);
  for (const Numbers& result : {problem.mask(), problem.rank(), grad_x}) {
    for (std::size_t i = 0; i < 6; ++i) CHECK(std::isnan(result[i]) == (i >= 3));
  }
  CHECK(std::isnan(problem.threshold()[1]));
  CHECK(std::isnan(grad_k[1]));
}

TEST_CASE("ranks are the sums of all comparisons") {
  for (const double steepness : {1e-6, 0.5, 20.0, 1e12}) {
    Problem problem{uniforms(60, 2), 2, steepness};
    const Numbers ranks = problem.rank();
    for (std::size_t i = 0; i < 60; ++i) {
      double expected = 0.5;
      for (std::size_t j = i / 30 * 30; j < i / 30 * 30 + 30; ++j)
        expected += laplace(steepness * (problem.x[i] - problem.x[j]));
      CHECK(ranks[i] == doctest::Approx(expected).epsilon(1e-12));
    }
    CHECK(sum(ranks) == doctest::Approx(2 * 465).epsilon(1e-13));
  }
  Problem ties{{5, 5, 1, 5}, 1, 1e9};
  CHECK(ties.rank() == Numbers{3, 3, 1, 3});
}

TEST_CASE("gradients are those of finite differences") {
  for (const double steepness : {0.3, 2.0}) {
    Problem problem{uniforms(3 * 6, 5), 3, steepness, uniforms(3 * 2, 7, 0.3, 5.7)};
    Gradients found{Numbers(18), Numbers(6), 0};
    const Numbers of_mask = uniforms(36, 11), of_threshold = uniforms(6, 12);
    lap_mask_backward(problem.args(), problem.masses(), of_mask.data(), found.x.data(),
                      found.k.data(), &found.steepness, problem.executor);
    check_gradients(problem, found, [&](Problem at) { return dot(at.mask(), of_mask); });
    lap_threshold_backward(problem.args(), problem.masses(), of_threshold.data(), found.x.data(),
                           found.k.data(), &found.steepness, problem.executor);
    check_gradients(problem, found, [&](Problem at) { return dot(at.threshold(), of_threshold); });
    Problem ranks{problem.x, 3, steepness};
    const Numbers of_rank = uniforms(18, 13);
    lap_rank_backward(ranks.args(), of_rank.data(), found.x.data(), &found.steepness,
                      ranks.executor);
    check_gradients(ranks, found, [&](Problem at) { return dot(at.rank(), of_rank); });
  }
}

TEST_CASE("threads change nothing") {
  Problem problem{uniforms(300 * 20, 3), 300, 2, uniforms(300 * 2, 4, 0, 20)};
  Problem threaded = problem;
  threaded.executor = base::thread_executor(4);
  CHECK(problem.mask() == threaded.mask());
  CHECK(problem.rank() == threaded.rank());
  const Numbers g = uniforms(300 * 40, 5);
  Gradients one{Numbers(6000), Numbers(600), 0}, many = one;
  for (auto* run : {&problem, &threaded}) {
    Gradients& to = run == &problem ? one : many;
    lap_mask_backward(run->args(), run->masses(), g.data(), to.x.data(), to.k.data(), &to.steepness,
                      run->executor);
  }
  CHECK(one.x == many.x);
  CHECK(one.k == many.k);
  CHECK(one.steepness == many.steepness);
}
