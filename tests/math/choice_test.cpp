// tests/math/choice_test.cpp — soft choices against long double, laws, and the ends of the range
#include "pliant/math/choice.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <vector>

#include "pliant/base/random.h"
#include "pliant/base/simd_target.h"
#include "pliant/math/distribution.h"
#include "tests/math/values.h"

using namespace pliant;

namespace {

const std::size_t kSizes[] = {1, 2, 15, 16, 17, 1000};

template <class T>
std::vector<T> numbers(std::size_t n, double spread) {
  base::Random random(7, 0, n);
  std::vector<T> x(n);
  for (T& v : x) v = static_cast<T>(spread * (2 * random.uniform() - 1));
  return x;
}

struct Exact {
  std::vector<long double> p;
  long double total;
};

/// The definition in long double, from the largest number.
template <class T>
Exact exact(const std::vector<T>& x) {
  const long double largest = *std::max_element(x.begin(), x.end());
  long double sum = 0;
  for (const T v : x) sum += std::exp(v - largest);
  Exact out{{}, largest + std::log(sum)};
  for (const T v : x) out.p.push_back(std::exp(v - largest) / sum);
  return out;
}

template <class T>
void check_against_long_double(std::size_t n, double spread) {
  CAPTURE(n);
  CAPTURE(spread);
  constexpr double kEpsilon = std::numeric_limits<T>::epsilon();
  const std::vector<T> x = numbers<T>(n, spread);
  const Exact want = exact(x);
  std::vector<T> p(n), again(n);
  const T total = math::soft_argmax(x.data(), n, p.data());
  const double slack = kEpsilon * (4 + std::sqrt(static_cast<double>(n)));
  const double unit = std::max(1.0, std::abs(static_cast<double>(want.total)));
  CHECK(std::abs(static_cast<double>(total - want.total)) <= slack * unit);
  CHECK(math::log_sum_exp(x.data(), n) == total);
  for (std::size_t i = 0; i < n; ++i) {
    // Of the argument's own rounding, up to half a unit of the difference, exp makes an error of p.
    const double allowed = slack + kEpsilon * 2 * spread;
    CHECK(std::abs(static_cast<double>(p[i] - want.p[i])) <=
          allowed * static_cast<double>(want.p[i]));
  }
  math::exp_minus(x.data(), n, total, again.data());
  for (std::size_t i = 0; i < n; ++i) {
    CHECK(std::abs(static_cast<double>(again[i] - want.p[i])) <=
          (slack * unit + kEpsilon * 2 * spread) * static_cast<double>(want.p[i]));
  }
  std::vector<T> in_place = x;
  math::soft_argmax(in_place.data(), n, in_place.data());
  CHECK(in_place == p);
}

}  // namespace

TEST_CASE("soft choices equal the definition in long double, for every size and spread") {
  for (const std::size_t n : kSizes) {
    for (const double spread : {1e-30, 0.5, 3.0, 30.0}) {
      check_against_long_double<float>(n, spread);
      check_against_long_double<double>(n, spread);
    }
  }
}

TEST_CASE("every SIMD target gives the same bits") {
  for (const std::size_t n : kSizes) {
    const std::vector<float> x = numbers<float>(n, 20), g = numbers<float>(n, 1);
    std::vector<std::vector<float>> found;
    for (const auto& target : base::simd_targets()) {
      base::set_simd_target(target);
      std::vector<float> p(n + 1), grad(n);
      p[n] = math::soft_argmax(x.data(), n, p.data());
      math::soft_argmax_backward(p.data(), g.data(), n, grad.data());
      p.insert(p.end(), grad.begin(), grad.end());
      found.push_back(p);
    }
    base::set_simd_target(base::simd_targets().front());
    for (const auto& other : found) CHECK(other == found[0]);
  }
}

