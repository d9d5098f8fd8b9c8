// tests/render/objects_test.cpp — objects: closed, oriented, of the size they say, drawn by key
#include "pliant/render/objects.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numbers>
#include <stdexcept>
#include <string>
#include <utility>

#include "pliant/render/parts.h"

namespace pliant::render {
namespace {

Point corner(const TriangleMesh& mesh, std::size_t i) {
  const auto v = 3 * static_cast<std::size_t>(mesh.faces[i]);
  return {mesh.vertices[v], mesh.vertices[v + 1], mesh.vertices[v + 2]};
}

/// Signed volume: positive if faces are counter-clockwise seen from outside.
double volume(const TriangleMesh& mesh) {
  double sum = 0;
  for (std::size_t f = 0; f < mesh.faces.size(); f += 3) {
    const Point a = corner(mesh, f), b = corner(mesh, f + 1), c = corner(mesh, f + 2);
    sum += a[0] * (b[1] * c[2] - b[2] * c[1]) + a[1] * (b[2] * c[0] - b[0] * c[2]) +
           a[2] * (b[0] * c[1] - b[1] * c[0]);
  }
  return sum / 6;
}

/// Whether every edge is walked once each way.
bool closed(const TriangleMesh& mesh) {
  std::map<std::pair<std::int64_t, std::int64_t>, int> edges;
  for (std::size_t f = 0; f < mesh.faces.size(); f += 3) {
    for (std::size_t k = 0; k < 3; ++k) ++edges[{mesh.faces[f + k], mesh.faces[f + (k + 1) % 3]}];
  }
  return std::all_of(edges.begin(), edges.end(), [&](const auto& edge) {
    const auto back = edges.find({edge.first.second, edge.first.first});
    return edge.second == 1 && back != edges.end() && back->second == 1;
  });
}

/// Per axis, the least and the largest coordinate.
std::pair<Point, Point> bounds(const TriangleMesh& mesh) {
  Point low = {1e9, 1e9, 1e9}, high = {-1e9, -1e9, -1e9};
  for (std::size_t i = 0; i < mesh.vertices.size(); ++i) {
    low[i % 3] = std::min(low[i % 3], mesh.vertices[i]);
    high[i % 3] = std::max(high[i % 3], mesh.vertices[i]);
  }
  return {low, high};
}

TEST_CASE("parts are closed and have the volume of what they are") {
  constexpr double kPi = std::numbers::pi;
  const Point anywhere = {0.3, -2, 5};
  const auto check = [](const TriangleMesh& mesh, double expected, double tolerance) {
    CHECK(closed(mesh));
    CHECK(volume(mesh) == doctest::Approx(expected).epsilon(tolerance));
  };
  check(block(anywhere, {1, 2, 3}), 6, 1e-12);
  check(ellipsoid(anywhere, {1, 2, 3}), 8 * kPi, 0.05);
  check(superquadric(anywhere, {1, 2, 3}, 1, 1), 8 * kPi, 0.02);
  check(superquadric({0, 0, 0}, {1, 1, 1}, 2, 2), 4.0 / 3, 0.05);  // An octahedron.
  check(blob({}), 4 * kPi / 3, 0.02);
  check(lathe({{-1, 0.5}, {1, 0.5}}, 256), kPi / 2, 1e-3);
  check(lathe({{0, 1}, {1, 0.5}, {1, 0.25}, {3, 0.25}}, 256), kPi * (7.0 / 12 + 0.125), 1e-3);
  check(limb({0, 0, 0}, {0, 3, 0}, 0.5, 0.5), kPi / 4 * 3 + kPi / 6, 0.07);
}

TEST_CASE("bars have their ends on every axis, whichever end comes first") {
  // The prismatoid's volume: length / 6 · (area + 4 · area in the middle + area).
  const double expected = 2.0 / 6 * (0.24 + 4 * 0.3 * 1.0 + 0.32);
  for (const int axis : {0, 1, 2}) {
    Point begin = {0.1, 0.2, 0.3}, end = {0.5, 0.5, 0.5};
    begin[static_cast<std::size_t>(axis)] = -1;
    end[static_cast<std::size_t>(axis)] = 1;
    const auto forward = bar(begin, end, axis, {0.1, 0.6}, {0.2, 0.4});
    const auto backward = bar(end, begin, axis, {0.2, 0.4}, {0.1, 0.6});
    CHECK(closed(forward));
    CHECK(volume(forward) == doctest::Approx(expected));
    CHECK(volume(backward) == doctest::Approx(volume(forward)));
  }
}

TEST_CASE("a superquadric with small exponents fills its box, one with 1 is an ellipsoid") {
  const auto mesh = superquadric({0, 0, 0}, {1, 2, 3}, 0.05, 0.05);
  CHECK(volume(mesh) > 0.85 * 48);
  const auto round = superquadric({0, 0, 0}, {1, 2, 3}, 1, 1);
  for (std::size_t v = 0; v < round.vertices.size(); v += 3) {
    CHECK(std::hypot(round.vertices[v], round.vertices[v + 1] / 2, round.vertices[v + 2] / 3) ==
          doctest::Approx(1));
  }
}

TEST_CASE("every object is closed, outside out, and fills a cube of side 1 around 0") {
  for (const std::string_view family : object_families()) {
    for (int i = -1; i < 20; ++i) {
      CAPTURE(family);
      CAPTURE(i);
      const auto mesh =
          i < 0 ? make_object(family) : draw_object(family, 3, static_cast<std::uint64_t>(i));
      CHECK(closed(mesh));
      CHECK(volume(mesh) > 0.004);
      const auto [low, high] = bounds(mesh);
      double longest = 0;
      for (std::size_t axis = 0; axis < 3; ++axis) {
        CHECK(low[axis] + high[axis] == doctest::Approx(0).epsilon(1e-9));
        longest = std::max(longest, high[axis] - low[axis]);
      }
      CHECK(longest == doctest::Approx(1));
      CHECK(mesh.faces.size() / 3 < 8000);
    }
  }
}

TEST_CASE("an object is a function of its key, and others are others") {
  for (const std::string_view family : object_families()) {
    CHECK(draw_object(family, 1, 7).vertices == draw_object(family, 1, 7).vertices);
    CHECK(draw_object(family, 1, 7).vertices != draw_object(family, 1, 8).vertices);
    CHECK(draw_object(family, 1, 7).vertices != draw_object(family, 2, 7).vertices);
    CHECK(draw_object(family, 1, 7).faces == draw_object(family, 1, 8).faces);
  }
}

TEST_CASE("wrong objects are named") {
  CHECK_THROWS_WITH_AS(make_object("teapot"),
                       "unknown family of objects 'teapot'; there are: airplane, blob, boat, "
                       "capsule, car, chair, cow, lamp, sofa, superquadric, table",
                       std::invalid_argument);
  CHECK_THROWS_WITH(fitted({{1, 2, 3, 1, 2, 3}, {}}, 1),
                    "fitted: the mesh must have an extent, got 2 vertices at one point");
  CHECK_THROWS_WITH(fitted({{std::numeric_limits<double>::quiet_NaN(), 0, 0}, {}}, 1),
                    "fitted: vertices must be finite, got nan");
}

}  // namespace
}  // namespace pliant::render
