// tests/render/brute_force.h — every pixel of every image against every face, one by one: the
// reference for the rasteriser, and the loop that its benchmark counts from
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include "pliant/render/silhouette.h"

namespace brute {

/// The boundary point nearest to p of a triangle, by the three segments.
template <class T>
struct Foot {
  T distance = std::numeric_limits<T>::infinity();
  std::array<T, 2> to_foot{};  ///< q − p
  std::array<T, 3> share{};    ///< barycentric weights of q
  bool inside = false;
};

template <class T>
Foot<T> foot(const std::array<const T*, 3>& v, T x, T y) {
  Foot<T> best;
  const T area =
      (v[1][0] - v[0][0]) * (v[2][1] - v[0][1]) - (v[1][1] - v[0][1]) * (v[2][0] - v[0][0]);
  best.inside = area != 0;
  for (std::size_t i = 0; i < 3; ++i) {
    const std::size_t j = (i + 1) % 3;
    const T ex = v[j][0] - v[i][0], ey = v[j][1] - v[i][1], px = x - v[i][0], py = y - v[i][1];
    const T length2 = ex * ex + ey * ey;
    const T t = length2 > 0 ? std::clamp((px * ex + py * ey) / length2, T(0), T(1)) : T(0);
    const T qx = t * ex - px, qy = t * ey - py, distance = std::sqrt(qx * qx + qy * qy);
    if (distance < best.distance) {
      best.distance = distance;
      best.to_foot = {qx, qy};
      best.share = {};
      best.share[i] = 1 - t;
      best.share[j] = t;
    }
    best.inside = best.inside && (ex * py - ey * px) * area > 0;
  }
  return best;
}

/// One answer: a, 1 − a, −ln(1 − a), da/d(signed distance).
template <class T>
struct Answer {
  T p, tail, log_tail, density;
};

/// How the reference decides and folds: any distribution and T-norm, by the functions of math.
template <class T>
struct Any {
  pliant::render::Coverage coverage;

  Answer<T> decide(T distance) const {
    Answer<T> a;
    pliant::math::decide<T>(coverage.distribution, &distance, 1,
                            {&a.p, &a.tail, &a.density, &a.log_tail});
    return a;
  }
  T term(const Answer<T>& a) const {
    T out;
    pliant::math::terms<T>(coverage.t_norm, {&a.p, &a.tail, &a.log_tail}, 1, &out);
    return out;
  }
  T empty() const {
    return pliant::math::fold(coverage.t_norm) == pliant::math::Fold::kLogSum
               ? -std::numeric_limits<T>::infinity()
               : T(0);
  }
  T fold(T folded, T term) const {
    using pliant::math::Fold;
    const Fold kind = pliant::math::fold(coverage.t_norm);
    if (kind == Fold::kSum) return folded + term;
    const T top = std::max(folded, term), low = std::min(folded, term);
    if (kind == Fold::kMax || low == -std::numeric_limits<T>::infinity()) return top;
    return top + std::log1p(std::exp(low - top));
  }
  T value(T folded) const {
    T out;
    pliant::math::combine<T>(coverage.t_norm, &folded, 1, &out, nullptr);
    return out;
  }
  T slope(const Answer<T>& a, T folded) const {
    T out;
    pliant::math::slopes<T>(coverage.t_norm, {&a.p, &a.tail, &a.log_tail}, &folded, 1, &out);
    return out;
  }
};

/// The logistic function of the squared distance and the probabilistic sum, written out.
template <class T>
struct LogisticSquared {
  T tau;

  Answer<T> decide(T distance) const {
    const T u = distance * std::abs(distance) / tau, e = std::exp(-std::abs(u));
    const T small = e / (1 + e), large = 1 / (1 + e);
    Answer<T> a;
    a.p = u < 0 ? small : large;
    a.tail = u < 0 ? large : small;
    a.log_tail = std::max(u, T(0)) + std::log1p(e);
    a.density = small * large * 2 * std::abs(distance) / tau;
    return a;
  }
  T term(const Answer<T>& a) const { return a.log_tail; }
  T empty() const { return 0; }
  T fold(T folded, T term) const { return folded + term; }
  T value(T folded) const { return -std::expm1(-folded); }
  T slope(const Answer<T>& a, T folded) const { return std::exp(a.log_tail - folded); }
};

/// A picture that is `side` pixels wide and high, without a cut-off beyond `outer`.
template <class T, class Policy>
class Silhouette {
 public:
  Silhouette(const Policy& policy, const pliant::render::ScreenMesh<T>& mesh, std::size_t side,
             T outer)
      : policy_(policy), mesh_(mesh), side_(side), outer_(outer) {}

  /// alpha, folded: (batch, side, side)
  void forward(T* alpha, T* folded) const {
    for_each_pixel([&](std::size_t image, std::size_t pixel, T x, T y) {
      T sum = policy_.empty();
      for_each_answer(image, x, y, [&](std::size_t, const auto&, const Answer<T>& a) {
        sum = policy_.fold(sum, policy_.term(a));
      });
      folded[pixel] = sum;
      alpha[pixel] = policy_.value(sum);
    });
  }

  /// grad_vertex (batch, vertices, 3) is added to.
  void backward(const T* folded, const T* grad_alpha, T* grad_vertex) const {
    for_each_pixel([&](std::size_t image, std::size_t pixel, T x, T y) {
      for_each_answer(image, x, y, [&](std::size_t f, const Foot<T>& at, const Answer<T>& a) {
        if (at.distance == 0) return;
        const T g = grad_alpha[pixel] * policy_.slope(a, folded[pixel]) * a.density;
        const T factor = (at.inside ? g : -g) / at.distance;
        for (std::size_t k = 0; k < 3; ++k) {
          T* to = grad_vertex + corner(image, f, k) * 3;
          for (std::size_t c = 0; c < 2; ++c) to[c] += factor * at.share[k] * at.to_foot[c];
        }
      });
    });
  }

 private:
  template <class Fn>
  void for_each_pixel(const Fn& fn) const {
    for (std::size_t image = 0; image < mesh_.batch; ++image) {
      for (std::size_t row = 0; row < side_; ++row) {
        for (std::size_t column = 0; column < side_; ++column) {
          const T size = static_cast<T>(side_);
          fn(image, (image * side_ + row) * side_ + column,
             (2 * static_cast<T>(column) + 1 - size) / size,
             (size - 1 - 2 * static_cast<T>(row)) / size);
        }
      }
    }
  }

  template <class Fn>
  void for_each_answer(std::size_t image, T x, T y, const Fn& fn) const {
    for (std::size_t f = 0; f < mesh_.faces; ++f) {
      const std::array<const T*, 3> v = {mesh_.vertex + corner(image, f, 0) * 3,
                                         mesh_.vertex + corner(image, f, 1) * 3,
                                         mesh_.vertex + corner(image, f, 2) * 3};
      const Foot<T> at = foot(v, x, y);
      if (!at.inside && at.distance >= outer_) continue;
      fn(f, at, policy_.decide(at.inside ? at.distance : -at.distance));
    }
  }

  [[nodiscard]] std::size_t corner(std::size_t image, std::size_t face, std::size_t k) const {
    const std::size_t own = mesh_.own_faces ? image * mesh_.faces : 0;
    return image * mesh_.vertices + static_cast<std::size_t>(mesh_.face[(own + face) * 3 + k]);
  }

  Policy policy_;
  pliant::render::ScreenMesh<T> mesh_;
  std::size_t side_;
  T outer_;
};

}  // namespace brute
