// pliant/render/shapes.cpp — families of random bodies, as meshes and as exact voxels (no torch)
#include "pliant/render/shapes.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <utility>

#include "pliant/base/errors.h"
#include "pliant/base/known.h"
#include "pliant/base/random.h"

namespace pliant::render {
namespace {

constexpr double kExtent = 0.45;  ///< the largest coordinate
constexpr int kScaleLevel = 4;    ///< of the directions that find it
constexpr std::size_t kFinest = 512;

using Point = std::array<double, 3>;
using Radius = std::function<double(const Point&)>;

double dot(const Point& a, const Point& b) { return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]; }

/// Random numbers of one body.
class Draw {
 public:
  explicit Draw(base::Random random) : random_(random) {}

  double between(double low, double high) { return low + (high - low) * random_.uniform(); }
  int between(int low, int high) {
    return low + static_cast<int>(random_.below(static_cast<std::uint32_t>(high - low + 1)));
  }
  Point sides(double low, double high) {
    Point p{};
    for (double& side : p) side = between(low, high);
    return p;
  }
  /// Uniform on the sphere.
  Point direction() {
    const double y = between(-1.0, 1.0);
    const double angle = between(0.0, 2 * std::numbers::pi);
    const double r = std::sqrt(1 - y * y);
    return {r * std::cos(angle), y, r * std::sin(angle)};
  }

 private:
  base::Random random_;
};

// === Bodies, by how far they reach

/// {p: n·p ≤ h for all planes}, bounded, h > 0.
struct Polytope {
  std::vector<std::pair<Point, double>> planes;

  double operator()(const Point& d) const {
    double r = std::numeric_limits<double>::max();
    for (const auto& [normal, height] : planes) {
      const double rise = dot(normal, d);
      if (rise > 0) r = std::min(r, height / rise);
    }
    return r;
  }
  void add(const Point& normal, double height) { planes.emplace_back(normal, height); }
  void add_slab(std::size_t axis, double height) {
    Point normal{};
    for (const double sign : {-1.0, 1.0}) {
      normal[axis] = sign;
      add(normal, height);
    }
  }
};

/// ((|x/a|^(2/e₂) + |z/c|^(2/e₂))^(e₂/e₁) + |y/b|^(2/e₁)) = 1 (Barr 1981).
struct Superquadric {
  Point sides;
  double e1, e2;

  double operator()(const Point& d) const {
    const auto power = [&](std::size_t axis, double e) {
      return std::pow(std::abs(d[axis] / sides[axis]), 2 / e);
    };
    const double round = std::pow(power(0, e2) + power(2, e2), e2 / e1);
    return std::pow(round + power(1, e1), -e1 / 2);
  }
};

/// All points within `width` of the segment from −length to length along an axis.
struct Capsule {
  std::size_t axis;
  double length, width;

  double operator()(const Point& d) const {
    const double along = std::abs(d[axis]);
    const double across = std::sqrt(std::max(0.0, 1 - along * along));
    if (across > 0 && width / across * along <= length) return width / across;
    return length * along +
           std::sqrt(std::max(0.0, width * width - length * length * across * across));
  }
};

/// A sphere around `centre` that holds 0.
struct Ball {
  Point centre;
  double size;

  double operator()(const Point& d) const {
    const double along = dot(centre, d);
    return along + std::sqrt(along * along + size * size - dot(centre, centre));
  }
};

/// exp of a polynomial of degree 3 in the direction.
struct Blob {
  std::array<double, 10> weights;

