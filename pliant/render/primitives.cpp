// pliant/render/primitives.cpp — spheres, boxes and other simple meshes (no torch)
#include "pliant/render/primitives.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <map>
#include <numbers>
#include <utility>

#include "pliant/base/errors.h"

namespace pliant::render {
namespace {

constexpr int kFinestLevel = 8;
constexpr int kMostParts = 1 << 14;

using Point = std::array<double, 3>;
using Vertex = std::int64_t;

void check_length(const char* function, const char* name, double value) {
  base::require(value > 0 && std::isfinite(value), function, ": ", name, " must be > 0, got ",
                value);
}

void check_count(const char* function, const char* name, int value, int lowest) {
  base::require(lowest <= value && value <= kMostParts, function, ": ", name, " must be in ",
                lowest, " … ", kMostParts, ", got ", value);
}

/// A mesh that is being put together.
class Builder {
 public:
  Vertex add(const Point& p) {
    mesh_.vertices.insert(mesh_.vertices.end(), p.begin(), p.end());
    return static_cast<Vertex>(mesh_.vertices.size() / 3) - 1;
  }
  void face(Vertex a, Vertex b, Vertex c) { mesh_.faces.insert(mesh_.faces.end(), {a, b, c}); }
  /// Two faces of a square a b c d.
  void square(Vertex a, Vertex b, Vertex c, Vertex d) {
    face(a, b, c);
    face(a, c, d);
  }
  TriangleMesh take() { return std::move(mesh_); }

