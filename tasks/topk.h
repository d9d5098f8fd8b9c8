// tasks/topk.h — the task of telling many classes with a loss for several k at once
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pliant/math/distribution.h"
#include "pliant/train/options.h"
#include "tasks/labelled_data.h"

namespace pliant {
class Task;
}

namespace pliant::tasks {

/// "topk", "cross_entropy", "smooth_svm", "truncated_entropy".
std::vector<std::string_view> topk_loss_names();

/// The selection networks, then the methods without a network that have a permutation matrix.
std::vector<std::string_view> topk_method_names();

/// What is empty here is filled in by TopK::settle.
struct TopKOptions {
  std::string data = "digits";
  std::string features;
  int classes = 1000;
  std::string loss = "topk";
  std::vector<double> p_k;
  std::string method = "splitter_selection";
  std::string distribution = "logistic";
  std::optional<double> steepness;
  std::optional<double> softness;
  double art_lambda = 0;
  std::optional<std::int64_t> m;
  std::string top1_mode = "sm";
  int k = 5;
  double label_noise = 0;
  double label_smoothing = 0;
  std::vector<std::int64_t> channels;
  std::string best = "top1";
  bool watch_test = false;
  std::int64_t evaluation = 2000;

  template <class Option>
  void declare(Option&& option) {
    option("data", data, "Data set", labelled_data_names());
    option("features", features,
           "Of the set features: folder of train, validation and test.safetensors");
    option("classes", classes, "Of the set glyphs: how many");
    option("loss", loss, "Loss", topk_loss_names());
    option("p-k", p_k,
           "P_K(1),P_K(2),…: how much the top 1, the top 2, … count; default: five times a fifth");
    option("method", method, "What ranks the candidates", topk_method_names());
    option("distribution", distribution, "Distribution that relaxes the comparisons",
           math::family_names());
    option("steepness", steepness, "Inverse temperature; default: 1");
    option(
        "softness", softness,
        "Instead of steepness: so many of the largest k that p-k asks for are wrong, in the mean, "
        "of scores with standard deviation 1");
    option("art-lambda", art_lambda, "Activation replacement trick, in [0, 1)");
    option("m", m, "Candidates; default: 16 for features, all classes for images");
    option("top1-mode", top1_mode, "Where the chance to be first comes from: sm, smce or sort");
    option("k", k, "Of the losses smooth_svm and truncated_entropy");
    option("label-noise", label_noise, "Share of the training labels that are random, in [0, 1)");
    option("label-smoothing", label_smoothing, "In [0, 1]");
    option("channels", channels, "Channels of the convolutions");
    option("best", best, "Figure that chooses the best checkpoint: top1 or top5");
    option("watch-test", watch_test,
           "Note the test's figures at each validation; they choose nothing");
    option("evaluation", evaluation, "Examples in a validation and in the test at most; 0: all");
  }
};

/// Images or frozen features, classes, and the top-k cross-entropy (Petersen et al., ICML 2022)
/// beside its baselines. Features get a linear head, images a small convolutional network.
///
/// Figures: top1, top5 and top10, the shares of examples whose label is among so many largest
/// scores (as many as there are classes at most). Evaluation sets are the same for every seed.
struct TopK {
  static constexpr std::string_view name = "topk";
  static constexpr std::string_view summary =
      "tell many classes, with a loss for several k at once";
  using Options = TopKOptions;
  static constexpr std::array<std::string_view, 1> kLaterOptions = {"softness"};

  /// @throws std::invalid_argument that names the option, what was expected and what came
  static void settle(Options& options, train::Options& training);
  static bool steps_decide(const Options&) { return false; }
  /// @param options, training  settled   @throws as load_labelled_data if the data is not here
  static std::shared_ptr<Task> make(const Options& options, const train::Options& training);
};

}  // namespace pliant::tasks
