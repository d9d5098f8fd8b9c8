// tasks/edit_distance.cpp — the task of learning to read letters from distances between words
#include "tasks/edit_distance.h"

#include <torch/torch.h>

#include <algorithm>
#include <array>

#include "pliant/base/errors.h"
#include "pliant/base/known.h"
#include "pliant/data/root.h"
#include "pliant/program/shipped.h"
#include "pliant/program/torch/ops.h"
#include "pliant/train/torch/task.h"
#include "tasks/finite_outputs.h"
#include "tasks/letter_words.h"
#include "tasks/step_times.h"
#include "tasks/word_reader.h"

namespace pliant::tasks {
namespace {

using torch::Tensor;

constexpr std::int64_t kEvaluationBatch = 128;  ///< pairs at a time
constexpr std::int64_t kShown = 4;              ///< pairs
constexpr std::int64_t kTimedSteps = 5;

/// What was read of the pairs of an evaluation.
struct Reading {
  Tensor letters;       ///< (letters) int64: what they are
  Tensor likelihood;    ///< (letters, alphabet)
  Tensor truth;         ///< (pairs): distances of the true letters
  Tensor found, exact;  ///< (pairs): of those read, and as whole numbers
};

/// The alphabet's letters by the network's names: (alphabet) int64, the best renaming.
Tensor renaming(const Reading& reading) {
  const std::int64_t n = reading.likelihood.size(1);
  const Tensor pairs = reading.letters * n + reading.likelihood.argmax(1);
  const Tensor table = torch::bincount(pairs, {}, n * n).view({n, n});
  std::vector<std::vector<double>> counts(static_cast<std::size_t>(n));
  for (std::int64_t i = 0; i < n; ++i) {
    for (std::int64_t j = 0; j < n; ++j)
      counts[static_cast<std::size_t>(i)].push_back(table[i][j].item<double>());
  }
  const std::vector<std::int64_t> columns = best_assignment(counts);
  return torch::tensor(c10::ArrayRef(columns), torch::kLong);
}

double mean_of(const Tensor& values) { return values.to(torch::kDouble).mean().item<double>(); }

class EditDistanceTask final : public Task {
 public:
  EditDistanceTask(const EditDistanceOptions& options, const train::Options& training)
      : options_(options),
        program_(program::shipped("levenshtein")),
        relaxed_(program_options(options.program)),
        words_({options.data, options.letters, options.length, training.seed}),
        network_(
            ImageClassifierOptions{
                {1, words_.height(), words_.width()}, options.channels, options.hidden, alphabet()},
            options.length, options.method == "siamese"),
        timed_{training.seed, 1, 0, *training.batch} {
    hard_ = relaxed_;
    hard_.mode = "hard";
  }

  [[nodiscard]] std::string_view name() const override { return EditDistance::name; }
  torch::nn::Module& module() override { return *network_; }
  [[nodiscard]] BestRule best_rule() const override { return {"distance_error", false}; }

  BatchLoss loss(const BatchKeys& keys) override {
    const WordPairs pairs = words_.draw(data::Split::kTrain, keys.step, keys.first, keys.count);
    return loss_of_finite(network_->read(pairs.images), [&](const Tensor& read) {
      return difference(read, true_distance(pairs));
    });
  }

  train::Metrics evaluate(data::Split split) override {
    const Reading reading = read(split, options_.evaluation);
    const Tensor expected = renaming(reading).index_select(0, reading.letters).unsqueeze(1);
    const Tensor order = reading.likelihood.argsort(/*dim=*/1, /*descending=*/true);
    train::Metrics metrics = {{"accuracy", mean_of(order.narrow(1, 0, 1).eq(expected))}};
    if (alphabet() > 2)
      metrics.emplace_back("top2", mean_of(order.narrow(1, 0, 2).eq(expected).any(1)));
    metrics.emplace_back("distance_error", mean_of((reading.found - reading.truth).abs()));
    metrics.emplace_back("exact_distance", mean_of(reading.exact.eq(reading.truth)));
    return metrics;
  }

