// tests/base/flush_denormals_test.cpp — denormal numbers are 0 while the guard lives, and no longer
#include "pliant/base/flush_denormals.h"

#include <doctest/doctest.h>

#include <limits>

using pliant::base::FlushDenormals;

namespace {

template <class T>
T half_of_the_least() {
  // Through memory, so that the compiler does not know it.
  volatile T least = std::numeric_limits<T>::min(), half = T(0.5);
  return least * half;
}

}  // namespace

TEST_CASE_TEMPLATE("denormal numbers are 0 while the guard lives", T, float, double) {
  CHECK(half_of_the_least<T>() > 0);
#if defined(__SSE__)
  {
    const FlushDenormals outer;
    CHECK(half_of_the_least<T>() == 0);
    {
      const FlushDenormals inner;
      CHECK(half_of_the_least<T>() == 0);
    }
    CHECK(half_of_the_least<T>() == 0);
    volatile T denormal = std::numeric_limits<T>::denorm_min(), one = 1;
    CHECK(denormal * one == 0);
  }
#endif
  CHECK(half_of_the_least<T>() > 0);
}
