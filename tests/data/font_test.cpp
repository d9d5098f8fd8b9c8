// tests/data/font_test.cpp — fonts made here: coverage by hand, collections, every truncation
#include "pliant/data/font.h"

#include <doctest/doctest.h>

#include <fstream>
#include <system_error>

#include "tests/data/scratch_folder.h"
#include "tests/data/true_type.h"

namespace pliant::data {
namespace {

using doctest::Contains;
using tests::Bytes;
using tests::Rectangle;

std::vector<int> draw(const Font& font, char32_t character, int size) {
  Bytes pixels(static_cast<std::size_t>(size) * static_cast<std::size_t>(size), 99);
  font.draw(font.glyph(character), size, pixels.data());
  return {pixels.begin(), pixels.end()};
}

TEST_CASE("a square of one em by hand: half covered edges, quarters in the corners") {
  const Font font = Font::parse(tests::font_of({{0, 0, 1000, 1000}}, U'A'), "one");
  const std::vector<int> pixels = draw(font, U'A', 16);  // 13 pixels, from 1.5 to 14.5
  for (int y = 0; y < 16; ++y) {
    for (int x = 0; x < 16; ++x) {
      const auto part = [](int i) { return i < 1 || i > 14 ? 0.0 : i == 1 || i == 14 ? 0.5 : 1.0; };
      CAPTURE(x);
      CAPTURE(y);
      CHECK(pixels[static_cast<std::size_t>(16 * y + x)] ==
            doctest::Approx(255 * part(x) * part(y)).epsilon(0.01));
    }
  }
}

TEST_CASE("y goes down in the picture, and the bounding box stands in the middle") {
  // 500 × 250 units are 13 × 6.5 pixels of 32.
  const Font font =
      Font::parse(tests::font_of({{0, 0, 500, 250}, {-300, 700, 200, 950}}, U'A'), "two");
  const std::vector<int> pixels = draw(font, U'A', 32);
  const auto at = [&](int x, int y) { return pixels[static_cast<std::size_t>(32 * y + x)]; };
  CHECK((at(9, 16) == 127 || at(9, 16) == 128));  // From 9.5 to 22.5.
  CHECK((at(10, 16) == 255 && at(21, 16) == 255 && at(8, 16) == 0 && at(23, 16) == 0));
  CHECK((at(16, 12) == doctest::Approx(64).epsilon(0.02)));  // From 12.75 to 19.25.
  CHECK((at(16, 13) == 255 && at(16, 18) == 255 && at(16, 11) == 0 && at(16, 20) == 0));
  const std::vector<int> elsewhere = draw(font, U'B', 32);
  for (std::size_t i = 0; i < pixels.size(); ++i) CHECK(std::abs(pixels[i] - elsewhere[i]) <= 1);
}

TEST_CASE("a glyph wider than the picture is made to fit") {
  const Font font = Font::parse(tests::font_of({{-1000, 0, 3000, 2000}}, U'A'), "wide");
  const std::vector<int> pixels = draw(font, U'A', 16);
  for (int y = 0; y < 16; ++y) {
    for (int x = 0; x < 16; ++x) {
      CHECK(pixels[static_cast<std::size_t>(16 * y + x)] == (y < 4 || y > 11 ? 0 : 255));
    }
  }
}

TEST_CASE("characters that a font has not, or draws with nothing") {
  const Font font = Font::parse(
      tests::font_file(tests::font_tables({{0, 0, 500, 500}, {0, 0, 0, 0}}, U'A', {1, 2, 0})),
      "gaps");
  CHECK(font.glyph(U'A') == 1);
  CHECK(font.glyph(U'B') == 0);
  CHECK(font.glyph(U'C') == 0);
  CHECK(font.glyph(U'D') == 0);
  CHECK(font.glyph(0x10FFFF) == 0);
}

TEST_CASE("the faces of a collection") {
  Bytes file = {'t', 't', 'c', 'f', 0, 1, 0, 0, 0, 0, 0, 2};
  const auto tables = [](int side) { return tests::font_tables({{0, 0, side, side}}, U'A', {1}); };
  const std::size_t second = 20 + tests::font_file(tables(500)).size();
  tests::put(file, 20, 4);
  tests::put(file, static_cast<std::uint32_t>(second), 4);
  for (const Bytes& face :
       {tests::font_file(tables(500), 20), tests::font_file(tables(250), second)}) {
    file.insert(file.end(), face.begin(), face.end());
  }
  const auto ink = [&](int face) {
    int sum = 0;
    for (int pixel : draw(Font::parse(file, "both", face), U'A', 32)) sum += pixel;
    return sum / 255.0;
  };
  CHECK(ink(0) == doctest::Approx(13 * 13).epsilon(0.01));
  CHECK(ink(1) == doctest::Approx(6.5 * 6.5).epsilon(0.01));
  CHECK_THROWS_WITH_AS(Font::parse(file, "both", 2), "both: the face must be in 0 … 1, got 2",
                       std::invalid_argument);
  CHECK_THROWS_WITH_AS(Font::parse(file, "both", -1), Contains("got -1"), std::invalid_argument);
  file[11] = 255;
  file[8] = 255;
  CHECK_THROWS_WITH_AS(Font::parse(file, "both", 2), Contains("faces in"), std::invalid_argument);
}

TEST_CASE("truncated at every byte, and what else is wrong") {
  const Bytes file = tests::font_of({{0, 0, 500, 500}}, U'A');
  for (std::size_t length = 0; length < file.size(); ++length) {
    CAPTURE(length);
    const Bytes cut(file.begin(), file.begin() + static_cast<std::ptrdiff_t>(length));
    CHECK_THROWS_WITH_AS(Font::parse(cut, "cut.ttf"), Contains("cut.ttf: truncated"),
                         std::invalid_argument);
  }
  Bytes other = file;
  other[0] = 'P';
  CHECK_THROWS_WITH_AS(Font::parse(other, "f"), Contains("not a TrueType font"),
                       std::invalid_argument);
  CHECK_THROWS_WITH_AS(Font::parse(file, "f", 1), "f: the face must be in 0 … 0, got 1",
                       std::invalid_argument);
  auto tables = tests::font_tables({{0, 0, 500, 500}}, U'A', {1});
  tables.erase(tables.begin());
  CHECK_THROWS_WITH_AS(Font::parse(tests::font_file(tables), "f"), Contains("a table is missing"),
                       std::invalid_argument);
}

TEST_CASE("open reads files, and names the one that it cannot read") {
  const tests::ScratchFolder folder;
  const Bytes file = tests::font_of({{0, 0, 500, 500}}, U'A');
  std::ofstream(folder / "a.ttf", std::ios::binary)
      .write(reinterpret_cast<const char*>(file.data()), static_cast<std::streamsize>(file.size()));
  const Font font = Font::open(folder / "a.ttf");
  CHECK(font.name() == (folder / "a.ttf").string());
  CHECK(font.glyph(U'A') == 1);
  CHECK_THROWS_WITH_AS(Font::open(folder / "none.ttf"), Contains("none.ttf"), std::system_error);
}

TEST_CASE("common characters: in order, in every font, no glyph twice") {
  const Rectangle r = {0, 0, 500, 500};
  std::vector<Font> fonts;
  fonts.push_back(Font::parse(
      tests::font_file(tests::font_tables({r, r, r, r}, U'A', {1, 2, 0, 3, 4})), "first"));
  fonts.push_back(Font::parse(
      tests::font_file(tests::font_tables({r, r, r, r}, U'A', {1, 1, 2, 3, 4})), "second"));
  // B shares A's glyph in the second font, C is not in the first.
  CHECK(common_characters(fonts, U'A', U'Z', 3) == std::vector<char32_t>{U'A', U'D', U'E'});
  CHECK(common_characters(fonts, U'A', U'Z', 2) == std::vector<char32_t>{U'A', U'D'});
  CHECK(common_characters(fonts, U'B', U'D', 2) == std::vector<char32_t>{U'B', U'D'});
  CHECK_THROWS_WITH_AS(common_characters(fonts, U'A', U'D', 3),
                       "common_characters: the fonts have 2 characters in common there, not 3",
                       std::invalid_argument);
  CHECK_THROWS_WITH_AS(common_characters({}, U'A', U'D', 3), Contains("no fonts"),
                       std::invalid_argument);
  CHECK_THROWS_WITH_AS(common_characters(fonts, U'A', U'D', 0), Contains("got 0"),
                       std::invalid_argument);
}

}  // namespace
}  // namespace pliant::data
