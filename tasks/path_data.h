// tasks/path_data.h — pictures of maps with the cheapest path across each, drawn or read
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "pliant/data/image_set.h"

namespace pliant::tasks {

/// Some maps, uint8 and float32.
struct PathBatch {
  at::Tensor images;  ///< (count, 3, height, width), 0 … 255
  at::Tensor costs;   ///< (count, rows, columns), of entering a cell
  at::Tensor paths;   ///< (count, rows, columns): 1 on the cheapest path, else 0
};

/// Maps in three splits.
class PathData {
 public:
  virtual ~PathData() = default;

  [[nodiscard]] virtual std::int64_t rows() const = 0;
  [[nodiscard]] virtual std::int64_t columns() const = 0;
  /// How many maps a split has.
  [[nodiscard]] virtual std::int64_t size(data::Split split) const = 0;
  /// These maps of a split.   @param indices  each in 0 … size(split) − 1
  [[nodiscard]] virtual PathBatch maps(data::Split split,
                                       const std::vector<std::int64_t>& indices) const = 0;
};

struct PathDataOptions {
  std::string data = "terrain";  ///< or the folder of the Warcraft archive
  int cells = 12;                ///< of terrain, a side
  std::int64_t maps = 10'000;    ///< of terrain, for training
  std::int64_t evaluation = 0;   ///< maps of a validation and of the test at most; 0: all (1,000)
};

/// @throws std::invalid_argument as data::Terrain and data::read_warcraft, or if a number is < 1
std::unique_ptr<PathData> load_path_data(const PathDataOptions& options);

}  // namespace pliant::tasks
