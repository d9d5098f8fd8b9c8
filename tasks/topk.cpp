// tasks/topk.cpp — the task of telling many classes with a loss for several k at once
#include "tasks/topk.h"

#include <torch/torch.h>

#include <algorithm>
#include <utility>

#include "pliant/base/errors.h"
#include "pliant/base/known.h"
#include "pliant/base/random.h"
#include "pliant/sorting/method.h"
#include "pliant/sorting/torch/softness.h"
#include "pliant/topk/selection.h"
#include "pliant/topk/torch/functions.h"
#include "pliant/topk/torch/softness.h"
#include "pliant/train/torch/task.h"
#include "tasks/image_classifier.h"

namespace pliant::tasks {
namespace {

constexpr std::int64_t kEvaluationBatch = 250;
constexpr std::int64_t kShown = 12;        ///< examples of a snapshot
constexpr std::int64_t kShownClasses = 5;  ///< guesses for each
constexpr std::int64_t kDefaultCandidates = 16;
/// The stream of label noise; the sets draw from streams of their own.
constexpr std::uint64_t kNoiseStream = std::uint64_t{5} << 61;

/// What a data set wants that the options leave open.
struct DataDefaults {
  std::vector<std::int64_t> channels;
  std::int64_t batch;
  double learning_rate;
  std::int64_t steps;
  std::int64_t validate_every;
};

DataDefaults defaults_of(std::string_view data) {
  if (data == "digits") return {{16, 32}, 50, 2e-3, 1500, 250};
  if (data == "features") return {{}, 500, 1e-3, 2000, 100};
  if (data == "glyphs") return {{32, 64, 128}, 128, 1e-3, 4000, 250};
  return {{32, 64, 128}, 128, 1e-3, 4000, 500};
}

TopKCrossEntropyOptions loss_options(const TopKOptions& options, std::int64_t classes) {
  TopKCrossEntropyOptions loss;
  loss.method = options.method;
  loss.distribution = options.distribution;
  loss.steepness = options.steepness.value_or(1);
  loss.art_lambda = options.art_lambda;
  loss.p_k = options.p_k;
  // From scratch all classes take part, as published: what begins below the candidates learns late.
  loss.m = options.m.value_or(options.data == "features" ? std::min(kDefaultCandidates, classes)
                                                         : classes);
  loss.top1_mode = options.top1_mode;
  loss.label_smoothing = options.label_smoothing;
  return loss;
}

void check(const TopKOptions& options) {
  base::require_known(labelled_data_names(), options.data, "data set");
  base::require_known(topk_loss_names(), options.loss, "loss");
  base::require_known(topk_method_names(), options.method, "method");
  base::require_known(math::family_names(), options.distribution, "distribution");
  base::require_known(std::vector<std::string_view>{"top1", "top5"}, options.best,
                      "figure for best");
  base::require(options.label_noise >= 0 && options.label_noise < 1,
                "label-noise must be in [0, 1), got ", options.label_noise);
  base::require(options.classes >= 1, "classes must be at least 1, got ", options.classes);
  base::require(options.k >= 1, "k must be at least 1, got ", options.k);
  base::require(options.evaluation >= 0, "evaluation must be at least 0, got ", options.evaluation);
  base::require(!options.m || *options.m >= 1, "m must be at least 1, got ", options.m.value_or(0));
  base::require(options.label_smoothing >= 0 && options.label_smoothing <= 1,
                "label-smoothing must be in [0, 1], got ", options.label_smoothing);
  base::require(
      options.label_smoothing == 0 || options.loss == "topk" || options.loss == "cross_entropy",
      "label-smoothing goes with the losses topk and cross_entropy, got the loss ", options.loss);
}

std::unique_ptr<LabelledData> data_of(const TopKOptions& options, std::uint64_t seed) {
  return load_labelled_data(
      {options.data, options.features, options.classes, options.evaluation, seed});
}

/// Where there is a softness, the steepness is made of it, and the softness taken back.
void settle_softness(TopKOptions& options, std::uint64_t seed) {
  if (options.softness) {
    base::require(!options.steepness, "softness stands for steepness: give one of them");
    const auto classes = static_cast<std::int64_t>(data_of(options, seed)->classes().size());
    const TopKCrossEntropyOptions loss = loss_options(options, classes);
    const auto asked = std::find_if(options.p_k.rbegin(), options.p_k.rend(),
                                    [](double chance) { return chance > 0; });
    const std::int64_t k = std::clamp<std::int64_t>(options.p_k.rend() - asked, 1, loss.m);
    options.steepness = steepness_of_topk(normal_scores(loss.m), k, *options.softness, loss);
    options.softness.reset();
  }
  if (!options.steepness) options.steepness = 1;
}

/// Counts of examples whose label is among the largest scores.
class Hits {
 public:
  explicit Hits(std::int64_t classes) {
    for (const std::int64_t k : {1, 5, 10}) {
      if (k < classes || k == 1) counts_.emplace_back(k, 0);
    }
  }

