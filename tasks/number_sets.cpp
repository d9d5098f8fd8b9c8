// tasks/number_sets.cpp — sets of numbers in digit images, drawn by key, and how well scores order
// them
#include "tasks/number_sets.h"

#include <ATen/Parallel.h>
#include <torch/torch.h>

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "pliant/base/errors.h"
#include "pliant/sorting/torch/ops.h"

namespace pliant::tasks {
namespace {

constexpr std::int64_t kEvaluationBatch = 100;  ///< sets at a time
constexpr std::uint64_t kEvaluationSeed = 0;
constexpr std::int64_t kShownSets = 4;
constexpr std::int64_t kShownItems = 1000;

data::Composites composites(const NumberSetsOptions& options, data::Split split,
                            std::uint64_t seed) {
  data::ImageSet set = data::load_image_set(options.data, split);
  if (options.half_resolution) set = data::half_resolution(set);
  return {std::move(set), {options.digits, options.n, seed}};
}

train::Metrics metrics(const sorting::RankingMetrics& sum, const torch::Tensor& scores) {
  return {{"exact", sum.exact()},
          {"elementwise", sum.elementwise()},
          {"exact_five", sum.exact_five()},
          {"exact_tied", sum.exact_tied()},
          {"elementwise_tied", sum.elementwise_tied()},
          {"exact_five_tied", sum.exact_five_tied()},
          {"score_spread", scores.to(torch::kDouble).std(/*unbiased=*/false).item<double>()}};
}

}  // namespace

ReadingDefaults reading_defaults(std::string_view data, bool half_resolution) {
  const double published_rate = std::pow(10.0, -3.5);
  if (data == "digits") return {{16, 32}, 20, 6e-3, 6000, 500};
  if (half_resolution) return {{16, 32}, 100, published_rate, 100'000, 1000};
  return {{32, 64}, 100, published_rate, 100'000, 1000};
}

void check_number_sets(const NumberSetsOptions& options, std::size_t channels) {
  const auto names = data::image_set_names();
  if (std::ranges::find(names, options.data) == names.end()) {
    data::load_image_set(options.data, data::Split::kTest);  // Its error lists the names.
  }
  base::require(options.n >= 2, "n must be at least 2, got ", options.n);
  base::require(channels == 2, "channels must be two numbers, got ", channels);
  base::require(options.groups >= 1, "groups must be at least 1, got ", options.groups);
}

NumberSets::NumberSets(const NumberSetsOptions& options)
    : options_(options),
      splits_{composites(options, data::Split::kTrain, options.seed),
              composites(options, data::Split::kValidation, kEvaluationSeed),
              composites(options, data::Split::kTest, kEvaluationSeed)} {}

Sets NumberSets::draw(data::Split split, std::int64_t step, std::int64_t first,
                      std::int64_t count) const {
  const data::Composites& from = splits_[static_cast<std::size_t>(split)];
  const std::int64_t n = options_.n;
  Sets sets{torch::empty({count, n, from.height(), from.width()}),
            torch::empty({count, n}, torch::kLong)};
  float* images = sets.images.mutable_data_ptr<float>();
  auto* labels = sets.labels.mutable_data_ptr<std::int64_t>();
  const std::int64_t pixels = n * from.height() * from.width();
  at::parallel_for(0, count, 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) {
      from.draw(static_cast<std::uint64_t>(step), static_cast<std::uint64_t>(first + i),
                images + i * pixels, labels + i * n);
    }
  });
  return sets;
}

train::Metrics NumberSets::evaluate(data::Split split, const Scorer& score) const {
  sorting::RankingMetrics sum;
  std::vector<torch::Tensor> all_scores;
  for (std::int64_t first = 0; first < options_.groups; first += kEvaluationBatch) {
    const std::int64_t count = std::min(kEvaluationBatch, options_.groups - first);
    const Sets sets = draw(split, 0, first, count);
    const torch::Tensor scores = score(sets.images);
    sum += ranking_metrics(scores, sets.labels);
    all_scores.push_back(scores.flatten());
  }
  return metrics(sum, torch::cat(all_scores));
}

NumberSets::Shown NumberSets::show(const Scorer& score) const {
  const std::int64_t sets_for_items = (kShownItems + options_.n - 1) / options_.n;
  const Sets sets = draw(data::Split::kValidation, 0, 0, std::max(kShownSets, sets_for_items));
  const torch::Tensor scores = score(sets.images);
  const auto shown = [](const torch::Tensor& t) { return t.slice(0, 0, kShownSets); };
  const auto items = [](const torch::Tensor& t) { return t.flatten().slice(0, 0, kShownItems); };
  Shown result;
  result.scores = shown(scores);
  result.snapshot.tensors = {{"images", shown(sets.images).mul(255).round().to(torch::kByte)},
                             {"labels", shown(sets.labels)},
                             {"scores", result.scores},
                             {"all_scores", items(scores)},
                             {"all_labels", items(sets.labels)}};
  return result;
}

}  // namespace pliant::tasks
