// tests/math/values.h — all that decide() says about one number
#pragma once

#include <vector>

#include "pliant/math/distribution.h"

namespace pliant::test {

/// The shapes that families with a shape are tested at: the ends of the range, about 1, and where
/// formulas change over.
inline const std::vector<double> kShapes = {0.01, 0.1, 0.5, 0.9, 1, 1.5, 2, 4, 8.5, 30, 150, 1000};

struct Values {
  double p, tail, density, log_tail;
};

template <class T = double>
Values at(const math::Distribution& distribution, T x) {
  T p, tail, density, log_tail;
  math::decide<T>(distribution, &x, 1, {&p, &tail, &density, &log_tail});
  return {p, tail, density, log_tail};
}

}  // namespace pliant::test
