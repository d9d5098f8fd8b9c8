// tests/data/fuzz/readers.h — what the fuzzers of the readers of data do with their bytes
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace pliant::data {

/// A reader under test: any bytes as a file of its format. A refusal (std::invalid_argument) is
/// right, and so is a result whose parts fit together and can be read to their last byte; all else,
/// a crash included, throws what is wrong as a std::domain_error.
struct Reader {
  std::string_view name;
  void (*read)(std::span<const std::uint8_t> bytes);
  /// Valid files, together all kinds of what the format may hold.
  std::vector<std::vector<std::uint8_t>> (*small_files)();
};

/// idx, npy, npz, safetensors, cifar, table, features and obj.
std::span<const Reader> readers();

}  // namespace pliant::data