 private:
  TriangleMesh mesh_;
};

/// The point at an angle around the y axis; growing angles go counter-clockwise seen from above.
Point around(double radius, int i, int segments, double y) {
  const double angle = 2 * std::numbers::pi * i / segments;
  return {radius * std::sin(angle), y, radius * std::cos(angle)};
}

Point on_sphere(const Point& p, double radius) {
  const double length = std::hypot(p[0], p[1], p[2]);
  return {radius * p[0] / length, radius * p[1] / length, radius * p[2] / length};
}

TriangleMesh icosahedron() {
  const double g = std::numbers::phi;
  TriangleMesh mesh;
  for (const Point& p : {Point{-1, g, 0},
                         {1, g, 0},
                         {-1, -g, 0},
                         {1, -g, 0},
                         {0, -1, g},
                         {0, 1, g},
                         {0, -1, -g},
                         {0, 1, -g},
                         {g, 0, -1},
                         {g, 0, 1},
                         {-g, 0, -1},
                         {-g, 0, 1}}) {
    const Point q = on_sphere(p, 1);
    mesh.vertices.insert(mesh.vertices.end(), q.begin(), q.end());
  }
  mesh.faces = {0, 11, 5,  0, 5,  1, 0, 1, 7, 0, 7,  10, 0, 10, 11, 1, 5, 9, 5, 11,
                4, 11, 10, 2, 10, 7, 6, 7, 1, 8, 3,  9,  4, 3,  4,  2, 3, 2, 6, 3,
                6, 8,  3,  8, 9,  4, 9, 5, 2, 4, 11, 6,  2, 10, 8,  6, 7, 9, 8, 1};
  return mesh;
}

/// Each face split into four; new vertices are the middles of edges, on the unit sphere.
TriangleMesh split(const TriangleMesh& coarse) {
  TriangleMesh fine{coarse.vertices, {}};
  std::map<std::pair<Vertex, Vertex>, Vertex> middles;
  const auto middle = [&](Vertex a, Vertex b) {
    const auto [at, fresh] =
        middles.try_emplace(std::minmax(a, b), static_cast<Vertex>(fine.vertices.size() / 3));
    if (fresh) {
      Point sum{};
      for (std::size_t k = 0; k < 3; ++k) {
        sum[k] = fine.vertices[3 * static_cast<std::size_t>(a) + k] +
                 fine.vertices[3 * static_cast<std::size_t>(b) + k];
      }
      const Point p = on_sphere(sum, 1);
      fine.vertices.insert(fine.vertices.end(), p.begin(), p.end());
    }
    return at->second;
  };
  for (std::size_t f = 0; f < coarse.faces.size(); f += 3) {
    const Vertex a = coarse.faces[f];
    const Vertex b = coarse.faces[f + 1];
    const Vertex c = coarse.faces[f + 2];
    const Vertex ab = middle(a, b);
    const Vertex bc = middle(b, c);
    const Vertex ca = middle(c, a);
    fine.faces.insert(fine.faces.end(), {a, ab, ca, b, bc, ab, c, ca, bc, ab, bc, ca});
  }
  return fine;
}

}  // namespace

TriangleMesh icosphere(int level, double radius) {
  base::require(0 <= level && level <= kFinestLevel, "icosphere: level must be in 0 … ",
                kFinestLevel, ", got ", level);
  check_length("icosphere", "radius", radius);
  TriangleMesh mesh = icosahedron();
  for (int i = 0; i < level; ++i) mesh = split(mesh);
  for (double& coordinate : mesh.vertices) coordinate *= radius;
  return mesh;
}

TriangleMesh uv_sphere(int rings, int segments, double radius) {
  check_count("uv_sphere", "rings", rings, 2);
  check_count("uv_sphere", "segments", segments, 3);
  check_length("uv_sphere", "radius", radius);
  Builder builder;
  const Vertex top = builder.add({0, radius, 0});
  const Vertex bottom = builder.add({0, -radius, 0});
  for (int ring = 1; ring < rings; ++ring) {
    const double angle = std::numbers::pi * ring / rings;
    for (int i = 0; i < segments; ++i)
      builder.add(around(radius * std::sin(angle), i, segments, radius * std::cos(angle)));
  }
  const auto at = [&](int ring, int i) {
    return Vertex{2} + (ring - 1) * static_cast<Vertex>(segments) + i % segments;
  };
  for (int i = 0; i < segments; ++i) {
    builder.face(top, at(1, i), at(1, i + 1));
    for (int ring = 1; ring + 1 < rings; ++ring)
      builder.square(at(ring, i), at(ring + 1, i), at(ring + 1, i + 1), at(ring, i + 1));
    builder.face(bottom, at(rings - 1, i + 1), at(rings - 1, i));
  }
  return builder.take();
}

TriangleMesh box(const std::array<double, 3>& sides) {
  for (const double side : sides) check_length("box", "each side", side);
  Builder builder;
  for (int i = 0; i < 8; ++i) {  // bit k of i: the positive end along axis k
    Point p{};
    for (std::size_t k = 0; k < 3; ++k) p[k] = ((i >> k & 1) != 0 ? 0.5 : -0.5) * sides[k];
    builder.add(p);
  }
  builder.square(1, 3, 7, 5);  // +x
  builder.square(0, 4, 6, 2);  // −x
  builder.square(2, 6, 7, 3);  // +y
  builder.square(0, 1, 5, 4);  // −y
  builder.square(4, 5, 7, 6);  // +z
  builder.square(0, 2, 3, 1);  // −z
  return builder.take();
}

TriangleMesh torus(double radius, double tube, int segments, int sides) {
  check_length("torus", "radius", radius);
  check_length("torus", "tube", tube);
  base::require(tube < radius, "torus: tube must be < radius, got ", tube, " and ", radius);
  check_count("torus", "segments", segments, 3);
  check_count("torus", "sides", sides, 3);
  Builder builder;
  for (int i = 0; i < segments; ++i) {
    for (int j = 0; j < sides; ++j) {
      const double angle = 2 * std::numbers::pi * j / sides;
      builder.add(around(radius + tube * std::cos(angle), i, segments, tube * std::sin(angle)));
    }
  }
  const auto at = [&](int i, int j) {
    return static_cast<Vertex>(i % segments) * sides + j % sides;
  };
  for (int i = 0; i < segments; ++i) {
    for (int j = 0; j < sides; ++j)
      builder.square(at(i, j), at(i + 1, j), at(i + 1, j + 1), at(i, j + 1));
  }
  return builder.take();
}

TriangleMesh cylinder(double radius, double height, int segments) {
  check_length("cylinder", "radius", radius);
  check_length("cylinder", "height", height);
  check_count("cylinder", "segments", segments, 3);
  Builder builder;
  const Vertex top = builder.add({0, height / 2, 0});
  const Vertex bottom = builder.add({0, -height / 2, 0});
  for (int i = 0; i < segments; ++i) {
    builder.add(around(radius, i, segments, height / 2));
    builder.add(around(radius, i, segments, -height / 2));
  }
  for (int i = 0; i < segments; ++i) {
    const Vertex here = 2 + 2 * static_cast<Vertex>(i);
    const Vertex next = 2 + 2 * static_cast<Vertex>((i + 1) % segments);
    builder.face(top, here, next);
    builder.square(here, here + 1, next + 1, next);
    builder.face(bottom, next + 1, here + 1);
  }
  return builder.take();
}

TriangleMesh plane(double side, int divisions) {
  check_length("plane", "side", side);
  check_count("plane", "divisions", divisions, 1);
  Builder builder;
  for (int i = 0; i <= divisions; ++i) {
    for (int j = 0; j <= divisions; ++j) {
      builder.add({side * (static_cast<double>(j) / divisions - 0.5), 0,
                   side * (static_cast<double>(i) / divisions - 0.5)});
    }
  }
  const Vertex row = divisions + 1;
  for (Vertex i = 0; i < divisions; ++i) {
    for (Vertex j = 0; j < divisions; ++j) {
      const Vertex at = i * row + j;
      builder.square(at, at + row, at + row + 1, at + 1);
    }
  }
  return builder.take();
}

}  // namespace pliant::render
