// tests/math/arguments.h — where distributions are tested: everywhere a number of the type can be
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <vector>

namespace pliant::test {

/// Some thousand numbers, sorted: a fine grid over [−40, 40], every binary order of magnitude of T
/// with both signs (denormals and the largest included), and the neighbours of the places where
/// formulas change over.
template <class T>
std::vector<T> arguments(double shape) {
  std::mt19937_64 random(20220);
  std::uniform_real_distribution<double> unit(0, 1);
  std::vector<T> u = {T(0), std::numeric_limits<T>::denorm_min()};
  for (int i = 0; i < 2000; ++i) u.push_back(static_cast<T>(40 * unit(random)));
  for (int i = 0; i < 1000; ++i) u.push_back(static_cast<T>(1.5 * unit(random)));
  const int low = std::numeric_limits<T>::min_exponent - std::numeric_limits<T>::digits;
  for (int e = low; e < std::numeric_limits<T>::max_exponent; ++e) {
    for (int i = 0; i < (std::abs(e) < 12 ? 60 : 4); ++i) {
      u.push_back(static_cast<T>(std::ldexp(1 + unit(random), e)));
    }
  }
  for (const double edge :
       {1e-6, 0.25, 0.29, 0.34, 0.5, 1., 1.25, 0.71, shape, std::max(1., shape)}) {
    T below = static_cast<T>(edge), above = below;
    for (int i = 0; i < 20; ++i) {
      u.push_back(below);
      u.push_back(above);
      below = std::nextafter(below, T(0));
      above = std::nextafter(above, T(100));
    }
  }
  const std::size_t positive = u.size();
  for (std::size_t i = 0; i < positive; ++i) u.push_back(-u[i]);
  std::erase_if(u, [](T v) { return std::isinf(v); });
  std::sort(u.begin(), u.end());
  return u;
}

}  // namespace pliant::test
