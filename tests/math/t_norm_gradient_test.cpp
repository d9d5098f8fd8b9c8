// tests/math/t_norm_gradient_test.cpp — slopes of T-conorms and T-norms, in members and in p,
// against finite differences
#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "tests/math/t_norms.h"

namespace {

using pliant::math::Connective;
using pliant::math::TNorm;
using pliant::math::TNormFamily;
using pliant::test::answers;
using pliant::test::connected;
using pliant::test::for_each_t_norm;
using pliant::test::random_members;
using pliant::test::slope_of_p;
using pliant::test::t_norm_of;

double value_at(const TNorm& t_norm, const std::vector<double>& a) {
  return connected(t_norm, answers(a)).value;
}

/// By five points, of fn at x.
template <class Fn>
double difference(const Fn& fn, double x, double h) {
  return (8 * (fn(x + h) - fn(x - h)) - (fn(x + 2 * h) - fn(x - 2 * h))) / (12 * h);
}

/// The slopes of one row, and of p.
struct Gradient {
  std::vector<double> x;
  double p = 0;
};
Gradient gradient(const TNorm& t_norm, Connective connective, const std::vector<double>& x,
                  double g = 1) {
  Gradient all{std::vector<double>(x.size(), -1)};
  pliant::math::connect_backward<double>(t_norm, connective, &g, x.data(), 1, x.size(),
                                         all.x.data(), &all.p);
  return all;
}

}  // namespace

TEST_CASE("slopes of members are finite differences of the value") {
  for_each_t_norm([](const TNormFamily& family, const TNorm& t_norm) {
    CAPTURE(family.name);
    CAPTURE(t_norm.p);
    for (unsigned seed = 0; seed < 60; ++seed) {
      auto a = random_members(2 + seed % 4, seed, 0.02, seed % 3 == 0 ? 0.95 : 0.4);
      const auto got = connected(t_norm, answers(a));
      if (family.nilpotent && got.value > 0.999) continue;
      for (std::size_t i = 0; i < a.size(); ++i) {
        const auto moved = [&](double v) {
          auto b = a;
          b[i] = v;
          return value_at(t_norm, b);
        };
        CHECK(got.slope[i] == doctest::Approx(difference(moved, a[i], 1e-4)).epsilon(1e-6));
      }
    }
  });
}

TEST_CASE("the slope of p is the finite difference of the value, in both types") {
  for (const TNormFamily& family : pliant::math::t_norms()) {
    CAPTURE(family.name);
    auto parameters = pliant::test::parameters_of(family);
    if (family.name == "frank") parameters.insert(parameters.end(), {1e-6, 0.985, 1.005, 30, 1e8});
    if (family.name == "hamacher") parameters.insert(parameters.end(), {1e-3, 30, 1e4});
    if (family.name == "schweizer_sklar") parameters.insert(parameters.end(), {-1e-3, -20});
    if (family.name == "aczel_alsina") parameters.push_back(30);
    for (const double p : parameters) {
      CAPTURE(p);
      if (p == 0 && family.has_p) continue;  // its own test
      for (unsigned seed = 0; seed < 30; ++seed) {
        const auto a = random_members(1 + seed % 4, seed, 0.02, seed % 3 == 0 ? 0.95 : 0.4);
        const double got = slope_of_p(t_norm_of(family.name, p), answers(a));
        if (!family.has_p) {
          CHECK(got == 0);
          continue;
        }
        if (family.nilpotent && value_at(t_norm_of(family.name, p), a) > 0.999) continue;
        const auto moved = [&](double v) { return value_at(t_norm_of(family.name, v), a); };
        const double step = 1e-3 * std::abs(p), exact = difference(moved, p, step);
        CHECK(std::abs(got - exact) <= 1e-7 * std::abs(exact) + 1e-12 / std::abs(p) + 1e-13);
        const double of_float = slope_of_p(t_norm_of(family.name, p), answers<float>(a));
        CHECK(std::abs(of_float - exact) <= 1e-3 * std::abs(exact) + 3e-5 / std::abs(p));
      }
    }
  }
}

