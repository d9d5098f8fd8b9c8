// tests/render/primitives_test.cpp — simple meshes: orientation, areas and volumes, errors
#include "pliant/render/primitives.h"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <numbers>
#include <stdexcept>

namespace pliant::render {
namespace {

using Point = std::array<double, 3>;

Point corner(const TriangleMesh& mesh, std::size_t i) {
  const auto v = 3 * static_cast<std::size_t>(mesh.faces[i]);
  return {mesh.vertices[v], mesh.vertices[v + 1], mesh.vertices[v + 2]};
}

Point cross(const Point& a, const Point& b) {
  return {a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]};
}

/// Signed volume: positive if faces are counter-clockwise seen from outside.
double volume(const TriangleMesh& mesh) {
  double sum = 0;
  for (std::size_t f = 0; f < mesh.faces.size(); f += 3) {
    const Point a = corner(mesh, f);
    const Point n = cross(corner(mesh, f + 1), corner(mesh, f + 2));
    sum += a[0] * n[0] + a[1] * n[1] + a[2] * n[2];
  }
  return sum / 6;
}

TEST_CASE("volumes are positive and converge") {
  constexpr double kPi = std::numbers::pi;
  CHECK(volume(box({1, 2, 3})) == doctest::Approx(6));
  CHECK(volume(icosphere(5)) == doctest::Approx(4 * kPi / 3).epsilon(2e-3));
  CHECK(volume(uv_sphere(128, 256, 2)) == doctest::Approx(32 * kPi / 3).epsilon(2e-3));
  CHECK(volume(torus(2, 0.5, 256, 128)) == doctest::Approx(kPi * kPi).epsilon(2e-3));
  CHECK(volume(cylinder(2, 0.5, 512)) == doctest::Approx(2 * kPi).epsilon(2e-3));
  const double coarse = 4 * kPi / 3 - volume(icosphere(3));
  const double fine = 4 * kPi / 3 - volume(icosphere(4));
  CHECK(coarse / fine == doctest::Approx(4).epsilon(0.05));
}

TEST_CASE("an icosphere's vertices are on the sphere") {
  const TriangleMesh mesh = icosphere(3, 2.5);
  CHECK(mesh.vertices.size() == 3 * 642);
  CHECK(mesh.faces.size() == 3 * 1280);
  for (std::size_t v = 0; v < mesh.vertices.size(); v += 3)
    CHECK(std::hypot(mesh.vertices[v], mesh.vertices[v + 1], mesh.vertices[v + 2]) ==
          doctest::Approx(2.5));
}

TEST_CASE("a wrong size is named") {
  CHECK_THROWS_WITH_AS(icosphere(-1), "icosphere: level must be in 0 … 8, got -1",
                       std::invalid_argument);
  CHECK_THROWS_WITH(icosphere(1, 0), "icosphere: radius must be > 0, got 0");
  CHECK_THROWS_WITH(uv_sphere(1, 3), "uv_sphere: rings must be in 2 … 16384, got 1");
  CHECK_THROWS_WITH(box({1, std::numeric_limits<double>::infinity(), 1}),
                    "box: each side must be > 0, got inf");
  CHECK_THROWS_WITH(torus(1, 1, 3, 3), "torus: tube must be < radius, got 1 and 1");
  CHECK_THROWS_WITH(cylinder(1, 1, 2), "cylinder: segments must be in 3 … 16384, got 2");
  CHECK_THROWS_WITH(plane(1, 0), "plane: divisions must be in 1 … 16384, got 0");
}

}  // namespace
}  // namespace pliant::render
