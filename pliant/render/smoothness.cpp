// pliant/render/smoothness.cpp — Laplacian and flatness of meshes, as losses (no torch)
#include "pliant/render/smoothness.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "pliant/base/errors.h"

namespace pliant::render {
namespace {

constexpr double kEpsilon = 1e-6;

using Vector = std::array<double, 3>;

template <class T>
Vector load(const T* x, std::int64_t vertex) {
  const T* p = x + 3 * vertex;
  return {static_cast<double>(p[0]), static_cast<double>(p[1]), static_cast<double>(p[2])};
}

template <class T>
void add_to(T* x, std::int64_t vertex, const Vector& v, double factor) {
  T* p = x + 3 * vertex;
  for (std::size_t k = 0; k < 3; ++k) p[k] += static_cast<T>(factor * v[k]);
}

double dot(const Vector& a, const Vector& b) { return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]; }

/// a + s b.
Vector plus(const Vector& a, double s, const Vector& b) {
  return {a[0] + s * b[0], a[1] + s * b[1], a[2] + s * b[2]};
}

void check(const NeighbourArgs& args) {
  base::require(args.offsets[0] == 0, "laplacian: offsets must begin with 0, got ",
                args.offsets[0]);
  for (std::size_t v = 0; v < args.vertices; ++v) {
    base::require(args.offsets[v] <= args.offsets[v + 1], "laplacian: offsets fall from ",
                  args.offsets[v], " to ", args.offsets[v + 1]);
  }
  base::require(static_cast<std::size_t>(args.offsets[args.vertices]) == args.count,
                "laplacian: offsets must end with the number of neighbours, ", args.count, ", got ",
                args.offsets[args.vertices]);
  for (std::size_t i = 0; i < args.count; ++i) {
    base::require(static_cast<std::uint64_t>(args.neighbours[i]) < args.vertices,
                  "laplacian: there is no neighbour ", args.neighbours[i], " among ", args.vertices,
                  " vertices");
  }
}

void check(const HingeArgs& args) {
  for (std::size_t i = 0; i < 4 * args.count; ++i) {
    base::require(static_cast<std::uint64_t>(args.hinges[i]) < args.vertices, "flatten: edge ",
                  i / 4, " has the vertex ", args.hinges[i], "; there are ", args.vertices,
                  ", counted from 0");
  }
}

double degree(const NeighbourArgs& args, std::size_t v) {
  return static_cast<double>(args.offsets[v + 1] - args.offsets[v]);
}

/// Σ over the neighbours u of v of x_u / weight(u).
template <class T, class Weight>
Vector neighbour_sum(const NeighbourArgs& args, std::size_t v, const T* x, const Weight& weight) {
  Vector sum = {0, 0, 0};
  for (std::int64_t i = args.offsets[v]; i < args.offsets[v + 1]; ++i) {
    const std::int64_t u = args.neighbours[i];
    sum = plus(sum, 1 / weight(static_cast<std::size_t>(u)), load(x, u));
  }
  return sum;
}

/// x_v − mean of its neighbours into delta; the sum of their squares.
template <class T>
double laplacian_of(const NeighbourArgs& args, const T* x, T* delta) {
  double sum = 0;
  for (std::size_t v = 0; v < args.vertices; ++v) {
    Vector difference = {0, 0, 0};
    if (args.offsets[v] != args.offsets[v + 1]) {
      const double count = degree(args, v);
      const Vector mean = neighbour_sum(args, v, x, [&](std::size_t) { return count; });
      difference = plus(load(x, static_cast<std::int64_t>(v)), -1, mean);
    }
    for (std::size_t k = 0; k < 3; ++k) delta[3 * v + k] = static_cast<T>(difference[k]);
    sum += dot(difference, difference);
  }
  return sum;
}

/// Two faces that meet in an edge.
struct Hinge {
  Vector e;         ///< the edge
  Vector b[2];      ///< from its begin to the two opposite vertices
  double m;         ///< |e|² + ε
  double along[2];  ///< e·b / m
  Vector h[2];      ///< heights
  double length[2];
  double cosine, denominator;

  template <class T>
  Hinge(const T* x, const std::int64_t* v) : e(plus(load(x, v[1]), -1, load(x, v[0]))) {
    m = dot(e, e) + kEpsilon;
    for (int i = 0; i < 2; ++i) {
      b[i] = plus(load(x, v[2 + i]), -1, load(x, v[0]));
      along[i] = dot(e, b[i]) / m;
      h[i] = plus(b[i], -along[i], e);
      length[i] = std::sqrt(dot(h[i], h[i]));
    }
    denominator = length[0] * length[1] + kEpsilon;
    cosine = dot(h[0], h[1]) / denominator;
  }

