// pliant/data/letters.h — the letters A … Z as handwriting fonts draw them (no torch)
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "pliant/data/font_file.h"
#include "pliant/data/image_set.h"

namespace pliant::data {

/// The fonts of the letters. No font is in two splits.
std::span<const FontFile> letter_fonts();

/// One split of the letters: 28 × 28, values 0 … 255, labels 0 … 25 for A … Z, each image distorted
/// anew as by Glyphs with its default DistortionOptions. The same images in every process.
///
/// train: 12,288 images, font and letter uniform over four fonts; validation and test: 1,664 each,
/// 64 of every letter in a font that is not in training.   Cost: about 0.4 s for all.
/// @throws std::invalid_argument if a font is not there: the text says what to install
ImageSet load_letters(Split split);

/// Sets whose classes can be taken for letters: those of load_image_set, and "letters".
std::vector<std::string_view> letter_set_names();
/// One split of such a set.   @throws std::invalid_argument for an unknown name (the text lists the
/// names); as load_image_set and load_letters
ImageSet load_letter_set(std::string_view name, Split split);

}  // namespace pliant::data
