// pliant/data/distortion.h — random distortion of grey images: affine, elastic, blur, noise (no
// torch)
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "pliant/base/random.h"

namespace pliant::data {

/// How far each part of a distortion goes; 0 leaves it out. What is "uniform" is drawn anew for
/// every image.
struct DistortionOptions {
  double rotation = 8;  ///< degrees; the angle is uniform in ±rotation; 0 … 180
  double scale = 0.15;  ///< ln of the factors of width and of height, uniform in ±scale; 0 … 1
  double shear = 0.15;  ///< x += shear·y, uniform in ±shear; 0 … 1
  double translation = 0.05;  ///< part of the side, uniform in ±translation on each axis; 0 … 1
  double elastic = 0.02;  ///< standard deviation of the displacement, part of the side; 0 … 0.2
  double blur = 0.7;      ///< standard deviation, uniform in [0, blur] pixels; 0 … 1.5
  double noise = 0.1;     ///< standard deviation, uniform in [0, noise] of full ink; 0 … 1
};

/// Distorts square grey images: out(p) = clamp(blur(source(A·p + t + e(p))) + noise, 0, 1), with an
/// affine map A, t and an elastic displacement e, in this order of drawing: the affine map, e, the
/// blur, the noise.
///
/// The displacement is a cubic B-spline over 4 × 4 cells whose 7 × 7 control points are normal: the
/// smoothed random field of Simard et al. (Best Practices for Convolutional Neural Networks, ICDAR
/// 2003), smooth over a quarter of the side. "Normal" numbers are sums of four uniform ones (|z| ≤
/// 3.46). Outside of the source there is paper, 0.
class Distortion {
 public:
  /// @param source  side of the source; 1 … 1024. Twice `size` is meant: then nothing is skipped.
  /// @param size    side of the result; 4 … 512
  /// @throws std::invalid_argument that names the option that is out of its range
  Distortion(int source, int size, const DistortionOptions& options);

  /// Numbers of float that draw() needs as scratch.
  [[nodiscard]] std::size_t scratch_size() const;
  /// Bytes of a prepared source: (source + 3)².
  [[nodiscard]] std::size_t prepared_size() const;
  /// Makes the means of 2 × 2 of a (source, source) image that draw() interpolates, with paper
  /// around: sampling every second pixel of the image itself would skip some.
  /// @param prepared  out (prepared_size())
  void prepare(const std::uint8_t* image, std::uint8_t* prepared) const;

  /// Draws one distorted image.   Cost: about 30 ns a pixel.
  /// @param random   what decides; the same state gives the same image
  /// @param source   as prepare() makes it; 255 is full ink
  /// @param out      (size, size), in [0, 1]
  /// @param scratch  (scratch_size())
  void draw(base::Random& random, const std::uint8_t* source, float* out, float* scratch) const;

 private:
  static constexpr int kCells = 4;
  static constexpr int kControls = kCells + 3;
  /// Row-major control points, displacement in x then in y.
  using Field = std::array<std::array<float, 2>, std::size_t{kControls} * kControls>;
  /// The map from the result's pixels to the source's.
  struct Map {
    float xx, xy, yx, yy, x, y;
  };
  /// Which control points a row or column of pixels sees, and with what weights.
  struct Spline {
    int first;
    std::array<float, 4> weights;
  };

  [[nodiscard]] Map draw_map(base::Random& random) const;
  [[nodiscard]] Field draw_field(base::Random& random) const;
  void warp(const Map& map, const Field& field, const std::uint8_t* source, float* out) const;
  void blur(double deviation, float* image, float* scratch) const;
  void add_noise(base::Random& random, float* image) const;

  int source_;
  int size_;
  DistortionOptions options_;
  std::vector<Spline> splines_;  ///< (size)
};

}  // namespace pliant::data