TEST_CASE("the slope of hamacher's p at 0 and of frank's at 1 is that beside it") {
  for (unsigned seed = 0; seed < 30; ++seed) {
    const auto a = random_members(1 + seed % 4, seed, 0.02, 0.95);
    const auto of = [&](const char* name, double p) {
      return slope_of_p(t_norm_of(name, p), answers(a));
    };
    CHECK(of("hamacher", 0) == doctest::Approx(of("hamacher", 1e-12)).epsilon(1e-8));
    CHECK(of("frank", 1) == doctest::Approx((of("frank", 1 - 1e-5) + of("frank", 1 + 1e-5)) / 2)
                                .epsilon(1e-8)
                                .scale(1e-6));
    // Where the series in ln p ends.
    const double below = of("frank", std::exp(0.01 - 1e-12));
    CHECK(std::abs(below - of("frank", std::exp(0.01 + 1e-12))) <= 1e-12);
  }
}

TEST_CASE("gradients of whole rows are finite differences, for ⊥ and T") {
  for_each_t_norm([](const TNormFamily& family, const TNorm& t_norm) {
    CAPTURE(family.name);
    CAPTURE(t_norm.p);
    for (const auto connective : {Connective::kOr, Connective::kAnd}) {
      const bool is_or = connective == Connective::kOr;
      for (unsigned seed = 0; seed < 10; ++seed) {
        const auto x =
            is_or ? random_members(4, seed, 0.05, 0.3) : random_members(4, seed, 0.7, 0.95);
        const auto value = [&](const TNorm& at, const std::vector<double>& members) {
          double out = 0;
          pliant::math::connect(at, connective, members.data(), 1, members.size(), &out);
          return out;
        };
        const double all = value(t_norm, x);
        if (family.nilpotent && (all > 0.999 || all < 0.001)) continue;
        const Gradient got = gradient(t_norm, connective, x, -1.5);
        for (std::size_t i = 0; i < x.size(); ++i) {
          const auto moved = [&](double v) {
            auto b = x;
            b[i] = v;
            return value(t_norm, b);
          };
          CHECK(got.x[i] == doctest::Approx(-1.5 * difference(moved, x[i], 1e-4)).epsilon(1e-6));
        }
        if (!family.has_p || t_norm.p == 0) continue;
        const auto moved = [&](double p) { return value({t_norm.family, p}, x); };
        CHECK(got.p == doctest::Approx(-1.5 * difference(moved, t_norm.p, 1e-3 * t_norm.p))
                           .epsilon(1e-6)
                           .scale(1e-5));
      }
    }
  });
}

TEST_CASE("a member alone at the end of its range has the slope of the others") {
  for_each_t_norm([](const TNormFamily& family, const TNorm& t_norm) {
    CAPTURE(family.name);
    CAPTURE(t_norm.p);
    if (!family.strict) return;
    for (const double other : {0.3, 0.05}) {
      CAPTURE(other);
      // From within: the slope at a member that is 1 but for e^(−700).
      auto within = answers({other});
      within.add_log_tail(700);
      const double near = connected(t_norm, within).slope[1];
      const Gradient got = gradient(t_norm, Connective::kOr, {other, 1});
      CHECK(got.x[0] == 0);
      // aczel_alsina reaches it as 1/ℓ.
      CHECK(std::abs(got.x[1] - near) <= (family.name == "aczel_alsina" ? 1e-3 : 1e-7));
      const Gradient dual = gradient(t_norm, Connective::kAnd, {1 - other, 0});
      CHECK(dual.x[0] == 0);
      CHECK(dual.x[1] == doctest::Approx(got.x[1]).epsilon(1e-12));
    }
    // Two at the end: nothing moves ⊥.
    CHECK(gradient(t_norm, Connective::kOr, {1, 0.3, 1}).x == std::vector<double>{0, 0, 0});
    CHECK(gradient(t_norm, Connective::kOr, {1, 0.3, 1}).p == 0);
    CHECK(gradient(t_norm, Connective::kAnd, {0, 1}).x[0] == 1);
    CHECK(gradient(t_norm, Connective::kOr, {1}).x[0] == 1);
    CHECK(gradient(t_norm, Connective::kOr, {0, 0}).x == std::vector<double>{1, 1});
  });
}

