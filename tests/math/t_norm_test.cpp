// tests/math/t_norm_test.cpp — T-conorms and T-norms: golden values, the laws of the list, limits
#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <vector>

#include "tests/math/t_norms.h"

namespace {

using pliant::math::TNorm;
using pliant::math::TNormFamily;
using pliant::test::and_of;
using pliant::test::answers;
using pliant::test::connected;
using pliant::test::for_each_t_norm;
using pliant::test::or_of;
using pliant::test::random_members;
using pliant::test::t_norm_of;

/// ⊥(a, b) by the textbook's formula, in the plainest way.
double binary(const TNorm& t_norm, double a, double b) {
  const std::string_view name = pliant::math::t_norms()[t_norm.family].name;
  const double p = t_norm.p, x = 1 - a, y = 1 - b;
  if (name == "max") return a > b ? a : b;
  if (name == "probabilistic" || (name == "frank" && p == 1)) return a + b - a * b;
  if (name == "einstein") return (a + b) / (1 + a * b);
  if (name == "hamacher") return 1 - x * y / (p + (1 - p) * (x + y - x * y));
  if (name == "frank") {
    return 1 - std::log(1 + (std::pow(p, x) - 1) * (std::pow(p, y) - 1) / (p - 1)) / std::log(p);
  }
  if (name == "yager") return std::min(1., std::pow(std::pow(a, p) + std::pow(b, p), 1 / p));
  if (name == "aczel_alsina") {
    const double sum = std::pow(-std::log(x), p) + std::pow(-std::log(y), p);
    return 1 - std::exp(-std::pow(sum, 1 / p));
  }
  if (name == "dombi") {
    const double sum = std::pow(a / x, p) + std::pow(b / y, p);
    return 1 - 1 / (1 + std::pow(sum, 1 / p));
  }
  REQUIRE(name == "schweizer_sklar");
  return 1 - std::pow(std::pow(x, p) + std::pow(y, p) - 1, 1 / p);
}

struct Golden {
  const char* name;
  double p, value;
  std::array<double, 3> slope;
};

/// At a = (0.2, 0.5, 0.7), computed apart from this library.
constexpr Golden kGolden[] = {
    {"max", 0, 0.7, {0, 0, 1}},
    {"probabilistic", 0, 0.88, {.15, .24, .40}},
    {"einstein", 0, 0.924528302, {.151299, .193663, .284799}},
    {"hamacher", 0.5, 0.841584158, {.127438, .244682, .470542}},
    {"hamacher", 4, 0.962382445, {.114238, .116980, .157231}},
    {"frank", 0.5, 0.858178136, {.139384, .249382, .446896}},
    {"frank", 4, 0.920569846, {.155595, .208535, .306448}},
    {"yager", 2, 0.883176087, {.226455, .566139, .792594}},
    {"yager", 4, 0.742659605, {.019531, .305169, .837384}},
    {"aczel_alsina", 0.5, 0.996881889, {.019821, .017994, .022755}},
    {"aczel_alsina", 2, 0.755136029, {.048541, .241252, .698409}},
    {"dombi", 0.5, 0.901632014, {.091547, .117180, .213091}},
    {"dombi", 2, 0.718378980, {.012145, .124366, .806076}},
    {"schweizer_sklar", -0.5, 0.820147574, {.106596, .215734, .464187}},
    {"schweizer_sklar", -2, 0.738945311, {.034748, .142326, .658917}},
};

}  // namespace

TEST_CASE("values and slopes that were computed apart from this library") {
  for (const Golden& golden : kGolden) {
    CAPTURE(golden.name);
    CAPTURE(golden.p);
    const TNorm t_norm = t_norm_of(golden.name, golden.p);
    const auto got = connected(t_norm, answers({0.2, 0.5, 0.7}));
    CHECK(std::abs(got.value - golden.value) <= 5.1e-10);
    CHECK(std::abs(got.complement - (1 - golden.value)) <= 5.1e-10);
    for (int i = 0; i < 3; ++i) CHECK(std::abs(got.slope[i] - golden.slope[i]) <= 5.1e-7);
    const auto of_float = connected(t_norm, answers<float>({0.2, 0.5, 0.7}));
    CHECK(std::abs(of_float.value - golden.value) <= 1e-6);
    for (int i = 0; i < 3; ++i) CHECK(std::abs(of_float.slope[i] - golden.slope[i]) <= 1e-5);
  }
}

TEST_CASE("0 is the identity, 1 annihilates, the order does not count, and ⊥ is associative") {
  for_each_t_norm([](const TNormFamily& family, const TNorm& t_norm) {
    CAPTURE(family.name);
    CAPTURE(t_norm.p);
    CHECK(or_of(t_norm, {}) == 0);
    CHECK(and_of(t_norm, {}) == 1);
    for (unsigned seed = 0; seed < 200; ++seed) {
      const auto abc = random_members(3, seed, 0, seed % 2 == 0 ? 1 : 0.1);
      const double a = abc[0], b = abc[1], c = abc[2];
      CHECK(or_of(t_norm, {a}) == doctest::Approx(a).epsilon(1e-14));
      CHECK(or_of(t_norm, {a, 0}) == doctest::Approx(a).epsilon(1e-14));
      CHECK(and_of(t_norm, {1, a}) == doctest::Approx(a).epsilon(1e-14));
      CHECK(or_of(t_norm, {a, 1}) == 1);
      CHECK(and_of(t_norm, {0, a}) == 0);
      CHECK(or_of(t_norm, {a, b}) == or_of(t_norm, {b, a}));
      const double left = or_of(t_norm, {or_of(t_norm, {a, b}), c});
      CHECK(left == doctest::Approx(or_of(t_norm, {a, or_of(t_norm, {b, c})})).epsilon(1e-11));
      CHECK(left >= std::max({a, b, c}) * (1 - 1e-14));
      CHECK(and_of(t_norm, abc) <= std::min({a, b, c}) * (1 + 1e-14));
      // The dual.
      CHECK(std::abs(and_of(t_norm, {a, b}) - (1 - or_of(t_norm, {1 - a, 1 - b}))) <= 1e-12);
    }
  });
}

