// pliant/data/font_file.h — where the fonts of a set are, and in which of its splits (no torch)
#pragma once

#include <filesystem>
#include <span>
#include <string_view>
#include <vector>

#include "pliant/data/font.h"
#include "pliant/data/image_set.h"

namespace pliant::data {

/// A font of a set: what design it is, in which split, and where it comes from.
struct FontFile {
  std::string_view style;
  Split split;
  std::string_view file;  ///< under /usr/share/fonts/truetype, its name alone in $PLIANT_DATA/fonts
  std::string_view package;  ///< of Debian
};

/// Opens the fonts, in order.
/// @param set  what error texts call them
/// @throws std::invalid_argument if any is not there: the text says what to install; and as
///         Font::open
std::vector<Font> open_fonts(std::string_view set, std::span<const FontFile> files);

}  // namespace pliant::data