  /// Pairs of validation words as they are read, and how often each letter is read as which.
  Snapshot snapshot(std::int64_t /*step*/) override {
    const WordPairs pairs = words_.draw(data::Split::kValidation, 0, 0, kShown);
    const Reading shown = read(data::Split::kValidation, kShown);
    const Reading all = read(data::Split::kValidation, options_.evaluation);
    const Tensor columns = renaming(all);
    const std::int64_t n = alphabet();
    const Tensor confusion =
        torch::bincount(all.letters * n + all.likelihood.argmax(1), {}, n * n).view({n, n});
    Snapshot snapshot;
    snapshot.tensors = {
        {"images", pairs.images.mul(255).round().to(torch::kByte)},
        {"letters", pairs.letters},
        // By the alphabet's own names.
        {"likelihood",
         shown.likelihood.index_select(1, columns).view({kShown, 2, options_.length, n})},
        {"distances", torch::stack({shown.truth, shown.found}, 1).to(torch::kFloat)},
        {"confusion", confusion.index_select(1, columns)}};
    return snapshot;
  }

  void write_results(const std::filesystem::path& folder) override {
    const WordPairs pairs = words_.draw(data::Split::kTrain, timed_.step, 0, timed_.count);
    const Tensor truth = true_distance(pairs);
    write_step_times(
        folder, *network_, [&] { return network_->read(pairs.images); },
        [&](const Tensor& read) { return difference(read, truth); }, kTimedSteps);
  }

 private:
  [[nodiscard]] std::int64_t alphabet() const {
    return static_cast<std::int64_t>(options_.letters.size());
  }

  [[nodiscard]] bool guesses() const { return options_.method == "siamese"; }

  /// Of words as they were read: (pairs).
  [[nodiscard]] Tensor found_distance(const Tensor& words) {
    return guesses() ? network_->guess(words) : distance(words, relaxed_);
  }

  /// Of words (pairs, 2, length, alphabet): (pairs).
  [[nodiscard]] Tensor distance(const Tensor& words, const ProgramOptions& how) const {
    return run_program(program_, {words.select(1, 0), words.select(1, 1)}, how)[0];
  }

  [[nodiscard]] Tensor true_distance(const WordPairs& pairs) const {
    return distance(torch::one_hot(pairs.letters, alphabet()).to(torch::kFloat), hard_);
  }

  [[nodiscard]] Tensor difference(const Tensor& read, const Tensor& truth) {
    return (found_distance(read) - truth).square().mean();
  }

  /// The first pairs of a split.
  [[nodiscard]] Reading read(data::Split split, std::int64_t pairs) {
    std::vector<Tensor> letters, read, truth, found, exact;
    for (std::int64_t first = 0; first < pairs; first += kEvaluationBatch) {
      const WordPairs some =
          words_.draw(split, 0, first, std::min(kEvaluationBatch, pairs - first));
      const Tensor words = network_->read(some.images);
      letters.push_back(some.letters.flatten());
      read.push_back(words.flatten(0, 2));
      truth.push_back(true_distance(some));
      found.push_back(found_distance(words));
      exact.push_back(guesses() ? found.back().round() : distance(words, hard_));
    }
    return {torch::cat(letters), torch::cat(read), torch::cat(truth), torch::cat(found),
            torch::cat(exact)};
  }

  EditDistanceOptions options_;
  program::Program program_;
  ProgramOptions relaxed_, hard_;
  LetterWords words_;
  WordReader network_;
  BatchKeys timed_;
};

void check(const EditDistanceOptions& options) {
  base::require_known(std::array<std::string_view, 2>{"relaxed", "siamese"}, options.method,
                      "method");
  base::require(options.evaluation >= 1, "evaluation must be at least 1, got ", options.evaluation);
  base::require(options.hidden >= 1, "hidden must be at least 1, got ", options.hidden);
  base::require(!options.channels.empty(), "channels must be at least one number, got 0");
  static_cast<void>(program_options(options.program));
}

}  // namespace

void EditDistance::settle(Options& options, train::Options& training) {
  train::settle(training);
  if (options.data.empty())
    options.data = data::find_under_root("mnist").empty() ? "digits" : "mnist";
  settle_softness(options.program, 9);
  const bool small = options.data == "digits";
  if (!training.batch) training.batch = 32;
  if (!training.learning_rate) training.learning_rate = small ? 3e-3 : 1e-3;
  if (!training.validate_every) training.validate_every = 200;
  if (!training.steps && !training.minutes) training.steps = small ? 1000 : 2000;
  check(options);
}

std::shared_ptr<Task> EditDistance::make(const Options& options, const train::Options& training) {
  return std::make_shared<EditDistanceTask>(options, training);
}

}  // namespace pliant::tasks
