// pliant/render/torch/camera.h — differentiable cameras: world → camera → screen
//
// Axes as in GenDR and its forerunners: the screen's x points right, y up, both in [-1, 1], and z
// is the depth in front of the camera. Vertices are (V, 3) or (B, V, 3), float32 or float64; points
// and directions are (3) or (B, 3) and take the vertices' dtype and device. (V, 3) vertices seen by
// B cameras become (B, V, 3). Every function is made of ATen's own ops: all arguments that are
// tensors have gradients, of any order.
#pragma once

#include <ATen/core/Tensor.h>

#include <optional>

namespace pliant {

/// Vertices as the camera at `eye` sees them that looks at `at`: [X; Y; Z](v − eye), Z = n(at −
/// eye), X = n(up × Z), Y = n(Z × X), n(a) = a / max(‖a‖, 1e-5) (specification of GenDR's look_at).
/// Where a direction is undefined (eye = at, or `up` parallel to the line of sight) its axis is
/// short or 0, and the result finite: a picture seen from the side, without area.
/// @param only_rotate  leaves out the translation, as for directions
/// @throws c10::ValueError, c10::TypeError that name the argument
at::Tensor look_at(const at::Tensor& vertices, const at::Tensor& eye, const at::Tensor& at,
                   const at::Tensor& up, bool only_rotate = false);

/// The same for a camera that looks along `direction`: Z = n(direction).
at::Tensor look(const at::Tensor& vertices, const at::Tensor& eye, const at::Tensor& direction,
                const at::Tensor& up, bool only_rotate = false);

/// Points on spheres: d · (cos e sin a, sin e, −cos e cos a), (…, 3) of distances, elevations and
/// azimuths whose shapes broadcast to (…).
/// @param degrees  whether the angles are in degrees, else in radians
at::Tensor points_from_angles(const at::Tensor& distance, const at::Tensor& elevation,
                              const at::Tensor& azimuth, bool degrees = true);

/// (X / (Z t), Y / (Z t), Z), t = tan(angle). For |Z| < 1e-6 the division is by 1e-6, so that a
/// vertex in the camera's plane is far away and not infinite.
/// @param angle  HALF of the field of view in degrees, in (0, 90); as a tensor () or (B), which
/// gets
///               a gradient and whose values are not checked
at::Tensor perspective(const at::Tensor& vertices, const at::Tensor& angle);
at::Tensor perspective(const at::Tensor& vertices, double angle = 30);

/// (scale · X, scale · Y, Z).
at::Tensor orthographic(const at::Tensor& vertices, double scale = 1);

/// World → screen by a projection matrix of a calibrated camera: [x y z] = P [v; 1], x′ = x/(z +
/// 1e-5) (by 1e-6 where that is nearer to 0), x″ = x′ distorted by OpenCV's k1, k2, p1, p2, k3, and
/// 2 (x″ − size/2) / size. Rows of a P whose y points down give a picture upside down.
/// @param P           (3, 4) or (B, 3, 4)
/// @param distortion  (5) or (B, 5); none: no distortion
/// @param orig_size   the side of the camera's picture in its own unit, > 0
at::Tensor project(const at::Tensor& vertices, const at::Tensor& P,
                   const std::optional<at::Tensor>& distortion = std::nullopt,
                   double orig_size = 512);

}  // namespace pliant
