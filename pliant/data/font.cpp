// pliant/data/font.cpp — TrueType fonts: the checks of the file, and stb_truetype behind them (no
// torch)
#include "pliant/data/font.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <set>
#include <utility>

// Where a glyph ends in a contour of one point off the curve, stb reads the vertex after its last
// one: it finds zeros there, and the contour has no area.
#define STBTT_malloc(size, context) ((void)(context), std::calloc(1, (size) + sizeof(stbtt_vertex)))
#define STBTT_free(memory, context) ((void)(context), std::free(memory))
#define STBTT_STATIC
#define STB_TRUETYPE_IMPLEMENTATION
#include <stb/stb_truetype.h>

#include "pliant/base/errors.h"
#include "pliant/base/file.h"

namespace pliant::data {
namespace {

constexpr float kEmPart = 13.0F / 16.0F;  ///< of the side of a picture
/// How far a line may stand off the curve that it replaces, in pixels. stb's own 0.35 shows: pixels
/// of round letters were off by 0.18.
constexpr float kFlatness = 0.05F;
constexpr std::size_t kDirectoryHeader = 12;
constexpr std::size_t kDirectoryEntry = 16;

std::uint32_t big_endian(std::span<const std::uint8_t> bytes, std::size_t at, int count) {
  std::uint32_t value = 0;
  for (int i = 0; i < count; ++i) value = value << 8 | bytes[at + static_cast<std::size_t>(i)];
  return value;
}

/// Where the face begins in the file.
std::size_t face_offset(std::span<const std::uint8_t> bytes, std::string_view name, int face) {
  base::require(bytes.size() >= kDirectoryHeader, name, ": truncated: a font has at least ",
                kDirectoryHeader, " bytes, got ", bytes.size());
  const std::string_view tag(reinterpret_cast<const char*>(bytes.data()), 4);
  std::uint32_t faces = 1;
  if (tag == "ttcf") {
    faces = big_endian(bytes, 8, 4);
    base::require(faces <= (bytes.size() - kDirectoryHeader) / 4, name, ": truncated: it claims ",
                  faces, " faces in ", bytes.size(), " bytes");
  } else {
    base::require(tag == std::string_view("\0\1\0\0", 4) || tag == "true" || tag == "OTTO", name,
                  ": not a TrueType font: its first bytes are those of no known kind");
  }
  base::require(0 <= face && static_cast<std::uint32_t>(face) < faces, name,
                ": the face must be in 0 … ", static_cast<std::int64_t>(faces) - 1, ", got ", face);
  return tag == "ttcf" ? big_endian(bytes, kDirectoryHeader + 4 * static_cast<std::size_t>(face), 4)
                       : 0;
}

/// Every table of the face must lie in the file.
void check_tables(std::span<const std::uint8_t> bytes, std::string_view name, std::size_t offset) {
  base::require(offset <= bytes.size() - kDirectoryHeader, name,
                ": truncated: the face begins at byte ", offset, " of ", bytes.size());
  const std::size_t tables = big_endian(bytes, offset + 4, 2);
  const std::size_t begin = offset + kDirectoryHeader;
  base::require(tables * kDirectoryEntry <= bytes.size() - begin, name,
                ": truncated: the directory of ", tables, " tables ends behind the file");
  for (std::size_t table = 0; table < tables; ++table) {
    const std::size_t entry = begin + table * kDirectoryEntry;
    const std::uint64_t start = big_endian(bytes, entry + 8, 4);
    const std::uint64_t length = big_endian(bytes, entry + 12, 4);
    base::require(start + length <= bytes.size(), name, ": truncated: the table '",
                  std::string(bytes.begin() + static_cast<std::ptrdiff_t>(entry),
                              bytes.begin() + static_cast<std::ptrdiff_t>(entry + 4)),
                  "' ends at byte ", start + length, " of ", bytes.size());
  }
}

}  // namespace

struct Font::Face {
  std::string name;
  std::vector<std::uint8_t> bytes;  ///< stb reads from them whenever it draws
  stbtt_fontinfo info{};
};

Font::Font(std::unique_ptr<Face> face) : face_(std::move(face)) {}
Font::Font(Font&&) noexcept = default;
Font& Font::operator=(Font&&) noexcept = default;
Font::~Font() = default;

Font Font::open(const std::filesystem::path& path, int face) {
  return parse(base::read_file(path), path.string(), face);
}

Font Font::parse(std::vector<std::uint8_t> bytes, std::string_view name, int face) {
  const std::size_t offset = face_offset(bytes, name, face);
  check_tables(bytes, name, offset);
  auto parsed = std::make_unique<Face>(Face{std::string(name), std::move(bytes)});
  base::require(stbtt_InitFont(&parsed->info, parsed->bytes.data(), static_cast<int>(offset)) != 0,
                name,
                ": a table is missing: a font needs head, hhea, hmtx, outlines and a Unicode cmap");
  return Font(std::move(parsed));
}

const std::string& Font::name() const { return face_->name; }

int Font::glyph(char32_t character) const {
  const int glyph = stbtt_FindGlyphIndex(&face_->info, static_cast<int>(character));
  return glyph != 0 && stbtt_IsGlyphEmpty(&face_->info, glyph) == 0 ? glyph : 0;
}

void Font::draw(int glyph, int size, std::uint8_t* pixels) const {
  std::fill_n(pixels, static_cast<std::size_t>(size) * static_cast<std::size_t>(size),
              std::uint8_t{0});
  int x0 = 0, y0 = 0, x1 = 0, y1 = 0;
  if (stbtt_GetGlyphBox(&face_->info, glyph, &x0, &y0, &x1, &y1) == 0) return;
  const auto side = static_cast<float>(size);
  const auto extent = static_cast<float>(std::max({x1 - x0, y1 - y0, 1}));
  const float scale =
      std::min(stbtt_ScaleForMappingEmToPixels(&face_->info, kEmPart * side), side / extent);
  // The picture's y goes down, the font's up. Whole pixels of the shift go into the place, the
  // rest into the drawing.
  const float left = side / 2 - scale * static_cast<float>(x0 + x1) / 2;
  const float base = side / 2 + scale * static_cast<float>(y0 + y1) / 2;
  const float shift_x = left - std::floor(left), shift_y = base - std::floor(base);
  int box_x0 = 0, box_y0 = 0, box_x1 = 0, box_y1 = 0;
  stbtt_GetGlyphBitmapBoxSubpixel(&face_->info, glyph, scale, scale, shift_x, shift_y, &box_x0,
                                  &box_y0, &box_x1, &box_y1);
  // Rounding outward can ask for a pixel more than there is.
  const int floor_x = static_cast<int>(std::floor(left));
  const int floor_y = static_cast<int>(std::floor(base));
  const int x = std::clamp(floor_x + box_x0, 0, size - 1);
  const int y = std::clamp(floor_y + box_y0, 0, size - 1);
  stbtt__bitmap bitmap{std::min(floor_x + box_x1, size) - x, std::min(floor_y + box_y1, size) - y,
                       size, pixels + y * size + x};
  stbtt_vertex* vertices = nullptr;
  const int count = stbtt_GetGlyphShape(&face_->info, glyph, &vertices);
  stbtt_Rasterize(&bitmap, kFlatness, vertices, count, scale, scale, shift_x, shift_y, x - floor_x,
                  y - floor_y, /*invert=*/1, nullptr);
  stbtt_FreeShape(&face_->info, vertices);
}

std::vector<char32_t> common_characters(std::span<const Font> fonts, char32_t first, char32_t last,
                                        int count) {
  base::require(!fonts.empty(), "common_characters: there are no fonts");
  base::require(count >= 1, "common_characters: count must be ≥ 1, got ", count);
  std::vector<char32_t> characters;
  std::vector<std::set<int>> used(fonts.size());
  for (char32_t character = first; character <= last; ++character) {
    if (characters.size() == static_cast<std::size_t>(count)) break;
    std::vector<int> glyphs;
    for (std::size_t f = 0; f < fonts.size() && glyphs.size() == f; ++f) {
      const int glyph = fonts[f].glyph(character);
      if (glyph != 0 && !used[f].contains(glyph)) glyphs.push_back(glyph);
    }
    if (glyphs.size() < fonts.size()) continue;
    for (std::size_t f = 0; f < fonts.size(); ++f) used[f].insert(glyphs[f]);
    characters.push_back(character);
  }
  base::require(characters.size() == static_cast<std::size_t>(count),
                "common_characters: the fonts have ", characters.size(),
                " characters in common there, not ", count);
  return characters;
}

}  // namespace pliant::data
