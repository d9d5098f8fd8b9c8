// pliant/data/image_file.h — pictures from PNG and JPEG files, and PNG files of pictures (no torch)
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string_view>
#include <vector>

namespace pliant::data {

/// A picture of 8 bits a channel. Row 0 is its top.
struct Image {
  int width = 0;
  int height = 0;
  int channels = 3;                  ///< 1 grey, 3 RGB, 4 RGBA
  std::vector<std::uint8_t> pixels;  ///< (height, width, channels)
};

/// Reads a PNG or JPEG file of at most 32,768 pixels a side as RGB; grey becomes three equal
/// channels, alpha is dropped, 16 bits become 8. The decoder is stb_image: open pictures that you
/// trust.
/// @throws std::invalid_argument that names the file and what is wrong if it is neither or damaged
/// @throws std::system_error if it cannot be read
Image read_image(const std::filesystem::path& path);
/// The same from memory.   @param name  what error texts call it
Image parse_image(std::span<const std::uint8_t> bytes, std::string_view name);

/// Writes a PNG file, atomically.
/// @throws std::invalid_argument if the image's size and pixels do not fit
/// @throws std::system_error if it cannot be written
void write_png(const std::filesystem::path& path, const Image& image);

/// Writes an animated PNG file, atomically: it begins again after its last frame, and what knows no
/// animation shows the first (PNG, third edition, sections 11.3.6 and 13).
/// @param frames        1 … 10,000 pictures of the same width, height and channels
/// @param milliseconds  that each is shown, 1 … 65,535
/// @throws std::invalid_argument if the frames do not fit to each other, or as write_png does
/// @throws std::system_error if it cannot be written
void write_animation(const std::filesystem::path& path, std::span<const Image> frames,
                     int milliseconds);

}  // namespace pliant::data
