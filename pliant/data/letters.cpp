// pliant/data/letters.cpp — the fonts of the letters, and their pictures (no torch)
#include "pliant/data/letters.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <utility>
#include <vector>

#include "pliant/base/known.h"
#include "pliant/base/parallel.h"
#include "pliant/data/glyphs.h"

namespace pliant::data {
namespace {

constexpr std::string_view kName = "letters";
constexpr int kSide = 28;
constexpr std::size_t kLetters = 26;
constexpr std::size_t kTraining = 12288, kOfEach = 64;

constexpr std::array<FontFile, 6> kFonts = {{
    {"Breip", Split::kTrain, "breip/Breip.ttf", "fonts-breip"},
    {"Femke Klaver", Split::kTrain, "femkeklaver/femkeklaver.ttf", "fonts-femkeklaver"},
    {"Delphine", Split::kTrain, "sjfonts/Delphine.ttf", "fonts-sjfonts"},
    {"dkg", Split::kTrain, "fifthhorseman/dkg.ttf", "fonts-dkg-handwriting"},
    {"Rufscript", Split::kValidation, "rufscript/Rufscript010.ttf", "fonts-rufscript"},
    {"SteveHand", Split::kTest, "sjfonts/SteveHand.ttf", "fonts-sjfonts"},
}};

}  // namespace

std::span<const FontFile> letter_fonts() { return kFonts; }

ImageSet load_letters(Split split) {
  std::vector<Font> fonts;
  std::vector<Font> all = open_fonts("letter", kFonts);
  for (std::size_t f = 0; f < all.size(); ++f) {
    if (kFonts[f].split == split) fonts.push_back(std::move(all[f]));
  }
  std::vector<char32_t> letters(kLetters);
  for (std::size_t i = 0; i < kLetters; ++i) letters[i] = U'A' + static_cast<char32_t>(i);
  GlyphOptions options;
  options.size = kSide;
  const Glyphs glyphs(fonts, letters, split, options);
  const std::size_t count = split == Split::kTrain ? kTraining : kLetters * fonts.size() * kOfEach;
  std::vector<float> images(count * kSide * kSide);
  std::vector<std::int64_t> labels(count);
  glyphs.draw(0, 0, count, images.data(), labels.data(), base::serial_executor());
  ImageSet set;
  set.name = kName;
  set.split = split;
  set.height = set.width = kSide;
  set.pixels.resize(images.size());
  std::ranges::transform(images, set.pixels.begin(), [&](float ink) {
    return static_cast<std::uint8_t>(std::lround(ink * static_cast<float>(set.maximum)));
  });
  set.labels.assign(labels.begin(), labels.end());
  return set;
}

std::vector<std::string_view> letter_set_names() {
  std::vector<std::string_view> names = image_set_names();
  names.push_back(kName);
  return names;
}

ImageSet load_letter_set(std::string_view name, Split split) {
  base::require_known(letter_set_names(), name, "data set");
  return name == kName ? load_letters(split) : load_image_set(name, split);
}

}  // namespace pliant::data
