// tasks/camera_problems.h — pictures by unknown cameras, and where their search begins
#pragma once

#include <ATen/core/Tensor.h>

#include <array>
#include <cstdint>

#include "pliant/render/torch/mesh.h"

namespace pliant::tasks {

/// Degrees that a search begins away from the truth, from and to.
inline constexpr std::array<std::array<double, 2>, 3> kCameraBins = {
    {{15, 35}, {35, 55}, {55, 75}}};

/// N cameras around 0. Each field is float32 (N); angles are in degrees.
struct CameraPoses {
  at::Tensor distance;
  at::Tensor elevation;
  at::Tensor azimuth;
  at::Tensor angle;  ///< half of the field of view

  [[nodiscard]] std::int64_t count() const { return distance.size(0); }
  [[nodiscard]] CameraPoses slice(std::int64_t begin, std::int64_t end) const;
};

/// The mesh, or a mesh for each camera, on the cameras' screens.   Gradient: the poses.
Mesh seen_by(const CameraPoses& poses, const Mesh& mesh);

/// What the camera task searches for. Everything is a function of (seed, index).
struct CameraProblems {
  CameraPoses truth;
  /// The elevation and azimuth are relative to the truth's, which are 0 there.
  CameraPoses start;

  static CameraProblems draw(std::uint64_t seed, std::int64_t count);

  /// The meshes (N, V, 3) as the true cameras see them, not moved: what a camera at elevation and
  /// azimuth 0 sees of them is what the true one sees.
  [[nodiscard]] Mesh turned(const Mesh& mesh) const;
};

/// Which of kCameraBins problem `index` is of.
inline std::int64_t camera_bin(std::int64_t index) {
  return index % static_cast<std::int64_t>(kCameraBins.size());
}

}  // namespace pliant::tasks
