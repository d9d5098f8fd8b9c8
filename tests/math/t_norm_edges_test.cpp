// tests/math/t_norm_edges_test.cpp — T-conorms at the ends of their ranges, NaN, places in arrays,
// errors
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <string>
#include <vector>

#include "pliant/base/simd_target.h"
#include "tests/math/t_norms.h"

namespace {

using pliant::math::Connective;
using pliant::math::Fold;
using pliant::math::TNorm;
using pliant::math::TNormFamily;
using pliant::test::and_of;
using pliant::test::Answers;
using pliant::test::answers;
using pliant::test::connected;
using pliant::test::for_each_t_norm;
using pliant::test::or_of;
using pliant::test::random_members;
using pliant::test::t_norm_of;

constexpr double kInf = std::numeric_limits<double>::infinity();

}  // namespace

TEST_CASE("members at the ends and of every size give numbers in range, in both types") {
  for (const TNormFamily& family : pliant::math::t_norms()) {
    CAPTURE(family.name);
    std::vector<double> parameters = pliant::test::parameters_of(family);
    const double sign = family.p_high <= 0 ? -1 : 1;
    for (const double p : {1e-300, 1e-30, 1e-6, 0.01, 1000., 1e6, 1e30, 1e300}) {
      const bool in_range = sign * p >= family.p_low && sign * p <= family.p_high;
      if (family.has_p && in_range) parameters.push_back(sign * p);
    }
    const auto check_all = [&]<class T>(T) {
      for (const double p : parameters) {
        CAPTURE(p);
        const TNorm t_norm = t_norm_of(family.name, p);
        // Frank's terms are p·a for small p and a.
        const double smallest = std::numeric_limits<T>::min();
        const double lost = smallest * (family.name == "frank" && p < 1 ? 1 / p : 1);
        Answers<T> members;
        for (const double a : {0., 1e-310, 1e-42, 1e-30, 1e-8, 0.1, 0.5, 0.7, 0.71, 1 - 1e-7}) {
          members.add(a);
        }
        for (const double x : {1e-9, 1e-30}) members.add_tail(x);
        for (const double l : {59.9, 60.1, 100., 800., 1e30, kInf}) members.add_log_tail(l);
        const std::size_t n = members.size();
        for (std::size_t i = 0; i < n; ++i) {
          for (std::size_t j = 0; j <= n; ++j) {
            CAPTURE(i);
            CAPTURE(j);
            Answers<T> two;
            for (const std::size_t k : {i, j}) {
              if (k == n) continue;
              two.p.push_back(members.p[k]);
              two.tail.push_back(members.tail[k]);
              two.log_tail.push_back(members.log_tail[k]);
            }
            const auto got = connected(t_norm, two);
            CHECK((got.value >= 0 && got.value <= 1));
            CHECK((got.complement >= 0 && got.complement <= 1));
            const T eps = std::numeric_limits<T>::epsilon();
            const T largest = *std::max_element(two.p.begin(), two.p.end());
            CHECK(got.value >= largest * (1 - 200 * eps) - lost);
            CHECK(std::abs(got.value + got.complement - 1) <= 200 * eps);
            for (const T slope : got.slope) CHECK((slope >= 0 && slope <= T(1e30)));
            CHECK(std::isfinite(pliant::test::slope_of_p(t_norm, two)));
            if (j == n) CHECK(got.value == doctest::Approx(members.p[i]).epsilon(200 * eps));
          }
        }
      }
    };
    check_all(float{});
    check_all(double{});
  }
}

TEST_CASE("ten thousand members") {
  for_each_t_norm([](const TNormFamily& family, const TNorm& t_norm) {
    CAPTURE(family.name);
    CAPTURE(t_norm.p);
    const std::vector<double> a = random_members(10000, 5, 0, 1e-5);
    const std::vector<float> of_float(a.begin(), a.end());
    double fold = 0;
    for (const double v : a) fold = or_of(t_norm, {fold, v});
    CHECK(or_of(t_norm, a) == doctest::Approx(fold).epsilon(1e-10));
    CHECK(or_of(t_norm, of_float) == doctest::Approx(fold).epsilon(1e-4));
    std::vector<double> slope(a.size());
    const double g = 1;
    pliant::math::connect_backward<double>(t_norm, Connective::kOr, &g, a.data(), 1, a.size(),
                                           slope.data(), nullptr);
    for (const double s : slope) CHECK((s >= 0 && s <= 1e30));
  });
}

TEST_CASE_TEMPLATE("NaN gives NaN, and nothing else does", T, float, double) {
  const T nan = std::numeric_limits<T>::quiet_NaN();
  for_each_t_norm([&](const TNormFamily& family, const TNorm& t_norm) {
    CAPTURE(family.name);
    CAPTURE(t_norm.p);
    Answers<T> members = answers<T>({0.2, 0.5});
    for (auto* column : {&members.p, &members.tail, &members.log_tail}) (*column)[1] = nan;
    const T half(pliant::math::fold(t_norm) == Fold::kLogSum ? -0.5 : 0.5);
    std::vector<T> term(2), slope(2), folded = {half, half};
    pliant::math::terms(t_norm, members.view(), 2, term.data());
    CHECK(std::isfinite(term[0]));
    CHECK(std::isnan(term[1]));
    pliant::math::slopes(t_norm, members.view(), folded.data(), 2, slope.data());
    CHECK(std::isfinite(slope[0]));
    CHECK(std::isnan(slope[1]));
    T value = 0, complement = 0;
    pliant::math::combine(t_norm, &nan, 1, &value, &complement);
    CHECK(std::isnan(value));
    CHECK(std::isnan(complement));
    CHECK(std::isnan(or_of<T>(t_norm, {T(0.3), nan})));
    CHECK(std::isnan(and_of<T>(t_norm, {nan, T(0.3), T(0.4)})));
  });
}

