// pliant/data/image_file.cpp — pictures from PNG and JPEG files, and PNG files of pictures, by stb
// (no torch)
#include "pliant/data/image_file.h"

#include <array>
#include <cstddef>
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

using Memory = std::unique_ptr<stbi_uc, decltype(&stbi_image_free)>;

void append(void* bytes, void* data, int size) {
  const auto* from = static_cast<const std::uint8_t*>(data);
  auto& to = *static_cast<std::vector<std::uint8_t>*>(bytes);
  to.insert(to.end(), from, from + size);
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
  const auto side = [](int length) { return 1 <= length && length <= kLargestSide; };
  base::require(side(image.width) && side(image.height), "write_png: the sides must be in 1 … ",
                kLargestSide, ", got ", image.width, " × ", image.height);
  base::require(image.channels == 1 || image.channels == 3 || image.channels == 4,
                "write_png: channels must be 1, 3 or 4, got ", image.channels);
  const std::size_t row =
      static_cast<std::size_t>(image.width) * static_cast<std::size_t>(image.channels);
  base::require(image.pixels.size() == row * static_cast<std::size_t>(image.height),
                "write_png: ", image.pixels.size(), " numbers are no picture of ", image.width,
                " × ", image.height, " × ", image.channels);
  std::vector<std::uint8_t> bytes;
  const int done = stbi_write_png_to_func(append, &bytes, image.width, image.height, image.channels,
                                          image.pixels.data(), static_cast<int>(row));
  base::require(done != 0, "write_png: a picture of ", image.width, " × ", image.height,
                " pixels cannot be packed");
  base::replace_file(path, std::array{std::span<const std::uint8_t>(bytes)});
}

}  // namespace pliant::data
