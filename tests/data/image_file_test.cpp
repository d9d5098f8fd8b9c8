// tests/data/image_file_test.cpp — PNG files written and read, and what is no picture
#include "pliant/data/image_file.h"

#include <doctest/doctest.h>

#include <numeric>
#include <stdexcept>

#include "tests/data/scratch_folder.h"

namespace pliant::data {
namespace {

TEST_CASE("a PNG file is read back as RGB") {
  const tests::ScratchFolder folder;
  for (const int channels : {1, 3, 4}) {
    Image image{5, 3, channels, std::vector<std::uint8_t>(static_cast<std::size_t>(15 * channels))};
    std::iota(image.pixels.begin(), image.pixels.end(), std::uint8_t{7});
    write_png(folder / "a.png", image);
    const Image again = read_image(folder / "a.png");
    CHECK(again.width == 5);
    CHECK(again.height == 3);
    REQUIRE(again.pixels.size() == 45);
    for (std::size_t i = 0; i < 45; ++i) {
      const std::size_t pixel = i / 3 * static_cast<std::size_t>(channels);
      CHECK(again.pixels[i] == image.pixels[channels == 1 ? pixel : pixel + i % 3]);
    }
  }
}

TEST_CASE("what is no picture is named") {
  const std::vector<std::uint8_t> bytes = {1, 2, 3};
  CHECK_THROWS_WITH_AS(parse_image(bytes, "a.png"),
                       "a.png: not a PNG or JPEG picture, damaged, or larger than 32768 pixels a "
                       "side",
                       std::invalid_argument);
  CHECK_THROWS_WITH(write_png("a.png", {2, 2, 3, {}}),
                    "write_png: 0 numbers are no picture of 2 × 2 × 3");
  CHECK_THROWS_WITH(write_png("a.png", {0, 2, 3, {}}),
                    "write_png: the sides must be in 1 … 32768, got 0 × 2");
  CHECK_THROWS_WITH(write_png("a.png", {1, 1, 2, {1, 2}}),
                    "write_png: channels must be 1, 3 or 4, got 2");
}

}  // namespace
}  // namespace pliant::data
