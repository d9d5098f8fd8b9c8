// tasks/mnist.h — the task of ISAAC's papers: fully connected networks on small images
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pliant/data/image_set.h"
#include "pliant/train/options.h"
#include "pliant/train/schedule.h"

namespace pliant {
class Task;
}

namespace pliant::tasks {

/// What is empty here is filled in by Mnist::settle.
struct MnistOptions {
  std::string data;
  std::string model = "classifier";
  std::vector<std::int64_t> widths;
  std::string conditioned;
  std::optional<double> damping;
  std::optional<double> damping_end;
  std::string damping_schedule = "geometric";
  bool augmented_bias = false;
  bool divided = false;
  std::string gram = "float32";
  std::string isaac_mode = "local";
  std::int64_t evaluation = 0;

  template <class Option>
  void declare(Option&& option) {
    option(
        "data", data,
        "Data set; default: mnist where the environment variable PLIANT_DATA is set, else digits",
        data::image_set_names());
    option(
        "model", model,
        "classifier, or autoencoder: what is learned is the image itself by its squared distance");
    option("widths", widths,
           "Hidden layers; default: 400,400,400,400, of an autoencoder 1000,500,30,500,1000");
    option("conditioned", conditioned,
           "Layers whose gradient is conditioned: all, none, or numbers from 1, e.g. 1,2,3; "
           "default: 1,2,3 (of an autoencoder all) with the optimiser isaac, else none");
    option("damping", damping,
           "Damping λ of conditioned layers, > 0; default: 10 as published, for digits 1");
    option("damping-end", damping_end, "Damping at the last step");
    option("damping-schedule", damping_schedule, "How it gets there", train::schedule_names());
    option("augmented-bias", augmented_bias, "Condition the biases too");
    option("divided", divided, "Gradients divided by the damping, as TrAct has them");
    option("gram", gram,
           "Gram matrices of inputs rounded to bfloat16 where that is safe, or of float32",
           std::vector<std::string_view>{"float32", "bfloat16"});
    option(
        "isaac-mode", isaac_mode,
        "Of several processes: each conditions its share (local), or all of them as one would with "
        "the whole batch; then sums of XᵀX travel (global_primal), or the rows of X (global_dual)",
        std::vector<std::string_view>{"local", "global_primal", "global_dual"});
    option("evaluation", evaluation, "Images in a validation and in the test at most; 0: all");
  }
};

/// A classifier of fully connected layers with ReLU, or an autoencoder, and the conditioned
/// gradients of ISAAC Newton (Petersen et al., ICLR 2023) beside plain ones; by any optimiser.
///
/// Figures: accuracy and loss, of an autoencoder loss alone (half the squared distance of an
/// image).
struct Mnist {
  static constexpr std::string_view name = "mnist";
  static constexpr std::string_view summary =
      "fully connected networks on small images, with gradients conditioned by ISAAC";
  static constexpr bool kConditionsGradients = true;
  using Options = MnistOptions;

  /// @throws std::invalid_argument that names the option, what was expected and what came
  static void settle(Options& options, train::Options& training);
  static bool steps_decide(const Options& options) { return options.damping_end.has_value(); }
  /// @param options, training  settled   @throws as load_labelled_data if the data is not here
  static std::shared_ptr<Task> make(const Options& options, const train::Options& training);
};

}  // namespace pliant::tasks
