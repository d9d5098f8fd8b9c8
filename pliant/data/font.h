// pliant/data/font.h — TrueType fonts as pictures of their characters (no torch)
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace pliant::data {

/// One face of a TrueType file (.ttf) or collection (.ttc), in memory. Movable; safe to use from
/// many threads.
///
/// What a damaged file can do is limited, not excluded: the reader checks that every table lies
/// within the file, but follows the offsets inside of the tables as they are. Open fonts that you
/// trust.
class Font {
 public:
  /// @param face  which face of a collection, from 0
  /// @throws std::invalid_argument that names the file and what is wrong: not a TrueType font, no
  ///         such face, a table missing or beyond the end of the file
  /// @throws std::system_error if it cannot be read
  static Font open(const std::filesystem::path& path, int face = 0);
  /// The same from memory.   @param name  what error texts call it
  static Font parse(std::vector<std::uint8_t> bytes, std::string_view name, int face = 0);

  Font(Font&&) noexcept;
  Font& operator=(Font&&) noexcept;
  Font(const Font&) = delete;
  Font& operator=(const Font&) = delete;
  ~Font();

  [[nodiscard]] const std::string& name() const;

  /// The number of the glyph that draws a Unicode character; 0 if the font has none, or an empty
  /// one.
  [[nodiscard]] int glyph(char32_t character) const;

  /// Draws a glyph with 256 grades of coverage: the em is 13/16 of the side (smaller where the
  /// glyph would not fit), and the glyph's bounding box stands in the middle, since fonts disagree
  /// about where in the em they put it.
  /// @param glyph   as glyph() gives it, not 0
  /// @param size    the side in pixels; ≥ 1
  /// @param pixels  out (size, size), 0 is paper and 255 ink
  void draw(int glyph, int size, std::uint8_t* pixels) const;

 private:
  struct Face;
  explicit Font(std::unique_ptr<Face> face);
  std::unique_ptr<Face> face_;
};

/// The first `count` characters of [first, last], in the order of their code points, that every
/// font draws, each by a glyph that none of the characters before it has in that font. The
/// characters for fewer are the beginning of those for more.
/// @throws std::invalid_argument if there are fewer, or no fonts
std::vector<char32_t> common_characters(std::span<const Font> fonts, char32_t first, char32_t last,
                                        int count);

}  // namespace pliant::data
