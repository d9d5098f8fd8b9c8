// tasks/program_sort.cpp — the task of learning to read numbers from how often a sort has to swap
#include "tasks/program_sort.h"

#include <torch/torch.h>

#include "pliant/base/errors.h"
#include "pliant/program/shipped.h"
#include "pliant/program/torch/ops.h"
#include "pliant/train/torch/task.h"
#include "tasks/finite_outputs.h"
#include "tasks/image_scorer.h"
#include "tasks/number_sets.h"
#include "tasks/step_times.h"

namespace pliant::tasks {
namespace {

using torch::Tensor;

constexpr std::int64_t kTimedSteps = 5;
/// The results of the program, by what is taught.
constexpr std::size_t kAny = 1, kSwaps = 2;

NumberSetsOptions sets_options(const ProgramSortOptions& options, std::uint64_t seed) {
  return {options.data, options.half_resolution, options.digits, options.n, options.groups, seed};
}

class ProgramSortTask final : public Task {
 public:
  ProgramSortTask(const ProgramSortOptions& options, const train::Options& training)
      : program_(program::shipped("bubble_sort")),
        options_(program_options(options.program)),
        taught_(options.supervision == "any" ? kAny : kSwaps),
        sets_(sets_options(options, training.seed)),
        scorer_(ImageScorerOptions{sets_.height(),
                                   sets_.width(),
                                   {options.channels[0], options.channels[1]},
                                   options.bfloat16}),
        timed_{training.seed, 1, 0, *training.batch} {}

  [[nodiscard]] std::string_view name() const override { return ProgramSort::name; }
  torch::nn::Module& module() override { return *scorer_; }
  [[nodiscard]] BestRule best_rule() const override { return {"exact_five"}; }

  BatchLoss loss(const BatchKeys& keys) override {
    return loss_of_finite(scorer_->score_sets(draw(keys)),
                          [&](const Tensor& scores) { return swaps(scores); });
  }

  train::Metrics evaluate(data::Split split) override {
    return sets_.evaluate(split, [&](const auto& images) { return scorer_->score_sets(images); });
  }

  Snapshot snapshot(std::int64_t /*step*/) override {
    return sets_.show([&](const auto& images) { return scorer_->score_sets(images); }).snapshot;
  }

  void write_results(const std::filesystem::path& folder) override {
    const Tensor images = draw(timed_);
    write_step_times(
        folder, *scorer_, [&] { return scorer_->score_sets(images); },
        [&](const Tensor& scores) { return swaps(scores); }, kTimedSteps);
  }

 private:
  /// The step's sets, each in its true order.
  [[nodiscard]] Tensor draw(const BatchKeys& keys) const {
    const Sets sets = sets_.draw(data::Split::kTrain, keys.step, keys.first, keys.count);
    const Tensor order =
        std::get<1>(torch::sort(sets.labels, /*stable=*/true, /*dim=*/-1, /*descending=*/false));
    const auto& sizes = sets.images.sizes();
    return torch::gather(sets.images, 1, order.view({sizes[0], sizes[1], 1, 1}).expand(sizes));
  }

  [[nodiscard]] Tensor swaps(const Tensor& scores) const {
    return run_program(program_, {scores}, options_)[taught_].mean();
  }

  program::Program program_;
  ProgramOptions options_;
  std::size_t taught_;
  NumberSets sets_;
  ImageScorer scorer_;
  BatchKeys timed_;
};

}  // namespace

void ProgramSort::settle(Options& options, train::Options& training) {
  train::settle(training);
  const ReadingDefaults defaults = reading_defaults(options.data, options.half_resolution);
  if (options.channels.empty()) options.channels = defaults.channels;
  settle_softness(options.program, 8);
  if (!training.batch) training.batch = defaults.batch;
  // The number of swaps grows with how far apart wrong scores are: high rates drive all apart.
  if (!training.learning_rate)
    training.learning_rate = options.data == "digits" ? 5e-4 : defaults.learning_rate;
  if (!training.validate_every) training.validate_every = defaults.validate_every;
  if (!training.steps && !training.minutes) training.steps = defaults.steps;
  check_number_sets(sets_options(options, training.seed), options.channels.size());
  base::require(options.supervision == "swaps" || options.supervision == "any",
                "unknown supervision '", options.supervision, "'; there are: swaps, any");
  static_cast<void>(program_options(options.program));
}

std::shared_ptr<Task> ProgramSort::make(const Options& options, const train::Options& training) {
  return std::make_shared<ProgramSortTask>(options, training);
}

}  // namespace pliant::tasks
