// tasks/silhouette_views.h — the silhouettes that a shape is learned from
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <filesystem>

#include "tasks/scenery.h"

namespace pliant::tasks {

/// Cameras and what each sees.
struct Views {
  Cameras cameras;
  at::Tensor silhouettes;  ///< float32 (N, height, width) in [0, 1]

  [[nodiscard]] std::int64_t count() const { return cameras.count(); }
  [[nodiscard]] std::int64_t height() const { return silhouettes.size(1); }
  [[nodiscard]] std::int64_t width() const { return silhouettes.size(2); }
};

/// What the cameras see of a mesh, hard.
Views views_of(const Mesh& mesh, const Cameras& cameras, std::int64_t size);

/// The pictures *.png of a folder in the order of their names, white on black (their brightness is
/// the coverage), all of one size, and a camera for each.
/// @param cameras  .npy of float32 or float64 (N, 3): distance, elevation, azimuth in degrees, as
///                 points_from_angles; empty: cameras.npy in the folder
/// @param angle    half of the cameras' field of view in degrees, across the shorter side
/// @throws std::invalid_argument that names the file and what is wrong
Views read_views(const std::filesystem::path& folder, std::filesystem::path cameras, double angle);

}  // namespace pliant::tasks
