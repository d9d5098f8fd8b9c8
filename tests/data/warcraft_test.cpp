// tests/data/warcraft_test.cpp — the Warcraft archive's layout, read from small files made here
#include "pliant/data/warcraft.h"

#include <doctest/doctest.h>

#include <bit>
#include <cmath>
#include <fstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "tests/data/scratch_folder.h"

namespace pliant::data {
namespace {

using tests::ScratchFolder;

template <class T>
void write(const std::filesystem::path& path, const std::string& type, const std::string& shape,
           const std::vector<T>& values) {
  std::string head =
      "{'descr': '" + type + "', 'fortran_order': False, 'shape': (" + shape + "), }";
  head += '\n';
  std::ofstream file(path, std::ios::binary);
  file << "\x93NUMPY" << '\1' << '\0' << static_cast<char>(head.size() & 0xFF)
       << static_cast<char>(head.size() >> 8) << head;
  file.write(reinterpret_cast<const char*>(values.data()),
             static_cast<std::streamsize>(values.size() * sizeof(T)));
}

/// Two maps of 4 × 6 pixels and 2 × 3 cells, as the test split.
struct Archive {
  ScratchFolder folder;
  std::vector<std::uint8_t> images = std::vector<std::uint8_t>(2 * 4 * 6 * 3);
  std::vector<float> costs = {1, 2, 3, 4, 5, 6, 0.5F, 9.203125F, 1, 1, 1, 7};
  std::vector<std::uint8_t> paths = {1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 1, 1};

  Archive() {
    for (std::size_t i = 0; i < images.size(); ++i) images[i] = static_cast<std::uint8_t>(i);
    write(folder / "test_maps.npy", "|u1", "2, 4, 6, 3", images);
    write(folder / "test_vertex_weights.npy", "<f4", "2, 2, 3", costs);
    write(folder / "test_shortest_paths.npy", "|u1", "2, 2, 3", paths);
  }
  [[nodiscard]] PathMaps load() const { return read_warcraft(folder.path(), Split::kTest); }
  [[nodiscard]] std::string message() const {
    try {
      static_cast<void>(load());
    } catch (const std::invalid_argument& error) {
      const std::string text = error.what();
      const std::string path = folder.path().string() + "/";
      const auto place = text.find(path);
      return place == std::string::npos ? text : text.substr(place + path.size());
    }
    return "";
  }
};

TEST_CASE("a split is read as it is") {
  const Archive archive;
  const PathMaps maps = archive.load();
  CHECK(maps.count == 2);
  CHECK(maps.height == 4);
  CHECK(maps.width == 6);
  CHECK(maps.rows == 2);
  CHECK(maps.columns == 3);
  CHECK(maps.images == archive.images);
  CHECK(maps.costs == archive.costs);
  CHECK(maps.paths == archive.paths);
}

TEST_CASE("costs may have half, single or double precision") {
  const Archive archive;
  write(archive.folder / "test_vertex_weights.npy", "<f8", "2, 2, 3",
        std::vector<double>(archive.costs.begin(), archive.costs.end()));
  CHECK(archive.load().costs == archive.costs);
  // 1, 2, 3, 4, 5, 6, 0.5, 9.203125, 1, 1, the least above 0, the largest.
  write<std::uint16_t>(archive.folder / "test_vertex_weights.npy", "<f2", "2, 2, 3",
                       {0x3C00, 0x4000, 0x4200, 0x4400, 0x4500, 0x4600, 0x3800, 0x489A, 0x3C00,
                        0x3C00, 0x0001, 0x7BFF});
  std::vector<float> expected = archive.costs;
  expected[10] = 0x1p-24F;
  expected[11] = 65504;
  CHECK(archive.load().costs == expected);
}

TEST_CASE("what is wrong is named") {
  const Archive archive;
  CHECK_THROWS_WITH_AS(read_warcraft("no/such", Split::kTrain),
                       "data: there is no folder 'no/such'", std::invalid_argument);
  const auto costs = [&](const std::string& type, const std::string& shape,
                         const std::vector<float>& values) {
    write(archive.folder / "test_vertex_weights.npy", type, shape, values);
    return archive.message();
  };
  CHECK(costs("<f4", "2, 3, 2", archive.costs) ==
        "test_shortest_paths.npy: expected the shape of " +
            (archive.folder / "test_vertex_weights.npy").string());
  CHECK(costs("<f4", "1, 2, 3", archive.costs) ==
        "test_vertex_weights.npy: expected 2 grids, one for each map");
  CHECK(costs("<i4", "2, 2, 3", archive.costs) ==
        "test_vertex_weights.npy: expected floating point of shape (N, rows, columns)");
  CHECK(costs("<f4", "2, 6", archive.costs) ==
        "test_vertex_weights.npy: expected floating point of shape (N, rows, columns)");
  CHECK(costs("<f4", "2, 2, 3", {1, 2, 3}) == "test_vertex_weights.npy: is truncated");
  for (const float wrong : {0.0F, -1.0F, NAN, INFINITY}) {
    std::vector<float> values = archive.costs;
    values[4] = wrong;
    CHECK(costs("<f4", "2, 2, 3", values)
              .starts_with("test_vertex_weights.npy: costs must be finite and > 0, got "));
  }
  costs("<f4", "2, 2, 3", archive.costs);
  write<std::uint8_t>(archive.folder / "test_shortest_paths.npy", "|u1", "2, 2, 3",
                      std::vector<std::uint8_t>(12, 2));
  CHECK(archive.message() == "test_shortest_paths.npy: expected 0 and 1, got 2");
  write(archive.folder / "test_maps.npy", "|u1", "2, 4, 9, 2", archive.images);
  CHECK(archive.message() == "test_maps.npy: expected uint8 of shape (N, height, width, 3)");
  std::filesystem::remove(archive.folder / "test_maps.npy");
  CHECK(archive.message() == "test_maps.npy' uint8 of shape (N, height, width, 3)");
}

}  // namespace
}  // namespace pliant::data
