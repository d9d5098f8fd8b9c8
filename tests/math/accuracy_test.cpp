// tests/math/accuracy_test.cpp — decide() against quadruple precision: the ULP bounds that the
// families state
#include <doctest/doctest.h>

#include <vector>

#include "pliant/base/simd_target.h"
#include "pliant/math/distribution.h"
#include "tests/math/arguments.h"
#include "tests/math/reference.h"
#include "tests/math/ulp.h"
#include "tests/math/values.h"

namespace {

using pliant::math::Distribution;
using pliant::math::Family;
using pliant::test::Quad;
using pliant::test::Reference;
using pliant::test::ulp_error;
using pliant::test::Worst;

/// The largest error of p, tail and density; and of −ln(tail), which has a bound of its own.
template <class T>
Worst measure(const Distribution& distribution, const std::vector<T>& u,
              const std::vector<Reference>& exact) {
  const std::size_t n = u.size();
  std::vector<T> p(n), tail(n), density(n), log_tail(n);
  pliant::math::decide<T>(distribution, u.data(), n,
                          {p.data(), tail.data(), density.data(), log_tail.data()});
  Worst worst;
  for (std::size_t i = 0; i < n; ++i) {
    const Reference& r = exact[i];
    worst.see(ulp_error(p[i], r.p), u[i], "p");
    worst.see(ulp_error(tail[i], r.tail), u[i], "tail");
    worst.see(ulp_error(density[i], r.density), u[i], "density");
    worst.see(ulp_error(log_tail[i], r.log_tail), u[i], "log_tail");
  }
  return worst;
}

template <class T>
void check_bound(const Family& family, double shape, double bound) {
  std::vector<T> u = pliant::test::arguments<T>(shape);
  // There are twelve shapes, and their reference is slow.
  std::size_t place = 0;
  if (family.has_shape) std::erase_if(u, [&](T) { return place++ % 7 != 0; });
  std::vector<Reference> exact;
  for (const T v : u) exact.push_back(pliant::test::reference(family.name, v, shape));
  for (const auto& target : pliant::base::simd_targets()) {
    pliant::base::set_simd_target(target);
    const Worst worst =
        measure<T>({.family = pliant::math::family_index(family.name), .shape = shape}, u, exact);
    CAPTURE(target);
    CAPTURE(worst.what);
    CAPTURE(worst.u);
    CHECK(worst.ulp <= bound);
  }
  pliant::base::set_simd_target(pliant::base::simd_targets().front());
}

}  // namespace

TEST_CASE("p, tail, density and -ln(tail) keep the ULP bound that the family states") {
  for (const Family& family : pliant::math::families()) {
    CAPTURE(family.name);
    if (!pliant::test::has_reference(family.name)) continue;  // the next test has it
    for (const double shape : family.has_shape ? pliant::test::kShapes : std::vector<double>{1}) {
      CAPTURE(shape);
      check_bound<float>(family, shape, family.max_ulp_float);
      check_bound<double>(family, shape, family.max_ulp_double);
    }
  }
}

TEST_CASE("float keeps its ULP bound against double, for every family of the list") {
  const std::vector<float> u = pliant::test::arguments<float>(1);
  for (const Family& family : pliant::math::families()) {
    CAPTURE(family.name);
    const Distribution distribution{.family = pliant::math::family_index(family.name)};
    std::vector<Reference> by_double;
    for (const float v : u) {
      const auto [p, tail, density, log_tail] = pliant::test::at(distribution, double{v});
      by_double.push_back({p, tail, density, log_tail});
    }
    const Worst worst = measure<float>(distribution, u, by_double);
    CAPTURE(worst.what);
    CAPTURE(worst.u);
    CHECK(worst.ulp <= family.max_ulp_float);
  }
}
