// tests/math/golden_test.cpp — values of every family that were computed apart from this library
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "pliant/math/distribution.h"
#include "tests/math/values.h"

namespace {

using pliant::math::Distribution;
using pliant::test::at;

struct Golden {
  const char* family;
  double shift;                 ///< mirror images: −c for a reversed law moved by c
  double p_low, density_low;    ///< at u = −0.8
  double p_high, density_high;  ///< at u = 0.3
};

constexpr Golden kGolden[] = {
    {"uniform", 0, 0.1, 0.5, 0.65, 0.5},
    {"cubic_hermite", 0, 0.028, 0.27, 0.71825, 0.6825},
    {"wigner", 0, 0.052044019, 0.381971863, 0.688081168, 0.607296557},
    {"gaussian", 0, 0.211855399, 0.289691553, 0.617911422, 0.381387815},
    {"laplace", 0, 0.224664482, 0.224664482, 0.629590890, 0.370409110},
    {"logistic", 0, 0.310025519, 0.213909697, 0.574442517, 0.244458312},
    {"sech", 0, 0.268841826, 0.238000276, 0.594091981, 0.304504122},
    {"cauchy", 0, 0.285223287, 0.194091394, 0.592773579, 0.292027419},
    {"reciprocal", 0, 0.277777778, 0.154320988, 0.615384615, 0.295857988},
    {"gumbel_max", 0, 0.108008978, 0.240378401, 0.476723691, 0.353165596},
    {"gumbel_min", 0, 0.361943833, 0.286697116, 0.740723134, 0.349987161},
    {"exponential", 1, 0.181269247, 0.818730753, 0.727468207, 0.272531793},
    {"exponential_rev", -1, 0.165298888, 0.165298888, 0.496585304, 0.496585304},
    {"gamma", 1, 0.472910743, 1.032883095, 0.893136285, 0.134856089},
    {"gamma_rev", -1, 0.057779571, 0.069511833, 0.236723571, 0.334865115},
    {"levy", 1, 0.025347319, 0.366124564, 0.380455125, 0.183214018},
    {"levy_rev", -1, 0.543943460, 0.125130722, 0.768002276, 0.333466846},
};

struct Reach {
  const char* family;
  double radius;  ///< where F(−radius) = 1e-6
};
constexpr Reach kReach[] = {{"uniform", 1},
                            {"cubic_hermite", 0.9988},
                            {"wigner", 0.99986},
                            {"gaussian", 4.753},
                            {"laplace", 13.12},
                            {"logistic", 13.82},
                            {"sech", 13.36},
                            {"cauchy", 3.18e5},
                            {"reciprocal", 5.0e5},
                            {"gumbel_max", 2.626},
                            {"gumbel_min", 13.82},
                            {"exponential", 0},
                            {"exponential_rev", 13.82},
                            {"gamma", 0},
                            {"levy", 0},
                            {"levy_rev", 6.4e11}};

}  // namespace

TEST_CASE("golden values of F and f") {
  for (const Golden& golden : kGolden) {
    CAPTURE(golden.family);
    const Distribution distribution{
        .family = pliant::math::family_index(golden.family), .shift = golden.shift, .shape = 0.5};
    const auto low = at(distribution, -0.8), high = at(distribution, 0.3);
    CHECK(low.p == doctest::Approx(golden.p_low).epsilon(1e-8));
    CHECK(low.density == doctest::Approx(golden.density_low).epsilon(1e-8));
    CHECK(high.p == doctest::Approx(golden.p_high).epsilon(1e-8));
    CHECK(high.density == doctest::Approx(golden.density_high).epsilon(1e-8));
  }
}

TEST_CASE("golden reaches: how far outside F is above 1e-6") {
  for (const Reach& reach : kReach) {
    CAPTURE(reach.family);
    const Distribution distribution{.family = pliant::math::family_index(reach.family)};
    CHECK(pliant::math::support_radius(distribution) ==
          doctest::Approx(reach.radius).epsilon(6e-3).scale(1e-3));
  }
  const Distribution gamma{.family = pliant::math::family_index("gamma_rev"), .shape = 0.5};
  CHECK(pliant::math::support_radius(gamma) == doctest::Approx(11.96).epsilon(1e-3));
}

TEST_CASE("logistic errors under the activation replacement trick") {
  for (const auto& [lambda, error] : {std::pair{0.25, 0.314356}, std::pair{0.5, 0.482830}}) {
    const Distribution art{.family = pliant::math::family_index("logistic"), .power = 1 - lambda};
    double largest = 0;
    for (double u = 1e-3; u < 100; u *= 1.001) largest = std::max(largest, u * at(art, -u).p);
    CHECK(largest == doctest::Approx(error).epsilon(1e-5));
  }
}

TEST_CASE("gamma is accurate far out, where a cut-off series jumps") {
  const Distribution gamma{.family = pliant::math::family_index("gamma"), .shape = 4};
  // Q(4, x) = e^(−x)·(1 + x + x²/2 + x³/6)
  for (const double x : {14.9, 15.1, 40., 500.}) {
    const double exact = std::exp(-x) * (1 + x + x * x / 2 + x * x * x / 6);
    CHECK(at(gamma, x).tail == doctest::Approx(exact).epsilon(1e-13));
  }
}
