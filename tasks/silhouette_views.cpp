// tasks/silhouette_views.cpp — the silhouettes that a shape is learned from
#include "tasks/silhouette_views.h"

#include <torch/torch.h>

#include <algorithm>
#include <string>
#include <vector>

#include "pliant/base/errors.h"
#include "pliant/base/file.h"
#include "pliant/data/image_file.h"
#include "pliant/data/npy.h"
#include "pliant/render/torch/camera.h"

namespace pliant::tasks {
namespace {

namespace fs = std::filesystem;
using torch::Tensor;

std::vector<fs::path> pictures_of(const fs::path& folder) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.path().extension() == ".png") files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  base::require(!files.empty(), "target: there are no pictures *.png in '", folder.string(), "'");
  return files;
}

Tensor read_coverage(const fs::path& file) {
  const data::Image image = data::read_image(file);
  const Tensor pixels = torch::from_blob(const_cast<std::uint8_t*>(image.pixels.data()),
                                         {image.height, image.width, image.channels}, torch::kByte);
  return pixels.to(torch::kFloat).mean(-1) / 255;
}

/// (N, 3) of a .npy file.
Tensor read_cameras(const fs::path& path) {
  base::require(fs::is_regular_file(path), "cameras: there is no file '", path.string(),
                "' of distances, elevations and azimuths (N, 3)");
  std::vector<std::uint8_t> content = base::read_file(path);
  const data::NpyHeader header = data::parse_npy_header(content, path.string());
  const bool numbers = header.kind == 'f' && (header.item == 4 || header.item == 8);
  base::require(numbers && header.shape.size() == 2 && header.shape[1] == 3,
                "cameras: ", path.string(),
                " must hold float32 or float64 numbers of shape (N, 3)");
  base::require(content.size() - header.begin >= header.elements() * header.item,
                "cameras: ", path.string(), " is truncated");
  content.erase(content.begin(), content.begin() + static_cast<std::ptrdiff_t>(header.begin));
  const Tensor all =
      torch::from_blob(content.data(), {static_cast<std::int64_t>(header.shape[0]), 3},
                       header.item == 4 ? torch::kFloat : torch::kDouble)
          .to(torch::kDouble, /*non_blocking=*/false, /*copy=*/true);
  const bool sound = all.isfinite().all().item<bool>() && (all.select(1, 0) > 0).all().item<bool>();
  base::require(sound, "cameras: ", path.string(),
                " must hold finite numbers and distances above 0");
  return all;
}

}  // namespace

Views views_of(const Mesh& mesh, const Cameras& cameras, std::int64_t size) {
  return {cameras, hard_silhouettes(mesh, cameras, size, size)};
}

Views read_views(const fs::path& folder, fs::path cameras, double angle) {
  if (cameras.empty()) cameras = folder / "cameras.npy";
  const std::vector<fs::path> files = pictures_of(folder);
  const Tensor places = read_cameras(cameras);
  base::require(places.size(0) == static_cast<std::int64_t>(files.size()),
                "cameras: ", cameras.string(), " has ", places.size(0), " cameras, but there are ",
                files.size(), " pictures in '", folder.string(), "'");
  std::vector<Tensor> silhouettes;
  for (const fs::path& file : files) {
    silhouettes.push_back(read_coverage(file));
    base::require(silhouettes.back().sizes() == silhouettes.front().sizes(),
                  "target: ", file.string(), " is of another size than ", files.front().string());
  }
  const Tensor eyes =
      points_from_angles(places.select(1, 0), places.select(1, 1), places.select(1, 2));
  return {{eyes.to(torch::kFloat), angle}, torch::stack(silhouettes)};
}

}  // namespace pliant::tasks
