// tasks/sorting.h — the task of learning to read numbers from their order (no torch)
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pliant/data/image_set.h"
#include "pliant/math/distribution.h"
#include "pliant/sorting/method.h"
#include "pliant/train/options.h"
#include "pliant/train/schedule.h"

namespace pliant {
class Task;
}

namespace pliant::tasks {

/// What is empty here is filled in by Sorting::settle.
struct SortingOptions {
  std::string data = "digits";
  bool half_resolution = false;
  int digits = 4;
  int n = 5;
  std::string method = "odd_even";
  std::string distribution = "cauchy";
  std::optional<double> steepness;
  std::optional<double> steepness_end;
  std::optional<double> softness;
  std::optional<double> softness_end;
  std::string steepness_schedule = "geometric";
  double art_lambda = 0;
  std::string loss = "bce";
  bool ties = false;
  std::vector<std::int64_t> channels;
  bool bfloat16 = false;
  std::int64_t groups = 1000;

  template <class Option>
  void declare(Option&& option) {
    option("data", data, "Data set", data::image_set_names());
    option("half-resolution", half_resolution, "Halve height and width of the images");
    option("digits", digits, "Digit images side by side in one number");
    option("n", n, "Numbers in a set");
    option("method", method, "What sorts the scores", sorting::permutation_method_names());
    option("distribution", distribution, "Distribution that relaxes the comparisons",
           math::family_names());
    option(
        "steepness", steepness,
        "Inverse temperature; default: of networks 2 × layers for cauchy, the same slope for the "
        "others; without a network 1");
    option("steepness-end", steepness_end, "Steepness at the last step");
    option("steepness-schedule", steepness_schedule, "How it gets there", train::schedule_names());
    option(
        "softness", softness,
        "Instead of steepness: ranks that relaxed orders of scores with standard deviation 1 are "
        "off by, in the mean");
    option("softness-end", softness_end, "Softness at the last step, instead of steepness-end");
    option("art-lambda", art_lambda, "Activation replacement trick, in [0, 1)");
    option("loss", loss, "Loss of the permutation: bce or cross_entropy");
    option("ties", ties, "Equal numbers share their ranks evenly");
    option("channels", channels, "Channels of the two convolutions");
    option("bfloat16", bfloat16,
           "Convolutions in bfloat16; slower where pliant info says emulated");
    option("groups", groups, "Sets in a validation and in the test");
  }
};

/// Sets of n numbers, each written in digit images; the network gives every number a score, and the
/// relaxed permutation matrix that sorts the scores is compared with the true order (Petersen et
/// al., ICML 2021 and ICLR 2022). The loss knows the order and nothing else of the numbers.
///
/// Figures: exact (EM), elementwise (EW), exact_five (EM5), each with ties forgiven too (…_tied),
/// and score_spread, the standard deviation of the scores: steepness × spread says how sharp the
/// sorting is. The best checkpoint is that of the highest exact_five. Evaluation sets are the same
/// for every seed.
struct Sorting {
  static constexpr std::string_view name = "sorting";
  static constexpr std::string_view summary =
      "read numbers in images, taught by nothing but their order";
  using Options = SortingOptions;

  /// @throws std::invalid_argument that names the option, what was expected and what came
  static void settle(Options& options, train::Options& training);
  /// Whether the number of steps changes what a step does: then a run cannot be given more of them.
  static bool steps_decide(const Options& options);
  /// @param options, training  settled   @throws as load_image_set if the data is not here
  static std::shared_ptr<Task> make(const Options& options, const train::Options& training);
};

}  // namespace pliant::tasks