TEST_CASE("a choice of two is the logistic condition") {
  const math::Distribution logistic{.family = math::family_index("logistic")};
  for (const double difference : {0.0, 1e-9, 0.3, -2.0, 7.5, -40.0, 300.0}) {
    CAPTURE(difference);
    const double x[2] = {0.25, 0.25 + difference};
    double p[2];
    math::soft_argmax(x, 2, p);
    const auto want = test::at<double>(logistic, x[1] - x[0]);
    CHECK(p[1] == doctest::Approx(want.p).epsilon(1e-14));
    CHECK(p[0] == doctest::Approx(want.tail).epsilon(1e-13));
    const double g[2] = {0, 1};
    double grad[2];
    math::soft_argmax_backward(p, g, 2, grad);
    CHECK(grad[1] == doctest::Approx(want.density).epsilon(1e-13));
    CHECK(grad[0] == doctest::Approx(-want.density).epsilon(1e-13));
  }
}

TEST_CASE("the gradient of a soft choice matches central differences and sums to 0") {
  for (const std::size_t n : kSizes) {
    CAPTURE(n);
    std::vector<double> x = numbers<double>(n, 2), p(n), grad(n);
    const std::vector<double> g = numbers<double>(n, 1);
    math::soft_argmax(x.data(), n, p.data());
    math::soft_argmax_backward(p.data(), g.data(), n, grad.data());
    double sum = 0;
    for (const double v : grad) sum += v;
    CHECK(std::abs(sum) < 1e-14);
    for (std::size_t i = 0; i < n; i += 1 + n / 7) {
      CAPTURE(i);
      const auto loss = [&](double step) {
        std::vector<double> moved = x, q(n);
        moved[i] += step;
        math::soft_argmax(moved.data(), n, q.data());
        double total = 0;
        for (std::size_t j = 0; j < n; ++j) total += g[j] * q[j];
        return total;
      };
      const double slope = (loss(1e-5) - loss(-1e-5)) / 2e-5;
      CHECK(std::abs(grad[i] - slope) < 1e-9);
    }
    std::vector<double> in_place = g;
    math::soft_argmax_backward(p.data(), in_place.data(), n, in_place.data());
    CHECK(in_place == grad);
  }
}

TEST_CASE("the gradient of log_sum_exp is soft_argmax") {
  std::vector<double> x = numbers<double>(17, 2), p(17);
  math::soft_argmax(x.data(), 17, p.data());
  for (std::size_t i = 0; i < 17; ++i) {
    std::vector<double> up = x, down = x;
    up[i] += 1e-5;
    down[i] -= 1e-5;
    const double slope =
        (math::log_sum_exp(up.data(), 17) - math::log_sum_exp(down.data(), 17)) / 2e-5;
    CHECK(p[i] == doctest::Approx(slope).epsilon(1e-8));
  }
}

TEST_CASE_TEMPLATE("the ends: one number, ties, −inf, ±1e30 and NaN", T, float, double) {
  constexpr T kInf = std::numeric_limits<T>::infinity();
  constexpr T kNaN = std::numeric_limits<T>::quiet_NaN();
  const auto choose = [](std::vector<T> x) {
    std::vector<T> p(x.size());
    const T total = math::soft_argmax(x.data(), x.size(), p.data());
    p.push_back(total);
    return p;
  };
  CHECK(choose({T(-3.5)}) == std::vector<T>{1, T(-3.5)});
  for (const std::size_t n : {2, 4, 16, 64}) {
    const std::vector<T> p = choose(std::vector<T>(n, T(1e30)));
    CHECK(std::all_of(p.begin(), p.end() - 1, [n](T v) { return v == T(1) / T(n); }));
  }
  CHECK(choose({T(1e30), T(-1e30), 0}) == std::vector<T>{1, 0, 0, T(1e30)});
  CHECK(choose({-kInf, 2, -kInf}) == std::vector<T>{0, 1, 0, 2});
  for (const std::size_t at : {0, 3, 16, 18}) {
    std::vector<T> x(19, T(1));
    x[at] = kNaN;
    const std::vector<T> p = choose(x);
    CHECK(std::all_of(p.begin(), p.end(), [](T v) { return std::isnan(v); }));
    CHECK(std::isnan(math::log_sum_exp(x.data(), x.size())));
  }
  CHECK(std::isnan(math::log_sum_exp(std::vector<T>{kInf, 0}.data(), 2)));
  CHECK(std::isnan(math::log_sum_exp(std::vector<T>{-kInf, -kInf}.data(), 2)));
}
