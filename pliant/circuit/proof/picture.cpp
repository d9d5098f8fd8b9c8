// pliant/circuit/proof/picture.cpp — input bits as a picture that has them (no torch)
#include <algorithm>
#include <array>
#include <string_view>

#include "pliant/circuit/proof.h"

namespace pliant::circuit {
namespace {

/// For each feature a byte between its highest threshold that is passed and the next.
std::vector<std::uint8_t> feature_bytes(const Encoder& encoder,
                                        const std::vector<std::uint8_t>& bits) {
  if (!encoder.has_features()) {
    std::vector<std::uint8_t> bytes;
    bytes.reserve(bits.size());
    for (const std::uint8_t bit : bits) bytes.push_back(bit != 0 ? 255 : 0);
    return bytes;
  }
  std::vector<int> least(encoder.features, 0);     // that sets what is set
  std::vector<bool> open(encoder.features, true);  // whether nothing is to stay below
  for (std::size_t b = 0; b < bits.size(); ++b) {
    const std::size_t feature = encoder.feature[b];
    if (bits[b] != 0) {
      least[feature] = std::max(least[feature], byte_threshold(encoder, b) + 1);
    } else {
      open[feature] = false;
    }
  }
  std::vector<std::uint8_t> bytes(encoder.features);
  std::vector<bool> set(encoder.features, false);
  for (std::size_t b = 0; b < bits.size(); ++b) {
    if (bits[b] != 0) set[encoder.feature[b]] = true;
  }
  for (std::size_t f = 0; f < bytes.size(); ++f)
    bytes[f] = static_cast<std::uint8_t>(set[f] && open[f] ? 255 : std::min(least[f], 255));
  return bytes;
}

}  // namespace

std::string Picture::text() const {
  static constexpr std::string_view kShades = " .:-=+*#%@";
  std::string text;
  for (std::size_t y = 0; y < height; ++y) {
    for (std::size_t x = 0; x < width; ++x)
      text += kShades[pixels[y * width + x] * (kShades.size() - 1) / 255];
    text += '\n';
  }
  return text;
}

std::string Picture::pgm() const {
  return "P5\n" + std::to_string(width) + ' ' + std::to_string(height) + "\n255\n" +
         std::string(pixels.begin(), pixels.end());
}

std::optional<Picture> counterexample_picture(const Encoder& encoder,
                                              const std::vector<std::uint8_t>& bits) {
  std::array<std::size_t, 3> shape{};
  if (!encoder.shape.empty()) {
    std::copy_n(encoder.shape.begin(), 3, shape.begin());
  } else if (encoder.crop.height > 0) {
    shape = {1, encoder.crop.side, encoder.crop.side};
  } else {
    return std::nullopt;
  }
  const std::vector<std::uint8_t> bytes = feature_bytes(encoder, bits);
  Picture picture{shape[1], shape[0] * shape[2], {}};
  for (std::size_t y = 0; y < shape[1]; ++y) {
    for (std::size_t c = 0; c < shape[0]; ++c) {
      const auto row = bytes.begin() + static_cast<std::ptrdiff_t>((c * shape[1] + y) * shape[2]);
      picture.pixels.insert(picture.pixels.end(), row, row + static_cast<std::ptrdiff_t>(shape[2]));
    }
  }
  return picture;
}

}  // namespace pliant::circuit
