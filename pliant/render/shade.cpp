// pliant/render/shade.cpp — interpolation between corners, and its derivatives (no torch)
#include "pliant/render/shade.h"

#include <algorithm>
#include <cmath>

namespace pliant::render {
namespace {

/// The clamped weights of points far out in a wedge add up to no less (GenDR's constant).
constexpr double kLeastSum = 1e-5;

bool harmonic_depth(const Shading& shading) { return shading.perspective || shading.compat; }

/// A corner nearer to the camera's plane than this share of `near` has no place in a harmonic
/// depth.
constexpr double kLeastDepth = 1e-6;

bool perspective_colors(const Shading& shading) { return shading.perspective && !shading.compat; }

}  // namespace

template <class T>
ShadedFace<T> shaded_face(const ImageArgs<T>& args, const ScreenFace<T>* faces, std::size_t image,
                          std::size_t face) {
  const ScreenMesh<T>& mesh = args.mesh;
  const std::size_t own = mesh.own_faces ? image * mesh.faces : 0;
  const std::int32_t* index = mesh.face + (own + face) * 3;
  ShadedFace<T> out;
  out.screen = faces + face;
  const T inverse_area2 = out.screen->inverse_area2;
  out.has_color = inverse_area2 < 0 || (inverse_area2 > 0 && args.shading.double_side);
  const T least =
      harmonic_depth(args.shading) ? static_cast<T>(kLeastDepth * args.shading.near) : T(0);
  for (std::size_t k = 0; k < 3; ++k) {
    const std::size_t vertex = image * mesh.vertices + static_cast<std::size_t>(index[k]);
    out.z[k] = mesh.vertex[vertex * 3 + 2];
    out.has_color = out.has_color && std::abs(out.z[k]) >= least;
    out.corner_color[k] = args.texture + vertex * args.channels;
  }
  if (args.shading.texture == TextureKind::kSurface) {
    const std::size_t texels = args.resolution * args.resolution;
    out.texels = args.texture + (image * mesh.faces + face) * texels * args.channels;
  }
  return out;
}

template <class T>
Shade<T> shade(const Shading& shading, const ShadedFace<T>& face, const std::array<T, 3>& w) {
  Shade<T> out;
  T sum = 0;
  for (std::size_t k = 0; k < 3; ++k) {
    out.weight[k] = std::clamp(w[k], T(0), T(1));
    sum += out.weight[k];
  }
  out.sum = std::max(sum, static_cast<T>(kLeastSum));
  T depth = 0;
  const bool harmonic = harmonic_depth(shading);
  for (std::size_t k = 0; k < 3; ++k) {
    out.weight[k] /= out.sum;
    depth += harmonic ? out.weight[k] / face.z[k] : out.weight[k] * face.z[k];
  }
  out.z = harmonic ? 1 / depth : depth;
  out.visible = face.has_color && out.z >= static_cast<T>(shading.near) &&
                out.z <= static_cast<T>(shading.far);
  out.color_weight = out.weight;
  if (perspective_colors(shading)) {
    for (std::size_t k = 0; k < 3; ++k) out.color_weight[k] *= out.z / face.z[k];
  }
  return out;
}

template <class T>
std::size_t texel(const Shade<T>& shade, std::size_t resolution) {
  const auto side = static_cast<T>(resolution);
  const T x = shade.weight[0] * side, y = shade.weight[1] * side;
  // A weight of exactly 1 belongs to the last texel.
  const std::size_t i = std::min(static_cast<std::size_t>(x), resolution - 1);
  const std::size_t j = std::min(static_cast<std::size_t>(y), resolution - 1);
  const bool lower = x + y - static_cast<T>(i) - static_cast<T>(j) <= 1 || i + j + 1 >= resolution;
  return lower ? j * resolution + i : (resolution - 1 - j) * resolution + (resolution - 1 - i);
}

template <class T>
void add_shade_gradient(const Shading& shading, const ShadedFace<T>& face,
                        const std::array<T, 3>& w, const Shade<T>& shade, T grad_z,
                        const std::array<T, 3>& grad_color_weight, FaceGradient<T>& gradient) {
  const bool harmonic = harmonic_depth(shading);
  std::array<T, 3> grad_weight{}, direct{};
  if (!shading.compat) {
    for (std::size_t k = 0; k < 3; ++k) {
      if (!perspective_colors(shading)) {
        grad_weight[k] = grad_color_weight[k];
        continue;
      }
      // color_weight = weight·z/z_k
      const T ratio = shade.z / face.z[k];
      grad_weight[k] = grad_color_weight[k] * ratio;
      grad_z += grad_color_weight[k] * shade.weight[k] / face.z[k];
      direct[k] = -grad_color_weight[k] * shade.weight[k] * ratio / face.z[k];
    }
  }
  for (std::size_t k = 0; k < 3; ++k) {
    const T ratio = shade.z / face.z[k];
    gradient[3 * k + 2] += direct[k] + grad_z * shade.weight[k] * (harmonic ? ratio * ratio : 1);
    grad_weight[k] += grad_z * (harmonic ? -shade.z * ratio : face.z[k]);
  }
  if (shading.compat) return;
  // weight = clamp(w)/Σ clamp(w), then w = M⁻¹(x, y, 1) of the corners.
  T mean = 0;
  for (std::size_t k = 0; k < 3; ++k) mean += grad_weight[k] * shade.weight[k];
  T gx = 0, gy = 0;
  for (std::size_t k = 0; k < 3; ++k) {
    if (!(w[k] > 0 && w[k] < 1)) continue;
    const T g = (grad_weight[k] - mean) / shade.sum * face.screen->inverse_area2;
    const std::size_t opposite = (k + 1) % 3;
    gx -= g * face.screen->edge_y[opposite];
    gy += g * face.screen->edge_x[opposite];
  }
  for (std::size_t k = 0; k < 3; ++k) {
    gradient[3 * k] -= w[k] * gx;
    gradient[3 * k + 1] -= w[k] * gy;
  }
}

template ShadedFace<float> shaded_face(const ImageArgs<float>&, const ScreenFace<float>*,
                                       std::size_t, std::size_t);
template ShadedFace<double> shaded_face(const ImageArgs<double>&, const ScreenFace<double>*,
                                        std::size_t, std::size_t);
template Shade<float> shade(const Shading&, const ShadedFace<float>&, const std::array<float, 3>&);
template Shade<double> shade(const Shading&, const ShadedFace<double>&,
                             const std::array<double, 3>&);
template std::size_t texel(const Shade<float>&, std::size_t);
template std::size_t texel(const Shade<double>&, std::size_t);
template void add_shade_gradient(const Shading&, const ShadedFace<float>&,
                                 const std::array<float, 3>&, const Shade<float>&, float,
                                 const std::array<float, 3>&, FaceGradient<float>&);
template void add_shade_gradient(const Shading&, const ShadedFace<double>&,
                                 const std::array<double, 3>&, const Shade<double>&, double,
                                 const std::array<double, 3>&, FaceGradient<double>&);

}  // namespace pliant::render
