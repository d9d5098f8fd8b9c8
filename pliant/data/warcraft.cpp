// pliant/data/warcraft.cpp — maps with shortest paths, as the published Warcraft archive has them
// (no torch)
#include "pliant/data/warcraft.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <limits>
#include <span>
#include <string>
#include <string_view>

#include "pliant/base/errors.h"
#include "pliant/base/file.h"
#include "pliant/data/npy.h"

namespace pliant::data {
namespace {

namespace fs = std::filesystem;

constexpr std::array<std::string_view, 3> kPrefix = {"train", "val", "test"};

/// An array of a file.
struct Array {
  std::string file;
  NpyHeader header;
  std::vector<std::uint8_t> content;

  [[nodiscard]] const std::uint8_t* elements() const { return content.data() + header.begin; }
};

/// @param kinds  the kinds that its elements may have   @param what  they are, for error texts
Array read(const fs::path& folder, Split split, std::string_view what, std::string_view kinds,
           std::size_t dimensions, std::string_view expected) {
  const std::string name =
      std::string(kPrefix[static_cast<std::size_t>(split)]) + "_" + std::string(what) + ".npy";
  const fs::path path = folder / name;
  base::require(fs::is_regular_file(path), "data: there is no file '", path.string(), "' ",
                expected);
  Array array{path.string(), {}, base::read_file(path)};
  array.header = parse_npy_header(
      std::span(array.content).first(std::min(array.content.size(), kNpyMaxHead)), array.file);
  const NpyHeader& header = array.header;
  const bool fits = kinds.find(header.kind) != std::string_view::npos &&
                    (header.kind == 'f' || header.item == 1) && header.shape.size() == dimensions;
  base::require(fits, array.file, ": expected ", expected);
  base::require(array.content.size() - header.begin >= header.elements() * header.item, array.file,
                ": is truncated");
  return array;
}

/// IEEE half precision.
float half(std::uint16_t bits) {
  const int exponent = bits >> 10U & 31U;
  const int fraction = bits & 1023U;
  const float sign = (bits & 0x8000U) != 0 ? -1.0F : 1.0F;
  if (exponent == 31)
    return fraction != 0 ? std::numeric_limits<float>::quiet_NaN()
                         : sign * std::numeric_limits<float>::infinity();
  if (exponent == 0) return sign * std::ldexp(static_cast<float>(fraction), -24);
  return sign * std::ldexp(static_cast<float>(fraction + 1024), exponent - 25);
}

template <class T>
T element(const std::uint8_t* elements, std::size_t i) {
  T value;
  std::memcpy(&value, elements + i * sizeof value, sizeof value);
  return value;
}

std::vector<float> numbers(const Array& array) {
  std::vector<float> all(array.header.elements());
  const std::uint8_t* from = array.elements();
  for (std::size_t i = 0; i < all.size(); ++i) {
    all[i] = array.header.item == 2   ? half(element<std::uint16_t>(from, i))
             : array.header.item == 4 ? element<float>(from, i)
                                      : static_cast<float>(element<double>(from, i));
    base::require(std::isfinite(all[i]) && all[i] > 0, array.file,
                  ": costs must be finite and > 0, got ", all[i]);
  }
  return all;
}

}  // namespace

PathMaps read_warcraft(const fs::path& folder, Split split) {
  base::require(fs::is_directory(folder), "data: there is no folder '", folder.string(), "'");
  const Array images = read(folder, split, "maps", "u", 4, "uint8 of shape (N, height, width, 3)");
  const Array costs =
      read(folder, split, "vertex_weights", "f", 3, "floating point of shape (N, rows, columns)");
  const Array paths =
      read(folder, split, "shortest_paths", "ub", 3, "uint8 or bool of shape (N, rows, columns)");
  const auto& pixels = images.header.shape;
  const auto& grid = costs.header.shape;
  base::require(pixels[3] == 3 && images.header.elements() > 0, images.file,
                ": expected uint8 of shape (N, height, width, 3)");
  base::require(grid[0] == pixels[0] && costs.header.elements() > 0, costs.file, ": expected ",
                pixels[0], " grids, one for each map");
  base::require(paths.header.shape == grid, paths.file, ": expected the shape of ", costs.file);
  PathMaps maps{pixels[0], pixels[1], pixels[2], grid[1], grid[2], {}, numbers(costs), {}};
  maps.images.assign(images.elements(), images.elements() + images.header.elements());
  maps.paths.assign(paths.elements(), paths.elements() + paths.header.elements());
  for (const std::uint8_t mark : maps.paths)
    base::require(mark <= 1, paths.file, ": expected 0 and 1, got ", int{mark});
  return maps;
}

}  // namespace pliant::data
