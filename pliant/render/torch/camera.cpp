// pliant/render/torch/camera.cpp — differentiable cameras: world → camera → screen
#include "pliant/render/torch/camera.h"

#include <ATen/Functions.h>
#include <torch/library.h>

#include <cmath>
#include <numbers>

#include "pliant/base/torch/op.h"
#include "pliant/base/torch/transforms.h"

namespace pliant {
namespace {

using at::Tensor;

constexpr double kShortest = 1e-5;  ///< what lengths are divided by at least
constexpr double kNearest = 1e-6;   ///< what depths are divided by at least
constexpr double kDegree = std::numbers::pi / 180;

void check_vertices(const char* function, const Tensor& vertices) {
  TORCH_CHECK_TYPE(vertices.scalar_type() == at::kFloat || vertices.scalar_type() == at::kDouble,
                   function, ": vertices must be float32 or float64, got ", vertices.scalar_type());
  TORCH_CHECK_VALUE((vertices.dim() == 2 || vertices.dim() == 3) && vertices.sym_size(-1) == 3,
                    function, ": vertices must be (V, 3) or (B, V, 3), got ", vertices.sym_sizes());
}

/// An argument of a camera, (shape) or (B, shape), in the vertices' type.
/// @param dim  that of `shape`
Tensor camera_argument(const char* function, const char* name, const Tensor& value, int64_t dim,
                       int64_t last, const Tensor& vertices) {
  TORCH_CHECK_TYPE(
      at::isFloatingType(value.scalar_type()) || at::isIntegralType(value.scalar_type(), false),
      function, ": ", name, " must hold real numbers, got ", value.scalar_type());
  const bool right = (value.dim() == dim || value.dim() == dim + 1) && value.sym_size(-1) == last &&
                     (dim == 1 || value.sym_size(-2) == 3);
  TORCH_CHECK_VALUE(right, function, ": ", name, " must be ", dim == 1 ? "(" : "(3, ", last,
                    dim == 1 ? ") or (B, " : ") or (B, 3, ", last, "), got ", value.sym_sizes());
  if (value.dim() == dim + 1 && vertices.dim() == 3) {
    const auto ours = value.sym_size(0);
    const auto theirs = vertices.sym_size(0);
    TORCH_CHECK_VALUE(ours == theirs || ours == 1 || theirs == 1, function, ": ", name,
                      " has a batch of ", ours, ", but vertices one of ", theirs);
  }
  return value.to(vertices.options());
}

/// n(a) = a / max(‖a‖, 1e-5).
Tensor unit(const Tensor& a) {
  return a / at::linalg_vector_norm(a, 2, -1, /*keepdim=*/true).clamp_min(kShortest);
}

/// Rotates and moves the vertices for the line of sight `forward`, of any length.
Tensor seen(const Tensor& vertices, const Tensor& eye, const Tensor& forward, const Tensor& up,
            bool only_rotate) {
  const Tensor z = unit(forward);
  const Tensor x = unit(at::linalg_cross(up.expand_as(z), z));
  const Tensor y = unit(at::linalg_cross(z, x));
  const Tensor moved = only_rotate ? vertices : vertices - eye.unsqueeze(-2);
  return at::matmul(moved, at::stack({x, y, z}, -1));
}

/// Depths that can be divided by: 1e-6 for those that are nearer to 0. (One reciprocal for x and y
/// has a gradient of half as many divisions as their quotients.)
Tensor divisible(const Tensor& depth) {
  return at::where(depth.detach().abs() < kNearest, kNearest, depth);
}

Tensor screen(const Tensor& xy, const Tensor& z) { return at::cat({xy, z}, -1); }

Tensor perspective_fixed(const Tensor& vertices, double angle) {
  return perspective(vertices, angle);
}
Tensor perspective_learned(const Tensor& vertices, const Tensor& angle) {
  return perspective(vertices, angle);
}

/// x′, y′ (…, 2) with OpenCV's distortion, coefficients (…, 5).
Tensor distorted(const Tensor& xy, const Tensor& coefficients) {
  const auto k = [&](int64_t i) { return coefficients.narrow(-1, i, 1).unsqueeze(-2); };
  const Tensor square = xy * xy;
  const Tensor r2 = square.sum(-1, /*keepdim=*/true);
  const Tensor radial = 1 + r2 * (k(0) + r2 * (k(1) + r2 * k(4)));
  const Tensor product = 2 * xy.prod(-1, /*keepdim=*/true);
  const Tensor tangential = coefficients.narrow(-1, 2, 2).unsqueeze(-2);  // p1, p2
  // x: 2 p1 x y + p2 (r² + 2 x²);  y: p1 (r² + 2 y²) + 2 p2 x y.
  return xy * radial + tangential * product + tangential.flip(-1) * (r2 + 2 * square);
}

}  // namespace

Tensor look_at(const Tensor& vertices, const Tensor& eye, const Tensor& at, const Tensor& up,
               bool only_rotate) {
  check_vertices("look_at", vertices);
  const Tensor from = camera_argument("look_at", "eye", eye, 1, 3, vertices);
  const Tensor to = camera_argument("look_at", "at", at, 1, 3, vertices);
  return seen(vertices, from, to - from, camera_argument("look_at", "up", up, 1, 3, vertices),
              only_rotate);
}

Tensor look(const Tensor& vertices, const Tensor& eye, const Tensor& direction, const Tensor& up,
            bool only_rotate) {
  check_vertices("look", vertices);
  return seen(vertices, camera_argument("look", "eye", eye, 1, 3, vertices),
              camera_argument("look", "direction", direction, 1, 3, vertices),
              camera_argument("look", "up", up, 1, 3, vertices), only_rotate);
}

Tensor points_from_angles(const Tensor& distance, const Tensor& elevation, const Tensor& azimuth,
                          bool degrees) {
  for (const auto& [name, value] :
       {std::pair("distance", &distance), std::pair("elevation", &elevation),
        std::pair("azimuth", &azimuth)}) {
    TORCH_CHECK_TYPE(at::isFloatingType(value->scalar_type()), "points_from_angles: ", name,
                     " must be floating-point, got ", value->scalar_type());
  }
  const Tensor e = degrees ? elevation * kDegree : elevation;
  const Tensor a = degrees ? azimuth * kDegree : azimuth;
  const Tensor flat = distance * e.cos();
  const auto points = at::broadcast_tensors({flat * a.sin(), distance * e.sin(), -flat * a.cos()});
  return at::stack(points, -1);
}

Tensor perspective(const Tensor& vertices, const Tensor& angle) {
  check_vertices("perspective", vertices);
  TORCH_CHECK_TYPE(at::isFloatingType(angle.scalar_type()),
                   "perspective: angle must be floating-point, got ", angle.scalar_type());
  TORCH_CHECK_VALUE(angle.dim() <= 1, "perspective: angle must be () or (B), got ",
                    angle.sym_sizes());
  Tensor t = (angle.to(vertices.options()) * kDegree).tan();
  if (angle.dim() == 1) t = t.unsqueeze(-1).unsqueeze(-1);
  const Tensor z = vertices.narrow(-1, 2, 1);
  const Tensor xy = vertices.narrow(-1, 0, 2) * (divisible(z) * t).reciprocal();
  return screen(xy, angle.dim() == 1 ? z.expand_as(xy.narrow(-1, 0, 1)) : z);
}

Tensor perspective(const Tensor& vertices, double angle) {
  check_vertices("perspective", vertices);
  TORCH_CHECK_VALUE(0 < angle && angle < 90, "perspective: angle must be in (0, 90) degrees, got ",
                    angle);
  const Tensor z = vertices.narrow(-1, 2, 1);
  return screen(vertices.narrow(-1, 0, 2) * (divisible(z) * std::tan(angle * kDegree)).reciprocal(),
                z);
}

Tensor orthographic(const Tensor& vertices, double scale) {
  check_vertices("orthographic", vertices);
  TORCH_CHECK_VALUE(std::isfinite(scale), "orthographic: scale must be finite, got ", scale);
  return screen(vertices.narrow(-1, 0, 2) * scale, vertices.narrow(-1, 2, 1));
}

Tensor project(const Tensor& vertices, const Tensor& P, const std::optional<Tensor>& distortion,
               double orig_size) {
  check_vertices("project", vertices);
  TORCH_CHECK_VALUE(orig_size > 0 && std::isfinite(orig_size),
                    "project: orig_size must be > 0, got ", orig_size);
  const Tensor matrix = camera_argument("project", "P", P, 2, 4, vertices);
  const Tensor camera = at::matmul(vertices, matrix.narrow(-1, 0, 3).transpose(-1, -2)) +
                        matrix.select(-1, 3).unsqueeze(-2);
  const Tensor z = camera.narrow(-1, 2, 1);
  Tensor xy = camera.narrow(-1, 0, 2) * divisible(z + kShortest).reciprocal();
  if (distortion)
    xy = distorted(xy, camera_argument("project", "distortion", *distortion, 1, 5, vertices));
  return screen(xy * (2 / orig_size) - 1, z.expand_as(xy.narrow(-1, 0, 1)));
}

TORCH_LIBRARY_FRAGMENT(pliant, library) {
  define_composite(
      library,
      "look_at(Tensor vertices, Tensor eye, Tensor at, Tensor up, bool only_rotate=False) -> "
      "Tensor",
      &look_at);
  define_composite(
      library,
      "look(Tensor vertices, Tensor eye, Tensor direction, Tensor up, bool only_rotate=False)"
      " -> Tensor",
      &look);
  define_composite(
      library,
      "points_from_angles(Tensor distance, Tensor elevation, Tensor azimuth, bool degrees=True)"
      " -> Tensor",
      &points_from_angles);
  define_composite(library, "perspective(Tensor vertices, float angle) -> Tensor",
                   &perspective_fixed);
  define_composite(library, "perspective.learned(Tensor vertices, Tensor angle) -> Tensor",
                   &perspective_learned);
  define_composite(library, "orthographic(Tensor vertices, float scale=1.) -> Tensor",
                   &orthographic);
  define_composite(
      library,
      "project(Tensor vertices, Tensor P, Tensor? distortion=None, float orig_size=512.) -> Tensor",
      &project);
}

}  // namespace pliant
