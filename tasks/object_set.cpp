// tasks/object_set.cpp — objects of several classes: views of each, and what is solid
#include "tasks/object_set.h"

#include <torch/torch.h>

#include <algorithm>
#include <array>

#include "pliant/base/errors.h"
#include "pliant/data/npz.h"
#include "pliant/render/objects.h"

namespace pliant::tasks {
namespace {

namespace fs = std::filesystem;
using torch::Tensor;

constexpr std::array<std::string_view, 3> kSplits = {"train", "val", "test"};
constexpr std::array<double, 3> kColour = {0.75, 0.75, 0.75};
constexpr std::string_view kImages = "_images.npz";

std::size_t place(data::Split split) {
  return split == data::Split::kTrain ? 0 : split == data::Split::kValidation ? 1 : 2;
}

ObjectClass draw_class(const std::string& family, data::Split split, std::int64_t count,
                       const Cameras& cameras, std::int64_t size) {
  std::vector<Tensor> images, voxels;
  for (std::int64_t i = 0; i < count; ++i) {
    const Mesh mesh(render::draw_object(family, place(split), static_cast<std::uint64_t>(i)));
    const Tensor shaded = shaded_pictures(mesh, cameras, size, kColour).permute({0, 3, 1, 2});
    const Tensor coverage = bytes(hard_silhouettes(mesh, cameras, size, size)).unsqueeze(1);
    images.push_back(torch::cat({shaded, coverage}, 1));
    voxels.push_back(mesh.voxelize(kObjectVoxels)[0]);
  }
  return {family, torch::stack(images), torch::stack(voxels)};
}

/// Rows of a file.
struct Rows {
  Tensor first;       ///< as many as are wanted
  std::size_t count;  ///< of all
};

/// The first `most` rows of the first array of a file, uint8; all if it is 0.
Rows read_rows(const fs::path& path, const std::vector<std::int64_t>& sizes, std::int64_t most) {
  const data::NpyArray array = data::read_npz(path);
  const auto& shape = array.header.shape;
  bool fits =
      shape.size() == sizes.size() + 1 && array.header.item == 1 && array.header.kind != 'f';
  for (std::size_t i = 0; fits && i < sizes.size(); ++i)
    fits = shape[i + 1] == static_cast<std::size_t>(sizes[i]);
  std::string expected;
  for (const std::int64_t size : sizes) expected += ", " + std::to_string(size);
  base::require(fits && shape[0] > 0, path.string(), ": expected uint8 or bool of shape (N",
                expected, ")");
  std::vector<std::int64_t> all(shape.begin(), shape.end());
  if (most > 0) all[0] = std::min(all[0], most);
  const Tensor rows =
      torch::from_blob(const_cast<std::uint8_t*>(array.elements()), all, torch::kByte);
  return {rows.clone(), shape[0]};
}

std::vector<std::string> classes_in(const fs::path& folder, std::string_view split) {
  const std::string ending = "_" + std::string(split) + std::string(kImages);
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder)) {
    const std::string file = entry.path().filename().string();
    if (file.ends_with(ending)) names.push_back(file.substr(0, file.size() - ending.size()));
  }
  std::sort(names.begin(), names.end());
  base::require(!names.empty(), "data: there is no file *", ending, " in '", folder.string(), "'");
  return names;
}

}  // namespace

Cameras object_cameras() { return ring_cameras(kObjectViews, {30}, 2.732, 15); }

ObjectSet draw_objects(const std::vector<std::string>& classes, data::Split split,
                       std::int64_t count, std::int64_t size) {
  ObjectSet set{{}, object_cameras()};
  for (const std::string& family : classes)
    set.classes.push_back(draw_class(family, split, count, set.cameras, size));
  return set;
}

ObjectSet read_objects(const fs::path& folder, const std::vector<std::string>& classes,
                       data::Split split, std::int64_t most) {
  base::require(fs::is_directory(folder), "data: there is no folder '", folder.string(), "'");
  const std::string_view part = kSplits[place(split)];
  ObjectSet set{{}, object_cameras()};
  for (const std::string& name : classes.empty() ? classes_in(folder, part) : classes) {
    const std::string stem = name + "_" + std::string(part);
    const Rows images =
        read_rows(folder / (stem + std::string(kImages)), {kObjectViews, 4, 64, 64}, most);
    const Rows voxels = read_rows(folder / (stem + "_voxels.npz"),
                                  {kObjectVoxels, kObjectVoxels, kObjectVoxels}, most);
    base::require(images.count == voxels.count, "data: ", stem, " has ", images.count,
                  " objects in its images, but ", voxels.count, " in its voxels");
    // The published evaluation turns its own voxels by (0, 2, 1, 3) and flips the last axis, which
    // is undone here for the archive's.
    set.classes.push_back(
        {name, images.first, voxels.first.flip(-1).permute({0, 2, 1, 3}).contiguous()});
  }
  return set;
}

}  // namespace pliant::tasks
