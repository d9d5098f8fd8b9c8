// pliant/render/parts.cpp — closed parts that objects are put together from (no torch)
#include "pliant/render/parts.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <numbers>
#include <utility>

#include "pliant/base/errors.h"

namespace pliant::render {
namespace {

constexpr int kPartLevel = 2;
constexpr int kBlobLevel = 3;

/// The icosphere with every vertex, a unit vector, moved.
template <class Move>
TriangleMesh moved_sphere(int level, const Move& move) {
  TriangleMesh mesh = icosphere(level);
  for (std::size_t v = 0; v < mesh.vertices.size(); v += 3) {
    const Point p = move(Point{mesh.vertices[v], mesh.vertices[v + 1], mesh.vertices[v + 2]});
    std::copy(p.begin(), p.end(), mesh.vertices.begin() + static_cast<std::ptrdiff_t>(v));
  }
  return mesh;
}

double dot(const Point& a, const Point& b) { return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]; }

void add(TriangleMesh& mesh, const Point& p) {
  mesh.vertices.insert(mesh.vertices.end(), p.begin(), p.end());
}

void add_face(TriangleMesh& mesh, std::int64_t a, std::int64_t b, std::int64_t c) {
  mesh.faces.insert(mesh.faces.end(), {a, b, c});
}

/// The corners of a bar's rectangle, counter-clockwise around its axis.
void add_rectangle(TriangleMesh& mesh, const Point& middle, int axis,
                   const std::array<double, 2>& half) {
  constexpr std::array<std::array<int, 2>, 4> kCorners = {{{-1, -1}, {1, -1}, {1, 1}, {-1, 1}}};
  for (const auto& [u, v] : kCorners) {
    Point p = middle;
    p[static_cast<std::size_t>((axis + 1) % 3)] += u * half[0];
    p[static_cast<std::size_t>((axis + 2) % 3)] += v * half[1];
    add(mesh, p);
  }
}

}  // namespace

TriangleMesh ellipsoid(const Point& centre, const Point& radii) {
  return moved_sphere(kPartLevel, [&](const Point& p) {
    return Point{centre[0] + radii[0] * p[0], centre[1] + radii[1] * p[1],
                 centre[2] + radii[2] * p[2]};
  });
}

TriangleMesh limb(const Point& begin, const Point& end, double begin_radius, double end_radius) {
  const Point along = {end[0] - begin[0], end[1] - begin[1], end[2] - begin[2]};
  return moved_sphere(kPartLevel, [&](const Point& p) {
    const bool front = dot(p, along) >= 0;
    const Point& middle = front ? end : begin;
    const double radius = front ? end_radius : begin_radius;
    return Point{middle[0] + radius * p[0], middle[1] + radius * p[1], middle[2] + radius * p[2]};
  });
}

TriangleMesh block(const Point& centre, const Point& sides) {
  TriangleMesh mesh = box(sides);
  for (std::size_t i = 0; i < mesh.vertices.size(); ++i) mesh.vertices[i] += centre[i % 3];
  return mesh;
}

TriangleMesh bar(const Point& begin, const Point& end, int axis,
                 const std::array<double, 2>& begin_half, const std::array<double, 2>& end_half) {
  const auto a = static_cast<std::size_t>(axis);
  if (end[a] < begin[a]) return bar(end, begin, axis, end_half, begin_half);
  TriangleMesh mesh;
  add_rectangle(mesh, begin, axis, begin_half);
  add_rectangle(mesh, end, axis, end_half);
  const auto square = [&](std::int64_t p, std::int64_t q, std::int64_t r, std::int64_t s) {
    add_face(mesh, p, q, r);
    add_face(mesh, p, r, s);
  };
  square(3, 2, 1, 0);
  square(4, 5, 6, 7);
  for (std::int64_t i = 0; i < 4; ++i) square(i, (i + 1) % 4, 4 + (i + 1) % 4, 4 + i);
  return mesh;
}

