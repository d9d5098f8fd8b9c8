// tasks/logic.cpp — the task of telling classes by a network of logic gates
#include "tasks/logic.h"

#include <torch/torch.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "pliant/base/errors.h"
#include "pliant/base/random.h"
#include "pliant/logic/gate.h"
#include "pliant/logic/network_file.h"
#include "pliant/logic/torch/circuit.h"
#include "pliant/logic/torch/modules.h"
#include "pliant/logic/torch/thermometer.h"
#include "pliant/train/torch/task.h"

namespace pliant::tasks {
namespace {

constexpr std::int64_t kEvaluationBatch = 512;
constexpr std::int64_t kShown = 12;  ///< examples of a snapshot
/// Training examples that thresholds are chosen by.
constexpr std::int64_t kThresholdExamples = 5000;
/// The stream of what is drawn for gates; the sets draw from streams of their own.
constexpr std::uint64_t kGumbelStream = std::uint64_t{3} << 61;

/// The shape (channels, height, width) of images, or (features, 1, 1).
std::vector<std::int64_t> picture_shape(const LabelledData& data) {
  std::vector<std::int64_t> shape = data.shape();
  shape.resize(3, 1);
  return shape;
}

/// Examples' numbers as bits, or in training with no thresholds as they are.
class EncoderImpl : public torch::nn::Module {
 public:
  EncoderImpl(const LogicOptions& options, const LabelledData& data) {
    if (*options.thresholds == 0) return;
    const Examples examples = data.draw(0, 0, kThresholdExamples);
    code_ = register_module(
        "thermometer", Thermometer(choose_thresholds(options.threshold_method, *options.thresholds,
                                                     examples.inputs)));
  }

  /// @param x  (N, shape…) in [0, 1]   @return (N, features)
  torch::Tensor forward(const torch::Tensor& x) {
    if (!code_.is_empty()) return code_(x).flatten(1);
    return (is_training() ? x : x.gt(0.5).to(x.scalar_type())).flatten(1);
  }

  /// Appends what it does in eval mode.   @param prefix  of its tensors in a checkpoint
  void describe(const NumberFormat& numbers, const std::string& prefix,
                logic::Description& description) const {
    if (!code_.is_empty()) {
      description.layers.emplace_back(logic::ThermometerLayer{prefix + "thermometer.thresholds"});
    } else if (!numbers.bits) {
      description.layers.emplace_back(logic::RoundLayer{0.5});
    }
  }

 private:
  Thermometer code_{nullptr};
};
TORCH_MODULE(Encoder);

LabelledDataOptions data_options(const LogicOptions& options, std::uint64_t seed) {
  LabelledDataOptions of_data;
  of_data.data = options.data;
  of_data.evaluation = options.evaluation;
  of_data.seed = seed;
  of_data.split = options.split;
  of_data.plain = true;
  return of_data;
}

LogicNetworkOptions network_options(const LogicOptions& options, const LabelledData& data,
                                    std::int64_t features, std::uint64_t seed) {
  const std::vector<std::int64_t> shape = picture_shape(data);
  const auto classes = static_cast<std::int64_t>(data.classes().size());
  base::require(options.widths.back() % classes == 0,
                "widths: the last layer must be a multiple "
                "of the ",
                classes, " classes, got ", options.widths.back());
  LogicNetworkOptions network;
  network.in_features = features;
  network.widths = options.widths;
  network.gates = {options.parametrization, *options.fan_in, options.temperature.value_or(0),
                   options.hardening};
  network.init = options.init;
  network.wiring = options.wiring;
  network.wiring_seed = seed;
  network.height = shape[1];
  network.width = shape[2];
  network.radius = options.radius;
  network.groups = classes;
  network.tau =
      options.tau.value_or(std::sqrt(static_cast<double>(options.widths.back() / classes) / 8));
  network.grad_factor = options.grad_factor;
  network.gumbel = options.gumbel;
  return network;
}

/// Bits of the examples, then the gates.
class ClassifierImpl : public torch::nn::Module {
 public:
  ClassifierImpl(const LogicOptions& options, const LabelledData& data, std::uint64_t seed)
      : encoder(register_module("encoder", Encoder(options, data))) {
    const std::int64_t features = encoder(data.draw(0, 0, 1).inputs).size(1);
    network =
        register_module("network", LogicNetwork(network_options(options, data, features, seed)));
  }
  torch::Tensor forward(const torch::Tensor& x) { return network(encoder(x)); }

