// tests/math/extreme_test.cpp — the larger and the smaller output of a relaxed swap
#include "pliant/math/extreme.h"

#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <limits>
#include <vector>

namespace pliant::math {
namespace {

using Numbers = std::vector<double>;

constexpr std::size_t kPairs = 600;  // more than are decided at a time

Distribution family(const char* name, double scale) { return {family_index(name), scale}; }

/// Numbers in ±2 that are not in order.
Numbers numbers(double start) {
  Numbers all(kPairs);
  for (std::size_t i = 0; i < kPairs; ++i)
    all[i] = 2 * std::sin(start + 1.7 * static_cast<double>(i));
  return all;
}

Numbers extreme_of(const Distribution& distribution, bool larger, const Numbers& a,
                   const Numbers& b) {
  Numbers out(a.size());
  extreme(distribution, larger, a.data(), b.data(), a.size(), out.data());
  return out;
}

}  // namespace

TEST_CASE("a relaxed swap's outputs are the mixtures by its chance, and keep the sum") {
  const Numbers a = numbers(0), b = numbers(1);
  for (const char* name : {"logistic", "cauchy", "gumbel_max"}) {
    const Distribution distribution = family(name, 3);
    const Numbers high = extreme_of(distribution, true, a, b);
    const Numbers low = extreme_of(distribution, false, a, b);
    for (std::size_t i = 0; i < kPairs; ++i) {
      const double difference = a[i] - b[i];
      double p = 0;
      decide(distribution, &difference, 1, {.p = &p});
      CHECK(high[i] == doctest::Approx(p * a[i] + (1 - p) * b[i]).epsilon(1e-12));
      CHECK(high[i] + low[i] == doctest::Approx(a[i] + b[i]).epsilon(1e-12).scale(1));
    }
  }
}

TEST_CASE("the gradient is that of finite differences, of the scale too") {
  const Numbers a = numbers(0), b = numbers(1), grad = numbers(2);
  constexpr double kStep = 1e-6;
  for (const bool larger : {true, false}) {
    const Distribution distribution = family("gaussian", 2);
    Numbers grad_a(kPairs), grad_b(kPairs);
    std::array<double, 4> gradient{};
    extreme_backward(distribution, larger, a.data(), b.data(), grad.data(), kPairs, grad_a.data(),
                     grad_b.data(), gradient.data());
    const auto loss = [&](const Distribution& of, const Numbers& x, const Numbers& y) {
      const Numbers out = extreme_of(of, larger, x, y);
      double sum = 0;
      for (std::size_t i = 0; i < kPairs; ++i) sum += grad[i] * out[i];
      return sum;
    };
    const auto slope = [&](double above, double below) { return (above - below) / (2 * kStep); };
    for (const std::size_t i : {std::size_t{0}, std::size_t{255}, std::size_t{256}, kPairs - 1}) {
      Numbers above = a, below = a;
      above[i] += kStep, below[i] -= kStep;
      CHECK(grad_a[i] ==
            doctest::Approx(slope(loss(distribution, above, b), loss(distribution, below, b)))
                .epsilon(1e-6));
      above = b, below = b;
      above[i] += kStep, below[i] -= kStep;
      CHECK(grad_b[i] ==
            doctest::Approx(slope(loss(distribution, a, above), loss(distribution, a, below)))
                .epsilon(1e-6));
    }
    CHECK(gradient[0] == doctest::Approx(slope(loss(family("gaussian", 2 + kStep), a, b),
                                               loss(family("gaussian", 2 - kStep), a, b)))
                             .epsilon(1e-5));
  }
}

TEST_CASE("what is infinite is hard, and so is what is straight-through") {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const Numbers a = {kInfinity, -kInfinity, kInfinity, 1, nan};
  const Numbers b = {1, 1, kInfinity, -kInfinity, 1};
  const Numbers high = extreme_of(family("logistic", 1), true, a, b);
  const Numbers low = extreme_of(family("logistic", 1), false, a, b);
  CHECK(Numbers(high.begin(), high.begin() + 4) == Numbers{kInfinity, 1, kInfinity, 1});
  CHECK(Numbers(low.begin(), low.begin() + 4) == Numbers{1, -kInfinity, kInfinity, -kInfinity});
  CHECK((std::isnan(high[4]) && std::isnan(low[4])));
  const Numbers one(5, 1.0);
  Numbers grad_a(5), grad_b(5);
  extreme_backward(family("logistic", 1), true, a.data(), b.data(), one.data(), 4, grad_a.data(),
                   grad_b.data(), nullptr);
  CHECK(Numbers(grad_a.begin(), grad_a.begin() + 4) == Numbers{1, 0, 0.5, 1});
  CHECK(Numbers(grad_b.begin(), grad_b.begin() + 4) == Numbers{0, 1, 0.5, 0});
  Distribution exact = family("logistic", 1);
  exact.straight_through = true;
  CHECK(extreme_of(exact, true, {0.5, 2}, {1, -1}) == Numbers{1, 2});
  CHECK(extreme_of(exact, false, {0.5, 2}, {1, -1}) == Numbers{0.5, -1});
}

}  // namespace pliant::math
