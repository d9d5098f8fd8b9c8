// pliant/data/font_file.cpp — the fonts of a set, found and opened (no torch)
#include "pliant/data/font_file.h"

#include <algorithm>
#include <string>
#include <string_view>

#include "pliant/base/errors.h"
#include "pliant/data/root.h"

namespace pliant::data {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kFontFolder = "/usr/share/fonts/truetype";

/// Where the font is, or where it should be.
fs::path font_path(const FontFile& font) {
  if (const fs::path folder = find_under_root("fonts"); !folder.empty()) {
    fs::path path = folder / fs::path(font.file).filename();
    if (fs::is_regular_file(path)) return path;
  }
  return fs::path(kFontFolder) / font.file;
}

}  // namespace

std::vector<Font> open_fonts(std::string_view set, std::span<const FontFile> files) {
  std::string missing;
  std::vector<std::string_view> packages;
  for (const FontFile& font : files) {
    if (fs::is_regular_file(font_path(font))) continue;
    missing += (missing.empty() ? "" : ", ") + font_path(font).string();
    if (std::ranges::find(packages, font.package) == packages.end()) {
      packages.push_back(font.package);
    }
  }
  std::string install;
  for (const std::string_view package : packages) install += " " + std::string(package);
  base::require(missing.empty(), "the ", set, " set needs fonts that are not here: ", missing,
                ". Run make data, or apt-get install", install,
                ", or put the files into a folder fonts/ and name the folder above it in the "
                "environment variable PLIANT_DATA");
  std::vector<Font> fonts;
  fonts.reserve(files.size());
  for (const FontFile& font : files) fonts.push_back(Font::open(font_path(font)));
  return fonts;
}

}  // namespace pliant::data
