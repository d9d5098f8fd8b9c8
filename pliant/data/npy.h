// pliant/data/npy.h — the head of .npy files, NumPy's format of one array (no torch)
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace pliant::data {

/// What stands in an array whose rows follow one another (C order), little-endian.
struct NpyHeader {
  char kind = 'u';       ///< 'b' bool, 'u' and 'i' integers, 'f' floating
  std::size_t item = 1;  ///< bytes of an element: 1, 2, 4 or 8
  std::vector<std::size_t> shape;
  std::size_t begin = 0;  ///< where in the file the elements begin

  /// The product of the shape; it and its bytes fit 64 bits.
  [[nodiscard]] std::size_t elements() const;
};

/// The most bytes before the elements; NumPy's own heads have a few hundred.
inline constexpr std::size_t kNpyMaxHead = std::size_t{1} << 16;

/// The head of a .npy file, versions 1 to 3.
/// @param start  the first kNpyMaxHead bytes of the file, or all   @param name  for error texts
/// @throws std::invalid_argument with the name if it is none, is truncated or damaged, or holds
/// what is not read here: columns first (Fortran order), big-endian, complex, text or structures
NpyHeader parse_npy_header(std::span<const std::uint8_t> start, std::string_view name);

}  // namespace pliant::data
