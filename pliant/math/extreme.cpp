// pliant/math/extreme.cpp — the larger and the smaller output of a relaxed swap (no SIMD, no torch)
#include "pliant/math/extreme.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

namespace pliant::math {
namespace {

/// Pairs that are decided at a time.
constexpr std::size_t kBlock = 256;

/// The differences a − b of some pairs; what is not finite counts as 0 and is not relaxed.
template <class T>
struct Differences {
  std::array<T, kBlock> values;
  std::array<bool, kBlock> relaxed;

  void take(const T* a, const T* b, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
      const T difference = a[i] - b[i];
      relaxed[i] = std::isfinite(difference);
      values[i] = relaxed[i] ? difference : T{0};
    }
  }
};

template <class T>
T hard(T a, T b, bool larger) {
  if (std::isnan(a) || std::isnan(b)) return a + b;
  return (a < b) == larger ? b : a;
}

}  // namespace

template <class T>
void extreme(const Distribution& distribution, bool larger, const T* a, const T* b, std::size_t n,
             T* out) {
  if (distribution.straight_through) {
    for (std::size_t i = 0; i < n; ++i) out[i] = hard(a[i], b[i], larger);
    return;
  }
  Differences<T> differences;
  std::array<T, kBlock> chance, tail;
  const T *of_a = chance.data(), *of_b = tail.data();
  if (!larger) std::swap(of_a, of_b);
  for (; n > 0;) {
    const std::size_t count = std::min(kBlock, n);
    differences.take(a, b, count);
    const T* d = differences.values.data();
    decide<T>(distribution, d, count, {.p = chance.data(), .tail = tail.data()});
    for (std::size_t i = 0; i < count; ++i) {
      // From the nearer of the two, so that a sure swap gives it exactly.
      const T mixed = of_a[i] < of_b[i] ? b[i] + of_a[i] * d[i] : a[i] - of_b[i] * d[i];
      out[i] = differences.relaxed[i] ? mixed : hard(a[i], b[i], larger);
    }
    a += count, b += count, out += count, n -= count;
  }
}

template <class T>
void extreme_backward(const Distribution& distribution, bool larger, const T* a, const T* b,
                      const T* grad, std::size_t n, T* grad_a, T* grad_b, double* gradient) {
  Differences<T> differences;
  std::array<T, kBlock> chance, density;
  for (std::size_t first = 0; first < n; first += kBlock) {
    const std::size_t count = std::min(kBlock, n - first);
    const T *x = a + first, *y = b + first, *g = grad + first;
    differences.take(x, y, count);
    const T* d = differences.values.data();
    decide<T>(distribution, d, count, {.p = chance.data(), .density = density.data()});
    for (std::size_t i = 0; i < count; ++i) {
      T of_larger = chance[i] + d[i] * density[i];
      if (!differences.relaxed[i]) of_larger = x[i] == y[i] ? T{0.5} : T(x[i] > y[i]);
      const T of_a = larger ? of_larger : 1 - of_larger;
      grad_a[first + i] = g[i] * of_a;
      grad_b[first + i] = g[i] * (1 - of_a);
      chance[i] = (larger ? g[i] : -g[i]) * d[i];
    }
    if (gradient != nullptr)
      add_parameter_gradient(distribution, d, chance.data(), count, gradient);
  }
}

template void extreme(const Distribution&, bool, const float*, const float*, std::size_t, float*);
template void extreme(const Distribution&, bool, const double*, const double*, std::size_t,
                      double*);
template void extreme_backward(const Distribution&, bool, const float*, const float*, const float*,
                               std::size_t, float*, float*, double*);
template void extreme_backward(const Distribution&, bool, const double*, const double*,
                               const double*, std::size_t, double*, double*, double*);

}  // namespace pliant::math
