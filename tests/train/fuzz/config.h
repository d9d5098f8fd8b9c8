// tests/train/fuzz/config.h — what the fuzzer of the reader of config.toml does with its bytes
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace pliant::train {

/// Reads the text as the options of a training, as config.toml holds them. A refusal (CLI::Error,
/// std::invalid_argument) is right, and so are options that come back from writing and reading; all
/// else, a crash included, throws what is wrong as a std::domain_error.
void fuzz_config(std::string_view text);

/// Valid files.
std::vector<std::string> small_configs();

}  // namespace pliant::train