  void add(const torch::Tensor& scores, const torch::Tensor& labels) {
    const torch::Tensor hit =
        std::get<1>(scores.topk(counts_.back().first)).eq(labels.unsqueeze(1));
    for (auto& [k, count] : counts_) count += hit.slice(1, 0, k).sum().item<std::int64_t>();
    examples_ += labels.size(0);
  }

  /// @param prefix  of the names
  [[nodiscard]] train::Metrics metrics(const std::string& prefix) const {
    train::Metrics all;
    for (const auto& [k, count] : counts_)
      all.emplace_back(prefix + "top" + std::to_string(k),
                       static_cast<double>(count) / static_cast<double>(examples_));
    return all;
  }

 private:
  std::vector<std::pair<std::int64_t, std::int64_t>> counts_;  // k, hits
  std::int64_t examples_ = 0;
};

class TopKTask final : public Task {
 public:
  TopKTask(const TopKOptions& options, const train::Options& training)
      : options_(options),
        seed_(training.seed),
        data_(data_of(options, training.seed)),
        classes_(static_cast<std::int64_t>(data_->classes().size())),
        loss_(loss_options(options, classes_)),
        classifier_(ImageClassifierOptions{
            .shape = data_->shape(), .channels = options.channels, .classes = classes_}) {
    base::require(options.best == "top1" || classes_ > 5, "best: there is no top5 of ", classes_,
                  " classes");
    // Wrong options of the loss are an error now, not at the first step.
    value(torch::zeros({1, classes_}), torch::zeros({1}, torch::kLong));
  }

  [[nodiscard]] std::string_view name() const override { return TopK::name; }
  torch::nn::Module& module() override { return *classifier_; }
  [[nodiscard]] BestRule best_rule() const override { return {options_.best}; }

  BatchLoss loss(const BatchKeys& keys) override {
    Examples examples = data_->draw(keys.step, keys.first, keys.count);
    if (options_.label_noise > 0) add_noise(keys, examples.labels);
    const torch::Tensor scores = classifier_(examples.inputs);
    // What is no number is the step's to say; some losses would refuse it as a wrong argument.
    if (!scores.isfinite().all().item<bool>()) return {scores.sum(), scores};
    return {value(scores, examples.labels), scores};
  }

  train::Metrics evaluate(data::Split split) override {
    train::Metrics metrics = hits(split).metrics("");
    if (split == data::Split::kValidation && options_.watch_test) {
      const train::Metrics test = hits(data::Split::kTest).metrics("test_");
      metrics.insert(metrics.end(), test.begin(), test.end());
    }
    return metrics;
  }

  Snapshot snapshot(std::int64_t) override {
    const std::int64_t shown = std::min(kShown, data_->size(data::Split::kValidation));
    const Examples examples = data_->examples(data::Split::kValidation, 0, shown);
    const torch::Tensor chances = classifier_(examples.inputs).softmax(1);
    const auto [best, guesses] = chances.topk(std::min(kShownClasses, classes_));
    Snapshot snapshot;
    snapshot.tensors = {{"labels", examples.labels}, {"guesses", guesses}, {"chances", best}};
    if (data_->shape().size() == 3) {
      snapshot.tensors.emplace_back("images", picture(examples.inputs));
      snapshot.tensors.emplace_back("guessed_images", pictures_of(guesses));
    }
    std::string names;
    for (const std::int64_t c : classes_in(examples.labels, guesses))
      names += std::to_string(c) + "\t" +
               on_one_line(data_->classes()[static_cast<std::size_t>(c)]) + "\n";
    snapshot.metadata["class_names"] = names;
    return snapshot;
  }

 private:
  torch::Tensor value(const torch::Tensor& scores, const torch::Tensor& labels) const {
    if (options_.loss == "topk") return topk_cross_entropy(scores, labels, loss_);
    if (options_.loss == "smooth_svm") return smooth_topk_svm(scores, labels, options_.k).mean();
    if (options_.loss == "truncated_entropy")
      return truncated_topk_entropy(scores, labels, options_.k).mean();
    return torch::nn::functional::cross_entropy(
        scores, labels,
        torch::nn::functional::CrossEntropyFuncOptions().label_smoothing(options_.label_smoothing));
  }

