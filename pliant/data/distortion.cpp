// pliant/data/distortion.cpp — affine maps, B-spline displacements, blur and noise (no torch)
#include "pliant/data/distortion.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "pliant/base/errors.h"

namespace pliant::data {
namespace {

constexpr int kMaxSource = 1024;
constexpr int kMinSize = 4;
constexpr int kMaxSize = 512;
constexpr int kRadius = 4;           ///< of the blur: 2.7 standard deviations of the widest
constexpr double kLeastBlur = 0.05;  ///< a neighbour's weight is exp(−200) there, 0 in float

void check_range(const char* name, double value, double largest) {
  base::require(0 <= value && value <= largest, "distortion: ", name, " must be in 0 … ", largest,
                ", got ", value);
}

/// Uniform on [−range, range).
double symmetric(base::Random& random, double range) { return range * (2 * random.uniform() - 1); }

/// A normal number, nearly: the sum of the four bytes of a random one, each uniform on 0 … 255.
float normal(base::Random& random) {
  constexpr float kMean = 4 * 127.5F;
  constexpr float kDeviation = 147.80054F;  // √(4 · (256² − 1)/12)
  const std::uint32_t bits = random.next();
  const std::uint32_t sum = (bits & 0xFF) + (bits >> 8 & 0xFF) + (bits >> 16 & 0xFF) + (bits >> 24);
  return (static_cast<float>(sum) - kMean) / kDeviation;
}

/// The four cubic B-splines that are not 0 at u in [0, 1) of a cell.
std::array<float, 4> cubic_splines(double u) {
  const double v = 1 - u;
  return {
      static_cast<float>(v * v * v / 6), static_cast<float>((3 * u * u * u - 6 * u * u + 4) / 6),
      static_cast<float>((3 * v * v * v - 6 * v * v + 4) / 6), static_cast<float>(u * u * u / 6)};
}

/// The half of a normalized Gaussian from its middle outward.
std::array<float, kRadius + 1> gaussian(double deviation) {
  std::array<double, kRadius + 1> weights{};
  double sum = 0;
  for (int i = 0; i <= kRadius; ++i) {
    weights[static_cast<std::size_t>(i)] = std::exp(-i * i / (2 * deviation * deviation));
    sum += (i == 0 ? 1 : 2) * weights[static_cast<std::size_t>(i)];
  }
  std::array<float, kRadius + 1> half{};
  for (std::size_t i = 0; i < half.size(); ++i) half[i] = static_cast<float>(weights[i] / sum);
  return half;
}

/// to[i] = Σ_k half[|k|] · from[i + k·stride], k = −kRadius … kRadius.
void convolve(const std::array<float, kRadius + 1>& half, const float* from, std::ptrdiff_t stride,
              int count, float* to) {
  for (int i = 0; i < count; ++i) to[i] = half[0] * from[i];
  for (int k = 1; k <= kRadius; ++k) {
    const float weight = half[static_cast<std::size_t>(k)];
    const float *before = from - k * stride, *after = from + k * stride;
    for (int i = 0; i < count; ++i) to[i] += weight * (before[i] + after[i]);
  }
}

}  // namespace

Distortion::Distortion(int source, int size, const DistortionOptions& options)
    : source_(source), size_(size), options_(options) {
  base::require(1 <= source && source <= kMaxSource, "distortion: source must be in 1 … ",
                kMaxSource, ", got ", source);
  base::require(kMinSize <= size && size <= kMaxSize, "distortion: size must be in ", kMinSize,
                " … ", kMaxSize, ", got ", size);
  check_range("rotation", options.rotation, 180);
  check_range("scale", options.scale, 1);
  check_range("shear", options.shear, 1);
  check_range("translation", options.translation, 1);
  check_range("elastic", options.elastic, 0.2);
  check_range("blur", options.blur, 1.5);
  check_range("noise", options.noise, 1);
  for (int i = 0; i < size; ++i) {
    const double place = kCells * (i + 0.5) / size;
    const int cell = static_cast<int>(place);
    splines_.push_back({cell, cubic_splines(place - cell)});
  }
}

std::size_t Distortion::prepared_size() const {
  return (static_cast<std::size_t>(source_) + 3) * (static_cast<std::size_t>(source_) + 3);
}

std::size_t Distortion::scratch_size() const {
  return (static_cast<std::size_t>(size_) + 2 * kRadius) * static_cast<std::size_t>(size_) +
         static_cast<std::size_t>(size_) + 2 * kRadius;
}

void Distortion::prepare(const std::uint8_t* image, std::uint8_t* prepared) const {
  const auto at = [&](int x, int y) {
    const bool inside = 0 <= x && x < source_ && 0 <= y && y < source_;
    return inside ? int{image[std::ptrdiff_t{y} * source_ + x]} : 0;
  };
  // The mean at (x, y) stands where four pixels meet; there is one more of them than pixels, and
  // one of paper on each side.
  for (int y = -1; y <= source_ + 1; ++y) {
    for (int x = -1; x <= source_ + 1; ++x) {
      const int sum = at(x - 1, y - 1) + at(x, y - 1) + at(x - 1, y) + at(x, y);
      *prepared++ = static_cast<std::uint8_t>((sum + 2) / 4);
    }
  }
}

void Distortion::draw(base::Random& random, const std::uint8_t* source, float* out,
                      float* scratch) const {
  const Map map = draw_map(random);
  const Field field = draw_field(random);
  warp(map, field, source, out);
  const double deviation = options_.blur * random.uniform();
  if (deviation > kLeastBlur) blur(deviation, out, scratch);
  if (options_.noise > 0) add_noise(random, out);
}

Distortion::Map Distortion::draw_map(base::Random& random) const {
  const double angle = symmetric(random, options_.rotation * std::numbers::pi / 180);
  const double width = std::exp(symmetric(random, options_.scale));
  const double height = std::exp(symmetric(random, options_.scale));
  const double shear = symmetric(random, options_.shear);
  const double shift_x = symmetric(random, options_.translation);
  const double shift_y = symmetric(random, options_.translation);
  // Backward: rotation · shear · scale, from the middle of the result to that of the source, in
  // prepared means: source/2 and one of paper.
  const double zoom = static_cast<double>(source_) / size_;
  const double c = std::cos(angle) * zoom, s = std::sin(angle) * zoom;
  const double xx = c * width, xy = (c * shear - s) * height;
  const double yx = s * width, yy = (s * shear + c) * height;
  const double middle = 0.5 * size_ - 0.5;
  return {static_cast<float>(xx),
          static_cast<float>(xy),
          static_cast<float>(yx),
          static_cast<float>(yy),
          static_cast<float>(source_ * 0.5 + 1 + shift_x * source_ - (xx + xy) * middle),
          static_cast<float>(source_ * 0.5 + 1 + shift_y * source_ - (yx + yy) * middle)};
}

Distortion::Field Distortion::draw_field(base::Random& random) const {
  Field field{};
  if (options_.elastic == 0) return field;
  // A sum of control points has about half their deviation: Σ w² of two cubic splines is 0.21 to
  // 0.25.
  const auto deviation = static_cast<float>(2 * options_.elastic * source_);
  for (auto& [x, y] : field) {
    x = deviation * normal(random);
    y = deviation * normal(random);
  }
  return field;
}

void Distortion::warp(const Map& map, const Field& field, const std::uint8_t* source,
                      float* out) const {
  const int stride = source_ + 3;
  const auto last = static_cast<float>(source_) + 1.999F;  // So that its neighbour is inside.
  for (int y = 0; y < size_; ++y) {
    const Spline& row = splines_[static_cast<std::size_t>(y)];
    std::array<std::array<float, 2>, kControls> controls{};
    for (std::size_t k = 0; k < 4; ++k) {
      const auto* from = &field[(static_cast<std::size_t>(row.first) + k) * kControls];
      for (std::size_t i = 0; i < kControls; ++i) {
        controls[i][0] += row.weights[k] * from[i][0];
        controls[i][1] += row.weights[k] * from[i][1];
      }
    }
    for (int x = 0; x < size_; ++x) {
      const Spline& column = splines_[static_cast<std::size_t>(x)];
      const auto fx = static_cast<float>(x), fy = static_cast<float>(y);
      float u = map.xx * fx + map.xy * fy + map.x, v = map.yx * fx + map.yy * fy + map.y;
      for (std::size_t k = 0; k < 4; ++k) {
        const auto& control = controls[static_cast<std::size_t>(column.first) + k];
        u += column.weights[k] * control[0];
        v += column.weights[k] * control[1];
      }
      u = std::clamp(u, 0.0F, last);
      v = std::clamp(v, 0.0F, last);
      const int i = static_cast<int>(u), j = static_cast<int>(v);
      const float right = u - static_cast<float>(i), down = v - static_cast<float>(j);
      const std::uint8_t* texel = source + j * stride + i;
      const float top = texel[0] + right * static_cast<float>(texel[1] - texel[0]);
      const float bottom =
          texel[stride] + right * static_cast<float>(texel[stride + 1] - texel[stride]);
      *out++ = (top + down * (bottom - top)) * (1.0F / 255);
    }
  }
}

void Distortion::blur(double deviation, float* image, float* scratch) const {
  const std::array<float, kRadius + 1> half = gaussian(deviation);
  const auto size = static_cast<std::size_t>(size_);
  float* row = scratch;  // (size + 2·radius), paper on both sides
  float* rows =
      scratch + size + std::size_t{2} * kRadius;  // As many rows, the blurred ones within.
  std::fill_n(scratch, scratch_size(), 0.0F);
  for (std::size_t y = 0; y < size; ++y) {
    std::copy_n(image + y * size, size, row + kRadius);
    convolve(half, row + kRadius, 1, size_, rows + (y + kRadius) * size);
  }
  for (std::size_t y = 0; y < size; ++y) {
    convolve(half, rows + (y + kRadius) * size, size_, size_, image + y * size);
  }
}

void Distortion::add_noise(base::Random& random, float* image) const {
  const auto deviation = static_cast<float>(options_.noise * random.uniform());
  const std::size_t count = static_cast<std::size_t>(size_) * static_cast<std::size_t>(size_);
  for (std::size_t i = 0; i < count; ++i) {
    image[i] = std::clamp(image[i] + deviation * normal(random), 0.0F, 1.0F);
  }
}

}  // namespace pliant::data
