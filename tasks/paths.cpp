// tasks/paths.cpp — the task of learning what terrain costs from nothing but cheapest paths
#include "tasks/paths.h"

#include <torch/torch.h>

#include <algorithm>
#include <numeric>

#include "pliant/base/errors.h"
#include "pliant/base/random.h"
#include "pliant/data/shortest_path.h"
#include "pliant/program/torch/ops.h"
#include "pliant/program/torch/solvers.h"
#include "pliant/train/torch/task.h"
#include "tasks/finite_outputs.h"
#include "tasks/path_data.h"
#include "tasks/path_methods.h"
#include "tasks/path_network.h"
#include "tasks/step_times.h"

namespace pliant::tasks {
namespace {

using torch::Tensor;

constexpr std::int64_t kEvaluationBatch = 64;  ///< as many as programs run at a time
constexpr std::int64_t kStatisticsMaps = 512;  ///< that say what pictures look like
constexpr std::int64_t kShown = 6;
constexpr std::int64_t kTimedSteps = 5;

std::vector<std::int64_t> first_indices(std::int64_t first, std::int64_t count) {
  std::vector<std::int64_t> indices(static_cast<std::size_t>(count));
  std::iota(indices.begin(), indices.end(), first);
  return indices;
}

PathNetwork make_network(const PathsOptions& options, const PathData& data, bool labels) {
  const std::int64_t count = std::min(kStatisticsMaps, data.size(data::Split::kTrain));
  const Tensor images =
      data.maps(data::Split::kTrain, first_indices(0, count)).images.to(torch::kFloat);
  return PathNetwork(
      PathNetworkOptions{data.rows(), data.columns(), options.channels, options.blocks, labels},
      images.mean({0, 2, 3}), images.std(torch::IntArrayRef{0, 2, 3}).clamp_min(1));
}

/// What paths are worth, summed up over maps.
struct PathFigures {
  std::int64_t maps = 0, exact = 0, exact_hard = 0, valid = 0, rated = 0;
  double ratio = 0;

  /// Marks, rounded, against the right paths.   @param rated_too  whether those that connect the
  /// corners count for the cost ratio
  void add_marks(const Tensor& marks, const PathBatch& truth, bool rated_too) {
    const Tensor cells = marks.to(torch::kFloat).round().contiguous();
    exact += same(cells, truth.paths);
    for (std::int64_t i = 0; i < cells.size(0); ++i) {
      const data::PathCheck check = checked(cells[i], truth.costs[i]);
      if (!check.connected) continue;
      ++valid;
      if (rated_too) rate(check.cost, truth, i);
    }
  }
  /// Exact paths by the predicted costs.
  void add_paths(const Tensor& paths, const PathBatch& truth) {
    exact_hard += same(paths, truth.paths);
    for (std::int64_t i = 0; i < paths.size(0); ++i)
      rate(checked(paths[i], truth.costs[i]).cost, truth, i);
  }

 private:
  /// In how many maps the cells are the same.
  static std::int64_t same(const Tensor& one, const Tensor& other) {
    return one.eq(other).flatten(1).all(1).sum().item<std::int64_t>();
  }
  static data::PathCheck checked(const Tensor& cells, const Tensor& costs) {
    const Tensor in_rows = cells.contiguous(), costs_in_rows = costs.contiguous();
    return data::check_path(costs_in_rows.const_data_ptr<float>(), in_rows.const_data_ptr<float>(),
                            static_cast<std::size_t>(cells.size(0)),
                            static_cast<std::size_t>(cells.size(1)));
  }
  void rate(double cost, const PathBatch& truth, std::int64_t map) {
    ++rated;
    ratio += cost / (truth.costs[map] * truth.paths[map]).sum().item<double>();
  }
};

class PathsTask final : public Task {
 public:
  PathsTask(const PathsOptions& options, const train::Options& training)
      : method_(make_path_method(options)),
        data_(load_path_data({options.data, options.cells, options.maps, options.evaluation})),
        network_(make_network(options, *data_, method_->labels())),
        timed_{training.seed, 1, 0, *training.batch} {}

  [[nodiscard]] std::string_view name() const override { return Paths::name; }
  torch::nn::Module& module() override { return *network_; }
  [[nodiscard]] BestRule best_rule() const override {
    return {method_->labels() ? "exact" : "exact_hard"};
  }

  BatchLoss loss(const BatchKeys& keys) override {
    const PathBatch maps = draw(keys);
    return loss_of_finite(network_(maps.images), [&](const Tensor& found) {
      return method_->loss(found, maps.paths, {keys.first, timed_.count});
    });
  }

