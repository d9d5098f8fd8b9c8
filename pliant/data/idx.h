// pliant/data/idx.h — IDX files, the format of MNIST: arrays of bytes (no torch)
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string_view>
#include <vector>

namespace pliant::data {

/// A row-major array of unsigned bytes; values.size() is the product of the shape.
struct IdxArray {
  std::vector<std::uint32_t> shape;
  std::vector<std::uint8_t> values;
};

/// The most values that an IDX file may claim to have (1 GiB; the MNIST images are 47 MB).
inline constexpr std::uint64_t kIdxMaxValues = std::uint64_t{1} << 30;

/// Reads an IDX file of unsigned bytes with 1 … 8 dimensions (LeCun: two zero bytes, type 0x08,
/// number of dimensions, each size as 32 bits big-endian, values). Gzip is seen by its first bytes,
/// not by the name.
/// @throws std::invalid_argument that names the file, what was expected and what came: wrong magic
/// or type,
///         sizes beyond kIdxMaxValues, missing or trailing bytes, damaged gzip
/// @throws std::system_error if the file cannot be read
IdxArray read_idx(const std::filesystem::path& path);

/// The same from memory.   @param name  what error texts call it
IdxArray parse_idx(std::span<const std::uint8_t> bytes, std::string_view name);

}  // namespace pliant::data