TriangleMesh lathe(const std::vector<std::array<double, 2>>& profile, int segments) {
  TriangleMesh mesh;
  const auto rings = static_cast<std::int64_t>(profile.size());
  for (const auto& [height, radius] : profile) {
    for (int i = 0; i < segments; ++i) {
      const double angle = 2 * std::numbers::pi * i / segments;
      add(mesh, {radius * std::sin(angle), height, radius * std::cos(angle)});
    }
  }
  add(mesh, {0, profile.front()[0], 0});
  add(mesh, {0, profile.back()[0], 0});
  const std::int64_t bottom = rings * segments;
  const std::int64_t top = (rings - 1) * segments;
  for (std::int64_t i = 0; i < segments; ++i) {
    const std::int64_t next = (i + 1) % segments;
    add_face(mesh, bottom, next, i);
    add_face(mesh, bottom + 1, top + i, top + next);
    for (std::int64_t ring = 0; ring < top; ring += segments) {
      add_face(mesh, ring + i, ring + next, ring + segments + next);
      add_face(mesh, ring + i, ring + segments + next, ring + segments + i);
    }
  }
  return mesh;
}

TriangleMesh superquadric(const Point& centre, const Point& radii, double height, double waist) {
  return moved_sphere(kBlobLevel, [&](const Point& p) {
    const auto power = [&](std::size_t i, double exponent) {
      return std::pow(std::abs(p[i]) / radii[i], exponent);
    };
    const double around = std::pow(power(0, 2 / waist) + power(2, 2 / waist), waist / height);
    const double scale = 1 / std::pow(around + power(1, 2 / height), height / 2);
    return Point{centre[0] + scale * p[0], centre[1] + scale * p[1], centre[2] + scale * p[2]};
  });
}

TriangleMesh blob(const std::array<double, 8>& c) {
  return moved_sphere(kBlobLevel, [&](const Point& p) {
    const auto& [x, y, z] = p;
    const double radius = 1 + c[0] * x * y + c[1] * y * z + c[2] * z * x + c[3] * (x * x - z * z) +
                          c[4] * (3 * y * y - 1) + c[5] * x * y * z + c[6] * y * (5 * y * y - 3) +
                          c[7] * x * (x * x - 3 * z * z);
    return Point{radius * x, radius * y, radius * z};
  });
}

TriangleMesh joined(const std::vector<TriangleMesh>& parts) {
  TriangleMesh all;
  for (const TriangleMesh& part : parts) {
    const auto first = static_cast<std::int64_t>(all.vertices.size() / 3);
    all.vertices.insert(all.vertices.end(), part.vertices.begin(), part.vertices.end());
    for (const std::int64_t vertex : part.faces) all.faces.push_back(first + vertex);
  }
  return all;
}

TriangleMesh fitted(TriangleMesh mesh, double side) {
  Point low, high;
  low.fill(std::numeric_limits<double>::infinity());
  high.fill(-std::numeric_limits<double>::infinity());
  for (std::size_t i = 0; i < mesh.vertices.size(); ++i) {
    base::require(std::isfinite(mesh.vertices[i]), "fitted: vertices must be finite, got ",
                  mesh.vertices[i]);
    low[i % 3] = std::min(low[i % 3], mesh.vertices[i]);
    high[i % 3] = std::max(high[i % 3], mesh.vertices[i]);
  }
  const double longest = std::max({high[0] - low[0], high[1] - low[1], high[2] - low[2]});
  base::require(longest > 0, "fitted: the mesh must have an extent, got ", mesh.vertices.size() / 3,
                " vertices at one point");
  for (std::size_t i = 0; i < mesh.vertices.size(); ++i) {
    const double middle = (low[i % 3] + high[i % 3]) / 2;
    mesh.vertices[i] = (mesh.vertices[i] - middle) * (side / longest);
  }
  return mesh;
}

}  // namespace pliant::render
