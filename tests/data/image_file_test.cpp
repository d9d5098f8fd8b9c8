// tests/data/image_file_test.cpp — PNG files written and read, and what is no picture
#include "pliant/data/image_file.h"

#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <numeric>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "pliant/base/file.h"
#include "tests/data/scratch_folder.h"

namespace pliant::data {
namespace {

using Bytes = std::vector<std::uint8_t>;

struct Chunk {
  std::string name;
  Bytes content;
};

std::uint32_t number(std::span<const std::uint8_t> bytes) {
  std::uint32_t value = 0;
  for (const std::uint8_t byte : bytes) value = value << 8 | byte;
  return value;
}

/// Bit by bit, as the specification of PNG has it.
std::uint32_t checksum(std::span<const std::uint8_t> bytes) {
  std::uint32_t value = 0xffffffff;
  for (const std::uint8_t byte : bytes) {
    value ^= byte;
    for (int bit = 0; bit < 8; ++bit) value = value >> 1 ^ (value & 1 ? 0xedb88320U : 0U);
  }
  return ~value;
}

/// The chunks of a PNG file, whose checksums are looked at.
std::vector<Chunk> chunks(const Bytes& file) {
  std::vector<Chunk> found;
  const std::span<const std::uint8_t> bytes = file;
  for (std::size_t at = 8; at < bytes.size();) {
    const std::size_t length = number(bytes.subspan(at, 4));
    const auto content = bytes.subspan(at + 8, length);
    found.push_back(
        {{bytes.begin() + at + 4, bytes.begin() + at + 8}, {content.begin(), content.end()}});
    CHECK(number(bytes.subspan(at + 8 + length, 4)) == checksum(bytes.subspan(at + 4, length + 4)));
    at += length + 12;
  }
  return found;
}

TEST_CASE("an animation has its frames in order, and begins with a picture") {
  const tests::ScratchFolder folder;
  std::vector<Image> frames;
  for (int i = 0; i < 3; ++i) {
    Image frame{7, 5, 3, Bytes(105)};
    std::iota(frame.pixels.begin(), frame.pixels.end(), static_cast<std::uint8_t>(40 * i));
    frames.push_back(frame);
  }
  write_animation(folder / "a.png", frames, 300);
  CHECK(read_image(folder / "a.png").pixels == frames[0].pixels);

  const Bytes file = base::read_file(folder / "a.png");
  const std::vector<Chunk> found = chunks(file);
  std::string names;
  for (const Chunk& chunk : found) names += chunk.name + " ";
  REQUIRE(names == "IHDR acTL fcTL IDAT fcTL fdAT fcTL fdAT IEND ");
  CHECK(found[1].content == Bytes{0, 0, 0, 3, 0, 0, 0, 0});
  CHECK(found[2].content ==
        Bytes{0, 0, 0, 0, 0, 0, 0, 7, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0, 0, 1, 44, 3, 232, 0, 0});
  std::uint32_t order = 1;
  for (std::size_t i = 1; i < 3; ++i) {
    const Bytes& control = found[2 + 2 * i].content;
    const Bytes& content = found[3 + 2 * i].content;
    CHECK(number(std::span(control).first(4)) == order++);
    CHECK(number(std::span(content).first(4)) == order++);
    // As a file of its own: what stands before the animation, the frame's pixels, the end.
    Bytes alone(file.begin(), file.begin() + 33);
    const auto length = static_cast<std::uint8_t>(content.size() - 4);
    alone.insert(alone.end(), {0, 0, 0, length, 'I', 'D', 'A', 'T'});
    alone.insert(alone.end(), content.begin() + 4, content.end());
    alone.insert(alone.end(), {0, 0, 0, 0, 0, 0, 0, 0, 'I', 'E', 'N', 'D', 0, 0, 0, 0});
    CHECK(parse_image(alone, "frame").pixels == frames[i].pixels);
  }
}

TEST_CASE("what is no animation is named") {
  const Image frame{1, 1, 1, {9}};
  CHECK_THROWS_WITH_AS(write_animation("a.png", {}, 40),
                       "write_animation: frames must be 1 … 10000, got 0", std::invalid_argument);
  const std::vector<Image> two = {frame, {1, 1, 3, {1, 2, 3}}};
  CHECK_THROWS_WITH(write_animation("a.png", two, 40),
                    "write_animation: the first frame is 1 × 1 × 1, another 1 × 1 × 3");
  for (const int milliseconds : {0, 65'536}) {
    CHECK_THROWS_WITH_AS(write_animation("a.png", std::span(&frame, 1), milliseconds),
                         doctest::Contains("milliseconds must be in 1 … 65535, got "),
                         std::invalid_argument);
  }
  const Image empty{0, 1, 1, {}};
  CHECK_THROWS_WITH(write_animation("a.png", std::span(&empty, 1), 40),
                    "write_animation: the sides must be in 1 … 32768, got 0 × 1");
}

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