  /// Adds g times the gradient of (cosine + 1)².
  template <class T>
  void add_gradient(double g, const std::int64_t* v, T* grad_x) const {
    const double slope = 2 * (cosine + 1) * g / denominator;
    Vector grad_e = {0, 0, 0};
    for (int i = 0; i < 2; ++i) {
      const double shrink = length[i] > 0 ? cosine * length[1 - i] / length[i] : 0;
      const Vector grad_h = plus(h[1 - i], -shrink, h[i]);
      const double over = dot(e, grad_h) / m;
      const Vector grad_b = plus(grad_h, -over, e);
      // h = b − e (e·b)/m, m = |e|² + ε.
      grad_e = plus(grad_e, -along[i], grad_h);
      grad_e = plus(grad_e, -over, plus(b[i], -2 * along[i], e));
      add_to(grad_x, v[2 + i], grad_b, slope);
      add_to(grad_x, v[0], grad_b, -slope);
    }
    add_to(grad_x, v[1], grad_e, slope);
    add_to(grad_x, v[0], grad_e, -slope);
  }
};

}  // namespace

template <class T>
void laplacian_forward(const NeighbourArgs& args, const T* x, T* delta, T* loss,
                       const base::Executor& executor) {
  check(args);
  executor(args.batch, 1, [&](std::size_t begin, std::size_t end) {
    for (std::size_t b = begin; b < end; ++b) {
      const std::size_t at = 3 * args.vertices * b;
      loss[b] = static_cast<T>(laplacian_of(args, x + at, delta + at));
    }
  });
}

template <class T>
void laplacian_backward(const NeighbourArgs& args, const T* x, const T* grad_loss, T* delta,
                        T* grad_x, const base::Executor& executor) {
  check(args);
  executor(args.batch, 1, [&](std::size_t begin, std::size_t end) {
    for (std::size_t b = begin; b < end; ++b) {
      const std::size_t at = 3 * args.vertices * b;
      laplacian_of(args, x + at, delta + at);
      const double g = 2 * static_cast<double>(grad_loss[b]);
      for (std::size_t v = 0; v < args.vertices; ++v) {
        const Vector others =
            neighbour_sum(args, v, delta + at, [&](std::size_t u) { return degree(args, u); });
        const Vector own = load(delta + at, static_cast<std::int64_t>(v));
        const Vector total = plus(own, -1, others);
        for (std::size_t k = 0; k < 3; ++k) grad_x[at + 3 * v + k] = static_cast<T>(g * total[k]);
      }
    }
  });
}

template <class T>
void flatten_forward(const HingeArgs& args, const T* x, T* loss, const base::Executor& executor) {
  check(args);
  executor(args.batch, 1, [&](std::size_t begin, std::size_t end) {
    for (std::size_t b = begin; b < end; ++b) {
      const T* own = x + 3 * args.vertices * b;
      double sum = 0;
      for (std::size_t i = 0; i < args.count; ++i) {
        const double c = Hinge(own, args.hinges + 4 * i).cosine + 1;
        sum += c * c;
      }
      loss[b] = static_cast<T>(sum);
    }
  });
}

template <class T>
void flatten_backward(const HingeArgs& args, const T* x, const T* grad_loss, T* grad_x,
                      const base::Executor& executor) {
  check(args);
  executor(args.batch, 1, [&](std::size_t begin, std::size_t end) {
    for (std::size_t b = begin; b < end; ++b) {
      const std::size_t at = 3 * args.vertices * b;
      std::fill_n(grad_x + at, 3 * args.vertices, T(0));
      for (std::size_t i = 0; i < args.count; ++i) {
        const std::int64_t* v = args.hinges + 4 * i;
        Hinge(x + at, v).add_gradient(static_cast<double>(grad_loss[b]), v, grad_x + at);
      }
    }
  });
}

template void laplacian_forward<float>(const NeighbourArgs&, const float*, float*, float*,
                                       const base::Executor&);
template void laplacian_forward<double>(const NeighbourArgs&, const double*, double*, double*,
                                        const base::Executor&);
template void laplacian_backward<float>(const NeighbourArgs&, const float*, const float*, float*,
                                        float*, const base::Executor&);
template void laplacian_backward<double>(const NeighbourArgs&, const double*, const double*,
                                         double*, double*, const base::Executor&);
template void flatten_forward<float>(const HingeArgs&, const float*, float*, const base::Executor&);
template void flatten_forward<double>(const HingeArgs&, const double*, double*,
                                      const base::Executor&);
template void flatten_backward<float>(const HingeArgs&, const float*, const float*, float*,
                                      const base::Executor&);
template void flatten_backward<double>(const HingeArgs&, const double*, const double*, double*,
                                       const base::Executor&);

}  // namespace pliant::render
