// tasks/logic.cpp — the task of telling classes by a network of logic gates
#include "tasks/logic.h"

#include <torch/torch.h>

#include <algorithm>

#include "pliant/base/random.h"
#include "pliant/logic/network_file.h"
#include "pliant/logic/torch/circuit.h"
#include "pliant/train/torch/task.h"
#include "tasks/logic_network.h"

namespace pliant::tasks {
namespace {

constexpr std::int64_t kEvaluationBatch = 512;
constexpr std::int64_t kShown = 12;       ///< examples of a snapshot
constexpr std::int64_t kAveraged = 2000;  ///< at most, for a snapshot's mean picture of each class
constexpr std::size_t kMostMeans = 20;    ///< of more classes there are no mean pictures
/// The stream of what is drawn for gates; the sets draw from streams of their own.
constexpr std::uint64_t kGumbelStream = std::uint64_t{3} << 61;

LabelledDataOptions data_options(const LogicOptions& options, std::uint64_t seed) {
  LabelledDataOptions of_data;
  of_data.data = options.data;
  of_data.evaluation = options.evaluation;
  of_data.seed = seed;
  of_data.split = options.split;
  of_data.plain = true;
  of_data.shift = options.shift.value_or(0);
  of_data.mirror = options.mirror.value_or(false);
  return of_data;
}

class LogicTask final : public Task {
 public:
  LogicTask(const LogicOptions& options, const train::Options& training)
      : data_(load_labelled_data(data_options(options, training.seed))),
        classifier_(options, *data_, training.seed),
        gate_price_(options.gate_price.value_or(0)) {}

  [[nodiscard]] std::string_view name() const override { return Logic::name; }
  torch::nn::Module& module() override { return *classifier_; }
  [[nodiscard]] BestRule best_rule() const override { return {"hard"}; }

  BatchLoss loss(const BatchKeys& keys) override {
    const Examples examples = data_->draw(keys.step, keys.first, keys.count);
    // What is drawn for the gates is a function of the seed and the step, as all that is drawn.
    if (classifier_->network->options.gumbel)
      torch::manual_seed(
          base::Random(keys.seed, kGumbelStream | static_cast<std::uint64_t>(keys.step), 0).next());
    const torch::Tensor scores = classifier_(examples.inputs);
    torch::Tensor loss = torch::nn::functional::cross_entropy(scores, examples.labels);
    if (gate_price_ > 0) loss = loss + gate_price_ * classifier_->expected_share();
    return {loss, scores};
  }

  train::Metrics evaluate(data::Split split) override {
    std::int64_t hard = 0;
    std::int64_t soft = 0;
    const std::int64_t all = data_->size(split);
    const bool was_training = classifier_->is_training();
    const bool draws = classifier_->draw_gates(false);
    for (std::int64_t first = 0; first < all; first += kEvaluationBatch) {
      const Examples examples =
          data_->examples(split, first, std::min(kEvaluationBatch, all - first));
      classifier_->eval();
      const torch::Tensor bits = classifier_->encoder(examples.inputs);
      hard += hits(classifier_->scores(bits), examples.labels);
      classifier_->soften(true);
      soft += hits(classifier_->scores(bits), examples.labels);
    }
    classifier_->draw_gates(draws);
    classifier_->train(was_training);
    const auto share = [all](std::int64_t count) {
      return static_cast<double>(count) / static_cast<double>(all);
    };
    train::Metrics figures = {{"hard", share(hard)}, {"soft", share(soft)}};
    if (gate_price_ > 0)
      figures.emplace_back("gates", classifier_->expected_share().item<double>());
    return figures;
  }

  /// The network in words: from the numbers of an example to the scores of classes.
  [[nodiscard]] data::MetadataMap checkpoint_metadata() const override {
    const NumberFormat numbers = data_->format();
    logic::Description description;
    description.input = {data_->shape(), numbers.byte_maximum, numbers.crop, numbers.names};
    description.classes = data_->classes();
    classifier_->describe(numbers, "model/", description);
    return {{std::string(logic::kNetworkEntry), logic::description_text(description)}};
  }

  Snapshot snapshot(std::int64_t) override {
    const std::int64_t shown = std::min(kShown, data_->size(data::Split::kValidation));
    const Examples examples = data_->examples(data::Split::kValidation, 0, shown);
    const bool was_training = classifier_->is_training();
    classifier_->eval();
    const torch::Tensor scores = classifier_(examples.inputs);
    classifier_->train(was_training);
    Snapshot snapshot;
    snapshot.tensors = {{"labels", examples.labels},
                        {"scores", scores.contiguous()},
                        {"first_wiring", classifier_->first_reads()}};
    if (classifier_->network->options.gates.fan_in == 2)
      snapshot.tensors.emplace_back("gate_counts", classifier_->gate_counts());
    if (data_->shape().size() != 3) return snapshot;
    snapshot.tensors.emplace_back("images", bytes_of(examples.inputs));
    if (data_->classes().size() <= kMostMeans)
      snapshot.tensors.emplace_back("class_means", class_means());
    return snapshot;
  }

 private:
  /// Pictures in [0, 1] as bytes.
  static torch::Tensor bytes_of(const torch::Tensor& pictures) {
    return pictures.mul(255).round().to(torch::kByte);
  }

  /// The mean validation picture of each class, (classes, channels, height, width) bytes; 0 for a
  /// class without one.
  [[nodiscard]] torch::Tensor class_means() const {
    const std::int64_t count = std::min(kAveraged, data_->size(data::Split::kValidation));
    const auto classes = static_cast<std::int64_t>(data_->classes().size());
    const Examples examples = data_->examples(data::Split::kValidation, 0, count);
    std::vector<std::int64_t> shape = examples.inputs.sizes().vec();
    shape[0] = classes;
    torch::Tensor sums = torch::zeros(shape);
    sums.index_add_(0, examples.labels, examples.inputs);
    const torch::Tensor counts = examples.labels.bincount({}, classes).clamp_min(1);
    return bytes_of(sums / counts.view({-1, 1, 1, 1}));
  }

  static std::int64_t hits(const torch::Tensor& scores, const torch::Tensor& labels) {
    return scores.argmax(1).eq(labels).sum().item<std::int64_t>();
  }

  std::unique_ptr<LabelledData> data_;
  LogicClassifier classifier_;
  double gate_price_;
};

}  // namespace

std::shared_ptr<Task> Logic::make(const Options& options, const train::Options& training) {
  return std::make_shared<LogicTask>(options, training);
}

}  // namespace pliant::tasks
