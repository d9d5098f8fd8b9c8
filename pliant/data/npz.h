// pliant/data/npz.h — .npz files, NumPy's format of several arrays: a zip of .npy files (no torch)
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string_view>
#include <vector>

#include "pliant/data/npy.h"

namespace pliant::data {

/// An array as the file holds it.
struct NpyArray {
  NpyHeader header;
  std::vector<std::uint8_t> bytes;  ///< of the whole .npy: elements begin at header.begin

  [[nodiscard]] const std::uint8_t* elements() const { return bytes.data() + header.begin; }
};

/// One array of a .npz file, plain (numpy.savez) or deflated (numpy.savez_compressed).
/// @param array  its name, as given to savez; empty: the first that there is
/// @throws std::invalid_argument with the file's name: no zip, truncated, damaged (lengths and the
/// CRC-32 are checked), encrypted, of 4 GB and more, no such array, or as parse_npy_header
/// @throws std::system_error if it cannot be read
NpyArray read_npz(const std::filesystem::path& path, std::string_view array = {});
/// The same from memory.   @param name  what error texts call it
NpyArray parse_npz(std::span<const std::uint8_t> bytes, std::string_view array,
                   std::string_view name);

}  // namespace pliant::data
