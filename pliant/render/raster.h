// pliant/render/raster.h — what is drawn, on which pixels, and how softly: what all kernels of the
// renderer take (no torch)
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "pliant/math/distribution.h"
#include "pliant/math/t_norm.h"

namespace pliant::render {

/// The picture. Row 0 is at the top; the shorter side spans [−1, 1], so pixels are square: pixel
/// (r, c) is at x = (2c + 1 − width)/side to the right, y = (height − 1 − 2r)/side up.
struct Size {
  std::size_t height = 0;
  std::size_t width = 0;
};

/// The longest side of a picture.
inline constexpr std::size_t kMaxSide = 16384;

/// Triangles as a camera left them. A face with a corner that is not finite is not drawn.
template <class T>
struct ScreenMesh {
  std::size_t batch = 0;
  std::size_t vertices = 0;
  std::size_t faces = 0;
  const T* vertex = nullptr;           ///< (batch, vertices, 3): x, y on the screen, depth z
  const std::int32_t* face = nullptr;  ///< (faces, 3), or (batch, faces, 3) if `own_faces`
  bool own_faces = false;
};

/// How far a pixel is covered by one face, a = F(u(s·d)) with d its distance to the boundary of the
/// projected triangle and s = 1 inside and −1 outside, and by all: A = ⊥ a (GenDR, CVPR 2022,
/// sections 3 and 4). A face without an area has no inside.
struct Coverage {
  math::Distribution distribution;  ///< scale 1/τ, power 2 for the squared distance
  math::TNorm t_norm;
  double dist_eps = 1e4;  ///< pixels farther than √(dist_eps·τ) outside do not see the face, > 0
};

/// Coverage up to this counts as none (GenDR's constant).
inline constexpr double kLeastCoverage = 1e-6;

/// @throws std::invalid_argument that names `caller`, the parameter, its range and the value
void check(const Coverage& coverage, std::string_view caller);

/// @throws std::invalid_argument if a side is 0 or above kMaxSide
void check(const Size& size, std::string_view caller);

/// How far outside a face its coverage is still above kLeastCoverage, within √(dist_eps·τ).
double outer_radius(const Coverage& coverage);

}  // namespace pliant::render
