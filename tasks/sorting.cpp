// tasks/sorting.cpp — the task of learning to read numbers from their order
#include "tasks/sorting.h"

#include <ATen/Parallel.h>
#include <torch/torch.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "pliant/base/errors.h"
#include "pliant/data/composites.h"
#include "pliant/math/distribution.h"
#include "pliant/sorting/method.h"
#include "pliant/sorting/network.h"
#include "pliant/sorting/torch/ops.h"
#include "pliant/train/config_hash.h"
#include "pliant/train/schedule.h"
#include "pliant/train/torch/task.h"
#include "tasks/image_scorer.h"

namespace pliant::tasks {
namespace {

constexpr std::int64_t kEvaluationBatch = 100;  ///< sets at a time
constexpr std::uint64_t kEvaluationSeed = 0;
constexpr std::int64_t kShownSets = 4;
constexpr std::int64_t kShownItems = 1000;
constexpr int kLargestShownMatrix = 64;

/// What a data set wants that the options leave open.
struct DataDefaults {
  std::vector<std::int64_t> channels;
  std::int64_t batch;
  double learning_rate;
  std::int64_t steps;
  std::int64_t validate_every;
};

/// The papers' settings; fewer channels for smaller images. The digits are learned in minutes, and
/// by small batches at a high rate: at the published ones the network learns its 1,157 images by
/// heart (training loss 0.05, but only half of the sets by other writers in order).
DataDefaults defaults_of(const SortingOptions& options) {
  const double published_rate = std::pow(10.0, -3.5);
  if (options.data == "digits") return {{16, 32}, 20, 6e-3, 6000, 500};
  if (options.half_resolution) return {{16, 32}, 100, published_rate, 100'000, 1000};
  return {{32, 64}, 100, published_rate, 100'000, 1000};
}

/// The slope at 0 of a family's relaxed comparison, a unit of steepness.
double slope(std::string_view family) {
  const int index = math::family_index(family);
  const double scale = math::families()[static_cast<std::size_t>(index)].sort_scale;
  const double zero = 0;
  double density = 0;
  math::decide<double>({.family = index, .scale = scale}, &zero, 1, {.density = &density});
  return density;
}

/// 2 × layers for cauchy, as the published code has it (n = 5: 10; n = 16, bitonic: 20); the others
/// get the same slope at a tie. Families that have none there keep the number. Methods without a
/// network have no such rule.
double default_steepness(const SortingOptions& options) {
  if (sorting::method_of(options.method).kind != "network") return 1;
  const int layers = sorting::make_network(options.method, options.n).layers();
  const double rule = 2.0 * std::max(layers, 1);
  const double ours = slope(options.distribution);
  const bool comparable = ours > 0 && std::isfinite(ours);
  return comparable ? rule * slope("cauchy") / ours : rule;
}

SortOptions sort_options(const SortingOptions& options, double steepness) {
  return {.method = options.method,
          .distribution = options.distribution,
          .steepness = steepness,
          .art_lambda = options.art_lambda};
}

train::Schedule steepness_schedule(const SortingOptions& options, const train::Options& training) {
  return train::make_schedule(options.steepness_schedule, *options.steepness, options.steepness_end,
                              training.steps, "steepness");
}

void check(const SortingOptions& options, const train::Options& training) {
  const auto names = data::image_set_names();
  if (std::find(names.begin(), names.end(), options.data) == names.end()) {
    data::load_image_set(options.data, data::Split::kTest);  // Its error lists the names.
  }
  base::require(sorting::method_of(options.method).permutation, "the method '", options.method,
                "' has no permutation matrix to learn from");
  base::require(options.n >= 2, "n must be at least 2, got ", options.n);
  base::require(options.channels.size() == 2, "channels must be two numbers, got ",
                options.channels.size());
  base::require(options.groups >= 1, "groups must be at least 1, got ", options.groups);
  base::require(options.loss == "bce" || options.loss == "cross_entropy", "unknown loss '",
                options.loss, "'; there are: bce, cross_entropy");
  steepness_schedule(options, training);
  static_cast<void>(sort_options(options, *options.steepness).comparison());
}

/// Drawn sets: images (sets, n, H, W) and labels (sets, n).
struct Sets {
  torch::Tensor images;
  torch::Tensor labels;
};

/// Sets first … first + count − 1 of a step.   Each is a pure function of its key.
Sets draw(const data::Composites& composites, std::int64_t step, std::int64_t first,
          std::int64_t count) {
  const std::int64_t n = composites.options().set_size;
  Sets sets{torch::empty({count, n, composites.height(), composites.width()}),
            torch::empty({count, n}, torch::kLong)};
  float* images = sets.images.mutable_data_ptr<float>();
  auto* labels = sets.labels.mutable_data_ptr<std::int64_t>();
  const std::int64_t pixels = n * composites.height() * composites.width();
  at::parallel_for(0, count, 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) {
      composites.draw(static_cast<std::uint64_t>(step), static_cast<std::uint64_t>(first + i),
                      images + i * pixels, labels + i * n);
    }
  });
  return sets;
}

class SortingTask final : public Task {
 public:
  SortingTask(const SortingOptions& options, const train::Options& training)
      : options_(options),
        steepness_(steepness_schedule(options, training)),
        train_(composites(data::Split::kTrain, training.seed)),
        validation_(composites(data::Split::kValidation, kEvaluationSeed)),
        test_(composites(data::Split::kTest, kEvaluationSeed)),
        scorer_(ImageScorerOptions{train_.height(),
                                   train_.width(),
                                   {options.channels[0], options.channels[1]},
                                   options.bfloat16}) {}

