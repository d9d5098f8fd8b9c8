// tests/math/ulp.h — errors in units of the last place, and the largest of many
#pragma once

#include <quadmath.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

#include "tests/math/reference.h"

namespace pliant::test {

/// How far `got` is from `exact`, in units of the last place of a T beside `exact`. What lies
/// beyond the largest number counts as that number or +inf, as the result may be either.
template <class T>
double ulp_error(T got, Quad exact) {
  const Quad largest = std::numeric_limits<T>::max();
  if (exact >= largest) return got >= std::numeric_limits<T>::max() ? 0 : 1e30;
  if (std::isnan(got) || std::isinf(got)) return 1e30;
  int exponent = 0;
  frexpq(exact, &exponent);
  const int unit = std::max(exponent - std::numeric_limits<T>::digits,
                            std::numeric_limits<T>::min_exponent - std::numeric_limits<T>::digits);
  return static_cast<double>(fabsq(Quad(got) - exact) / ldexpq(1, unit));
}

struct Worst {
  double ulp = 0;
  double u = 0;
  std::string what;

  void see(double candidate, double at, const char* name) {
    if (candidate > ulp) *this = {candidate, at, name};
  }
};

}  // namespace pliant::test
