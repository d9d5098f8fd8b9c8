// tasks/mnist.cpp — the task of ISAAC's papers: fully connected networks on small images
#include "tasks/mnist.h"

#include <torch/torch.h>

#include <algorithm>
#include <cstdlib>
#include <set>
#include <sstream>
#include <utility>

#include "pliant/base/errors.h"
#include "pliant/base/known.h"
#include "pliant/base/torch/communicator.h"
#include "pliant/optim/torch/modules.h"
#include "pliant/train/torch/task.h"
#include "tasks/labelled_data.h"

namespace pliant::tasks {
namespace {

constexpr std::int64_t kEvaluationBatch = 500;
constexpr std::int64_t kShown = 12;          ///< images of a snapshot
constexpr std::int64_t kSpectrumRows = 100;  ///< rows of the spectra of a snapshot

bool is_autoencoder(const MnistOptions& options) { return options.model == "autoencoder"; }

std::int64_t layer_count(const MnistOptions& options) {
  return static_cast<std::int64_t>(options.widths.size()) + 1;
}

/// The places from 0 of the layers that `conditioned` names.
/// @throws std::invalid_argument if it is neither "all" nor "none" nor numbers in 1 … layers
std::set<std::size_t> chosen_layers(const std::string& conditioned, std::int64_t layers) {
  std::set<std::size_t> chosen;
  if (conditioned == "none") return chosen;
  if (conditioned == "all") {
    for (std::int64_t i = 0; i < layers; ++i) chosen.insert(static_cast<std::size_t>(i));
    return chosen;
  }
  std::istringstream text(conditioned);
  std::string word;
  while (std::getline(text, word, ',')) {
    const bool digits = !word.empty() && word.size() < 6 &&
                        word.find_first_not_of("0123456789") == std::string::npos;
    const std::int64_t number = digits ? std::stoll(word) : 0;
    base::require(number >= 1 && number <= layers,
                  "conditioned must be all, none or numbers in 1 … ", layers,
                  " with commas between them, got '", conditioned, "'");
    chosen.insert(static_cast<std::size_t>(number - 1));
  }
  base::require(!chosen.empty(), "conditioned must be all, none or numbers, got '", conditioned,
                "'");
  return chosen;
}

/// Fully connected layers with ReLU between them, conditioned where chosen.
torch::nn::Sequential make_network(const MnistOptions& options, std::int64_t inputs,
                                   std::int64_t outputs) {
  torch::nn::Sequential plain;
  std::int64_t width = inputs;
  for (const std::int64_t hidden : options.widths) {
    plain->push_back(torch::nn::Linear(width, hidden));
    plain->push_back(torch::nn::ReLU());
    width = hidden;
  }
  plain->push_back(torch::nn::Linear(width, outputs));
  const std::set<std::size_t> chosen = chosen_layers(options.conditioned, layer_count(options));
  IsaacOptions settings;
  settings.damping = *options.damping;
  settings.augmented_bias = options.augmented_bias;
  settings.divided = options.divided;
  settings.bfloat16_gram = options.gram == "bfloat16";
  if (options.isaac_mode != "local") settings.processes = communicator_of_environment();
  settings.gathers = options.isaac_mode == "global_dual";
  return isaac::condition(plain, settings, [&](std::size_t i) { return chosen.contains(i); });
}

class MnistTask final : public Task {
 public:
  MnistTask(const MnistOptions& options, const train::Options& training)
      : options_(options),
        data_(load_labelled_data({.data = options.data,
                                  .features = {},
                                  .evaluation = options.evaluation,
                                  .seed = training.seed})),
        damping_(train::make_schedule(
            options.damping_end ? std::string_view(options.damping_schedule) : "constant",
            *options.damping, options.damping_end, training.steps, "damping")),
        pixels_(data_->shape()[1] * data_->shape()[2]),
        network_(make_network(options, pixels_,
                              is_autoencoder(options)
                                  ? pixels_
                                  : static_cast<std::int64_t>(data_->classes().size()))) {}

  [[nodiscard]] std::string_view name() const override { return Mnist::name; }
  torch::nn::Module& module() override { return *network_; }
  [[nodiscard]] BestRule best_rule() const override {
    if (is_autoencoder(options_)) return {"loss", false};
    return {"accuracy", true};
  }

  BatchLoss loss(const BatchKeys& keys) override {
    isaac::set_damping(*network_, damping_.at(keys.step));
    const Examples examples = data_->draw(keys.step, keys.first, keys.count);
    const torch::Tensor outputs = network_->forward(examples.inputs.flatten(1));
    return {value(outputs, examples), outputs};
  }

  train::Metrics evaluate(data::Split split) override {
    double sum = 0;
    double right = 0;
    const std::int64_t all = data_->size(split);
    for (std::int64_t first = 0; first < all; first += kEvaluationBatch) {
      const Examples examples =
          data_->examples(split, first, std::min(kEvaluationBatch, all - first));
      const torch::Tensor outputs = network_->forward(examples.inputs.flatten(1));
      sum += value(outputs, examples).item<double>() * static_cast<double>(outputs.size(0));
      if (!is_autoencoder(options_))
        right += outputs.argmax(1).eq(examples.labels).sum().item<double>();
    }
    const auto count = static_cast<double>(all);
    if (is_autoencoder(options_)) return {{"loss", sum / count}};
    return {{"accuracy", right / count}, {"loss", sum / count}};
  }