  [[nodiscard]] std::string_view name() const override { return Sorting::name; }
  torch::nn::Module& module() override { return *scorer_; }
  [[nodiscard]] BestRule best_rule() const override { return {"exact_five"}; }

  BatchLoss loss(const BatchKeys& keys) override {
    const Sets sets = draw(train_, keys.step, keys.first, keys.count);
    const torch::Tensor scores = score(sets.images);
    return {permutation_loss(scores, sets.labels, sort_options(options_, steepness_.at(keys.step)),
                             options_.loss, options_.ties),
            scores};
  }

  train::Metrics evaluate(data::Split split) override {
    const data::Composites& composites = split == data::Split::kTest ? test_ : validation_;
    sorting::RankingMetrics sum;
    std::vector<torch::Tensor> all_scores;
    for (std::int64_t first = 0; first < options_.groups; first += kEvaluationBatch) {
      const std::int64_t count = std::min(kEvaluationBatch, options_.groups - first);
      const Sets sets = draw(composites, 0, first, count);
      const torch::Tensor scores = score(sets.images);
      sum += ranking_metrics(scores, sets.labels);
      all_scores.push_back(scores.flatten());
    }
    return metrics(sum, torch::cat(all_scores));
  }

  Snapshot snapshot(std::int64_t step) override {
    const double steepness = steepness_.at(step);
    const std::int64_t sets_for_items = (kShownItems + options_.n - 1) / options_.n;
    const Sets sets = draw(validation_, 0, 0, std::max(kShownSets, sets_for_items));
    const torch::Tensor scores = score(sets.images);
    const auto shown = [](const torch::Tensor& t) { return t.slice(0, 0, kShownSets); };
    const auto items = [](const torch::Tensor& t) { return t.flatten().slice(0, 0, kShownItems); };
    Snapshot snapshot;
    snapshot.tensors = {{"images", shown(sets.images).mul(255).round().to(torch::kByte)},
                        {"labels", shown(sets.labels)},
                        {"scores", shown(scores)},
                        {"all_scores", items(scores)},
                        {"all_labels", items(sets.labels)}};
    if (options_.n <= kLargestShownMatrix) {
      const auto [_, permutation] = sort(shown(scores), sort_options(options_, steepness));
      snapshot.tensors.emplace_back("permutation", permutation);
    }
    snapshot.metadata["steepness"] = train::number_text(steepness);
    return snapshot;
  }

 private:
  [[nodiscard]] data::Composites composites(data::Split split, std::uint64_t seed) const {
    data::ImageSet set = data::load_image_set(options_.data, split);
    if (options_.half_resolution) set = data::half_resolution(set);
    return {std::move(set), {options_.digits, options_.n, seed}};
  }

  /// (sets, n, H, W) → (sets, n).
  torch::Tensor score(const torch::Tensor& images) {
    return scorer_(images.flatten(0, 1).unsqueeze(1)).view({images.size(0), images.size(1)});
  }

  static train::Metrics metrics(const sorting::RankingMetrics& sum, const torch::Tensor& scores) {
    return {{"exact", sum.exact()},
            {"elementwise", sum.elementwise()},
            {"exact_five", sum.exact_five()},
            {"exact_tied", sum.exact_tied()},
            {"elementwise_tied", sum.elementwise_tied()},
            {"exact_five_tied", sum.exact_five_tied()},
            {"score_spread", scores.to(torch::kDouble).std(/*unbiased=*/false).item<double>()}};
  }

  SortingOptions options_;
  train::Schedule steepness_;
  data::Composites train_;
  data::Composites validation_;
  data::Composites test_;
  ImageScorer scorer_;
};

}  // namespace

void Sorting::settle(Options& options, train::Options& training) {
  train::settle(training);
  const DataDefaults defaults = defaults_of(options);
  if (options.channels.empty()) options.channels = defaults.channels;
  if (!options.steepness) options.steepness = default_steepness(options);
  if (!training.batch) training.batch = defaults.batch;
  if (!training.learning_rate) training.learning_rate = defaults.learning_rate;
  if (!training.validate_every) training.validate_every = defaults.validate_every;
  if (!training.steps && !training.minutes) training.steps = defaults.steps;
  check(options, training);
}

bool Sorting::steps_decide(const Options& options) { return options.steepness_end.has_value(); }

std::shared_ptr<Task> Sorting::make(const Options& options, const train::Options& training) {
  return std::make_shared<SortingTask>(options, training);
}

}  // namespace pliant::tasks
