// pliant/data/image_file.cpp — pictures from PNG and JPEG files, and PNG files of pictures, by stb
// (no torch)
#include "pliant/data/image_file.h"

#include <zlib.h>

#include <array>
#include <cstddef>
#include <initializer_list>
#include <memory>

#define STB_IMAGE_STATIC
#define STB_IMAGE_IMPLEMENTATION
#define STBI_NO_STDIO
#define STBI_ONLY_PNG
#define STBI_ONLY_JPEG
#define STBI_MAX_DIMENSIONS (1 << 15)
#include <stb/stb_image.h>
#define STB_IMAGE_WRITE_STATIC
#define STB_IMAGE_WRITE_IMPLEMENTATION
#define STBI_WRITE_NO_STDIO
#include <stb/stb_image_write.h>

#include "pliant/base/errors.h"
#include "pliant/base/file.h"

namespace pliant::data {
namespace {

constexpr int kLargestSide = 1 << 15;
constexpr std::size_t kLargestFile = std::size_t{1} << 30;
constexpr std::size_t kMostFrames = 10'000;

using Memory = std::unique_ptr<stbi_uc, decltype(&stbi_image_free)>;

void append(void* bytes, void* data, int size) {
  const auto* from = static_cast<const std::uint8_t*>(data);
  auto& to = *static_cast<std::vector<std::uint8_t>*>(bytes);
  to.insert(to.end(), from, from + size);
}

std::vector<std::uint8_t> png_bytes(std::string_view function, const Image& image) {
  const auto side = [](int length) { return 1 <= length && length <= kLargestSide; };
  base::require(side(image.width) && side(image.height), function, ": the sides must be in 1 … ",
                kLargestSide, ", got ", image.width, " × ", image.height);
  base::require(image.channels == 1 || image.channels == 3 || image.channels == 4, function,
                ": channels must be 1, 3 or 4, got ", image.channels);
  const std::size_t row =
      static_cast<std::size_t>(image.width) * static_cast<std::size_t>(image.channels);
  base::require(image.pixels.size() == row * static_cast<std::size_t>(image.height), function, ": ",
                image.pixels.size(), " numbers are no picture of ", image.width, " × ",
                image.height, " × ", image.channels);
  std::vector<std::uint8_t> bytes;
  const int done = stbi_write_png_to_func(append, &bytes, image.width, image.height, image.channels,
                                          image.pixels.data(), static_cast<int>(row));
  base::require(done != 0, function, ": a picture of ", image.width, " × ", image.height,
                " pixels cannot be packed");
  return bytes;
}

using Bytes = std::span<const std::uint8_t>;

constexpr std::size_t kPngHeader = 8 + 25;  ///< of a file: the signature and the chunk IHDR

std::uint32_t big_endian(Bytes bytes, std::size_t at) {
  std::uint32_t value = 0;
  for (std::size_t i = at; i < at + 4; ++i) value = value << 8 | bytes[i];
  return value;
}

void append_big_endian(std::vector<std::uint8_t>& to, std::uint32_t value, int bytes = 4) {
  for (int i = bytes - 1; i >= 0; --i) to.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
}

void append_chunk(std::vector<std::uint8_t>& to, std::string_view name, Bytes content) {
  append_big_endian(to, static_cast<std::uint32_t>(content.size()));
  const std::size_t checked = to.size();
  to.insert(to.end(), name.begin(), name.end());
  to.insert(to.end(), content.begin(), content.end());
  append_big_endian(
      to, static_cast<std::uint32_t>(crc32_z(0, to.data() + checked, to.size() - checked)));
}

/// What the packed pixels of a PNG file are: the content of its first IDAT, the only one that stb
/// writes.
Bytes packed_pixels(Bytes png) {
  const std::size_t length = big_endian(png, kPngHeader);
  return png.subspan(kPngHeader + 8, length);
}

/// fcTL: a frame that fills the picture and replaces what was there.
std::vector<std::uint8_t> frame_control(const Image& frame, std::uint32_t order, int milliseconds) {
  std::vector<std::uint8_t> content;
  for (const std::uint32_t value : {order, static_cast<std::uint32_t>(frame.width),
                                    static_cast<std::uint32_t>(frame.height), 0U, 0U})
    append_big_endian(content, value);
  append_big_endian(content, static_cast<std::uint32_t>(milliseconds), 2);
  append_big_endian(content, 1000, 2);
  content.insert(content.end(), {0, 0});
  return content;
}

}  // namespace

Image parse_image(std::span<const std::uint8_t> bytes, std::string_view name) {
  base::require(bytes.size() <= kLargestFile, name, ": a picture of ", bytes.size(),
                " bytes is too large; at most ", kLargestFile);
  Image image;
  int channels_in_file = 0;
  const Memory pixels(
      stbi_load_from_memory(bytes.data(), static_cast<int>(bytes.size()), &image.width,
                            &image.height, &channels_in_file, image.channels),
      &stbi_image_free);
  // stb's reasons are a few words for programmers; "damaged" is what they come to.
  base::require(pixels != nullptr, name, ": not a PNG or JPEG picture, damaged, or larger than ",
                kLargestSide, " pixels a side");
  const auto size = static_cast<std::size_t>(image.width) * static_cast<std::size_t>(image.height) *
                    static_cast<std::size_t>(image.channels);
  image.pixels.assign(pixels.get(), pixels.get() + size);
  return image;
}

Image read_image(const std::filesystem::path& path) {
  return parse_image(base::read_file(path), path.string());
}

void write_png(const std::filesystem::path& path, const Image& image) {
  const std::vector<std::uint8_t> bytes = png_bytes("write_png", image);
  base::replace_file(path, std::array{Bytes(bytes)});
}

void write_animation(const std::filesystem::path& path, std::span<const Image> frames,
                     int milliseconds) {
  base::require(1 <= frames.size() && frames.size() <= kMostFrames,
                "write_animation: frames must be 1 … ", kMostFrames, ", got ", frames.size());
  base::require(1 <= milliseconds && milliseconds <= 65'535,
                "write_animation: milliseconds must be in 1 … 65535, got ", milliseconds);
  std::vector<std::uint8_t> bytes;
  std::uint32_t order = 0;  // of fcTL and fdAT, in one count
  for (const Image& frame : frames) {
    const Image& first = frames.front();
    base::require(frame.width == first.width && frame.height == first.height &&
                      frame.channels == first.channels,
                  "write_animation: the first frame is ", first.width, " × ", first.height, " × ",
                  first.channels, ", another ", frame.width, " × ", frame.height, " × ",
                  frame.channels);
    const std::vector<std::uint8_t> png = png_bytes("write_animation", frame);
    const Bytes packed = packed_pixels(png);
    const bool begins = bytes.empty();
    if (begins) {
      bytes.assign(png.begin(), png.begin() + kPngHeader);
      std::vector<std::uint8_t> control;
      append_big_endian(control, static_cast<std::uint32_t>(frames.size()));
      append_big_endian(control, 0);  // again and again
      append_chunk(bytes, "acTL", control);
    }
    append_chunk(bytes, "fcTL", frame_control(frame, order++, milliseconds));
    if (begins) {
      append_chunk(bytes, "IDAT", packed);
      continue;
    }
    std::vector<std::uint8_t> content;
    append_big_endian(content, order++);
    content.insert(content.end(), packed.begin(), packed.end());
    append_chunk(bytes, "fdAT", content);
  }
  append_chunk(bytes, "IEND", {});
  base::replace_file(path, std::array{Bytes(bytes)});
}

}  // namespace pliant::data
