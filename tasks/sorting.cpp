// tasks/sorting.cpp — the task of learning to read numbers from their order
#include "tasks/sorting.h"

#include <torch/torch.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <optional>
#include <string_view>

#include "pliant/base/errors.h"
#include "pliant/math/distribution.h"
#include "pliant/sorting/method.h"
#include "pliant/sorting/network.h"
#include "pliant/sorting/torch/ops.h"
#include "pliant/sorting/torch/softness.h"
#include "pliant/train/config_hash.h"
#include "pliant/train/schedule.h"
#include "pliant/train/torch/task.h"
#include "tasks/image_scorer.h"
#include "tasks/number_sets.h"

namespace pliant::tasks {
namespace {

constexpr int kLargestShownMatrix = 64;

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

/// Where there is a softness, the steepness is made of it, and the softness taken back.
void settle_softness(SortingOptions& options) {
  const auto settle = [&](std::string_view name, std::optional<double>& ranks,
                          std::optional<double>& steepness) {
    if (!ranks) return;
    base::require(!steepness, name, " stands for steepness: give one of them");
    steepness = steepness_of_ranks(normal_scores(options.n), *ranks, sort_options(options, 1));
    ranks.reset();
  };
  settle("softness", options.softness, options.steepness);
  settle("softness-end", options.softness_end, options.steepness_end);
}

NumberSetsOptions sets_options(const SortingOptions& options, std::uint64_t seed) {
  return {options.data, options.half_resolution, options.digits, options.n, options.groups, seed};
}

void check(const SortingOptions& options, const train::Options& training) {
  check_number_sets(sets_options(options, training.seed), options.channels.size());
  base::require(sorting::method_of(options.method).permutation, "the method '", options.method,
                "' has no permutation matrix to learn from");
  base::require(options.loss == "bce" || options.loss == "cross_entropy", "unknown loss '",
                options.loss, "'; there are: bce, cross_entropy");
  steepness_schedule(options, training);
  static_cast<void>(sort_options(options, *options.steepness).comparison());
}

class SortingTask final : public Task {
 public:
  SortingTask(const SortingOptions& options, const train::Options& training)
      : options_(options),
        steepness_(steepness_schedule(options, training)),
        sets_(sets_options(options, training.seed)),
        scorer_(ImageScorerOptions{sets_.height(),
                                   sets_.width(),
                                   {options.channels[0], options.channels[1]},
                                   options.bfloat16}) {}

  [[nodiscard]] std::string_view name() const override { return Sorting::name; }
  torch::nn::Module& module() override { return *scorer_; }
  [[nodiscard]] BestRule best_rule() const override { return {"exact_five"}; }

  BatchLoss loss(const BatchKeys& keys) override {
    const Sets sets = sets_.draw(data::Split::kTrain, keys.step, keys.first, keys.count);
    const torch::Tensor scores = scorer_->score_sets(sets.images);
    return {permutation_loss(scores, sets.labels, sort_options(options_, steepness_.at(keys.step)),
                             options_.loss, options_.ties),
            scores};
  }

  train::Metrics evaluate(data::Split split) override {
    return sets_.evaluate(split, [&](const auto& images) { return scorer_->score_sets(images); });
  }

  Snapshot snapshot(std::int64_t step) override {
    const double steepness = steepness_.at(step);
    auto [snapshot, scores] =
        sets_.show([&](const auto& images) { return scorer_->score_sets(images); });
    if (options_.n <= kLargestShownMatrix) {
      const auto [_, permutation] = sort(scores, sort_options(options_, steepness));
      snapshot.tensors.emplace_back("permutation", permutation);
    }
    snapshot.metadata["steepness"] = train::number_text(steepness);
    return snapshot;
  }

 private:
  SortingOptions options_;
  train::Schedule steepness_;
  NumberSets sets_;
  ImageScorer scorer_;
};

}  // namespace

void Sorting::settle(Options& options, train::Options& training) {
  train::settle(training);
  const ReadingDefaults defaults = reading_defaults(options.data, options.half_resolution);
  if (options.channels.empty()) options.channels = defaults.channels;
  settle_softness(options);
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
