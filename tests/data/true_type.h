// tests/data/true_type.h — small TrueType fonts, made in a test
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace pliant::tests {

using Bytes = std::vector<std::uint8_t>;

/// A rectangle in units of 1/1000 em, y upward.
struct Rectangle {
  int left, bottom, right, top;
};

inline void put(Bytes& bytes, std::uint32_t value, int count) {
  for (int shift = 8 * (count - 1); shift >= 0; shift -= 8) {
    bytes.push_back(static_cast<std::uint8_t>(value >> shift));
  }
}

inline void put16(Bytes& bytes, int value) { put(bytes, static_cast<std::uint32_t>(value), 2); }

/// One contour of four points on the curve (the format's simple glyph).
inline Bytes outline(const Rectangle& r) {
  Bytes bytes;
  for (int value : {1, r.left, r.bottom, r.right, r.top, 3, 0}) put16(bytes, value);
  for (int point = 0; point < 4; ++point) bytes.push_back(1);  // On the curve, 16-bit differences.
  for (int x : {r.left, 0, r.right - r.left, 0}) put16(bytes, x);
  for (int y : {r.bottom, r.top - r.bottom, 0, r.bottom - r.top}) put16(bytes, y);
  return bytes;
}

using Tables = std::vector<std::pair<std::string, Bytes>>;

/// The tables of a font whose character first + i has the glyph glyph_of[i] (0: none). Glyph 1 + g
/// is the rectangle g; one without area has no outline.
inline Tables font_tables(const std::vector<Rectangle>& glyphs, char32_t first,
                          const std::vector<int>& glyph_of) {
  const int count = static_cast<int>(glyphs.size()) + 1;
  Bytes head(54), hhea(36), maxp(6), hmtx(4 * static_cast<std::size_t>(count)), loca, glyf;
  head[18] = 1000 >> 8, head[19] = 1000 & 0xFF;
  head[51] = 1;  // loca has 32 bits.
  maxp[5] = hhea[35] = static_cast<std::uint8_t>(count);
  put(loca, 0, 4);
  put(loca, 0, 4);  // Glyph 0, "not defined", is empty.
  for (const Rectangle& glyph : glyphs) {
    const Bytes bytes = glyph.right > glyph.left ? outline(glyph) : Bytes{};
    glyf.insert(glyf.end(), bytes.begin(), bytes.end());
    put(loca, static_cast<std::uint32_t>(glyf.size()), 4);
  }
  Bytes cmap;
  for (int value : {0, 1, 3, 1}) put16(cmap, value);  // One table, for Windows' Unicode.
  put(cmap, 12, 4);
  const int entries = static_cast<int>(glyph_of.size());
  for (int value : {6, 10 + 2 * entries, 0, static_cast<int>(first), entries}) put16(cmap, value);
  for (int glyph : glyph_of) put16(cmap, glyph);
  return {{"cmap", cmap}, {"head", head}, {"hhea", hhea}, {"hmtx", hmtx},
          {"loca", loca}, {"maxp", maxp}, {"glyf", glyf}};
}

/// Directory and tables, as they stand at `offset` of a file.
inline Bytes font_file(const Tables& tables, std::size_t offset = 0) {
  Bytes directory = {0, 1, 0, 0}, data;
  for (int value : {static_cast<int>(tables.size()), 0, 0, 0}) put16(directory, value);
  const std::size_t begin = offset + 12 + 16 * tables.size();
  for (const auto& [tag, content] : tables) {
    directory.insert(directory.end(), tag.begin(), tag.end());
    put(directory, 0, 4);
    put(directory, static_cast<std::uint32_t>(begin + data.size()), 4);
    put(directory, static_cast<std::uint32_t>(content.size()), 4);
    data.insert(data.end(), content.begin(), content.end());
  }
  directory.insert(directory.end(), data.begin(), data.end());
  return directory;
}

/// A font of the characters first, first + 1, …, each a rectangle.
inline Bytes font_of(const std::vector<Rectangle>& glyphs, char32_t first) {
  std::vector<int> glyph_of;
  for (std::size_t i = 0; i < glyphs.size(); ++i) glyph_of.push_back(static_cast<int>(i) + 1);
  return font_file(font_tables(glyphs, first, glyph_of));
}

}  // namespace pliant::tests
