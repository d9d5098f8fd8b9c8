// tests/base/simd_target_test.cpp — the choice of SIMD code
#include "pliant/base/simd_target.h"

#include <doctest/doctest.h>

#include <stdexcept>

using namespace pliant::base;

TEST_CASE("every target of this CPU can be chosen, and an unknown one is refused with the list") {
  const std::string best = simd_target();
  REQUIRE_FALSE(simd_targets().empty());
  CHECK(best == simd_targets().front());
  for (const std::string& name : simd_targets()) {
    set_simd_target(name);
    CHECK(simd_target() == name);
  }
  set_simd_target(best);
  CHECK_THROWS_WITH_AS(set_simd_target("MMX"), doctest::Contains(("have: " + best).c_str()),
                       std::invalid_argument);
}
