// tests/math/t_norm_accuracy_test.cpp — T-conorms against quadruple precision: the ULP bounds that
// the families state
#include <doctest/doctest.h>
#include <quadmath.h>

#include <random>
#include <string_view>
#include <vector>

#include "pliant/base/simd_target.h"
#include "tests/math/t_norms.h"
#include "tests/math/ulp.h"

namespace {

using pliant::math::TNorm;
using pliant::math::TNormFamily;
using pliant::test::Answers;
using pliant::test::Quad;
using pliant::test::ulp_error;
using pliant::test::Worst;

/// A member in quadruple precision, from ℓ = −ln(1 − a).
struct Exact {
  Quad a, x, l;
  explicit Exact(Quad log_tail) : a(-expm1q(-log_tail)), x(expq(-log_tail)), l(log_tail) {}
};

struct Result {
  Quad value, complement;
  std::vector<Quad> slope;
};

Quad power_sum(const std::vector<Exact>& members, Quad p, Quad (*g)(const Exact&)) {
  Quad sum = 0;
  for (const Exact& m : members) sum += powq(g(m), p);
  return sum;
}

/// (A, 1 − A) by the textbook's n-ary formulas.
Result value_of(std::string_view family, Quad p, const std::vector<Exact>& members) {
  const auto odds = [](const Exact& m) { return m.a / m.x; };
  Quad product = 1, total = 0;
  if (family == "probabilistic" || (family == "frank" && p == 1)) {
    for (const Exact& m : members) total += m.l;
    return {-expm1q(-total), expq(-total), {}};
  }
  if (family == "einstein") {
    for (const Exact& m : members) product *= m.x / (1 + m.a);
    return {(1 - product) / (1 + product), 2 * product / (1 + product), {}};
  }
  if (family == "hamacher" && p > 0) {
    for (const Exact& m : members) product *= 1 + p * odds(m);
    return {(product - 1) / (p + product - 1), p / (p + product - 1), {}};
  }
  if (family == "frank") {
    for (const Exact& m : members) product *= expm1q(m.x * logq(p)) / (p - 1);
    const Quad complement = log1pq((p - 1) * product) / logq(p);
    return {1 - complement, complement, {}};
  }
  if (family == "yager") {
    const Quad sum = powq(power_sum(members, p, [](const Exact& m) { return m.a; }), 1 / p);
    return {fminq(1, sum), fmaxq(0, 1 - sum), {}};
  }
  if (family == "aczel_alsina") {
    const Quad l = powq(power_sum(members, p, [](const Exact& m) { return m.l; }), 1 / p);
    return {-expm1q(-l), expq(-l), {}};
  }
  if (family == "dombi" || family == "hamacher") {
    const Quad o = powq(power_sum(members, family == "dombi" ? p : Quad(1), odds),
                        family == "dombi" ? 1 / p : Quad(1));
    return {o / (1 + o), 1 / (1 + o), {}};
  }
  REQUIRE(family == "schweizer_sklar");
  for (const Exact& m : members) total += expm1q(-p * m.l);
  const Quad x = powq(1 + total, 1 / p);
  return {1 - x, x, {}};
}

/// The derivative of the textbook's binary formulas, h′(a)/h′(A).
Quad slope_of(std::string_view family, Quad p, const Exact& m, Quad A, Quad X) {
  if (family == "probabilistic" || (family == "frank" && p == 1)) return X / m.x;
  if (family == "einstein") return X * (1 + A) / (m.x * (1 + m.a));
  if (family == "hamacher") return X * (p + (1 - p) * X) / (m.x * (p + (1 - p) * m.x));
  if (family == "frank") {
    return powq(p, m.x - X) * expm1q(X * logq(p)) / expm1q(m.x * logq(p));
  }
  if (family == "yager") return X == 0 ? Quad(0) : powq(m.a / A, p - 1);
  if (family == "aczel_alsina") return X / m.x * powq(m.l / -logq(X), p - 1);
  if (family == "dombi") {
    return X * X / (m.x * m.x) * powq(m.a / m.x * X / A, p - 1);
  }
  return powq(m.x / X, p - 1);
}

/// Results below this have larger errors, relative to themselves.
constexpr double kSmallest = 1e-6;

template <class T>
Worst measure(const TNormFamily& family, const TNorm& t_norm) {
  std::mt19937_64 random(20222);
  std::uniform_real_distribution<double> unit(0, 1);
  Worst worst;
  for (int set = 0; set < 2000; ++set) {
    constexpr std::size_t kSizes[] = {1, 2, 3, 8};
    Answers<T> members;
    std::vector<Exact> exact;
    for (std::size_t i = 0; i < kSizes[set % 4]; ++i) {
      // Odds from 1e-6 to 1e6: as many members near 0 as near 1.
      const T l = static_cast<T>(std::log1p(std::exp((2 * unit(random) - 1) * std::log(1e6))));
      exact.emplace_back(l);
      members.p.push_back(static_cast<T>(exact.back().a));
      members.tail.push_back(static_cast<T>(exact.back().x));
      members.log_tail.push_back(l);
    }
    const auto got = pliant::test::connected(t_norm, members);
    const Result all = value_of(family.name, t_norm.p, exact);
    const auto l = static_cast<double>(exact[0].l);
    const auto see = [&](T result, Quad right, const char* what) {
      if (right >= kSmallest) worst.see(ulp_error(result, right), l, what);
    };
    see(got.value, all.value, "A");
    // A clipped sum may be anywhere about its edge: there 1 − A is off by ULP of 1.
    if (family.nilpotent) {
      const Quad off = fabsq(Quad(got.complement) - all.complement);
      worst.see(static_cast<double>(off) / (std::numeric_limits<T>::epsilon() / 2), l, "1 - A");
    } else {
      see(got.complement, all.complement, "1 - A");
    }
    if (family.nilpotent && all.complement < 1e-5) continue;
    for (std::size_t i = 0; i < exact.size(); ++i) {
      see(got.slope[i], slope_of(family.name, t_norm.p, exact[i], all.value, all.complement),
          "slope");
    }
  }
  return worst;
}

}  // namespace

TEST_CASE("A, 1 - A and the slopes keep the ULP bound that the family states") {
  for (const auto& target : pliant::base::simd_targets()) {
    pliant::base::set_simd_target(target);
    CAPTURE(target);
    pliant::test::for_each_t_norm([](const TNormFamily& family, const TNorm& t_norm) {
      if (family.idempotent) return;  // max rounds nothing, and states 0
      CAPTURE(family.name);
      CAPTURE(t_norm.p);
      const Worst of_float = measure<float>(family, t_norm);
      const Worst of_double = measure<double>(family, t_norm);
      CAPTURE(of_float.what);
      CAPTURE(of_float.u);
      CAPTURE(of_double.what);
      CAPTURE(of_double.u);
      CHECK(of_float.ulp <= family.max_ulp_float);
      CHECK(of_double.ulp <= family.max_ulp_double);
    });
  }
  pliant::base::set_simd_target(pliant::base::simd_targets().front());
}
