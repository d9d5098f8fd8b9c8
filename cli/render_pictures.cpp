// cli/render_pictures.cpp — the pictures of `pliant render`
#include <torch/torch.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <iostream>
#include <string>
#include <vector>

#include "cli/options.h"
#include "cli/render_request.h"
#include "pliant/base/errors.h"
#include "pliant/data/image_file.h"
#include "pliant/render/torch/camera.h"
#include "pliant/render/torch/renderer.h"
#include "tasks/scenery.h"

namespace pliant::cli {
namespace {

namespace fs = std::filesystem;
using torch::Tensor;

constexpr double kGamma = 1e-4;  ///< small enough for what is in front to hide what is behind
constexpr std::int64_t kMostPictures = 1000;
constexpr std::int64_t kMostSheetPixels = std::int64_t{1} << 28;

void check(const RenderRequest& r) {
  const auto kinds = picture_kinds();
  base::require(std::find(kinds.begin(), kinds.end(), r.kind) != kinds.end(), "unknown kind '",
                r.kind, "'; there are: ", joined(kinds));
  base::require(1 <= r.size && r.size <= 8192, "size must be in 1 … 8192, got ", r.size);
  base::require(0 <= r.texture_res && r.texture_res <= 64, "texture-res must be in 0 … 64, got ",
                r.texture_res);
  base::require(r.eye.empty() || r.eye.size() == 3, "eye must be three numbers, got ",
                r.eye.size());
  const auto count = [](const char* name, std::int64_t value) {
    base::require(0 <= value && value <= kMostPictures, name, " must be in 0 … ", kMostPictures,
                  ", got ", value);
  };
  count("turntable", r.turntable);
  count("animate-tau", r.animate_tau);
  base::require((r.turntable > 0) + (r.animate_tau > 0) + (r.sheet ? 1 : 0) <= 1,
                "turntable, animate-tau and sheet: one at a time");
  base::require(!r.animation || r.turntable > 0 || r.animate_tau > 0,
                "animation: of turntable or animate-tau, give one of them");
  const std::int64_t sequence = std::max(r.turntable, r.animate_tau);
  base::require(sequence * r.size * r.size <= kMostSheetPixels, "size: ", sequence, " pictures of ",
                r.size, " pixels a side are too large for one file");
  base::require(1 <= r.frame_time && r.frame_time <= 65'535,
                "frame-time must be in 1 … 65535, got ", r.frame_time);
  base::require(!(r.tau && r.coverage.softness), "softness stands for tau: give one of them");
  base::require(r.tau_from > 0 && std::isfinite(r.tau_from), "tau-from must be > 0, got ",
                r.tau_from);
  base::require(fs::path(r.out).extension() == ".png", "out must be a file *.png, got '", r.out,
                "'");
}

/// The camera, or the cameras of a turntable.
tasks::Cameras cameras_of(const RenderRequest& r) {
  // Checks distance, elevation and angle too.
  tasks::Cameras cameras = tasks::ring_cameras(std::max<std::int64_t>(r.turntable, 1),
                                               {r.elevation}, r.distance, r.viewing_angle);
  base::require(std::isfinite(r.azimuth), "azimuth must be finite, got ", r.azimuth);
  const double turn = r.turntable > 0 ? 360.0 / static_cast<double>(r.turntable) : 0;
  const Tensor azimuths = r.azimuth - turn * torch::arange(cameras.count(), torch::kDouble);
  cameras.eyes = points_from_angles(torch::tensor(r.distance, torch::kDouble),
                                    torch::tensor(r.elevation, torch::kDouble), azimuths)
                     .to(torch::kFloat);
  if (r.eye.empty()) return cameras;
  base::require(r.turntable == 0, "eye and turntable: one at a time");
  cameras.eyes = torch::tensor(at::ArrayRef<double>(r.eye)).to(torch::kFloat).unsqueeze(0);
  base::require(cameras.eyes.isfinite().all().item<bool>() && cameras.eyes.norm().item<float>() > 0,
                "eye must be finite and not 0");
  return cameras;
}

Mesh mesh_of(const RenderRequest& r) {
  LoadOptions load;
  load.load_texture = r.texture_res > 0;
  load.texture_res = std::max<std::int64_t>(r.texture_res, 1);
  Mesh mesh = tasks::load_mesh(r.mesh, r.mesh_size, "mesh", load);
  if (!r.smooth) return mesh;
  base::require(r.texture_res == 0, "smooth and texture-res: one at a time");
  return Mesh(mesh.vertices(), mesh.faces(), torch::full({mesh.vertices().size(1), 3}, 0.8F),
              "vertex");
}

RendererOptions renderer_options(const RenderRequest& r, const CoverageOptions& coverage) {
  RendererOptions options;
  options.height = options.width = r.size;
  options.coverage = coverage;
  options.shading.gamma = kGamma;
  options.anti_aliasing = r.anti_aliasing;
  return options;
}

/// Black on white where there is no light (N, S, S, 3).
Tensor grey(const Tensor& values) { return values.unsqueeze(-1).expand({-1, -1, -1, 3}); }

/// A colour for each face, far from its neighbours'.
Tensor colours_of_faces(const Tensor& face) {
  const Tensor step = torch::tensor({0.754877669F, 0.569840291F, 0.381966011F});
  return ((face + 1).unsqueeze(-1) * step).frac() * 0.8 + 0.2;
}

/// What the nearest faces say (N, S, S, 3).
Tensor of_nearest_faces(const RenderRequest& r, const Mesh& world, const Mesh& seen) {
  const NearestFaces nearest = Renderer(renderer_options(r, {}))->visible_faces(seen);
  const Tensor there = (nearest.face >= 0).unsqueeze(-1);
  const Tensor face = nearest.face.clamp_min(0).to(torch::kLong);
  Tensor values;
  if (r.kind == "face-ids") {
    values = colours_of_faces(face);
  } else if (r.kind == "normals") {
    const Tensor normals = world.surface_normals()[0];
    values = normals.index_select(0, face.flatten()).view({face.size(0), r.size, r.size, 3});
    values = values * 0.5 + 0.5;
  } else {
    const Tensor depth = torch::where(nearest.face >= 0, nearest.depth, 0);
    const Tensor low = torch::where(nearest.face >= 0, nearest.depth, INFINITY).amin({1, 2}, true);
    const Tensor reach = (depth.amax({1, 2}, true) - low).clamp_min(1e-6);
    values = grey(1 - 0.8 * (depth - low) / reach);
  }
  return torch::where(there, values, 0);
}

/// Pictures uint8 (N, S, S, 3).
Tensor pictures(const RenderRequest& r, const Mesh& mesh, const tasks::Cameras& cameras,
                const CoverageOptions& coverage) {
  const torch::NoGradGuard no_grad;
  const Mesh seen = cameras.see(mesh);
  const Renderer renderer(renderer_options(r, coverage));
  if (r.kind == "silhouette") return tasks::bytes(grey(renderer->silhouette(seen))).contiguous();
  if (r.kind != "shaded") return tasks::bytes(of_nearest_faces(r, mesh, seen).to(torch::kFloat));
  const Tensor rgba = renderer->forward(cameras.see(tasks::lit_by_day(mesh)));
  const Tensor alpha = rgba.narrow(1, 3, 1);
  const Tensor over_white = rgba.narrow(1, 0, 3) * alpha + (1 - alpha);
  return tasks::bytes(over_white.clamp(0, 1)).permute({0, 2, 3, 1}).contiguous();
}

data::Image image(const Tensor& picture) {
  const Tensor pixels = picture.contiguous();
  const auto* first = pixels.const_data_ptr<std::uint8_t>();
  return {static_cast<int>(picture.size(1)),
          static_cast<int>(picture.size(0)),
          3,
          {first, first + pixels.numel()}};
}

void write(const fs::path& path, const Tensor& picture) { data::write_png(path, image(picture)); }

/// Pictures (N, S, S, 3) side by side in rows of `columns`.
Tensor contact_sheet(const Tensor& all, std::int64_t columns) {
  const std::int64_t rows = (all.size(0) + columns - 1) / columns;
  base::require(rows * columns * all.size(1) * all.size(2) <= kMostSheetPixels, "size: a sheet of ",
                rows, " × ", columns, " pictures of ", all.size(1), " pixels a side is too large");
  Tensor sheet = torch::full({rows * columns, all.size(1), all.size(2), 3}, 255, torch::kByte);
  sheet.slice(0, 0, all.size(0)).copy_(all);
  return sheet.view({rows, columns, all.size(1), all.size(2), 3})
      .permute({0, 2, 1, 3, 4})
      .reshape({rows * all.size(1), columns * all.size(2), 3});
}

void write_frames(const RenderRequest& r, const Tensor& all) {
  if (r.frames.empty()) return;
  fs::create_directories(r.frames);
  for (std::int64_t i = 0; i < all.size(0); ++i) {
    std::array<char, 32> name{};
    std::snprintf(name.data(), name.size(), "frame_%04lld.png", static_cast<long long>(i));
    write(fs::path(r.frames) / name.data(), all[i]);
  }
  std::cout << all.size(0) << " frames: " << r.frames << "/frame_0000.png …\n";
}

void write_sheet(const RenderRequest& r, const Tensor& all, std::int64_t columns) {
  write(r.out, contact_sheet(all, columns));
  write_frames(r, all);
}

/// One after another in time, or side by side.
void write_sequence(const RenderRequest& r, const Tensor& all) {
  const auto columns = std::ceil(std::sqrt(static_cast<double>(all.size(0))));
  if (!r.animation) return write_sheet(r, all, static_cast<std::int64_t>(columns));
  std::vector<data::Image> frames;
  for (std::int64_t i = 0; i < all.size(0); ++i) frames.push_back(image(all[i]));
  data::write_animation(r.out, frames, r.frame_time);
  write_frames(r, all);
}

/// A sheet shows the hard step too, which has no width.
double tau_of(const RenderRequest& r, std::string_view distribution) {
  if (r.coverage.softness && (!r.sheet || distribution != "hard")) {
    return tasks::tau_of_softness(r.coverage, r.size);
  }
  return r.tau.value_or(tasks::default_tau(distribution, r.coverage.squared));
}

void draw_sheet(RenderRequest r) {
  const Mesh mesh = mesh_of(r);
  const tasks::Cameras cameras = cameras_of(r);
  r.kind = "silhouette";
  std::vector<Tensor> all;
  const auto t_norms = math::t_norm_names();
  for (const std::string_view distribution : math::family_names()) {
    for (const std::string_view t_norm : t_norms) {
      r.coverage.distribution = distribution;
      r.coverage.t_norm = t_norm;
      r.coverage.p.reset();
      const CoverageOptions coverage = tasks::coverage_options(r.coverage, tau_of(r, distribution));
      all.push_back(pictures(r, mesh, cameras, coverage));
    }
  }
  write_sheet(r, torch::cat(all), static_cast<std::int64_t>(t_norms.size()));
  std::cout << "rows: " << joined(math::family_names()) << "\ncolumns: " << joined(t_norms) << '\n';
}

void draw_tau(const RenderRequest& r) {
  const Mesh mesh = mesh_of(r);
  const tasks::Cameras cameras = cameras_of(r);
  const double last = tau_of(r, r.coverage.distribution);
  std::vector<Tensor> all;
  for (std::int64_t i = 0; i < r.animate_tau; ++i) {
    const double part =
        r.animate_tau == 1 ? 1 : static_cast<double>(i) / static_cast<double>(r.animate_tau - 1);
    const double tau = r.tau_from * std::pow(last / r.tau_from, part);
    all.push_back(pictures(r, mesh, cameras, tasks::coverage_options(r.coverage, tau)));
  }
  write_sequence(r, torch::cat(all));
}

}  // namespace

void draw(const RenderRequest& r) {
  check(r);
  if (r.sheet) {
    draw_sheet(r);
  } else if (r.animate_tau > 0) {
    draw_tau(r);
  } else {
    const CoverageOptions coverage =
        tasks::coverage_options(r.coverage, tau_of(r, r.coverage.distribution));
    const Tensor all = pictures(r, mesh_of(r), cameras_of(r), coverage);
    if (r.turntable > 0) {
      write_sequence(r, all);
    } else {
      write(r.out, all[0]);
    }
  }
  std::cout << "picture: " << r.out << '\n';
}

}  // namespace pliant::cli
