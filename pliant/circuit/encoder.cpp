// pliant/circuit/encoder.cpp — checks of an encoder, and encoding one example plainly (no torch)
#include "pliant/circuit/encoder.h"

#include <algorithm>
#include <cmath>
#include <locale>
#include <sstream>

#include "pliant/base/errors.h"
#include "pliant/base/trim.h"

namespace pliant::circuit {
namespace {

/// The most rows and columns of a picture that is cropped: a word of bits.
constexpr std::uint32_t kMostLines = 64;

void check_crop(const Encoder& encoder) {
  const Crop& crop = encoder.crop;
  if (crop.height == 0) return;
  base::require(crop.height <= kMostLines && crop.width <= kMostLines, "encoder: a picture of ",
                crop.height, " × ", crop.width, " cannot be cropped, at most 64 × 64 can");
  base::require(crop.side >= 1 && crop.side <= std::min(crop.height, crop.width),
                "encoder: the side of the crop must be in 1 … ", std::min(crop.height, crop.width),
                ", got ", crop.side);
  base::require(encoder.features == crop.side * crop.side, "encoder: a crop of ", crop.side, " × ",
                crop.side, " has ", crop.side * crop.side, " features, got ", encoder.features);
}

/// The place of feature 0 in a picture, and how far its rows are apart.
struct Window {
  std::size_t begin = 0;
  std::size_t row = 0;
};

template <class T>
Window window(const Crop& crop, const T* numbers) {
  const auto height = static_cast<int>(crop.height);
  const auto width = static_cast<int>(crop.width);
  const auto side = static_cast<int>(crop.side);
  const auto empty = [&](int y, int x) { return numbers[y * width + x] == 0; };
  const int top = base::trim_empty_at_start(height, side, [&](int y) {
    for (int x = 0; x < width; ++x) {
      if (!empty(y, x)) return false;
    }
    return true;
  });
  const int left = base::trim_empty_at_start(width, side, [&](int x) {
    for (int y = 0; y < height; ++y) {
      if (!empty(y, x)) return false;
    }
    return true;
  });
  base::require(top >= 0 && left >= 0, "the picture has fewer black ", top < 0 ? "rows" : "columns",
                " at its borders than the ", (top < 0 ? height : width) - side,
                " that are to be trimmed");
  return {static_cast<std::size_t>(top * width + left), crop.width};
}

template <class T, class Above>
void encode_with(const Encoder& encoder, const T* numbers, std::uint8_t* bits, const Above& above) {
  if (!encoder.has_features()) {
    for (std::size_t b = 0; b < encoder.inputs; ++b) bits[b] = numbers[b] != 0 ? 1 : 0;
    return;
  }
  const bool cropped = encoder.crop.height > 0;
  const std::size_t side = cropped ? encoder.crop.side : encoder.features;
  const Window place = cropped ? window(encoder.crop, numbers) : Window{0, 0};
  for (std::size_t b = 0; b < encoder.inputs; ++b) {
    const std::size_t feature = encoder.feature[b];
    const std::size_t at = place.begin + feature / side * place.row + feature % side;
    bits[b] = above(b, numbers[at]) ? 1 : 0;
  }
}

/// Whether it is (channels, height, width) of so many numbers.
bool is_picture_of(const std::vector<std::uint32_t>& shape, std::size_t numbers) {
  if (shape.size() != 3) return false;
  const std::size_t area = std::size_t{shape[1]} * shape[2];
  // A product beyond 64 bits is none of a number below 2^30.
  return area <= kMostSignals && area * shape[0] == numbers;
}

}  // namespace

int byte_threshold(const Encoder& encoder, std::size_t bit) {
  int byte = -1;
  while (byte < 255) {
    // As images are turned into numbers everywhere: in float32.
    const float next = static_cast<float>(byte + 1) / static_cast<float>(encoder.byte_maximum);
    if (static_cast<double>(next) > encoder.threshold[bit]) break;
    ++byte;
  }
  return byte;
}

void check_encoder(const Encoder& encoder) {
  base::require(encoder.inputs < kMostSignals && encoder.features < kMostSignals,
                "encoder: ", encoder.inputs, " bits of ", encoder.features,
                " features, fewer than 2^30 of each are possible");
  const auto fits = [&](std::size_t size) { return size == encoder.inputs; };
  base::require(encoder.features > 0 || (encoder.feature.empty() && encoder.threshold.empty()),
                "encoder: thresholds need features");
  const std::size_t named = encoder.has_features() ? encoder.features : encoder.inputs;
  base::require(encoder.names.empty() || encoder.names.size() == named, "encoder: ", named,
                " names are needed, or none, got ", encoder.names.size());
  check_crop(encoder);
  base::require(encoder.has_features() || encoder.crop.height == 0,
                "encoder: a crop needs features");
  base::require(encoder.shape.empty() || is_picture_of(encoder.shape, named),
                "encoder: the shape must be (channels, height, width) of ", named, " numbers");
  if (!encoder.has_features()) return;
  base::require(encoder.byte_maximum > 0, "encoder: byte_maximum must be at least 1");
  base::require(fits(encoder.feature.size()) && fits(encoder.threshold.size()),
                "encoder: ", encoder.inputs, " bits need as many features and thresholds, got ",
                encoder.feature.size(), " and ", encoder.threshold.size());
  for (std::size_t b = 0; b < encoder.inputs; ++b) {
    base::require(encoder.feature[b] < encoder.features, "encoder: bit ", b, " reads feature ",
                  encoder.feature[b], ", there are ", encoder.features);
    base::require(std::isfinite(encoder.threshold[b]), "encoder: the threshold of bit ", b,
                  " must be finite");
  }
}

std::string bit_name(const Encoder& encoder, std::size_t bit) {
  const std::size_t feature = encoder.has_features() ? encoder.feature[bit] : bit;
  std::ostringstream name;
  name.imbue(std::locale::classic());  // the same name wherever it is written
  if (!encoder.names.empty()) {
    name << encoder.names[feature];
  } else if (!encoder.shape.empty() && encoder.shape[1] * encoder.shape[2] > 1) {
    const std::size_t width = encoder.shape[2];
    const std::size_t area = width * encoder.shape[1];
    name << "pixel[";
    if (encoder.shape[0] > 1) name << feature / area << ',';
    name << feature % area / width << ',' << feature % width << ']';
  } else {
    name << 'x' << feature;
  }
  if (encoder.has_features()) name << '>' << encoder.threshold[bit];
  return name.str();
}

void encode(const Encoder& encoder, const std::uint8_t* bytes, std::uint8_t* bits) {
  encode_with(encoder, bytes, bits, [&](std::size_t b, std::uint8_t byte) {
    return int{byte} > byte_threshold(encoder, b);
  });
}

void encode(const Encoder& encoder, const float* numbers, std::uint8_t* bits) {
  encode_with(encoder, numbers, bits, [&](std::size_t b, float number) {
    return static_cast<double>(number) > encoder.threshold[b];
  });
}

}  // namespace pliant::circuit
