// tasks/scenery.h — meshes by name or file, views of them, and pictures for the report
#pragma once

#include <ATen/core/Tensor.h>

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "pliant/render/torch/mesh.h"

namespace pliant::tasks {

/// What load_mesh knows by name: sphere, box, cylinder, torus, and the families of objects.
std::vector<std::string_view> mesh_names();

/// A mesh of mesh_names(), or an OBJ file.
/// @param side  moves it to 0 and scales it so that its longest side is this; 0: as it is
/// @param load  of a file
/// @throws std::invalid_argument that names `option` if it is neither, or the file is wrong, or the
/// side is negative
Mesh load_mesh(std::string_view name, double side, std::string_view option,
               const LoadOptions& load = {});

/// Cameras at a distance that all look at 0: their places and what they see, half a field of view.
struct Cameras {
  at::Tensor eyes;  ///< (N, 3) float32
  double angle = 15;

  /// The mesh on their screens.
  [[nodiscard]] Mesh see(const Mesh& mesh) const;
  [[nodiscard]] std::int64_t count() const { return eyes.size(0); }
};

/// Rings of `views` cameras at azimuths 0, −360/views, …, one ring an elevation, in degrees.
/// @throws std::invalid_argument that names the option
Cameras ring_cameras(std::int64_t views, const std::vector<double>& elevations, double distance,
                     double angle);

/// `count` cameras spread evenly over the sphere, none at its poles.
Cameras even_cameras(std::int64_t count, double distance, double angle);

/// What the cameras see of the mesh, each pixel covered or not: float32 (N, height, width).
at::Tensor hard_silhouettes(const Mesh& mesh, const Cameras& cameras, std::int64_t height,
                            std::int64_t width);

/// The same of meshes that are on the screen already (N, V, 3).
at::Tensor hard_coverage(const Mesh& on_screen, std::int64_t height, std::int64_t width);

/// The mesh in the light of a sun from the front's left and of the sky.
Mesh lit_by_day(const Mesh& mesh);

/// Lit pictures on white, smooth where faces meet: uint8 (N, size, size, 3).
/// @param colour  of the mesh, red, green, blue in [0, 1]
at::Tensor shaded_pictures(const Mesh& mesh, const Cameras& cameras, std::int64_t size,
                           const std::array<double, 3>& colour);

/// Coverage in [0, 1] as uint8.
at::Tensor bytes(const at::Tensor& coverage);

}  // namespace pliant::tasks