TEST_CASE("product: the truth table's gradients are those of multiplication") {
  const TNorm product = t_norm_of("probabilistic");
  CHECK(gradient(product, Connective::kAnd, {0, 0}).x == std::vector<double>{0, 0});
  CHECK(gradient(product, Connective::kAnd, {0, 1}).x == std::vector<double>{1, 0});
  CHECK(gradient(product, Connective::kAnd, {1, 1}).x == std::vector<double>{1, 1});
  CHECK(gradient(product, Connective::kOr, {0, 1}).x == std::vector<double>{0, 1});
  const auto three = gradient(product, Connective::kAnd, {0.5, 0, 0.25}).x;
  CHECK(three[1] == doctest::Approx(0.125).epsilon(1e-15));
}

TEST_CASE("members that are equally the largest share the gradient of max evenly") {
  const TNorm max = t_norm_of("max");
  CHECK(gradient(max, Connective::kOr, {0.5, 0.7, 0.7}).x == std::vector<double>{0, 0.5, 0.5});
  CHECK(gradient(max, Connective::kAnd, {0.5, 0.5, 0.7, 0.5, 0.5}).x ==
        std::vector<double>{0.25, 0.25, 0, 0.25, 0.25});
  CHECK(gradient(max, Connective::kAnd, {1e-20, 1e-30}).x == std::vector<double>{0, 1});
  // By the renderer's functions everyone who ties has 1.
  CHECK(connected(max, answers({0.5, 0.7, 0.7})).slope == std::vector<double>{0, 1, 1});
}

TEST_CASE("yager: no slope once the sum is clipped, all of it up to there") {
  const TNorm sum = t_norm_of("yager", 1);
  CHECK(gradient(sum, Connective::kOr, {0.5, 0.625}).x == std::vector<double>{0, 0});
  CHECK(gradient(sum, Connective::kOr, {0.5, 0.25}).x[0] == doctest::Approx(1).epsilon(1e-14));
  CHECK(gradient(t_norm_of("yager", 2), Connective::kOr, {1, 0}).x == std::vector<double>{1, 0});
  CHECK(gradient(t_norm_of("yager", 0.5), Connective::kOr, {0.5, 0}).x[1] == 1e30);
}

TEST_CASE("the gradient of many rows is that of each row, and p's is their sum") {
  for_each_t_norm([](const TNormFamily& family, const TNorm& t_norm) {
    CAPTURE(family.name);
    CAPTURE(t_norm.p);
    for (const std::size_t n : {1, 3, 700}) {
      constexpr std::size_t kRows = 600;
      auto x = random_members(kRows * n, 3, 0, n == 700 ? 1e-3 : 1);
      for (std::size_t i = 0; i < x.size(); i += 7) x[i] = i % 2 == 0 ? 0 : 1;
      const auto g = random_members(kRows, 4, -1, 1);
      std::vector<double> all(x.size());
      double p = 0, sum = 0;
      pliant::math::connect_backward<double>(t_norm, Connective::kOr, g.data(), x.data(), kRows, n,
                                             all.data(), &p);
      for (std::size_t row = 0; row < kRows; row += 1) {
        const std::vector<double> own(x.begin() + row * n, x.begin() + (row + 1) * n);
        const Gradient alone = gradient(t_norm, Connective::kOr, own, g[row]);
        REQUIRE(std::equal(alone.x.begin(), alone.x.end(), all.begin() + row * n));
        sum += alone.p;
      }
      CHECK(p == doctest::Approx(sum).epsilon(1e-9));
      CHECK(std::isfinite(p));
    }
  });
}
