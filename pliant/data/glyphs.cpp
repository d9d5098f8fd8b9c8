// pliant/data/glyphs.cpp — the fonts of the glyph set, its pictures, and what an index draws (no
// torch)
#include "pliant/data/glyphs.h"

#include <array>
#include <string>
#include <utility>

#include "pliant/base/errors.h"
#include "pliant/base/random.h"

namespace pliant::data {
namespace {

constexpr int kOversampling = 2;  ///< of the pictures that the distortion samples
constexpr int kSplitBit = 62;
constexpr char32_t kFirstCharacter = 0x4E00;  // CJK Unified Ideographs
constexpr char32_t kLastCharacter = 0x9FFF;

constexpr std::array<FontFile, 8> kFonts = {{
    {"song", Split::kTrain, "arphic-gbsn00lp/gbsn00lp.ttf", "fonts-arphic-gbsn00lp"},
    {"kai", Split::kTrain, "arphic-gkai00mp/gkai00mp.ttf", "fonts-arphic-gkai00mp"},
    {"fang song", Split::kTrain, "cwtex/cwfs.ttf", "fonts-cwtex-fs"},
    {"hei bold", Split::kTrain, "cwtex/cwheib.ttf", "fonts-cwtex-heib"},
    {"yen", Split::kTrain, "cwtex/cwyen.ttf", "fonts-cwtex-yen"},
    {"zen hei", Split::kValidation, "wqy/wqy-zenhei.ttc", "fonts-wqy-zenhei"},
    {"ming", Split::kTest, "cwtex/cwming.ttf", "fonts-cwtex-ming"},
    {"micro hei", Split::kTest, "wqy/wqy-microhei.ttc", "fonts-wqy-microhei"},
}};

}  // namespace

std::span<const FontFile> glyph_fonts() { return kFonts; }

Glyphs::Glyphs(std::span<const Font> fonts, std::vector<char32_t> characters, Split split,
               const GlyphOptions& options)
    : characters_(std::move(characters)),
      fonts_(fonts.size()),
      split_(split),
      size_(options.size),
      seed_(options.seed),
      distortion_(kOversampling * options.size, options.size, options.distortion) {
  base::require(!fonts.empty(), "glyphs: there are no fonts");
  base::require(!characters_.empty(), "glyphs: there are no characters");
  const int side = kOversampling * size_;
  const std::size_t bytes = distortion_.prepared_size();
  std::vector<std::uint8_t> picture(static_cast<std::size_t>(side) *
                                    static_cast<std::size_t>(side));
  pictures_.resize(fonts_ * characters_.size() * bytes);
  std::uint8_t* prepared = pictures_.data();
  for (const Font& font : fonts) {
    for (const char32_t character : characters_) {
      const int glyph = font.glyph(character);
      base::require(glyph != 0, "glyphs: ", font.name(), " does not draw the character U+",
                    std::hex, std::uppercase, static_cast<std::uint32_t>(character));
      font.draw(glyph, side, picture.data());
      distortion_.prepare(picture.data(), prepared);
      prepared += bytes;
    }
  }
}

void Glyphs::draw(std::uint64_t step, std::uint64_t first, std::size_t count, float* images,
                  std::int64_t* labels, const base::Executor& executor) const {
  base::require(step >> kSplitBit == 0, "glyphs: step must be below 2^62, got ", step);
  // The top bits of the step are 1, 2 or 3 for the splits, as in composites.
  const std::uint64_t stream = (static_cast<std::uint64_t>(split_) + 1) << kSplitBit;
  const std::size_t classes = characters_.size();
  const auto pixels = static_cast<std::size_t>(size_) * static_cast<std::size_t>(size_);
  executor(count, 1, [&](std::size_t begin, std::size_t end) {
    std::vector<float> scratch(distortion_.scratch_size());
    for (std::size_t i = begin; i < end; ++i) {
      const std::uint64_t index = first + i;
      base::Random random(seed_, stream | step, index);
      std::size_t label = index % classes, font = index / classes % fonts_;
      if (split_ == Split::kTrain) {
        label = random.below(static_cast<std::uint32_t>(classes));
        font = random.below(static_cast<std::uint32_t>(fonts_));
      }
      const std::size_t picture = (font * classes + label) * distortion_.prepared_size();
      distortion_.draw(random, pictures_.data() + picture, images + i * pixels, scratch.data());
      labels[i] = static_cast<std::int64_t>(label);
    }
  });
}

Glyphs load_glyphs(Split split, const GlyphOptions& options) {
  std::vector<Font> fonts = open_fonts("glyph", kFonts);
  std::vector<char32_t> characters =
      common_characters(fonts, kFirstCharacter, kLastCharacter, options.classes);
  std::vector<Font> drawn;
  for (std::size_t f = 0; f < fonts.size(); ++f) {
    if (kFonts[f].split == split) drawn.push_back(std::move(fonts[f]));
  }
  return {drawn, std::move(characters), split, options};
}

}  // namespace pliant::data
