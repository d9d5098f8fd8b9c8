// tasks/logic_recipes.cpp — experiments with logic gate networks by name
#include <algorithm>
#include <array>
#include <cmath>

#include "pliant/base/errors.h"
#include "pliant/base/known.h"
#include "pliant/logic/conv_wiring.h"
#include "pliant/logic/encoder.h"
#include "pliant/logic/gate.h"
#include "pliant/logic/parametrization.h"
#include "pliant/logic/wiring.h"
#include "tasks/logic.h"

namespace pliant::tasks {
namespace {

/// Convolutions and the layers after them, as the command line has them.
struct ConvolutionalNetwork {
  std::string_view channels{};
  std::string_view kernels = "3";
  std::string_view padding = "1";
  std::int64_t groups = 1;
  std::string_view widths{};
};

// S of Petersen et al., Convolutional Differentiable Logic Gate Networks, NeurIPS 2024: groups of 8
// channels, and three layers that are trees.
constexpr ConvolutionalNetwork kMnistS = {"16,48,144", "5,3,3", "0,1,1", 2, "40960,20480,10240"};
constexpr ConvolutionalNetwork kCifarS = {"32,128,512,1024", "3", "1", 4, "40960,20480,10240"};

/// An experiment: what LogicOptions and train::Options leave open.
struct Recipe {
  std::string_view name{};
  std::string_view data{};
  int thresholds = 0;
  std::int64_t width = 0;  ///< 0: as `network` says
  int layers = 0;
  double tau = 0;  ///< 0: by the gates a class
  std::string_view parametrization{};
  std::string_view init{};
  std::string_view wiring{};
  std::int64_t batch = 100;
  double learning_rate = 0.01;
  std::int64_t steps = 0;
  std::int64_t validate_every = 0;
  double learning_rate_end = 0;  ///< 0: the rate stays
  ConvolutionalNetwork network{};
  bool mirror = false;
};

// Those of the README of Petersen et al., NeurIPS 2022 (softmax, Gaussian, unique wiring; MONK's
// temperature is not published), then ours.
constexpr std::array kRecipes = {
    Recipe{"mnist-small", "mnist20x20", 0, 8000, 6, 10, "softmax", "gaussian", "unique", 100, 0.01,
           200'000, 2000},
    Recipe{"mnist-large", "mnist", 0, 64'000, 6, 30, "softmax", "gaussian", "unique", 100, 0.01,
           200'000, 2000},
    Recipe{"cifar-small", "cifar10", 3, 12'000, 4, 100, "softmax", "gaussian", "unique", 100, 0.01,
           200'000, 2000},
    Recipe{"cifar-medium", "cifar10", 3, 128'000, 4, 100, "softmax", "gaussian", "unique", 100,
           0.01, 200'000, 2000},
    Recipe{"adult", "adult", 0, 256, 5, 20, "softmax", "gaussian", "unique", 100, 0.01, 100'000,
           1000},
    Recipe{"breast-cancer", "breast_cancer", 0, 128, 5, 20, "softmax", "gaussian", "unique", 100,
           0.001, 100'000, 1000},
    Recipe{"monk1", "monk1", 0, 24, 6, 1, "softmax", "gaussian", "unique", 100, 0.01, 100'000,
           1000},
    Recipe{"monk2", "monk2", 0, 12, 6, 1, "softmax", "gaussian", "unique", 100, 0.01, 100'000,
           1000},
    Recipe{"monk3", "monk3", 0, 12, 6, 1, "softmax", "gaussian", "unique", 100, 0.01, 100'000,
           1000},
    Recipe{"mnist-conv-small", "mnist", 1, 0, 0, 6.5, "softmax", "residual", "random", 512, 0.01,
           80'000, 2000, 0, kMnistS},
    Recipe{"cifar-conv-small", "cifar10", 3, 0, 0, 20, "softmax", "residual", "random", 128, 0.02,
           200'000, 2000, 0, kCifarS},
    Recipe{"digits", "digits", 3, 2000, 3, 8, "light", "residual", "random", 50, 0.02, 1500, 100},
    Recipe{"mnist", "mnist20x20", 0, 8000, 6, 10, "light_sine", "residual", "local,unique", 128,
           0.02, 20'000, 1000, 0.001},
    Recipe{.name = "fashion-mnist-wide",
           .data = "fashion_mnist",
           .thresholds = 15,
           .width = 12'000,
           .layers = 4,
           .tau = 10,
           .parametrization = "light_sine",
           .init = "residual",
           .wiring = "local,unique",
           .batch = 128,
           .learning_rate = 0.1,
           .steps = 20'000,
           .validate_every = 1000,
           .learning_rate_end = 0.003,
           .mirror = true},
    Recipe{"fashion-mnist", "fashion_mnist", 3, 8000, 6, 10, "light_sine", "residual",
           "local,unique", 128, 0.02, 20'000, 1000, 0.001},
    Recipe{"mnist-conv", "mnist", 1, 0, 0, 6.5, "light_sine", "residual", "random", 128, 0.05,
           20'000, 1000, 0.002, kMnistS},
};

constexpr std::int64_t kMostChannels = 1 << 20;
constexpr std::int64_t kLargestKernel = 255;
constexpr std::int64_t kMostHead = 1 << 20;

/// The recipe by name, or for a data set that none is named for.
Recipe recipe_for(const LogicOptions& options) {
  if (!options.recipe.empty()) {
    base::require_known(logic_recipe_names(), options.recipe, "recipe");
    return *std::ranges::find(kRecipes, options.recipe, &Recipe::name);
  }
  const std::string data = options.data.empty() ? "digits" : options.data;
  const auto same_data = [&](const Recipe& recipe) {
    return recipe.data == data && recipe.network.channels.empty();
  };
  // Ours, which stand last, before the published ones; layers of gates before convolutions.
  const auto found = std::find_if(kRecipes.rbegin(), kRecipes.rend(), same_data);
  Recipe recipe = found != kRecipes.rend()
                      ? *found
                      : *std::ranges::find(kRecipes, "fashion-mnist", &Recipe::name);
  recipe.data = "";
  return recipe;
}

/// The names of "local,unique".
std::vector<std::string> names_in(std::string_view names) {
  std::vector<std::string> all;
  for (std::size_t begin = 0; begin <= names.size();) {
    const std::size_t end = std::min(names.find(',', begin), names.size());
    all.emplace_back(names.substr(begin, end - begin));
    begin = end + 1;
  }
  return all;
}

/// The numbers of "16,48,144".
std::vector<std::int64_t> numbers_in(std::string_view text) {
  std::vector<std::int64_t> all;
  for (const std::string& number : names_in(text)) all.push_back(std::stoll(number));
  return all;
}

template <class T, class Value>
void fill(std::optional<T>& option, Value value) {
  if (!option) option = static_cast<T>(value);
}
void fill(std::string& option, std::string_view value) {
  if (option.empty()) option = value;
}

void fill(std::vector<std::int64_t>& option, std::string_view numbers) {
  if (option.empty() && !numbers.empty()) option = numbers_in(numbers);
}

/// Every convolution's entries are in their range, and there is none too many.
void check_convolutions(const LogicOptions& options) {
  const auto check_list = [&](std::string_view name, const std::vector<std::int64_t>& list,
                              std::int64_t least, std::int64_t most) {
    base::require(list.size() <= options.channels.size(), name, ": ", list.size(), " entries for ",
                  options.channels.size(), " convolutions; channels says how many there are");
    for (const std::int64_t entry : list)
      base::require(entry >= least && entry <= most, name, " must be in ", least, " … ", most,
                    ", got ", entry);
  };
  check_list("channels", options.channels, 1, kMostChannels);
  check_list("kernels", options.kernels, 1, kLargestKernel);
  check_list("padding", options.padding, 0, kLargestKernel);
  check_list("depth", options.depth, 1, logic::kMaxDepth);
  check_list("pool", options.pool, 1, logic::kMaxPool);
  const bool any = !options.channels.empty();
  base::require(any || options.taps.empty(), "taps: there are no convolutions; give channels");
  if (any) base::require_known(tap_kind_names(), options.taps, "taps");
  const auto check_count = [&](std::string_view name, const std::optional<std::int64_t>& count) {
    base::require(any || !count, name, ": there are no convolutions; give channels");
    base::require(!count || *count >= 1, name, " must be at least 1, got ", count.value_or(0));
  };
  check_count("channels-per-kernel", options.channels_per_kernel);
  check_count("channel-groups", options.channel_groups);
  base::require(!any || options.fan_in == 2, "fan-in: gates of convolutions have 2 inputs, got ",
                *options.fan_in);
}

/// The choices of learned wiring, of which there are no more lists than layers.
void check_learned_wiring(const LogicOptions& options) {
  base::require(options.candidates.size() <= options.widths.size(),
                "candidates: ", options.candidates.size(), " entries for ", options.widths.size(),
                " layers");
  for (const std::int64_t count : options.candidates)
    base::require(count >= 0, "candidates must be at least 0, got ", count);
  if (!options.wiring_temperature) return;
  base::require(!options.candidates.empty() || options.head,
                "wiring-temperature: wiring is fixed; give candidates or head");
  base::require(*options.wiring_temperature > 0 && std::isfinite(*options.wiring_temperature),
                "wiring-temperature must be > 0, got ", *options.wiring_temperature);
}

/// What is summed and what gates cost.
void check_price(const LogicOptions& options) {
  const auto in_range = [](std::string_view name, const std::optional<std::int64_t>& given,
                           std::int64_t least, std::int64_t most) {
    base::require(!given || (*given >= least && *given <= most), name, " must be in ", least, " … ",
                  most, ", got ", given.value_or(0));
  };
  in_range("or-pool", options.or_pool, 1, logic::kMaxInputs);
  in_range("head", options.head, 1, kMostHead);
  in_range("head-candidates", options.head_candidates, 1, kMostHead);
  base::require(options.head || !options.head_candidates,
                "head-candidates: each class sums its share of the gates; give head");
  base::require(options.widths.back() % options.or_pool.value_or(1) == 0,
                "or-pool must divide the last layer's ", options.widths.back(), " gates, got ",
                options.or_pool.value_or(1));
  base::require(
      !options.gate_price || (*options.gate_price >= 0 && std::isfinite(*options.gate_price)),
      "gate-price must be at least 0, got ", options.gate_price.value_or(0));
}

void check(const LogicOptions& options) {
  check_convolutions(options);
  check_learned_wiring(options);
  base::require_known(labelled_data_names(), options.data, "data set");
  base::require_known(parametrization_names(), options.parametrization, "parametrization");
  base::require_known(threshold_method_names(), options.threshold_method, "threshold-method");
  base::require_known(std::vector<std::string_view>{"residual", "gaussian"}, options.init, "init");
  base::require_known(std::vector<std::string_view>{"gate", "table"}, options.hardening,
                      "hardening");
  for (const std::string& kind : options.wiring)
    base::require_known(wiring_kind_names(), kind, "wiring");
  base::require(*options.thresholds >= 0, "thresholds must be at least 0, got ",
                *options.thresholds);
  for (const std::int64_t width : options.widths)
    base::require(width >= 1, "widths must be at least 1, got ", width);
  check_price(options);
  base::require(options.radius >= 1, "radius must be at least 1, got ", options.radius);
  base::require(!options.tau || *options.tau > 0, "tau must be > 0, got ", options.tau.value_or(0));
  base::require(!options.temperature || *options.temperature > 0, "temperature must be > 0, got ",
                options.temperature.value_or(0));
  base::require(std::isfinite(options.grad_factor), "grad-factor must be finite, got ",
                options.grad_factor);
  base::require(options.evaluation >= 0, "evaluation must be at least 0, got ", options.evaluation);
}

/// The convolutions and the layers that were not given.
void settle_network(LogicOptions& options, const Recipe& recipe) {
  const ConvolutionalNetwork& network = recipe.network;
  fill(options.widths, network.widths);
  if (options.widths.empty())
    options.widths.assign(static_cast<std::size_t>(recipe.layers), recipe.width);
  // Another number of convolutions than the recipe's is another network.
  const bool same = options.channels.empty();
  fill(options.channels, network.channels);
  if (options.channels.empty()) return;
  fill(options.kernels, same ? network.kernels : "3");
  fill(options.padding, same ? network.padding : "1");
  fill(options.depth, "3");
  fill(options.pool, "2");
  fill(options.taps, "random");
  fill(options.channels_per_kernel, 2);
  fill(options.channel_groups, same ? network.groups : 1);
}

}  // namespace

std::vector<std::string_view> logic_recipe_names() {
  std::vector<std::string_view> names;
  for (const Recipe& recipe : kRecipes) names.push_back(recipe.name);
  return names;
}

std::vector<std::string_view> parametrization_names() {
  std::vector<std::string_view> names;
  for (const auto& each : logic::parametrizations()) names.push_back(each.name);
  return names;
}

std::vector<std::string_view> wiring_kind_names() { return logic::wiring_names(); }

std::vector<std::string_view> tap_kind_names() { return logic::conv_tap_kinds(); }

std::vector<std::string_view> threshold_method_names() { return logic::threshold_methods(); }

void Logic::settle(Options& options, train::Options& training) {
  train::settle(training);
  const Recipe recipe = recipe_for(options);
  fill(options.data, recipe.data.empty() ? "digits" : recipe.data);
  fill(options.thresholds, recipe.thresholds);
  settle_network(options, recipe);
  fill(options.fan_in, 2);
  if (recipe.mirror) fill(options.mirror, true);
  fill(options.parametrization, recipe.parametrization);
  fill(options.init, recipe.init);
  if (options.wiring.empty()) options.wiring = names_in(recipe.wiring);
  // A recipe's temperature is for the sums that it has.
  const bool summed = options.or_pool.value_or(1) == 1 && !options.head;
  if (!options.tau && recipe.tau > 0 && summed) options.tau = recipe.tau;
  check(options);
  if (!training.steps && !training.minutes) training.steps = recipe.steps;
  fill(training.batch, recipe.batch);
  if (!training.learning_rate && recipe.learning_rate_end > 0 && training.steps)
    fill(training.learning_rate_end, recipe.learning_rate_end);
  fill(training.learning_rate, recipe.learning_rate);
  fill(training.validate_every, recipe.validate_every);
}

}  // namespace pliant::tasks
