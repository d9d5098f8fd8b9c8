// pliant/data/digits/embedded.h — the UCI digits as gzipped IDX inside the library (no torch)
#pragma once

#include <cstdint>
#include <span>

namespace pliant::data::digits {

/// images-idx3-ubyte.gz and labels-idx1-ubyte.gz of this folder; the build makes the definitions
/// (cmake/embed.cmake).
std::span<const std::uint8_t> images();
std::span<const std::uint8_t> labels();

}  // namespace pliant::data::digits
