// tasks/logic.h — the task of telling classes by a network of logic gates
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pliant/train/options.h"
#include "tasks/labelled_data.h"

namespace pliant {
class Task;
}

namespace pliant::tasks {

/// The parametrisations of gates, the kinds of wiring, the ways to choose thresholds, the
/// kinds of taps.
std::vector<std::string_view> parametrization_names();
std::vector<std::string_view> wiring_kind_names();
std::vector<std::string_view> threshold_method_names();
std::vector<std::string_view> tap_kind_names();
/// The recipes of Logic::settle.
std::vector<std::string_view> logic_recipe_names();

/// Gates among which a bit of a learned head chooses, if not given.
inline constexpr std::int64_t kHeadCandidates = 16;

/// What is empty here is filled in by Logic::settle: by the recipe, or for the data set.
struct LogicOptions {
  std::string recipe;
  std::string data;
  std::uint32_t split = 0;
  std::optional<int> thresholds;
  std::string threshold_method = "uniform";
  // Of convolutions, one entry each, of which the last holds on; without channels there are none.
  std::vector<std::int64_t> channels;
  std::vector<std::int64_t> kernels;
  std::vector<std::int64_t> padding;
  std::vector<std::int64_t> depth;
  std::vector<std::int64_t> pool;
  std::string taps;
  std::optional<std::int64_t> channels_per_kernel;
  std::optional<std::int64_t> channel_groups;
  std::vector<std::int64_t> widths;
  std::optional<int> fan_in;
  std::string parametrization;
  std::string init;
  std::vector<std::string> wiring;
  int radius = 2;
  std::vector<std::int64_t> candidates;  // of each layer, the last holds on; empty: wiring is fixed
  std::optional<double> wiring_temperature;
  std::optional<std::int64_t> or_pool;
  std::optional<std::int64_t> head;
  std::optional<std::int64_t> head_candidates;
  std::optional<double> gate_price;
  std::optional<double> tau;
  std::optional<double> temperature;
  double grad_factor = 1;
  bool gumbel = false;
  std::string hardening = "gate";
  std::optional<int> shift;
  std::optional<bool> mirror;
  std::int64_t evaluation = 0;

  template <class Option>
  void declare(Option&& option) {
    option("recipe", recipe,
           "Options of a published or recommended experiment; others go before it",
           logic_recipe_names());
    option("data", data, "Data set; default: digits", labelled_data_names());
    option("split", split, "Of tables: seed of the validation rows, and of breast_cancer's test");
    option("thresholds", thresholds,
           "Bits of a number; 0: train on numbers in [0, 1] and round them elsewhere");
    option("threshold-method", threshold_method, "How thresholds are chosen",
           threshold_method_names());
    option("channels", channels,
           "Kernels of each convolution before the layers, of images; default: no convolutions");
    option("kernels", kernels, "Rows and columns of each convolution's kernels; default: 3");
    option("padding", padding, "Zeros on each side of each convolution's input; default: 1");
    option("depth", depth, "Of each convolution's trees of gates, 1 … 8; default: 3");
    option("pool", pool,
           "Each way, the placements that each convolution takes the OR of; default: 2");
    option("taps", taps, "Which channels kernels read, by default at random", tap_kind_names());
    option("channels-per-kernel", channels_per_kernel, "At most; default: 2");
    option("channel-groups", channel_groups,
           "Groups of channels without a link, from the second convolution on; default: 1");
    option("widths", widths, "Gates of each layer");
    option("fan-in", fan_in, "Inputs of a gate, 1 … 6");
    option("parametrization", parametrization, "What is learned of a gate",
           parametrization_names());
    option("init", init, "residual: gates begin by passing their first input; or gaussian");
    option("wiring", wiring, "Of each layer, the last holds on", wiring_kind_names());
    option("radius", radius, "Of local wiring: pixels");
    option(
        "candidates", candidates,
        "Of each layer, the last holds on: features among which inputs of gates learn to choose; "
        "0: wiring is fixed");
    option("wiring-temperature", wiring_temperature,
           "Of this choice and of a head's; the smaller, the faster it changes; default: 1");
    option("or-pool", or_pool,
           "Neighbouring gates of the last layer that are joined by OR before they are summed, "
           "1 … 6; default: 1");
    option("head", head,
           "Bits that a class sums, each of which learns which gate of the last layer to be; "
           "default: the class's share of all gates");
    option("head-candidates", head_candidates,
           "Gates among which a bit of the head chooses, if there are so many; default: 16");
    option("gate-price", gate_price,
           "Added to the loss: so many times the share of gates that hardware is expected to need");
    option("tau", tau, "Temperature of the class scores; default: sqrt(bits a class / 8)");
    option("temperature", temperature, "Of the gates; default: the parametrisation's own");
    option("grad-factor", grad_factor, "Multiplies the gradient of each layer's input");
    option("gumbel", gumbel, "Train with hard gates drawn at random, gradients straight through");
    option("hardening", hardening, "Which gate is meant: gate or table");
    option("shift", shift, "Training images move at random, by at most so many pixels each way");
    option("mirror", mirror, "Training images have left and right exchanged at random");
    option("evaluation", evaluation, "Examples in a validation and in the test at most; 0: all");
  }
};

/// Bits, convolutions of trees of gates (Petersen et al., Convolutional Differentiable Logic Gate
/// Networks, NeurIPS 2024) if there are channels, layers of gates, sums of groups of the last
/// layer, softmax cross-entropy (Petersen et al., Deep Differentiable Logic Gate Networks, NeurIPS
/// 2022).
///
/// With a gate price λ the loss is cross-entropy + λ · expected gates / gates, where gates of a
/// convolution count at each placement.
///
/// Figures: hard, the accuracy of the Boolean network on bits, which chooses the best checkpoint;
/// soft, that of the relaxed one on the same bits; with a gate price, gates: the share of gates
/// that hardware is expected to need.
struct Logic {
  static constexpr std::string_view name = "logic";
  static constexpr std::string_view summary = "tell classes by a network of logic gates";
  using Options = LogicOptions;
  /// Those of convolutions, learned wiring, prices and moved images: checkpoints of before have
  /// none.
  static constexpr std::array<std::string_view, 16> kLaterOptions = {"channels",
                                                                     "kernels",
                                                                     "padding",
                                                                     "depth",
                                                                     "pool",
                                                                     "taps",
                                                                     "channels-per-kernel",
                                                                     "channel-groups",
                                                                     "candidates",
                                                                     "wiring-temperature",
                                                                     "or-pool",
                                                                     "head",
                                                                     "head-candidates",
                                                                     "gate-price",
                                                                     "shift",
                                                                     "mirror"};

  /// @throws std::invalid_argument that names the option, what was expected and what came
  static void settle(Options& options, train::Options& training);
  static bool steps_decide(const Options&) { return false; }
  /// @param options, training  settled   @throws as load_labelled_data if the data is not here
  static std::shared_ptr<Task> make(const Options& options, const train::Options& training);
};

}  // namespace pliant::tasks
