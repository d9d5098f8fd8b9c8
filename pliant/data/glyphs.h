// pliant/data/glyphs.h — a set of a thousand classes and more: Chinese characters of many fonts (no
// torch)
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "pliant/base/parallel.h"
#include "pliant/data/distortion.h"
#include "pliant/data/font.h"
#include "pliant/data/font_file.h"
#include "pliant/data/image_set.h"

namespace pliant::data {

struct GlyphOptions {
  int classes = 1000;
  int size = 32;  ///< side of an image in pixels
  std::uint64_t seed = 0;
  DistortionOptions distortion;
};

/// The fonts of the set. No design is in two splits: the mean correlation of the clean pictures of
/// a character in two fonts is at most 0.72 across splits, but 0.88 between hei bold and yen, which
/// are both for training. (Debian's UMing and UKai have 0.90 with song and kai, and are left out.)
std::span<const FontFile> glyph_fonts();

/// Distorted pictures of characters; the class is the character, whichever font drew it.
///
/// The image (step, index) is a pure function of fonts, characters, options and (seed, split, step,
/// index): it does not depend on what was drawn before, nor on processes, workers or threads. In
/// training, class and font are uniform. The other splits go through them in turn: class = index
/// mod C, font = (index / C) mod F, so that the indices 0 … C·F·k − 1 of any step are an evaluation
/// set with k images of every class in every font. The splits draw from streams of their own.
class Glyphs {
 public:
  /// Draws every character in every font once; nothing of the fonts is kept.   Cost: about 40 µs
  /// and 4 (size + 2)² bytes a character and font.
  /// @param characters  the classes, in order
  /// @throws std::invalid_argument if there are no fonts or characters, a font lacks a character,
  ///         or an option is out of its range
  Glyphs(std::span<const Font> fonts, std::vector<char32_t> characters, Split split,
         const GlyphOptions& options);

  /// The character of every class.
  [[nodiscard]] const std::vector<char32_t>& characters() const { return characters_; }
  [[nodiscard]] std::size_t fonts() const { return fonts_; }
  [[nodiscard]] int size() const { return size_; }

  /// Draws the images first … first + count − 1 of a step; the same bits for any executor.
  /// Cost: about 30 µs an image of 32 × 32.
  /// @param step    the training step, or any number that names the use; < 2^62
  /// @param images  out (count, size(), size()), in [0, 1], 1 is ink
  /// @param labels  out (count), in 0 … C − 1
  /// @throws std::invalid_argument if step ≥ 2^62
  void draw(std::uint64_t step, std::uint64_t first, std::size_t count, float* images,
            std::int64_t* labels, const base::Executor& executor) const;

 private:
  std::vector<char32_t> characters_;
  std::size_t fonts_;
  Split split_;
  int size_;
  std::uint64_t seed_;
  Distortion distortion_;
  std::vector<std::uint8_t> pictures_;  ///< (fonts, classes, prepared size)
};

/// One split of the glyph set in the fonts of glyph_fonts(). Its classes are the first of the
/// characters U+4E00 … U+9FFF that all fonts of all splits draw, in the order of their code points:
/// 4,384 characters are there, those that both GB 2312 (simplified) and Big5 (traditional) have.
/// Unicode orders them by radical, so neighbours share a part, and many classes look alike; and
/// labels stay what they are when classes are added.
/// @throws std::invalid_argument if a font is not there (the text says what to install), and as
///         Glyphs and common_characters
Glyphs load_glyphs(Split split, const GlyphOptions& options);

}  // namespace pliant::data
