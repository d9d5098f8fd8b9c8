// pliant/render/shade.h — depth and colour of one pixel on one face, and their derivatives; private
// to render/ (no torch)
#pragma once

#include <array>
#include <cstddef>

#include "pliant/render/image.h"
#include "pliant/render/pairs.h"

namespace pliant::render {

/// A face with what colours need of it.
template <class T>
struct ShadedFace {
  const ScreenFace<T>* screen = nullptr;
  std::array<T, 3> z;
  bool has_color = false;  ///< has an area, and is seen from the front or double-sided
  std::array<const T*, 3> corner_color;  ///< kVertex
  const T* texels = nullptr;             ///< kSurface
};

template <class T>
ShadedFace<T> shaded_face(const ImageArgs<T>& args, const ScreenFace<T>* faces, std::size_t image,
                          std::size_t face);

/// A point of a face: weights w̃ (clamped, sum 1), b (of colours), and depth.
template <class T>
struct Shade {
  std::array<T, 3> weight;
  std::array<T, 3> color_weight;
  T sum;  ///< of the clamped weights
  T z;
  bool visible;  ///< has a colour, and near ≤ z ≤ far
};

/// @param w  barycentric weights, not clamped
template <class T>
Shade<T> shade(const Shading& shading, const ShadedFace<T>& face, const std::array<T, 3>& w);

/// The texel of kSurface that holds a point.
template <class T>
std::size_t texel(const Shade<T>& shade, std::size_t resolution);

/// The gradient of x₀ y₀ z₀ x₁ … z₂.
template <class T>
using FaceGradient = std::array<T, 9>;

/// Adds what flows back through the weights of a point: from its depth, and from the weights that
/// its colour is made with.
/// @param grad_color_weight  zeros if the colour has no part in it
template <class T>
void add_shade_gradient(const Shading& shading, const ShadedFace<T>& face,
                        const std::array<T, 3>& w, const Shade<T>& shade, T grad_z,
                        const std::array<T, 3>& grad_color_weight, FaceGradient<T>& gradient);

}  // namespace pliant::render
