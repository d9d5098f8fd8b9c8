// pliant/circuit/encoder.h — the numbers of an example as the bits of a circuit (no torch)
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace pliant::circuit {

/// Signals of a circuit are fewer, and so are its bits and features: twice their number fits 32
/// bits.
inline constexpr std::size_t kMostSignals = std::size_t{1} << 30;

/// A square of a picture that holds its content: rows and columns of zeros are trimmed at the
/// borders, in all as many as must go, by the rule of data/image_set.h: trim_border. Each picture
/// has its own place.
struct Crop {
  std::uint32_t height = 0;  ///< of the whole picture, at most 64; 0: nothing is cropped
  std::uint32_t width = 0;
  std::uint32_t side = 0;  ///< rows and columns that are left

  friend bool operator==(const Crop&, const Crop&) = default;
};

/// Bit b is 1 where number feature[b] of an example is above threshold[b]: a thermometer code.
/// Without features a circuit's bits are the example itself.
struct Encoder {
  std::uint32_t inputs = 0;            ///< bits of the circuit
  std::vector<std::uint32_t> feature;  ///< (inputs), or none; within the crop where there is one
  std::vector<double> threshold;       ///< as feature
  std::uint32_t features = 0;          ///< numbers of an example, after cropping
  std::vector<std::string> names;      ///< of the features (of the bits without them), or none
  /// Of the features as a picture: (channels, height, width), or none.
  std::vector<std::uint32_t> shape;
  std::uint32_t byte_maximum = 255;  ///< a byte stands for byte / byte_maximum, in float32
  Crop crop;

  [[nodiscard]] std::uint32_t bits() const { return inputs; }
  [[nodiscard]] bool has_features() const { return features > 0; }
  /// Numbers of an example as they come: those of the whole picture where it is cropped.
  [[nodiscard]] std::size_t width() const {
    if (!has_features()) return inputs;
    return crop.height > 0 ? std::size_t{crop.height} * crop.width : features;
  }

  friend bool operator==(const Encoder&, const Encoder&) = default;
};

/// The largest byte that is not above the threshold: bit = byte > that; −1 if all bytes are.
int byte_threshold(const Encoder& encoder, std::size_t bit);

/// @throws std::invalid_argument that says what is wrong: sizes that do not fit each other or of
/// 2^30 and more, a feature out of range, thresholds that are not finite, a crop larger than the
/// picture
void check_encoder(const Encoder& encoder);

/// A name of input bit b for people and exports: "x12>0.5", "pixel[3,14]>127", "workclass=Private",
/// or "x12".
std::string bit_name(const Encoder& encoder, std::size_t bit);

/// The bits of one example by the plainest of loops: the oracle of the packing kernels.
/// The numbers are (width).   @param bits  (inputs), written with 0 and 1
/// @throws std::invalid_argument if a picture has fewer zero rows or columns than must be trimmed
void encode(const Encoder& encoder, const std::uint8_t* bytes, std::uint8_t* bits);
void encode(const Encoder& encoder, const float* numbers, std::uint8_t* bits);

}  // namespace pliant::circuit