TEST_CASE_TEMPLATE("no value depends on its place, on n or on the rows beside it", T, float,
                   double) {
  constexpr std::size_t kMost = 67;
  const auto a = random_members(kMost, 11, 0, 1), b = random_members(kMost, 12, 0, 1);
  const Answers<T> members = answers<T>(a);
  for (const auto& target : pliant::base::simd_targets()) {
    pliant::base::set_simd_target(target);
    for_each_t_norm([&](const TNormFamily& family, const TNorm& t_norm) {
      CAPTURE(family.name);
      std::vector<T> term(kMost), value(kMost), complement(kMost), slope(kMost), folded(kMost);
      for (std::size_t i = 0; i < kMost; ++i) {
        const Answers<T> one = answers<T>({a[i]}), two = answers<T>({a[i], b[i]});
        pliant::math::terms(t_norm, one.view(), 1, &term[i]);
        folded[i] = connected(t_norm, two).folded;
        pliant::math::combine(t_norm, &folded[i], 1, &value[i], &complement[i]);
        pliant::math::slopes(t_norm, one.view(), &folded[i], 1, &slope[i]);
      }
      for (std::size_t n = 0; n <= kMost; ++n) {
        std::vector<T> some(n), other(n);
        const auto starts = [n](const std::vector<T>& all, const std::vector<T>& with) {
          return std::equal(with.begin(), with.end(), all.begin());
        };
        pliant::math::terms(t_norm, members.view(), n, some.data());
        REQUIRE(starts(term, some));
        pliant::math::combine(t_norm, folded.data(), n, some.data(), other.data());
        REQUIRE(starts(value, some));
        REQUIRE(starts(complement, other));
        pliant::math::combine<T>(t_norm, folded.data(), n, nullptr, other.data());
        REQUIRE(starts(complement, other));
        pliant::math::slopes(t_norm, members.view(), folded.data(), n, some.data());
        REQUIRE(starts(slope, some));
      }
      const std::vector<T> rows(a.begin(), a.begin() + 66);
      std::vector<T> all(22), alone(22);
      pliant::math::connect(t_norm, Connective::kAnd, rows.data(), 22, 3, all.data());
      for (int row = 0; row < 22; ++row) {
        pliant::math::connect(t_norm, Connective::kAnd, rows.data() + 3 * row, 1, 3, &alone[row]);
      }
      REQUIRE(all == alone);
    });
  }
  pliant::base::set_simd_target(pliant::base::simd_targets().front());
}

TEST_CASE("how terms are folded") {
  CHECK(pliant::math::fold(t_norm_of("max")) == Fold::kMax);
  for (const char* name : {"probabilistic", "einstein"}) {
    CHECK(pliant::math::fold(t_norm_of(name)) == Fold::kSum);
  }
  CHECK(pliant::math::fold(t_norm_of("frank", 2)) == Fold::kSum);
  CHECK(pliant::math::fold(t_norm_of("hamacher", 0.5)) == Fold::kSum);
  CHECK(pliant::math::fold(t_norm_of("hamacher", 0)) == Fold::kLogSum);
  for (const char* name : {"yager", "aczel_alsina", "dombi"}) {
    CHECK(pliant::math::fold(t_norm_of(name, 2)) == Fold::kLogSum);
  }
  CHECK(pliant::math::fold(t_norm_of("schweizer_sklar", -2)) == Fold::kLogSum);
}

TEST_CASE("wrong names, p and members are named") {
  const auto text = [](const auto& call) -> std::string {
    try {
      call();
    } catch (const std::invalid_argument& error) {
      return error.what();
    }
    return "";
  };
  const auto of_check = [&](const char* name, double p) {
    return text([&] { pliant::math::check(t_norm_of(name, p), "render"); });
  };
  const double nan = std::nan("");
  CHECK(of_check("yager", -1) == "render: p of yager must be > 0, got -1");
  CHECK(of_check("dombi", 0) == "render: p of dombi must be > 0, got 0");
  CHECK(of_check("aczel_alsina", nan).find("must be > 0, got") != std::string::npos);
  CHECK(of_check("yager", kInf) == "render: p of yager must be finite, got inf");
  CHECK(of_check("schweizer_sklar", 0) == "render: p of schweizer_sklar must be < 0, got 0");
  CHECK(of_check("schweizer_sklar", -kInf) ==
        "render: p of schweizer_sklar must be finite, got -inf");
  CHECK(of_check("hamacher", -0.5) == "render: p of hamacher must be in [0, 1e+06], got -0.5");
  CHECK(of_check("frank", 0) == "render: p of frank must be in [1e-30, 1e+30], got 0");
  CHECK(of_check("frank", nan).find("must be in [1e-30, 1e+30], got") != std::string::npos);
  CHECK(of_check("max", nan).empty());
  CHECK(of_check("frank", 1).empty());
  CHECK(text([] { pliant::math::check({.family = 9}, "render"); }) ==
        "render: T-norm must be an index in [0, 9), got 9");
  CHECK(text([] {
          pliant::math::t_norm_index("yagger");
        }).rfind("unknown T-norm 'yagger'; there are: max, probabilistic, ", 0) == 0);
  const float bad[] = {0.5F, 1, 1.5F};
  CHECK(text([&] { pliant::math::check_members(bad, 3, "t_conorm"); }) ==
        "t_conorm: members must be in [0, 1], got 1.5");
  CHECK(text([&] { pliant::math::check_members(bad, 2, "t_conorm"); }).empty());
}