  /// Some labels become any class, the right one included.
  void add_noise(const BatchKeys& keys, const torch::Tensor& labels) const {
    auto* label = labels.mutable_data_ptr<std::int64_t>();
    for (std::int64_t i = 0; i < keys.count; ++i) {
      base::Random random(seed_, kNoiseStream | static_cast<std::uint64_t>(keys.step),
                          static_cast<std::uint64_t>(keys.first + i));
      if (random.uniform() < options_.label_noise)
        label[i] = random.below(static_cast<std::uint32_t>(classes_));
    }
  }

  [[nodiscard]] Hits hits(data::Split split) {
    Hits hits(classes_);
    const std::int64_t all = data_->size(split);
    for (std::int64_t first = 0; first < all; first += kEvaluationBatch) {
      const Examples examples =
          data_->examples(split, first, std::min(kEvaluationBatch, all - first));
      hits.add(classifier_(examples.inputs), examples.labels);
    }
    return hits;
  }

  /// Inputs as bytes: the smallest number 0, the largest 255.
  static torch::Tensor picture(const torch::Tensor& inputs) {
    const torch::Tensor low = inputs.min();
    return ((inputs - low) / (inputs.max() - low).clamp_min(1e-6))
        .mul(255)
        .round()
        .to(torch::kByte);
  }

  /// For each guess an image of its class, (shown, guesses, channels, height, width): the first
  /// among the validation's examples, or nothing but 0.
  [[nodiscard]] torch::Tensor pictures_of(const torch::Tensor& guesses) const {
    std::vector<std::int64_t> shape = data_->shape();
    shape.insert(shape.begin(), guesses.numel());
    torch::Tensor found = torch::zeros(shape);
    torch::Tensor missing = torch::ones({guesses.numel()}, torch::kBool);
    const torch::Tensor wanted = guesses.flatten();
    const std::int64_t all = data_->size(data::Split::kValidation);
    for (std::int64_t first = 0; first < all && missing.any().item<bool>();
         first += kEvaluationBatch) {
      const Examples examples =
          data_->examples(data::Split::kValidation, first, std::min(kEvaluationBatch, all - first));
      for (std::int64_t i = 0; i < examples.labels.size(0); ++i) {
        const torch::Tensor here = wanted.eq(examples.labels[i]).logical_and(missing);
        found.index_put_({here}, examples.inputs[i]);
        missing = missing.logical_and(here.logical_not());
      }
    }
    shape.erase(shape.begin());
    shape.insert(shape.begin(), {guesses.size(0), guesses.size(1)});
    return picture(found).reshape(shape);
  }

  static std::string on_one_line(std::string text) {
    std::replace(text.begin(), text.end(), '\n', ' ');
    return text;
  }

  static std::vector<std::int64_t> classes_in(const torch::Tensor& labels,
                                              const torch::Tensor& guesses) {
    const torch::Tensor all = torch::cat({labels.flatten(), guesses.flatten()});
    std::vector<std::int64_t> classes(all.const_data_ptr<std::int64_t>(),
                                      all.const_data_ptr<std::int64_t>() + all.numel());
    std::sort(classes.begin(), classes.end());
    classes.erase(std::unique(classes.begin(), classes.end()), classes.end());
    return classes;
  }

  TopKOptions options_;
  std::uint64_t seed_;
  std::unique_ptr<LabelledData> data_;
  std::int64_t classes_;
  TopKCrossEntropyOptions loss_;
  ImageClassifier classifier_;
};

}  // namespace

std::vector<std::string_view> topk_loss_names() {
  return {"topk", "cross_entropy", "smooth_svm", "truncated_entropy"};
}

std::vector<std::string_view> topk_method_names() {
  std::vector<std::string_view> names = selection::selection_names();
  for (const auto& method : sorting::methods()) {
    if (method.kind != "network" && method.permutation) names.push_back(method.name);
  }
  return names;
}

void TopK::settle(Options& options, train::Options& training) {
  train::settle(training);
  check(options);
  const DataDefaults defaults = defaults_of(options.data);
  if (options.p_k.empty()) options.p_k = {0.2, 0.2, 0.2, 0.2, 0.2};
  settle_softness(options, training.seed);
  if (options.channels.empty()) options.channels = defaults.channels;
  if (!training.batch) training.batch = defaults.batch;
  if (!training.learning_rate) training.learning_rate = defaults.learning_rate;
  if (!training.validate_every) training.validate_every = defaults.validate_every;
  if (!training.steps && !training.minutes) training.steps = defaults.steps;
}

std::shared_ptr<Task> TopK::make(const Options& options, const train::Options& training) {
  return std::make_shared<TopKTask>(options, training);
}

}  // namespace pliant::tasks
