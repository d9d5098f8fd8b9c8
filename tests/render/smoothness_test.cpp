// tests/render/smoothness_test.cpp — Laplacian and flatness by hand
#include "pliant/render/smoothness.h"

#include <doctest/doctest.h>

#include <cmath>
#include <stdexcept>
#include <vector>

namespace pliant::render {
namespace {

TEST_CASE("the Laplacian of a path by hand, with a vertex without neighbours") {
  // 0 – 1 – 2 on a line, and 3 alone.
  const std::vector<std::int64_t> offsets = {0, 1, 3, 4, 4};
  const std::vector<std::int64_t> neighbours = {1, 0, 2, 1};
  const std::vector<double> x = {0, 0, 0, 1, 2, 0, 4, 0, 0, 9, 9, 9};
  std::vector<double> delta(12);
  double loss = 0;
  const NeighbourArgs args{1, 4, 4, offsets.data(), neighbours.data()};
  laplacian_forward(args, x.data(), delta.data(), &loss, base::serial_executor());
  CHECK(delta == std::vector<double>{-1, -2, 0, -1, 2, 0, 3, -2, 0, 0, 0, 0});
  CHECK(loss == 5 + 5 + 13);
  std::vector<double> gradient(12);
  const double one = 1;
  laplacian_backward(args, x.data(), &one, delta.data(), gradient.data(), base::serial_executor());
  // 2 (δ_v − Σ δ_u / deg u).
  CHECK(gradient[0] == doctest::Approx(2 * (-1 - -1 / 2.0)));
  CHECK(gradient[3] == doctest::Approx(2 * (-1 - (-1 + 3))));
  CHECK(gradient[9] == 0);
}

TEST_CASE("a right angle costs 1, a flat edge nothing") {
  const std::vector<std::int64_t> hinge = {0, 1, 2, 3};
  const HingeArgs args{1, 4, 1, hinge.data()};
  double loss = 0;
  std::vector<double> x = {0, 0, 0, 1, 0, 0, 0.3, 1, 0, 0.6, 0, 1};
  flatten_forward(args, x.data(), &loss, base::serial_executor());
  CHECK(loss == doctest::Approx(1).epsilon(1e-5));
  x = {0, 0, 0, 1, 0, 0, 0.3, 1, 0, 0.6, -1, 0};
  flatten_forward(args, x.data(), &loss, base::serial_executor());
  CHECK(loss < 1e-11);
}

TEST_CASE("a vertex that is not there is named") {
  const std::vector<std::int64_t> hinge = {0, 1, 2, 4};
  double loss = 0;
  const std::vector<double> x(12);
  CHECK_THROWS_WITH_AS(
      flatten_forward(HingeArgs{1, 4, 1, hinge.data()}, x.data(), &loss, base::serial_executor()),
      "flatten: edge 0 has the vertex 4; there are 4, counted from 0", std::invalid_argument);
}

}  // namespace
}  // namespace pliant::render
