// tasks/logic_recipes.cpp — experiments with logic gate networks by name
#include <algorithm>
#include <array>
#include <cmath>

#include "pliant/base/errors.h"
#include "pliant/base/known.h"
#include "pliant/logic/encoder.h"
#include "pliant/logic/parametrization.h"
#include "pliant/logic/wiring.h"
#include "tasks/logic.h"

namespace pliant::tasks {
namespace {

/// An experiment: what LogicOptions and train::Options leave open.
struct Recipe {
  std::string_view name;
  std::string_view data;
  int thresholds = 0;
  std::int64_t width = 0;
  int layers = 0;
  double tau = 0;  ///< 0: by the gates a class
  std::string_view parametrization;
  std::string_view init;
  std::string_view wiring;
  std::int64_t batch = 100;
  double learning_rate = 0.01;
  std::int64_t steps = 0;
  std::int64_t validate_every = 0;
  double learning_rate_end = 0;  ///< 0: the rate stays
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
    Recipe{"digits", "digits", 3, 2000, 3, 8, "light", "residual", "random", 50, 0.02, 1500, 100},
    Recipe{"mnist", "mnist20x20", 0, 8000, 6, 10, "light_sine", "residual", "local,unique", 128,
           0.02, 20'000, 1000, 0.001},
    Recipe{"fashion-mnist", "fashion_mnist", 3, 8000, 6, 10, "light_sine", "residual",
           "local,unique", 128, 0.02, 20'000, 1000, 0.001},
};

/// The recipe by name, or for a data set that none is named for.
Recipe recipe_for(const LogicOptions& options) {
  if (!options.recipe.empty()) {
    base::require_known(logic_recipe_names(), options.recipe, "recipe");
    return *std::ranges::find(kRecipes, options.recipe, &Recipe::name);
  }
  const std::string data = options.data.empty() ? "digits" : options.data;
  const auto same_data = [&](const Recipe& recipe) { return recipe.data == data; };
  // Ours, which stand last, before the published ones.
  const auto found = std::find_if(kRecipes.rbegin(), kRecipes.rend(), same_data);
  Recipe recipe = found != kRecipes.rend() ? *found : kRecipes.back();
  recipe.data = "";
  return recipe;
}

/// "local,unique" as a list.
std::vector<std::string> split(std::string_view names) {
  std::vector<std::string> all;
  for (std::size_t begin = 0; begin <= names.size();) {
    const std::size_t end = std::min(names.find(',', begin), names.size());
    all.emplace_back(names.substr(begin, end - begin));
    begin = end + 1;
  }
  return all;
}

template <class T, class Value>
void fill(std::optional<T>& option, Value value) {
  if (!option) option = static_cast<T>(value);
}
void fill(std::string& option, std::string_view value) {
  if (option.empty()) option = value;
}

void check(const LogicOptions& options) {
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
  base::require(options.radius >= 1, "radius must be at least 1, got ", options.radius);
  base::require(!options.tau || *options.tau > 0, "tau must be > 0, got ", options.tau.value_or(0));
  base::require(!options.temperature || *options.temperature > 0, "temperature must be > 0, got ",
                options.temperature.value_or(0));
  base::require(std::isfinite(options.grad_factor), "grad-factor must be finite, got ",
                options.grad_factor);
  base::require(options.evaluation >= 0, "evaluation must be at least 0, got ", options.evaluation);
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

std::vector<std::string_view> threshold_method_names() { return logic::threshold_methods(); }

void Logic::settle(Options& options, train::Options& training) {
  train::settle(training);
  const Recipe recipe = recipe_for(options);
  fill(options.data, recipe.data.empty() ? "digits" : recipe.data);
  fill(options.thresholds, recipe.thresholds);
  if (options.widths.empty())
    options.widths.assign(static_cast<std::size_t>(recipe.layers), recipe.width);
  fill(options.fan_in, 2);
  fill(options.parametrization, recipe.parametrization);
  fill(options.init, recipe.init);
  if (options.wiring.empty()) options.wiring = split(recipe.wiring);
  if (!options.tau && recipe.tau > 0) options.tau = recipe.tau;
  check(options);
  if (!training.steps && !training.minutes) training.steps = recipe.steps;
  fill(training.batch, recipe.batch);
  if (!training.learning_rate && recipe.learning_rate_end > 0 && training.steps)
    fill(training.learning_rate_end, recipe.learning_rate_end);
  fill(training.learning_rate, recipe.learning_rate);
  fill(training.validate_every, recipe.validate_every);
}

}  // namespace pliant::tasks
