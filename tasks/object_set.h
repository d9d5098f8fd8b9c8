// tasks/object_set.h — objects of several classes: views of each, and what is solid
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "pliant/data/image_set.h"
#include "tasks/scenery.h"

namespace pliant::tasks {

inline constexpr std::int64_t kObjectViews = 24;   ///< of an object, 15° apart
inline constexpr std::int64_t kObjectVoxels = 32;  ///< along each axis

/// Objects of one class.
struct ObjectClass {
  std::string name;
  at::Tensor images;  ///< uint8 (N, 24, 4, S, S): red, green, blue and coverage
  at::Tensor voxels;  ///< uint8 (N, 32, 32, 32): 1 is solid, as voxelize has it

  [[nodiscard]] std::int64_t count() const { return images.size(0); }
};

struct ObjectSet {
  std::vector<ObjectClass> classes;
  Cameras cameras;  ///< of the views
};

/// The cameras of the views: elevation 30°, distance 2.732, half a field of view of 15°.
Cameras object_cameras();

/// Objects of pliant/render/objects.h, drawn from a seed that is the split's own.
/// @param classes  families   @param count  of each
/// @throws std::invalid_argument if a family is unknown
ObjectSet draw_objects(const std::vector<std::string>& classes, data::Split split,
                       std::int64_t count, std::int64_t size);

/// ShapeNet as Kato et al. (CVPR 2018) rendered it, in the files that SoftRas's authors made of it:
/// FOLDER/<class>_<split>_images.npz, uint8 (N, 24, 4, 64, 64), and …_voxels.npz, (N, 32, 32, 32),
/// where split is train, val or test. Their voxels are turned into voxelize's axes.
/// @param classes  names of synsets as 02691156; empty: all that there are
/// @param most     objects of a class at most; 0: all
/// @throws std::invalid_argument that names the file and what is wrong
ObjectSet read_objects(const std::filesystem::path& folder, const std::vector<std::string>& classes,
                       data::Split split, std::int64_t most);

}  // namespace pliant::tasks
