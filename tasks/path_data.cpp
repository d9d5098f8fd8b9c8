// tasks/path_data.cpp — pictures of maps with the cheapest path across each, drawn or read
#include "tasks/path_data.h"

#include <ATen/Parallel.h>
#include <torch/torch.h>

#include <algorithm>
#include <array>
#include <utility>

#include "pliant/base/errors.h"
#include "pliant/data/terrain.h"
#include "pliant/data/warcraft.h"

namespace pliant::tasks {
namespace {

using data::Split;
using torch::Tensor;

constexpr std::array<Split, 3> kSplits = {Split::kTrain, Split::kValidation, Split::kTest};
constexpr std::int64_t kEvaluation = 1000;
constexpr std::uint64_t kSeed = 0;  ///< the maps are the same for every training

std::size_t place(Split split) { return static_cast<std::size_t>(split); }

std::int64_t at_most(std::int64_t there, std::int64_t wanted) {
  return wanted == 0 ? there : std::min(there, wanted);
}

/// Maps that are drawn when they are asked for.
class DrawnMaps final : public PathData {
 public:
  explicit DrawnMaps(const PathDataOptions& options)
      : sizes_{options.maps, at_most(kEvaluation, options.evaluation),
               at_most(kEvaluation, options.evaluation)} {
    for (const Split split : kSplits)
      splits_.emplace_back(split, data::TerrainOptions{options.cells, kSeed});
  }

  [[nodiscard]] std::int64_t rows() const override { return splits_[0].cells(); }
  [[nodiscard]] std::int64_t columns() const override { return splits_[0].cells(); }
  [[nodiscard]] std::int64_t size(Split split) const override { return sizes_[place(split)]; }

  [[nodiscard]] PathBatch maps(Split split,
                               const std::vector<std::int64_t>& indices) const override {
    const data::Terrain& terrain = splits_[place(split)];
    const auto count = static_cast<std::int64_t>(indices.size());
    const std::int64_t side = terrain.pixels(), cells = rows() * columns();
    const Tensor images = torch::empty({count, side, side, 3}, torch::kByte);
    PathBatch batch{images.permute({0, 3, 1, 2}), torch::empty({count, rows(), columns()}),
                    torch::empty({count, rows(), columns()})};
    auto* pixels = images.mutable_data_ptr<std::uint8_t>();
    auto* costs = batch.costs.mutable_data_ptr<float>();
    auto* paths = batch.paths.mutable_data_ptr<float>();
    at::parallel_for(0, count, 1, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t i = begin; i < end; ++i) {
        terrain.draw(static_cast<std::uint64_t>(indices[static_cast<std::size_t>(i)]),
                     pixels + i * side * side * 3, costs + i * cells, paths + i * cells);
      }
    });
    return batch;
  }

 private:
  std::vector<data::Terrain> splits_;
  std::array<std::int64_t, 3> sizes_;
};

/// The archive's maps, in memory.
class ReadMaps final : public PathData {
 public:
  explicit ReadMaps(const PathDataOptions& options) {
    for (const Split split : kSplits) {
      const data::PathMaps maps = data::read_warcraft(options.data, split);
      const auto all = static_cast<std::int64_t>(maps.count);
      const auto sizes = [&](std::size_t a, std::size_t b) {
        return std::pair{static_cast<std::int64_t>(a), static_cast<std::int64_t>(b)};
      };
      const auto [height, width] = sizes(maps.height, maps.width);
      const auto [rows, columns] = sizes(maps.rows, maps.columns);
      splits_.push_back(
          {torch::tensor(c10::ArrayRef(maps.images), torch::kByte)
               .view({all, height, width, 3})
               .permute({0, 3, 1, 2}),
           torch::tensor(c10::ArrayRef(maps.costs)).view({all, rows, columns}),
           torch::tensor(c10::ArrayRef(maps.paths), torch::kFloat).view({all, rows, columns})});
      const PathBatch& first = splits_.front();
      base::require(splits_.back().images.sizes().slice(1) == first.images.sizes().slice(1) &&
                        splits_.back().costs.sizes().slice(1) == first.costs.sizes().slice(1),
                    "data: the ", data::split_name(split), " split of '", options.data,
                    "' has maps of another size than the others");
      sizes_.push_back(split == Split::kTrain ? all : at_most(all, options.evaluation));
    }
  }

  [[nodiscard]] std::int64_t rows() const override { return splits_[0].costs.size(1); }
  [[nodiscard]] std::int64_t columns() const override { return splits_[0].costs.size(2); }
  [[nodiscard]] std::int64_t size(Split split) const override { return sizes_[place(split)]; }

  [[nodiscard]] PathBatch maps(Split split,
                               const std::vector<std::int64_t>& indices) const override {
    const Tensor which = torch::tensor(c10::ArrayRef(indices), torch::kLong);
    const PathBatch& all = splits_[place(split)];
    return {all.images.index_select(0, which), all.costs.index_select(0, which),
            all.paths.index_select(0, which)};
  }

 private:
  std::vector<PathBatch> splits_;
  std::vector<std::int64_t> sizes_;
};

}  // namespace

std::unique_ptr<PathData> load_path_data(const PathDataOptions& options) {
  base::require(options.maps >= 1, "maps must be at least 1, got ", options.maps);
  base::require(options.evaluation >= 0, "evaluation must be at least 0, got ", options.evaluation);
  if (options.data == "terrain") return std::make_unique<DrawnMaps>(options);
  return std::make_unique<ReadMaps>(options);
}

}  // namespace pliant::tasks