  double operator()(const Point& d) const {
    const auto [x, y, z] = d;
    const std::array<double, 10> terms = {x,     y,     z,         x * y,     y * z,
                                          z * x, x * x, z * z * y, x * y * y, x * y * z};
    double sum = 0;
    for (std::size_t i = 0; i < terms.size(); ++i) sum += weights[i] * terms[i];
    return std::exp(sum);
  }
};

/// The union of two bodies.
Radius united(Radius a, Radius b) {
  return [a = std::move(a), b = std::move(b)](const Point& d) { return std::max(a(d), b(d)); };
}

// === Families

Radius box_of(const Point& sides) {
  Polytope box;
  for (std::size_t axis = 0; axis < 3; ++axis) box.add_slab(axis, sides[axis]);
  return box;
}

Radius ellipsoid(Draw& draw) { return Superquadric{draw.sides(0.35, 1.0), 1, 1}; }

Radius superquadric(Draw& draw) {
  const Point sides = draw.sides(0.45, 1.0);
  const double e1 = draw.between(0.3, 1.8);
  return Superquadric{sides, e1, draw.between(0.3, 1.8)};
}

Radius box_family(Draw& draw) { return box_of(draw.sides(0.3, 1.0)); }

/// A box whose sides along x and z shrink upwards, to `top` of what they are at the bottom.
Radius tapered_box(Draw& draw) {
  const Point sides = draw.sides(0.4, 1.0);
  const double top = draw.between(0.3, 0.8);
  Polytope box;
  box.add_slab(1, sides[1]);
  for (const std::size_t axis : {std::size_t{0}, std::size_t{2}}) {
    for (const double sign : {-1.0, 1.0}) {
      Point normal{};
      normal[axis] = sign;
      normal[1] = sides[axis] * (1 - top) / (2 * sides[1]);
      box.add(normal, sides[axis] * (1 + top) / 2);
    }
  }
  return box;
}

/// Sides around the y axis that lean inwards by `lean`.
Polytope walls(int count, double width, double lean, double stretch) {
  Polytope body;
  for (int i = 0; i < count; ++i) {
    const double angle = 2 * std::numbers::pi * i / count;
    body.add({std::cos(angle) / stretch, lean, std::sin(angle)}, width);
  }
  return body;
}

Radius prism(Draw& draw) {
  const int count = draw.between(3, 8);
  const double width = draw.between(0.3, 0.8);
  Polytope body = walls(count, width, 0, draw.between(0.7, 1.5));
  body.add_slab(1, draw.between(0.3, 1.0));
  return body;
}

Radius pyramid(Draw& draw) {
  const int count = draw.between(3, 8);
  const double width = draw.between(0.25, 0.5);
  const double lean = draw.between(0.3, 0.7);
  Polytope body = walls(count, width, lean, draw.between(0.7, 1.5));
  body.add({0, -1, 0}, draw.between(0.2, 0.6));
  return body;
}

/// A crystal: random planes around a cube.
Radius gem(Draw& draw) {
  Polytope body;
  for (std::size_t axis = 0; axis < 3; ++axis) body.add_slab(axis, draw.between(0.7, 1.0));
  for (int i = 0; i < 12; ++i) {
    const Point normal = draw.direction();
    body.add(normal, draw.between(0.55, 1.0));
  }
  return body;
}

Capsule capsule_along(std::size_t axis, Draw& draw) {
  const double length = draw.between(0.3, 1.0);
  return {axis, length, draw.between(0.15, 0.4)};
}

Radius capsule(Draw& draw) {
  return capsule_along(static_cast<std::size_t>(draw.between(0, 2)), draw);
}

Radius cross(Draw& draw) {
  const Capsule x = capsule_along(0, draw);
  const Capsule y = capsule_along(1, draw);
  return united(united(x, y), capsule_along(2, draw));
}

Radius pear(Draw& draw) {
  const double low = draw.between(0.5, 0.8);
  const double high = draw.between(0.3, 0.5);
  const Ball below{{0, -low * draw.between(0.3, 0.7), 0}, low};
  return united(below, Ball{{0, high * draw.between(0.8, 0.95), 0}, high});
}

Radius boxes(Draw& draw) {
  const Point flat = {draw.between(0.6, 1.0), draw.between(0.1, 0.25), draw.between(0.6, 1.0)};
  const Point tall = {draw.between(0.1, 0.35), draw.between(0.5, 1.0), draw.between(0.1, 0.35)};
  return united(box_of(flat), box_of(tall));
}

Radius blob(Draw& draw) {
  Blob body{};
  for (double& weight : body.weights) weight = draw.between(-0.6, 0.6);
  return body;
}

constexpr std::array<std::pair<std::string_view, Radius (*)(Draw&)>, 12> kFamilies = {
    {{"ellipsoid", &ellipsoid},
     {"superquadric", &superquadric},
     {"box", &box_family},
     {"tapered_box", &tapered_box},
     {"prism", &prism},
     {"pyramid", &pyramid},
     {"gem", &gem},
     {"capsule", &capsule},
     {"cross", &cross},
     {"pear", &pear},
     {"boxes", &boxes},
     {"blob", &blob}}};

Point vertex_of(const TriangleMesh& mesh, std::size_t v) {
  return {mesh.vertices[3 * v], mesh.vertices[3 * v + 1], mesh.vertices[3 * v + 2]};
}

}  // namespace

std::vector<std::string_view> shape_families() {
  std::vector<std::string_view> names;
  names.reserve(kFamilies.size());
  for (const auto& family : kFamilies) names.push_back(family.first);
  return names;
}

Shape Shape::draw(std::string_view family, std::uint64_t seed, std::uint64_t index) {
  base::require_known(shape_families(), family, "family of shapes");
  const auto found =
      std::ranges::find_if(kFamilies, [&](const auto& known) { return known.first == family; });
  // Families are numbered in the stream, so that none repeats another's proportions.
  Draw draw(base::Random(seed, static_cast<std::uint64_t>(found - kFamilies.begin()), index));
  return Shape(found->second(draw));
}

Shape::Shape(Radius radius) : radius_(std::move(radius)) {
  static const TriangleMesh directions = icosphere(kScaleLevel);
  double largest = 0;
  for (std::size_t v = 0; v < directions.vertices.size() / 3; ++v) {
    const Point d = vertex_of(directions, v);
    const double r = radius_(d);
    for (const double coordinate : d) largest = std::max(largest, r * std::abs(coordinate));
  }
  scale_ = kExtent / largest;
}

double Shape::radius(const Point& direction) const { return scale_ * radius_(direction); }

TriangleMesh Shape::mesh(int level) const {
  TriangleMesh mesh = icosphere(level);
  for (std::size_t v = 0; v < mesh.vertices.size() / 3; ++v) {
    const double r = radius(vertex_of(mesh, v));
    for (std::size_t k = 0; k < 3; ++k) mesh.vertices[3 * v + k] *= r;
  }
  return mesh;
}

void Shape::voxels(std::size_t n, std::uint8_t* voxels) const {
  base::require(2 <= n && n <= kFinest, "Shape: the voxels must be 2 … ", kFinest, ", got ", n);
  const auto middle = [&](std::size_t i) {
    return (static_cast<double>(i) + 0.5 - static_cast<double>(n) / 2) / static_cast<double>(n - 1);
  };
  for (std::size_t i = 0; i < n * n * n; ++i) {
    const Point p = {middle(i / (n * n)), middle(i / n % n), middle(i % n)};
    const double length = std::sqrt(dot(p, p));
    const bool inside =
        length == 0 || length <= radius({p[0] / length, p[1] / length, p[2] / length});
    voxels[i] = static_cast<std::uint8_t>(inside);
  }
}

}  // namespace pliant::render
