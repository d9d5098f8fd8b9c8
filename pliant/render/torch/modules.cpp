// pliant/render/torch/modules.cpp — cameras, light and mesh losses as modules
#include "pliant/render/torch/modules.h"

#include <ATen/Functions.h>
#include <torch/types.h>

#include <cmath>
#include <numbers>
#include <utility>

namespace pliant {
namespace {

using torch::Tensor;

Tensor vector3(const std::array<double, 3>& v) {
  return torch::tensor(at::ArrayRef<double>(v), torch::kDouble);
}

Tensor checked_eyes(const char* module, const Tensor& eyes) {
  TORCH_CHECK_VALUE((eyes.dim() == 1 || eyes.dim() == 2) && eyes.size(-1) == 3, module,
                    ": eyes must be (3) or (B, 3), got ", eyes.sizes());
  return eyes;
}

/// Where the camera stands at first.
Tensor first_eyes(const char* module, const CameraOptions& options) {
  TORCH_CHECK_VALUE(0 < options.viewing_angle && options.viewing_angle < 90, module,
                    ": viewing_angle must be in (0, 90) degrees, got ", options.viewing_angle);
  TORCH_CHECK_VALUE(std::isfinite(options.viewing_scale), module,
                    ": viewing_scale must be finite, got ", options.viewing_scale);
  if (options.eye.defined()) return checked_eyes(module, options.eye);
  const double distance = 1 / std::tan(options.viewing_angle * std::numbers::pi / 180) + 1;
  return vector3({0, 0, -distance});
}

Tensor onto_screen(const Tensor& camera, const CameraOptions& options) {
  return options.perspective ? perspective(camera, options.viewing_angle)
                             : orthographic(camera, options.viewing_scale);
}

/// A direction or colour that is registered: finite, and for directions not 0.
void check_direction(const char* module, const std::array<double, 3>& direction) {
  const double length = std::hypot(direction[0], direction[1], direction[2]);
  TORCH_CHECK_VALUE(length > 0 && std::isfinite(length), module,
                    ": a direction must be finite and not 0, got (", direction[0], ", ",
                    direction[1], ", ", direction[2], ")");
}

const Tensor& up() {
  static const Tensor axis = vector3({0, 1, 0});
  return axis;
}

Tensor reduced(const Tensor& losses, bool average) { return average ? losses.mean() : losses; }

}  // namespace

LookAtImpl::LookAtImpl(const CameraOptions& camera_options)
    : options(camera_options), eyes(first_eyes("LookAt", options)) {}

Tensor LookAtImpl::forward(const Tensor& vertices) const {
  static const Tensor origin = vector3({0, 0, 0});
  return onto_screen(look_at(vertices, eyes, origin, up()), options);
}

Mesh LookAtImpl::forward(const Mesh& mesh) const {
  return mesh.with_vertices(forward(mesh.vertices()));
}

void LookAtImpl::set_eyes(const Tensor& new_eyes) { eyes = checked_eyes("LookAt", new_eyes); }

void LookAtImpl::set_eyes_from_angles(const Tensor& distance, const Tensor& elevation,
                                      const Tensor& azimuth) {
  set_eyes(points_from_angles(distance, elevation, azimuth));
}

LookImpl::LookImpl(const std::array<double, 3>& camera_direction,
                   const CameraOptions& camera_options)
    : options(camera_options),
      eyes(first_eyes("Look", options)),
      direction(vector3(camera_direction)) {
  check_direction("Look", camera_direction);
}

Tensor LookImpl::forward(const Tensor& vertices) const {
  return onto_screen(look(vertices, eyes, direction, up()), options);
}

Mesh LookImpl::forward(const Mesh& mesh) const {
  return mesh.with_vertices(forward(mesh.vertices()));
}

void LookImpl::set_eyes(const Tensor& new_eyes) { eyes = checked_eyes("Look", new_eyes); }

ProjectionImpl::ProjectionImpl(const Tensor& matrix, const Tensor& coefficients, double size)
    : P(register_buffer("P", matrix)), orig_size(size) {
  if (coefficients.defined()) distortion = register_buffer("distortion", coefficients);
  forward(torch::zeros({1, 3}));  // Checks the arguments.
}

Tensor ProjectionImpl::forward(const Tensor& vertices) const {
  return project(vertices, P, distortion.defined() ? std::optional(distortion) : std::nullopt,
                 orig_size);
}

Mesh ProjectionImpl::forward(const Mesh& mesh) const {
  return mesh.with_vertices(forward(mesh.vertices()));
}

LightingImpl::LightingImpl(const LightingOptions& options) {
  std::vector<Tensor> rows_of_colours;
  std::vector<Tensor> rows_of_directions;
  for (const DirectionalLight& light : options.directionals) {
    check_direction("Lighting", light.direction);
    rows_of_colours.push_back(vector3(light.colour) * light.intensity);
    rows_of_directions.push_back(vector3(light.direction));
  }
  const auto table = [](const std::vector<Tensor>& rows) {
    return rows.empty() ? torch::zeros({0, 3}, torch::kDouble) : torch::stack(rows);
  };
  ambient = register_buffer("ambient", vector3(options.colour_ambient) * options.intensity_ambient);
  colours = register_buffer("colours", table(rows_of_colours));
  directions = register_buffer("directions", table(rows_of_directions));
  for (const Tensor& values : {ambient, colours}) {
    TORCH_CHECK_VALUE(torch::isfinite(values).all().item<bool>(),
                      "Lighting: intensities and colours must be finite");
  }
}

Mesh LightingImpl::forward(const Mesh& mesh) const {
  return lit(mesh, ambient, colours, directions);
}

LaplacianLossImpl::LaplacianLossImpl(int64_t vertices, const Tensor& faces, bool take_mean)
    : topology(mesh_topology(faces, vertices)), average(take_mean) {
  topology.offsets = register_buffer("offsets", topology.offsets);
  topology.neighbours = register_buffer("neighbours", topology.neighbours);
}

Tensor LaplacianLossImpl::forward(const Tensor& vertices) const {
  return reduced(laplacian_loss(vertices, topology), average);
}

FlattenLossImpl::FlattenLossImpl(const Tensor& faces, bool take_mean) : average(take_mean) {
  const int64_t vertices = faces.numel() > 0 ? faces.max().item<int64_t>() + 1 : 0;
  topology = mesh_topology(faces, vertices);
  topology.interior = register_buffer("interior", topology.interior);
}

Tensor FlattenLossImpl::forward(const Tensor& vertices) const {
  return reduced(flatten_loss(vertices, topology), average);
}

}  // namespace pliant
