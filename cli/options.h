// cli/options.h — options that a struct declares, as options of a CLI11 program
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "pliant/train/config_hash.h"

namespace pliant::cli {

/// A value as the command line and config.toml write it; an empty optional is no text.
template <class T>
std::string value_text(const T& value) {
  if constexpr (std::is_same_v<T, bool>) {
    return value ? "true" : "false";
  } else if constexpr (std::is_floating_point_v<T>) {
    return train::number_text(value);
  } else if constexpr (std::is_arithmetic_v<T>) {
    return std::to_string(value);
  } else {
    return value;
  }
}

template <class T>
std::string value_text(const std::optional<T>& value) {
  return value ? value_text(*value) : "";
}

/// A flag that is off is no text either: config.toml cannot tell it from one that was not given.
inline std::string value_text(const std::optional<bool>& value) {
  return value.value_or(false) ? "true" : "";
}

template <class T>
std::string value_text(const std::vector<T>& values) {
  std::string text;
  for (const T& value : values) text += (text.empty() ? "" : ",") + value_text(value);
  return text;
}

/// "a, b, c"
inline std::string joined(const std::vector<std::string_view>& texts) {
  std::string all;
  for (std::string_view text : texts) all += (all.empty() ? "" : ", ") + std::string(text);
  return all;
}

template <class T>
CLI::Option* add_option(CLI::App& app, const std::string& name, T& value, const std::string& help) {
  return app.add_option(name, value, help);
}

template <class T>
CLI::Option* add_option(CLI::App& app, const std::string& name, std::vector<T>& value,
                        const std::string& help) {
  return app.add_option(name, value, help)->delimiter(',');
}

inline CLI::Option* add_option(CLI::App& app, const std::string& name, bool& value,
                               const std::string& help) {
  return app.add_flag(name, value, help);
}

inline CLI::Option* add_option(CLI::App& app, const std::string& name, std::optional<bool>& value,
                               const std::string& help) {
  return app.add_flag_function(
      name, [&value](std::int64_t count) { value = count > 0; }, help);
}

/// Declares every option of the struct; its values now are the defaults. The struct outlives the
/// app.
template <class Options>
void add_options(CLI::App& app, Options& options) {
  options.declare([&](const std::string& name, auto& value, std::string help,
                      const std::vector<std::string_view>& choices = {}) {
    if (!choices.empty()) help += ": " + joined(choices);
    add_option(app, "--" + name, value, help)
        ->default_str(value_text(value))
        ->run_callback_for_default(false);
  });
}

}  // namespace pliant::cli