  Encoder encoder;
  LogicNetwork network{nullptr};
};
TORCH_MODULE(Classifier);

class LogicTask final : public Task {
 public:
  LogicTask(const LogicOptions& options, const train::Options& training)
      : data_(load_labelled_data(data_options(options, training.seed))),
        classifier_(options, *data_, training.seed) {}

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
    return {torch::nn::functional::cross_entropy(scores, examples.labels), scores};
  }

  train::Metrics evaluate(data::Split split) override {
    std::int64_t hard = 0;
    std::int64_t soft = 0;
    const std::int64_t all = data_->size(split);
    const bool was_training = classifier_->is_training();
    const bool draws = std::exchange(classifier_->network->options.gumbel, false);
    for (std::int64_t first = 0; first < all; first += kEvaluationBatch) {
      const Examples examples =
          data_->examples(split, first, std::min(kEvaluationBatch, all - first));
      classifier_->eval();
      const torch::Tensor bits = classifier_->encoder(examples.inputs);
      hard += hits(classifier_->network(bits), examples.labels);
      classifier_->network->train();
      soft += hits(classifier_->network(bits), examples.labels);
    }
    classifier_->network->options.gumbel = draws;
    classifier_->train(was_training);
    const auto share = [all](std::int64_t count) {
      return static_cast<double>(count) / static_cast<double>(all);
    };
    return {{"hard", share(hard)}, {"soft", share(soft)}};
  }

  /// The network in words: from the numbers of an example to the scores of classes.
  [[nodiscard]] data::MetadataMap checkpoint_metadata() const override {
    const NumberFormat numbers = data_->format();
    logic::Description description;
    description.input = {data_->shape(), numbers.byte_maximum, numbers.crop, numbers.names};
    description.classes = data_->classes();
    classifier_->encoder->describe(numbers, "model/encoder.", description);
    ComputedTensors computed;
    describe(*classifier_->network, "model/network.", description, computed);
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
                        {"first_wiring", first_wiring()}};
    if (classifier_->network->options.gates.fan_in == 2)
      snapshot.tensors.emplace_back("gate_counts", gate_counts());
    if (data_->shape().size() == 3)
      snapshot.tensors.emplace_back("images", examples.inputs.mul(255).round().to(torch::kByte));
    return snapshot;
  }

 private:
  static std::int64_t hits(const torch::Tensor& scores, const torch::Tensor& labels) {
    return scores.argmax(1).eq(labels).sum().item<std::int64_t>();
  }

  /// How often the gates of the first layer read each number of an example, (shape…).
  [[nodiscard]] torch::Tensor first_wiring() const {
    const LogicNetworkImpl& network = *classifier_->network;
    const torch::Tensor sources = network.wiring.slice(1, 0, network.options.widths[0]);
    const torch::Tensor reads =
        torch::bincount(sources.flatten().to(torch::kLong), {}, network.options.in_features);
    std::vector<std::int64_t> shape = data_->shape();
    shape.insert(shape.begin(), -1);
    return reads.reshape(shape).sum(0);
  }

  /// How many gates of each layer are which of the 16, (layers, 16).
  [[nodiscard]] torch::Tensor gate_counts() const {
    const LogicNetworkImpl& network = *classifier_->network;
    std::vector<torch::Tensor> layers;
    for (std::size_t l = 0; l < network.options.widths.size(); ++l) {
      const torch::Tensor t = network.hard_tables(l);
      layers.push_back(torch::bincount(t[0] * 8 + t[1] * 4 + t[2] * 2 + t[3], {}, logic::kGates));
    }
    return torch::stack(layers);
  }

  std::unique_ptr<LabelledData> data_;
  Classifier classifier_;
};

}  // namespace

std::shared_ptr<Task> Logic::make(const Options& options, const train::Options& training) {
  return std::make_shared<LogicTask>(options, training);
}

}  // namespace pliant::tasks