  train::Metrics evaluate(data::Split split) override {
    PathFigures sum;
    bool marked = false;
    for (std::int64_t first = 0; first < data_->size(split); first += kEvaluationBatch) {
      const std::int64_t count = std::min(kEvaluationBatch, data_->size(split) - first);
      const PathBatch maps = data_->maps(split, first_indices(first, count));
      const Tensor found = network_(maps.images);
      const Tensor marks = method_->marks(found);
      marked = marks.defined();
      if (marked) sum.add_marks(marks, maps, method_->labels());
      if (!method_->labels()) sum.add_paths(shortest_path(found), maps);
      sum.maps += count;
    }
    const auto share = [&](std::int64_t count) {
      return static_cast<double>(count) / static_cast<double>(sum.maps);
    };
    train::Metrics metrics;
    if (marked) metrics.emplace_back("exact", share(sum.exact));
    if (!method_->labels()) metrics.emplace_back("exact_hard", share(sum.exact_hard));
    if (sum.rated > 0)
      metrics.emplace_back("cost_ratio", sum.ratio / static_cast<double>(sum.rated));
    if (marked) metrics.emplace_back("valid", share(sum.valid));
    return metrics;
  }

  /// Maps of the validation set; what was found of them.
  Snapshot snapshot(std::int64_t /*step*/) override {
    const std::int64_t count = std::min(kShown, data_->size(data::Split::kValidation));
    const PathBatch maps = data_->maps(data::Split::kValidation, first_indices(0, count));
    const Tensor found = network_(maps.images);
    const Tensor marks = method_->marks(found);
    Snapshot snapshot;
    snapshot.tensors = {{"images", maps.images.permute({0, 2, 3, 1}).contiguous()},
                        {"costs", maps.costs},
                        {"paths", maps.paths}};
    if (!method_->labels()) {
      snapshot.tensors.emplace_back("found_costs", found);
      snapshot.tensors.emplace_back("found_paths", shortest_path(found));
    }
    if (marks.defined()) snapshot.tensors.emplace_back("marks", marks);
    return snapshot;
  }

  /// How long the network and the way from its output to the loss take.
  void write_results(const std::filesystem::path& folder) override {
    const PathBatch maps = draw(timed_);
    write_step_times(
        folder, *network_, [&] { return network_(maps.images); },
        [&](const Tensor& found) {
          return method_->loss(found, maps.paths, {0, timed_.count});
        },
        kTimedSteps);
  }

 private:
  /// A process's share of the step's maps, drawn evenly.
  [[nodiscard]] PathBatch draw(const BatchKeys& keys) const {
    const auto maps = static_cast<std::uint32_t>(data_->size(data::Split::kTrain));
    std::vector<std::int64_t> indices;
    for (std::int64_t i = keys.first; i < keys.first + keys.count; ++i) {
      base::Random random(keys.seed, static_cast<std::uint64_t>(keys.step),
                          static_cast<std::uint64_t>(i));
      indices.push_back(random.below(maps));
    }
    return data_->maps(data::Split::kTrain, indices);
  }

  std::unique_ptr<PathMethod> method_;
  std::unique_ptr<PathData> data_;
  PathNetwork network_;
  BatchKeys timed_;  ///< the first step's batch, of all processes
};

void check(const PathsOptions& options) {
  base::require(1 <= options.channels && options.channels <= 1024,
                "channels must be in 1 … 1024, got ", options.channels);
  base::require(0 <= options.blocks && options.blocks <= 16, "blocks must be in 0 … 16, got ",
                options.blocks);
  base::require(1 <= options.maps && options.maps < std::int64_t{1} << 32,
                "maps must be in 1 … 2^32 − 1, got ", options.maps);
  base::require(options.evaluation >= 0, "evaluation must be at least 0, got ", options.evaluation);
  static_cast<void>(program_options(options.program));
  static_cast<void>(make_path_method(options));
}

}  // namespace

void Paths::settle(Options& options, train::Options& training) {
  train::settle(training);
  const bool small = options.data == "terrain";
  if (options.loss.empty()) options.loss = default_path_loss(options.method);
  if (options.channels == 0) options.channels = small ? 16 : 64;
  settle_softness(options.program, 25);
  if (!training.batch) training.batch = small ? 32 : 70;
  if (!training.learning_rate) training.learning_rate = small ? 2e-3 : 5e-4;
  if (!training.validate_every) training.validate_every = small ? 100 : 143;
  if (!training.steps && !training.minutes) training.steps = small ? 1000 : 7150;
  check(options);
}

std::shared_ptr<Task> Paths::make(const Options& options, const train::Options& training) {
  return std::make_shared<PathsTask>(options, training);
}

}  // namespace pliant::tasks