  /// Images and what became of them; for each layer the eigenvalues of XᵀX/b of what it reads.
  Snapshot snapshot(std::int64_t step) override {
    const std::int64_t rows = std::min(kSpectrumRows, data_->size(data::Split::kValidation));
    const Examples examples = data_->examples(data::Split::kValidation, 0, rows);
    torch::Tensor x = examples.inputs.flatten(1);
    Snapshot snapshot;
    std::int64_t layer = 0;
    for (auto& module : *network_) {
      if (module.ptr()->as<torch::nn::LinearImpl>() != nullptr) {
        snapshot.tensors.emplace_back("spectrum_" + std::to_string(layer++),
                                      torch::linalg_svdvals(x).square() / rows);
      }
      x = module.forward(x);
    }
    const std::int64_t shown = std::min(kShown, rows);
    snapshot.tensors.emplace_back("images", bytes(examples.inputs.slice(0, 0, shown)));
    if (is_autoencoder(options_)) {
      const auto& shape = data_->shape();
      snapshot.tensors.emplace_back(
          "outputs", bytes(x.slice(0, 0, shown).reshape({shown, 1, shape[1], shape[2]})));
    } else {
      snapshot.tensors.emplace_back("labels", examples.labels.slice(0, 0, shown).contiguous());
      snapshot.tensors.emplace_back("guesses", x.slice(0, 0, shown).argmax(1));
    }
    snapshot.metadata["damping"] = std::to_string(damping_.at(step));
    return snapshot;
  }

 private:
  /// The mean loss: cross-entropy, or half the squared distance of an image.
  [[nodiscard]] torch::Tensor value(const torch::Tensor& outputs, const Examples& examples) const {
    if (!is_autoencoder(options_)) return torch::cross_entropy_loss(outputs, examples.labels);
    return 0.5 * (outputs - examples.inputs.flatten(1)).square().sum(1).mean();
  }

  static torch::Tensor bytes(const torch::Tensor& numbers) {
    return numbers.clamp(0, 1).mul(255).round().to(torch::kByte).contiguous();
  }

  MnistOptions options_;
  std::unique_ptr<LabelledData> data_;
  train::Schedule damping_;
  std::int64_t pixels_;
  torch::nn::Sequential network_;
};

void check(const MnistOptions& options) {
  base::require_known(data::image_set_names(), options.data, "data set");
  base::require_known(std::vector<std::string_view>{"classifier", "autoencoder"}, options.model,
                      "model");
  base::require_known(std::vector<std::string_view>{"float32", "bfloat16"}, options.gram, "gram");
  base::require_known(std::vector<std::string_view>{"local", "global_primal", "global_dual"},
                      options.isaac_mode, "isaac mode");
  for (const std::int64_t width : options.widths)
    base::require(width >= 1, "widths must be at least 1, got ", width);
  base::require(options.evaluation >= 0, "evaluation must be at least 0, got ", options.evaluation);
}

/// The published rates, for digits what a grid found.
double default_rate(const MnistOptions& options, std::string_view optimizer, bool conditioned) {
  if (optimizer.starts_with("adam")) return 1e-3;
  double rate = conditioned ? 1 : options.data == "digits" ? 0.3 : 0.1;
  if (optimizer == "sgd") rate /= 10;  // a momentum of 0.9 makes ten steps of one
  return is_autoencoder(options) ? rate / 100 : rate;
}

}  // namespace

void Mnist::settle(Options& options, train::Options& training) {
  train::settle(training);
  const bool isaac = training.optimizer == kIsaacOptimizer;
  if (options.data.empty())
    options.data = std::getenv("PLIANT_DATA") == nullptr ? "digits" : "mnist";
  const bool digits = options.data == "digits";
  if (!options.damping) options.damping = digits ? 1 : 10;
  if (options.widths.empty()) {
    options.widths = is_autoencoder(options) ? std::vector<std::int64_t>{1000, 500, 30, 500, 1000}
                                             : std::vector<std::int64_t>{400, 400, 400, 400};
  }
  if (options.conditioned.empty()) {
    const bool few = layer_count(options) < 3 || is_autoencoder(options);
    options.conditioned = !isaac ? "none" : few ? "all" : "1,2,3";
  }
  check(options);
  const bool any = !chosen_layers(options.conditioned, layer_count(options)).empty();
  base::require(any || !isaac, "optimizer: isaac wants conditioned layers, got none");
  base::require(any || options.isaac_mode == "local", "isaac-mode ", options.isaac_mode,
                " wants conditioned layers, got none");
  if (!training.batch) training.batch = 100;
  if (!training.learning_rate)
    training.learning_rate = default_rate(options, training.optimizer, any);
  if (!training.validate_every) training.validate_every = digits ? 100 : 550;
  if (!training.steps && !training.minutes) training.steps = digits ? 1000 : 5500;
  train::make_schedule(options.damping_schedule, *options.damping, options.damping_end,
                       training.steps, "damping");
}

std::shared_ptr<Task> Mnist::make(const Options& options, const train::Options& training) {
  return std::make_shared<MnistTask>(options, training);
}

}  // namespace pliant::tasks
