// tasks/scenery.cpp — meshes by name or file, views of them, and pictures for the report
#include "tasks/scenery.h"

#include <torch/torch.h>

#include <cmath>
#include <filesystem>
#include <map>
#include <numbers>
#include <string>

#include "pliant/base/errors.h"
#include "pliant/render/objects.h"
#include "pliant/render/primitives.h"
#include "pliant/render/torch/camera.h"
#include "pliant/render/torch/light.h"
#include "pliant/render/torch/renderer.h"

namespace pliant::tasks {
namespace {

using torch::Tensor;

constexpr std::int64_t kMeshesAtOnce = 32;

const std::map<std::string_view, render::TriangleMesh (*)()>& primitives() {
  static const std::map<std::string_view, render::TriangleMesh (*)()> kAll = {
      {"sphere", [] { return render::icosphere(4, 0.5); }},
      {"box",
       [] {
         return render::box({1, 1, 1});
       }},
      {"cylinder", [] { return render::cylinder(0.35, 1, 48); }},
      {"torus", [] { return render::torus(0.35, 0.15, 64, 32); }}};
  return kAll;
}

std::string joined_names() {
  std::string all;
  for (const std::string_view name : mesh_names())
    all += (all.empty() ? "" : ", ") + std::string(name);
  return all;
}

Mesh unscaled(std::string_view name, std::string_view option, const LoadOptions& load) {
  const auto primitive = primitives().find(name);
  if (primitive != primitives().end()) return Mesh(primitive->second());
  for (const std::string_view family : render::object_families()) {
    if (family == name) return Mesh(render::make_object(name));
  }
  base::require(std::filesystem::path(name).extension() == ".obj", option, ": '", name,
                "' is no file *.obj, and no mesh that there is: ", joined_names());
  base::require(std::filesystem::is_regular_file(name), option, ": there is no file '", name, "'");
  return Mesh::from_obj(name, load);
}

Tensor fitted(const Tensor& vertices, double side, std::string_view option) {
  const auto [low, high] = std::pair{vertices.amin({0, 1}), vertices.amax({0, 1})};
  const double longest = (high - low).max().item<double>();
  base::require(longest > 0, option, ": all vertices are at one point");
  return (vertices - (low + high) / 2) * (side / longest);
}

RendererOptions hard_renderer(std::int64_t height, std::int64_t width) {
  RendererOptions options;
  options.height = height;
  options.width = width;
  options.coverage = {.distribution = "hard", .tau = 1, .squared = false, .t_norm = "max"};
  options.shading.blend = "hard";
  return options;
}

}  // namespace

std::vector<std::string_view> mesh_names() {
  std::vector<std::string_view> names = {"sphere", "box", "cylinder", "torus"};
  const auto families = render::object_families();
  names.insert(names.end(), families.begin(), families.end());
  return names;
}

Mesh load_mesh(std::string_view name, double side, std::string_view option,
               const LoadOptions& load) {
  base::require(side >= 0 && std::isfinite(side), option, "-size must be at least 0, got ", side);
  const Mesh mesh = unscaled(name, option, load);
  return side == 0 ? mesh : mesh.with_vertices(fitted(mesh.vertices(), side, option));
}

Mesh Cameras::see(const Mesh& mesh) const {
  const Tensor origin = torch::zeros({3});
  const Tensor up = torch::tensor({0.F, 1.F, 0.F});
  return mesh.with_vertices(perspective(look_at(mesh.vertices(), eyes, origin, up), angle));
}

Cameras ring_cameras(std::int64_t views, const std::vector<double>& elevations, double distance,
                     double angle) {
  base::require(1 <= views && views <= 10'000, "views must be in 1 … 10000, got ", views);
  base::require(!elevations.empty(), "elevations must be at least one number, got none");
  for (const double e : elevations)
    base::require(std::abs(e) < 90, "elevations must be in (−90, 90) degrees, got ", e);
  base::require(distance > 0 && std::isfinite(distance), "distance must be > 0, got ", distance);
  base::require(0 < angle && angle < 90, "viewing-angle must be in (0, 90) degrees, got ", angle);
  const Tensor azimuths =
      torch::arange(views, torch::kDouble) * (-360.0 / static_cast<double>(views));
  std::vector<Tensor> rings;
  for (const double elevation : elevations) {
    rings.push_back(points_from_angles(torch::tensor(distance, torch::kDouble),
                                       torch::tensor(elevation, torch::kDouble), azimuths));
  }
  return {torch::cat(rings).to(torch::kFloat), angle};
}

Cameras even_cameras(std::int64_t count, double distance, double angle) {
  const Tensor i = torch::arange(count, torch::kDouble);
  const Tensor elevations =
      torch::asin(1 - (2 * i + 1) / static_cast<double>(count)) * (180 / std::numbers::pi);
  const double golden = 180 * (3 - std::sqrt(5.0));
  const Tensor eyes =
      points_from_angles(torch::tensor(distance, torch::kDouble), elevations, i * golden);
  return {eyes.to(torch::kFloat), angle};
}

Tensor hard_silhouettes(const Mesh& mesh, const Cameras& cameras, std::int64_t height,
                        std::int64_t width) {
  const torch::NoGradGuard no_grad;
  std::vector<Tensor> all;
  for (std::int64_t first = 0; first < cameras.count(); first += kMeshesAtOnce) {
    const Cameras some = {cameras.eyes.slice(0, first, first + kMeshesAtOnce), cameras.angle};
    all.push_back(hard_coverage(some.see(mesh), height, width));
  }
  return torch::cat(all);
}

Tensor hard_coverage(const Mesh& on_screen, std::int64_t height, std::int64_t width) {
  return Renderer(hard_renderer(height, width))->silhouette(on_screen);
}

Mesh lit_by_day(const Mesh& mesh) {
  const Tensor lights = torch::tensor({{0.5F, 0.5F, 0.5F}, {0.2F, 0.2F, 0.25F}});
  const Tensor directions = torch::tensor({{-0.4F, 0.8F, -0.45F}, {0.8F, 0.1F, 0.6F}});
  return lit(mesh, torch::full({3}, 0.45F), lights, directions);
}

Tensor shaded_pictures(const Mesh& mesh, const Cameras& cameras, std::int64_t size,
                       const std::array<double, 3>& colour) {
  const torch::NoGradGuard no_grad;
  const Tensor paint = torch::tensor(at::ArrayRef<double>(colour)).to(torch::kFloat);
  const Mesh painted(mesh.vertices(), mesh.faces(),
                     paint.expand({mesh.vertices().size(1), 3}).contiguous(), "vertex");
  RendererOptions options = hard_renderer(size, size);
  options.background = torch::ones({3});
  options.anti_aliasing = true;
  const Tensor pictures = Renderer(options)->forward(cameras.see(lit_by_day(painted)));
  return bytes(pictures.narrow(1, 0, 3).clamp(0, 1)).permute({0, 2, 3, 1}).contiguous();
}

Tensor bytes(const Tensor& coverage) { return coverage.mul(255).round().to(torch::kByte); }

}  // namespace pliant::tasks
