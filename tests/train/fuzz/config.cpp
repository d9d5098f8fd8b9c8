// tests/train/fuzz/config.cpp — any bytes as a config.toml
#include "tests/train/fuzz/config.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cctype>
#include <optional>
#include <sstream>
#include <stdexcept>

#include "cli/options.h"
#include "pliant/train/options.h"

namespace pliant::train {
namespace {

std::optional<Options> read(std::string_view text) {
  Options options;
  options.threads = 1;  // not one a core, so that it is written as it was read
  CLI::App app;
  cli::add_options(app, options);
  app.allow_config_extras(CLI::config_extras_mode::error);
  std::istringstream stream{std::string(text)};
  try {
    app.parse_from_stream(stream);
    settle(options);
    learning_rate_schedule(options);
  } catch (const CLI::Error&) {
    return std::nullopt;
  } catch (const std::invalid_argument&) {
    return std::nullopt;
  }
  return options;
}

std::string written(Options options) {
  CLI::App app;
  cli::add_options(app, options);
  return app.config_to_str(/*default_also=*/true, /*write_description=*/true);
}

/// Every option with its value.
std::string values_of(Options options) {
  std::string text;
  options.declare([&](const std::string& name, const auto& value, const auto&...) {
    text.append(name).append("=").append(cli::value_text(value)).append("\n");
  });
  return text;
}

bool is_a_name(const std::string& text) {
  return !text.empty() &&
         std::ranges::all_of(text, [](unsigned char c) { return std::isalpha(c) != 0; });
}

}  // namespace

void fuzz_config(std::string_view text) {
  const std::optional<Options> options = read(text);
  // What an optimiser may be called is checked by who makes it.
  if (!options || !is_a_name(options->optimizer)) return;
  const std::optional<Options> again = read(written(*options));
  if (!again) throw std::domain_error("what was written is refused: " + written(*options));
  if (values_of(*again) != values_of(*options))
    throw std::domain_error("other options come back:\n" + values_of(*options) + "became\n" +
                            values_of(*again));
}

std::vector<std::string> small_configs() {
  Options options;
  options.batch = 64;
  options.learning_rate = 1e-3;
  options.learning_rate_end = 1e-5;
  options.steps = 1000;
  options.minutes = 0.5;
  options.validate_every = 100;
  options.threads = 1;
  return {written({}), written(options),
          "# a comment\n[default]\nsteps=10 ; why\nbatch = \"32\"\nlearning-rate = 1e-4\n",
          "optimizer='sgd'\nlearning-rate-schedule=cosine\nseed=18446744073709551615\n"};
}

}  // namespace pliant::train