TEST_CASE("⊥ never falls in a member, and what the list says of it is so") {
  for_each_t_norm([](const TNormFamily& family, const TNorm& t_norm) {
    CAPTURE(family.name);
    CAPTURE(t_norm.p);
    bool idempotent = true, clipped = false, strict = true;
    for (const double b : {1e-9, 0.1, 0.4, 0.75, 0.99}) {
      double last = 0, last_and = 0;
      for (double a = 0; a <= 1; a += 1. / 128) {
        const double value = or_of(t_norm, {a, b});
        CHECK(value >= last * (1 - 1e-13));
        CHECK(value <= 1);
        last = value;
        clipped = clipped || (value == 1 && a < 0.95 && b < 0.95);
        const double both = and_of(t_norm, {a, b});
        strict = strict && (a == 0 || b < 0.01 || both > last_and);
        last_and = both;
      }
      idempotent = idempotent && or_of(t_norm, {b, b}) == b;
    }
    CHECK(idempotent == family.idempotent);
    CHECK(strict == family.strict);
    if (clipped != family.nilpotent) CHECK(t_norm.p < 1);  // rounded to 1
  });
}

TEST_CASE("n members at once are as good as one after the other") {
  for_each_t_norm([](const TNormFamily& family, const TNorm& t_norm) {
    CAPTURE(family.name);
    CAPTURE(t_norm.p);
    for (const std::size_t n : {2, 3, 5, 40}) {
      for (unsigned seed = 0; seed < 40; ++seed) {
        const auto a = random_members(n, 100 * n + seed, 0, seed % 2 == 0 ? 0.9 : 2. / n);
        double fold = 0;
        for (const double v : a) fold = binary(t_norm, fold, v);
        if (std::isnan(fold)) continue;  // the plain formula has left its range
        CHECK(std::abs(or_of(t_norm, a) - fold) <= 1e-12);
      }
    }
  });
}

TEST_CASE("limits and equal families") {
  const auto same = [](const TNorm& one, const TNorm& other, double within, double small = 1e-3) {
    CAPTURE(pliant::math::t_norms()[one.family].name);
    CAPTURE(one.p);
    for (unsigned seed = 0; seed < 60; ++seed) {
      const auto a = random_members(4, seed, 0, seed % 2 == 0 ? 0.9 : small);
      const auto first = connected(one, answers(a)), second = connected(other, answers(a));
      CHECK(std::abs(first.value - second.value) <= within * second.value);
      CHECK(std::abs(first.complement - second.complement) <= within);
      if (one.p != 1 && within > 1e-9) continue;  // slopes of max are no limit near ties
      for (int i = 0; i < 4; ++i) CHECK(std::abs(first.slope[i] - second.slope[i]) <= 1e-8);
    }
  };
  const TNorm product = t_norm_of("probabilistic"), max = t_norm_of("max");
  same(t_norm_of("hamacher", 1), product, 1e-13);
  same(t_norm_of("hamacher", 2), t_norm_of("einstein"), 1e-13);
  same(t_norm_of("hamacher", 0), t_norm_of("dombi", 1), 1e-13);
  same(t_norm_of("hamacher", 1e-12), t_norm_of("hamacher", 0), 1e-9);
  same(t_norm_of("hamacher", 1e-29), t_norm_of("hamacher", 0), 1e-13);
  same(t_norm_of("schweizer_sklar", -1), t_norm_of("dombi", 1), 1e-13);
  same(t_norm_of("schweizer_sklar", -1e-12), product, 1e-10);
  same(t_norm_of("schweizer_sklar", -1e-300), product, 1e-12);
  same(t_norm_of("aczel_alsina", 1), product, 1e-13);
  same(t_norm_of("frank", 1), product, 1e-13);
  same(t_norm_of("frank", std::nextafter(1, 2)), product, 1e-13);
  same(t_norm_of("frank", 1 - 1e-9), product, 1e-8);
  for (const double p : {1e3, 1e30, 1e300}) {
    for (const char* name : {"yager", "aczel_alsina", "dombi"}) same(t_norm_of(name, p), max, 3e-3);
    same(t_norm_of("schweizer_sklar", -p), max, 2e-2, 0.5);
  }
  const auto far = random_members(3, 7, 0, 0.3);
  CHECK(or_of(t_norm_of("frank", 1e-30), far) ==
        doctest::Approx(*std::max_element(far.begin(), far.end())).epsilon(0.1));
  CHECK(or_of(t_norm_of("yager", 1), {0.25, 0.5}) == doctest::Approx(0.75).epsilon(1e-15));
  CHECK(or_of(t_norm_of("yager", 1), {0.5, 0.75}) == 1);
  CHECK(or_of(t_norm_of("frank", 1e30), {0.25, 0.5}) == doctest::Approx(0.75).epsilon(1e-6));
}
