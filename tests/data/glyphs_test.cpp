// tests/data/glyphs_test.cpp — the glyph set: what an index draws, and the fonts where they are
#include "pliant/data/glyphs.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <fstream>
#include <numeric>
#include <set>
#include <string>

#include "pliant/base/parallel.h"
#include "pliant/data/letters.h"
#include "tests/data/data_folder.h"
#include "tests/data/scratch_folder.h"
#include "tests/data/true_type.h"

namespace pliant::data {
namespace {

using doctest::Contains;

constexpr DistortionOptions kNone = {0, 0, 0, 0, 0, 0, 0};

/// Three characters, in a font of wide bars and in one of bars half as long.
std::vector<Font> two_fonts() {
  std::vector<Font> fonts;
  for (int width : {800, 400}) {
    fonts.push_back(Font::parse(
        tests::font_of({{0, 0, width, 100}, {0, 0, width, 300}, {0, 0, width, 700}}, U'A'),
        "bars"));
  }
  return fonts;
}

const std::vector<char32_t> kCharacters = {U'A', U'B', U'C'};

struct Drawn {
  std::vector<float> images;
  std::vector<std::int64_t> labels;
};

Drawn draw(const Glyphs& glyphs, std::uint64_t step, std::uint64_t first, std::size_t count,
           const base::Executor& executor = base::serial_executor()) {
  const auto pixels =
      static_cast<std::size_t>(glyphs.size()) * static_cast<std::size_t>(glyphs.size());
  Drawn drawn{std::vector<float>(count * pixels, -1), std::vector<std::int64_t>(count, -1)};
  glyphs.draw(step, first, count, drawn.images.data(), drawn.labels.data(), executor);
  return drawn;
}

/// The font that drew image i, by its ink: the characters' inks differ from font to font.
std::size_t font_of(const Drawn& drawn, std::size_t i) {
  const auto begin = drawn.images.begin() + static_cast<std::ptrdiff_t>(i * 256);
  const double ink = std::accumulate(begin, begin + 256, 0.0);
  const double height =
      std::vector<double>{100, 300, 700}[static_cast<std::size_t>(drawn.labels[i])];
  return ink / height > 600 * 0.013 * 0.013 ? 0 : 1;
}

TEST_CASE("validation and test go through classes and fonts in turn, in any step") {
  for (Split split : {Split::kValidation, Split::kTest}) {
    const Glyphs glyphs(two_fonts(), kCharacters, split, {3, 16, 5, kNone});
    CHECK(glyphs.fonts() == 2);
    CHECK(glyphs.characters() == kCharacters);
    for (std::uint64_t step : {0, 9}) {
      const Drawn drawn = draw(glyphs, step, 0, 12);
      CHECK(drawn.labels == std::vector<std::int64_t>{0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2});
      for (std::size_t i = 0; i < 12; ++i) CHECK(font_of(drawn, i) == i / 3 % 2);
    }
  }
}

TEST_CASE("training draws classes and fonts uniformly") {
  const Glyphs glyphs(two_fonts(), kCharacters, Split::kTrain, {3, 16, 5, kNone});
  const Drawn drawn = draw(glyphs, 0, 0, 6000);
  std::vector<int> counts(6);
  for (std::size_t i = 0; i < 6000; ++i) {
    ++counts.at(2 * static_cast<std::size_t>(drawn.labels[i]) + font_of(drawn, i));
  }
  for (int count : counts) CHECK(std::abs(count - 1000) < 5 * 29);  // √(6000 · 1/6 · 5/6) = 29
}

TEST_CASE("an image depends on seed, split, step and index, and on nothing else") {
  const GlyphOptions options{3, 16, 5, {}};
  const Glyphs glyphs(two_fonts(), kCharacters, Split::kTrain, options);
  const Drawn all = draw(glyphs, 4, 0, 40);
  const Drawn part = draw(glyphs, 4, 30, 10);
  CHECK(std::equal(part.images.begin(), part.images.end(), all.images.begin() + 30 * 256));
  CHECK(std::equal(part.labels.begin(), part.labels.end(), all.labels.begin() + 30));
  for (unsigned threads : {1U, 2U, 5U}) {
    const Drawn same = draw(glyphs, 4, 0, 40, base::thread_executor(threads));
    CHECK((same.images == all.images && same.labels == all.labels));
  }
  CHECK(draw(glyphs, 5, 0, 40).images != all.images);
  GlyphOptions other = options;
  other.seed = 6;
  CHECK(draw(Glyphs(two_fonts(), kCharacters, Split::kTrain, other), 4, 0, 40).images !=
        all.images);
  // The same classes and fonts in turn, distorted otherwise.
  const Drawn validation =
      draw(Glyphs(two_fonts(), kCharacters, Split::kValidation, options), 4, 0, 40);
  const Drawn test = draw(Glyphs(two_fonts(), kCharacters, Split::kTest, options), 4, 0, 40);
  CHECK(validation.labels == test.labels);
  CHECK(validation.images != test.images);
  CHECK(draw(glyphs, 4, 0, 0).images.empty());
}

TEST_CASE("what is wrong is said") {
  const auto glyphs = [](std::span<const Font> fonts, std::vector<char32_t> characters, int size) {
    return Glyphs(fonts, std::move(characters), Split::kTrain, {1, size, 0, {}});
  };
  const std::vector<Font> fonts = two_fonts();
  CHECK_THROWS_WITH_AS(glyphs({}, {U'A'}, 16), "glyphs: there are no fonts", std::invalid_argument);
  CHECK_THROWS_WITH_AS(glyphs(fonts, {}, 16), "glyphs: there are no characters",
                       std::invalid_argument);
  CHECK_THROWS_WITH_AS(glyphs(fonts, {U'A', U'Z'}, 16),
                       "glyphs: bars does not draw the character U+5A", std::invalid_argument);
  CHECK_THROWS_WITH_AS(glyphs(fonts, {U'A'}, 3), Contains("size must be in 4 … 512, got 3"),
                       std::invalid_argument);
  CHECK_THROWS_WITH_AS(draw(glyphs(fonts, {U'A'}, 16), std::uint64_t{1} << 62, 0, 1),
                       Contains("step must be below 2^62, got 4611686018427387904"),
                       std::invalid_argument);
}

TEST_CASE("the fonts of the set: every split has some, no file stands twice") {
  std::set<std::string_view> files;
  std::set<Split> splits;
  for (const FontFile& font : glyph_fonts()) {
    CHECK(files.insert(font.file).second);
    CHECK(font.package.starts_with("fonts-"));
    splits.insert(font.split);
  }
  CHECK(splits.size() == 3);
}

TEST_CASE("fonts in a folder of our own, and what is said where one is missing") {
  const tests::ScratchFolder folder;
  const tests::DataFolder data(folder.path().c_str());
  std::filesystem::create_directory(folder / "fonts");
  const auto write = [&](const FontFile& font, int width) {
    const tests::Bytes bytes =
        tests::font_of({{0, 0, width, 100}, {0, 0, width, 300}, {0, 0, width, 700}}, 0x4E00);
    std::ofstream((folder / "fonts") / std::filesystem::path(font.file).filename(),
                  std::ios::binary)
        .write(reinterpret_cast<const char*>(bytes.data()),
               static_cast<std::streamsize>(bytes.size()));
  };
  const FontFile& missing = glyph_fonts().back();
  for (const FontFile& font : glyph_fonts()) {
    if (font.file != missing.file) write(font, 800);
  }
  if (!std::filesystem::exists("/usr/share/fonts/truetype/" + std::string(missing.file))) {
    const std::string advice = "Run make data, or apt-get install " + std::string(missing.package);
    CHECK_THROWS_WITH_AS(load_glyphs(Split::kTrain, {3, 16, 0, {}}), Contains(advice.c_str()),
                         std::invalid_argument);
  }
  write(missing, 400);
  const Glyphs test = load_glyphs(Split::kTest, {3, 16, 0, kNone});
  CHECK(test.fonts() == 2);
  CHECK(test.characters() == std::vector<char32_t>{0x4E00, 0x4E01, 0x4E02});
  const Drawn drawn = draw(test, 0, 0, 6);
  for (std::size_t i = 0; i < 6; ++i) CHECK(font_of(drawn, i) == i / 3);
  CHECK_THROWS_WITH_AS(load_glyphs(Split::kTest, {4, 16, 0, {}}),
                       Contains("have 3 characters in common there, not 4"), std::invalid_argument);
}

TEST_CASE("letters: A … Z of handwriting fonts, whole fonts held out") {
  std::set<std::string_view> files;
  std::set<Split> splits;
  for (const FontFile& font : letter_fonts()) {
    CHECK(files.insert(font.file).second);
    splits.insert(font.split);
  }
  CHECK(splits.size() == 3);
  ImageSet validation;
  try {
    validation = load_letter_set("letters", Split::kValidation);
  } catch (const std::invalid_argument& missing) {
    CHECK(std::string(missing.what()).find("apt-get install fonts-") != std::string::npos);
    MESSAGE("skipped: ", missing.what());
    return;
  }
  CHECK(validation.size() == 26 * 64);
  CHECK(validation.height == 28);
  for (std::size_t i = 0; i < validation.size(); ++i) REQUIRE(validation.labels[i] == i % 26);
  const ImageSet train = load_letters(Split::kTrain), again = load_letters(Split::kTrain);
  CHECK(train.pixels == again.pixels);
  std::vector<int> of_each(26, 0);
  for (const std::uint8_t label : train.labels) ++of_each.at(label);
  CHECK(*std::ranges::min_element(of_each) > 350);
  CHECK(*std::ranges::max_element(of_each) < 600);
  // Each picture has ink, and paper around it.
  for (std::size_t i = 0; i < 100; ++i) {
    const double ink = std::accumulate(train.image(i), train.image(i) + 28 * 28, 0.0) / 255;
    CHECK(ink > 15);
    CHECK(ink < 28 * 28 / 2);
  }
  CHECK_THROWS_WITH_AS(load_letter_set("emnist", Split::kTest),
                       Contains("unknown data set 'emnist'; there are: digits, mnist"),
                       std::invalid_argument);
}

TEST_CASE("the real fonts: a thousand classes that differ in every font") {
  std::vector<Glyphs> splits;
  try {
    for (Split split : {Split::kTrain, Split::kValidation, Split::kTest}) {
      splits.push_back(load_glyphs(split, {1000, 32, 0, kNone}));
    }
  } catch (const std::invalid_argument& error) {
    MESSAGE("skipped: ", std::string(error.what()));
    return;
  }
  CHECK((splits[0].fonts() == 5 && splits[1].fonts() == 1 && splits[2].fonts() == 2));
  for (const Glyphs& glyphs : splits) {
    CHECK(glyphs.characters().front() == U'一');
    CHECK(glyphs.characters().back() == U'室');
  }
  for (const Glyphs* glyphs : {&splits[1], &splits[2]}) {
    const Drawn drawn = draw(*glyphs, 0, 0, 1000 * glyphs->fonts());
    std::set<std::vector<float>> distinct;
    for (std::size_t i = 0; i < drawn.labels.size(); ++i) {
      const auto begin = drawn.images.begin() + static_cast<std::ptrdiff_t>(i * 1024);
      const double ink = std::accumulate(begin, begin + 1024, 0.0) / 1024;
      CHECK((0.01 < ink && ink < 0.5));
      distinct.emplace(begin, begin + 1024);
    }
    CHECK(distinct.size() == drawn.labels.size());
  }
}

}  // namespace
}  // namespace pliant::data
