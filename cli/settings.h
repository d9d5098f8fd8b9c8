// cli/settings.h — all options of a training, to and from config.toml
#pragma once

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <filesystem>
#include <string>
#include <string_view>

#include "cli/options.h"
#include "pliant/base/errors.h"
#include "pliant/train/config_hash.h"
#include "pliant/train/options.h"
#include "pliant/train/torch/optimizer.h"

namespace pliant::cli {

/// The defaults of every training, but for what the recipe sets.
template <class Recipe>
train::Options suggested() {
  train::Options options;
  if constexpr (requires { Recipe::suggest(options); }) Recipe::suggest(options);
  return options;
}

/// A recipe's options and those of every training.
template <class Recipe>
struct Settings {
  typename Recipe::Options task;
  train::Options training = suggested<Recipe>();

  /// Fills in what was not given.   @throws std::invalid_argument that names the option
  void settle() {
    Recipe::settle(task, training);
    train::learning_rate_schedule(training);
    require_optimizer(training.optimizer);
    if constexpr (!requires { Recipe::kConditionsGradients; }) {
      base::require(training.optimizer != kIsaacOptimizer, "optimizer: ", kIsaacOptimizer,
                    " needs a task whose layers condition their gradients, as mnist does; the "
                    "task ",
                    Recipe::name, " does not");
    }
  }

  void declare_to(CLI::App& app) {
    add_options(app, task);
    add_options(app, training);
    app.get_option("--optimizer")->description("Optimiser: " + joined(optimizer_names()));
  }
};

/// Every option by name with its value.
template <class Recipe>
train::Config config_of(Settings<Recipe> settings) {
  train::Config config;
  const auto note = [&](const std::string& name, const auto& value, const auto&...) {
    config.emplace_back(name, value_text(value));
  };
  settings.task.declare(note);
  settings.training.declare(note);
  return config;
}

/// config.toml, by CLI11's writer.
template <class Recipe>
std::string config_text(Settings<Recipe> settings) {
  CLI::App app("A training of the task " + std::string(Recipe::name));
  settings.declare_to(app);
  return app.config_to_str(/*default_also=*/true, /*write_description=*/true);
}

/// Settled settings from a config.toml.
/// @throws CLI::ParseError, or std::invalid_argument for a value that is out of range
template <class Recipe>
Settings<Recipe> read_config(const std::filesystem::path& path) {
  Settings<Recipe> settings;
  CLI::App app;
  settings.declare_to(app);
  app.set_config("--config", path.string(), "", /*config_required=*/true);
  app.allow_config_extras(CLI::config_extras_mode::error);
  app.parse(std::vector<std::string>{});
  settings.settle();
  return settings;
}

/// Whether an option may change when a run is resumed: the budget and the threads.
template <class Recipe>
bool may_change(const Settings<Recipe>& settings, std::string_view option) {
  if (option == "steps") {
    return !settings.training.learning_rate_end && !Recipe::steps_decide(settings.task);
  }
  return option == "minutes" || option == "threads";
}

/// Whether an option came to the task after checkpoints had been written, and is empty: then it
/// changes nothing of what they were made with.
template <class Recipe>
bool is_older_without(const train::Config::value_type& option) {
  if constexpr (requires { Recipe::kLaterOptions; }) {
    return option.second.empty() &&
           std::ranges::find(Recipe::kLaterOptions, option.first) != Recipe::kLaterOptions.end();
  }
  return false;
}

/// The fingerprint of the options that decide the bits of a run.
template <class Recipe>
std::string settings_hash(const Settings<Recipe>& settings) {
  train::Config config = config_of(settings);
  std::erase_if(config, [&](const auto& option) {
    return may_change(settings, option.first) || is_older_without<Recipe>(option);
  });
  return train::config_hash(config);
}

}  // namespace pliant::cli
