// tests/data/distortion_test.cpp — distortion: its ranges measured on pictures that show them
#include "pliant/data/distortion.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <stdexcept>

namespace pliant::data {
namespace {

using doctest::Approx;
using doctest::Contains;

constexpr DistortionOptions kNone = {0, 0, 0, 0, 0, 0, 0};
constexpr int kSource = 64;
constexpr int kSize = 32;
constexpr int kDraws = 400;

/// A (kSource, kSource) picture of value(x, y), the middle of a pixel at whole numbers + 1/2.
template <class Value>
std::vector<std::uint8_t> picture(const Value& value) {
  std::vector<std::uint8_t> pixels;
  for (int y = 0; y < kSource; ++y) {
    for (int x = 0; x < kSource; ++x) {
      pixels.push_back(static_cast<std::uint8_t>(value(x + 0.5, y + 0.5)));
    }
  }
  return pixels;
}

std::vector<float> draw(const DistortionOptions& options, const std::vector<std::uint8_t>& pixels,
                        std::uint64_t index) {
  const Distortion distortion(kSource, kSize, options);
  std::vector<std::uint8_t> prepared(distortion.prepared_size());
  distortion.prepare(pixels.data(), prepared.data());
  std::vector<float> out(std::size_t{kSize} * kSize, -1);
  std::vector<float> scratch(distortion.scratch_size(), -1);
  base::Random random(7, 1, index);
  distortion.draw(random, prepared.data(), out.data(), scratch.data());
  return out;
}

/// Ink, centroid from the middle, and central moments, in pixels.
struct Moments {
  double ink = 0, x = 0, y = 0, xx = 0, xy = 0, yy = 0;
};

Moments moments(const std::vector<float>& image) {
  Moments m;
  const auto each = [&](auto&& add) {
    for (int y = 0; y < kSize; ++y) {
      for (int x = 0; x < kSize; ++x) {
        add(image[static_cast<std::size_t>(kSize * y + x)], x + 0.5 - kSize / 2.0,
            y + 0.5 - kSize / 2.0);
      }
    }
  };
  each([&](double v, double x, double y) { m.ink += v, m.x += v * x, m.y += v * y; });
  m.x /= m.ink, m.y /= m.ink;
  each([&](double v, double x, double y) {
    m.xx += v * (x - m.x) * (x - m.x) / m.ink;
    m.xy += v * (x - m.x) * (y - m.y) / m.ink;
    m.yy += v * (y - m.y) * (y - m.y) / m.ink;
  });
  return m;
}

/// What kDraws drawings give: that `measure` of them is uniform on [−range, range].
template <class Measure>
void check_uniform(const DistortionOptions& options, const std::vector<std::uint8_t>& pixels,
                   double range, double error, const Measure& measure) {
  double sum = 0, squares = 0, largest = 0;
  for (std::uint64_t i = 0; i < kDraws; ++i) {
    const double value = measure(moments(draw(options, pixels, i)));
    sum += value, squares += value * value;
    largest = std::max(largest, std::abs(value));
  }
  // Five standard deviations of a mean of kDraws.
  CHECK(std::abs(sum / kDraws) < 5 * range / std::sqrt(3.0 * kDraws));
  CHECK(std::sqrt(squares / kDraws) == Approx(range / std::sqrt(3.0)).epsilon(0.1));
  CHECK(largest <= range + error);
  CHECK(largest >= 0.95 * range - error);
}

/// A horizontal bar of 24 × 4 pixels of the result, and a square of 12.
std::vector<std::uint8_t> bar() {
  return picture(
      [](double x, double y) { return std::abs(x - 32) < 24 && std::abs(y - 32) < 4 ? 255 : 0; });
}
std::vector<std::uint8_t> square() {
  return picture(
      [](double x, double y) { return std::abs(x - 32) < 12 && std::abs(y - 32) < 12 ? 255 : 0; });
}

TEST_CASE("without distortion a picture of twice the side becomes its means of 2 × 2") {
  const auto pixels = picture([](double x, double y) { return std::fmod(7 * x + 31 * y, 256); });
  const std::vector<float> out = draw(kNone, pixels, 0);
  for (std::size_t y = 0; y < kSize; ++y) {
    for (std::size_t x = 0; x < kSize; ++x) {
      const std::uint8_t* at = &pixels[2 * y * kSource + 2 * x];
      const double mean = (at[0] + at[1] + at[kSource] + at[kSource + 1]) / 4.0;
      CHECK(std::abs(255 * out[kSize * y + x] - mean) <= 0.501);  // It is rounded to a byte.
    }
  }
}

TEST_CASE("rotation is uniform in its range of degrees") {
  DistortionOptions options = kNone;
  options.rotation = 20;
  check_uniform(options, bar(), 20, 0.5, [](const Moments& m) {
    return 0.5 * std::atan2(2 * m.xy, m.xx - m.yy) * 180 / std::numbers::pi;
  });
}

TEST_CASE("the logarithms of width and height are uniform and independent") {
  DistortionOptions options = kNone;
  options.scale = 0.3;
  const Moments still = moments(draw(kNone, square(), 0));
  check_uniform(options, square(), 0.3, 0.02,
                [&](const Moments& m) { return 0.5 * std::log(m.xx / still.xx); });
  check_uniform(options, square(), 0.3, 0.02,
                [&](const Moments& m) { return 0.5 * std::log(m.yy / still.yy); });
  double product = 0;
  for (std::uint64_t i = 0; i < kDraws; ++i) {
    const Moments m = moments(draw(options, square(), i));
    product += 0.25 * std::log(m.xx / still.xx) * std::log(m.yy / still.yy) / kDraws;
  }
  CHECK(std::abs(product) < 5 * 0.03 / std::sqrt(kDraws));
}

TEST_CASE("shear is uniform in its range") {
  DistortionOptions options = kNone;
  options.shear = 0.4;
  check_uniform(options, square(), 0.4, 0.02, [](const Moments& m) { return m.xy / m.yy; });
}

TEST_CASE("translation is uniform on both axes") {
  DistortionOptions options = kNone;
  options.translation = 0.1;
  check_uniform(options, square(), 3.2, 0.02, [](const Moments& m) { return m.x; });
  check_uniform(options, square(), 3.2, 0.02, [](const Moments& m) { return m.y; });
}

TEST_CASE("the elastic displacement has its standard deviation, and is smooth") {
  DistortionOptions options = kNone;
  options.elastic = 0.02;
  // A ramp shows the displacement; its ends lie outside of the pixels that are looked at.
  const auto ramp_x = picture([](double x, double) { return 4 * x - 2; });
  const auto ramp_y = picture([](double, double y) { return 4 * y - 2; });
  for (const auto& [ramp, across] : {std::pair{ramp_x, 1}, std::pair{ramp_y, kSize}}) {
    const std::vector<float> still = draw(kNone, ramp, 0);
    double squares = 0, sum = 0, roughness = 0;
    int count = 0;
    for (std::uint64_t i = 0; i < kDraws; ++i) {
      const std::vector<float> out = draw(options, ramp, i);
      for (int y = 6; y < kSize - 6; ++y) {
        for (int x = 6; x < kSize - 6; ++x, ++count) {
          // 255/4 texels are a brightness of 1; in parts of the side.
          const auto at = [&](int p) {
            const auto place = static_cast<std::size_t>(p);
            return (out[place] - still[place]) * 255.0 / 4 / kSource;
          };
          const int p = kSize * y + x;
          sum += at(p), squares += at(p) * at(p);
          roughness += (at(p + across) - at(p)) * (at(p + across) - at(p));
        }
      }
    }
    CHECK(std::sqrt(squares / count) == Approx(0.02).epsilon(0.08));
    CHECK(std::abs(sum / count) < 5 * 0.02 / std::sqrt(kDraws));
    CHECK(std::sqrt(roughness / count) < 0.25 * 0.02);
  }
}

TEST_CASE("the blur keeps the ink, and its deviation is uniform up to the option") {
  DistortionOptions options = kNone;
  options.blur = 1.2;
  const auto point = picture(
      [](double x, double y) { return std::abs(x - 33) <= 1 && std::abs(y - 33) <= 1 ? 255 : 0; });
  double mean = 0, largest = 0;
  for (std::uint64_t i = 0; i < kDraws; ++i) {
    const Moments m = moments(draw(options, point, i));
    CHECK(m.ink == Approx(1).epsilon(1e-5));
    CHECK(m.x == Approx(0.5).epsilon(1e-4));
    CHECK(m.xx == Approx(m.yy).epsilon(1e-4));
    mean += m.xx / kDraws, largest = std::max(largest, m.xx);
  }
  CHECK(mean == Approx(1.2 * 1.2 / 3).epsilon(0.1));  // A uniform deviation: E σ² = blur²/3.
  CHECK(largest == Approx(1.2 * 1.2).epsilon(0.05));
}

TEST_CASE("a blurred edge of the picture has paper beside it") {
  DistortionOptions options = kNone;
  options.blur = 1.5;
  double corner = 1;
  for (std::uint64_t i = 0; i < 50; ++i) {
    const std::vector<float> out = draw(options, picture([](double, double) { return 255; }), i);
    CHECK(out[std::size_t{kSize} * kSize / 2 + kSize / 2] == Approx(1).epsilon(1e-5));
    corner = std::min(corner, double{out[0]});
  }
  CHECK((0.3 < corner && corner < 0.45));  // A wide blur leaves (1/2 + 1/2 of its middle weight)².
}

TEST_CASE("noise is normal, and its deviation is uniform up to the option") {
  DistortionOptions options = kNone;
  options.noise = 0.1;
  const auto grey = picture([](double, double) { return 128; });
  double sum = 0, squares = 0, fourth = 0;
  for (std::uint64_t i = 0; i < kDraws; ++i) {
    for (float value : draw(options, grey, i)) {
      const double z = value - 128 / 255.0;
      sum += z, squares += z * z, fourth += z * z * z * z;
    }
  }
  const double count = double{kDraws} * kSize * kSize;
  CHECK(std::abs(sum / count) < 5 * 0.1 / std::sqrt(3 * count));
  CHECK(squares / count == Approx(0.01 / 3).epsilon(0.1));
  // E z⁴ of a sum of four uniform numbers is 2.7; E σ⁴ = noise⁴/5.
  CHECK(fourth / count == Approx(2.7 * 1e-4 / 5).epsilon(0.15));
}

TEST_CASE("the widest options: values in [0, 1], and the same state gives the same image") {
  const DistortionOptions widest = {180, 1, 1, 1, 0.2, 1.5, 1};
  const auto pixels = picture([](double x, double y) { return std::fmod(7 * x + 31 * y, 256); });
  for (std::uint64_t i = 0; i < 50; ++i) {
    const std::vector<float> out = draw(widest, pixels, i);
    CHECK(std::all_of(out.begin(), out.end(), [](float v) { return 0 <= v && v <= 1; }));
    CHECK(out == draw(widest, pixels, i));
    CHECK(out != draw(widest, pixels, i + 1));
  }
}

TEST_CASE("the smallest and the largest pictures") {
  struct Case {
    int source, size;
    float ink;  ///< that the darkest pixel has at least; a lone pixel's means are a quarter
  };
  for (const auto& [source, size, ink_left] : {Case{1, 4, 0.2F}, Case{1024, 512, 0.9F}}) {
    const Distortion distortion(source, size, {});
    std::vector<std::uint8_t> ink(static_cast<std::size_t>(source) * source, 255);
    std::vector<std::uint8_t> prepared(distortion.prepared_size());
    std::vector<float> out(static_cast<std::size_t>(size) * size, -1);
    std::vector<float> scratch(distortion.scratch_size());
    distortion.prepare(ink.data(), prepared.data());
    base::Random random(0, 0, 0);
    distortion.draw(random, prepared.data(), out.data(), scratch.data());
    CHECK(std::all_of(out.begin(), out.end(), [](float v) { return 0 <= v && v <= 1; }));
    CHECK(*std::max_element(out.begin(), out.end()) > ink_left);
  }
}

TEST_CASE("an option out of its range is named") {
  const auto error = [](double DistortionOptions::*option, double value, const char* text) {
    DistortionOptions options;
    options.*option = value;
    CHECK_THROWS_WITH_AS(Distortion(64, 32, options), Contains(text), std::invalid_argument);
  };
  error(&DistortionOptions::rotation, -1, "rotation must be in 0 … 180, got -1");
  error(&DistortionOptions::scale, 1.5, "scale must be in 0 … 1, got 1.5");
  error(&DistortionOptions::shear, 2, "shear must be in 0 … 1, got 2");
  error(&DistortionOptions::translation, 2, "translation must be in 0 … 1, got 2");
  error(&DistortionOptions::elastic, 0.5, "elastic must be in 0 … 0.2, got 0.5");
  error(&DistortionOptions::blur, NAN, "blur must be in 0 … 1.5, got nan");
  error(&DistortionOptions::noise, INFINITY, "noise must be in 0 … 1, got inf");
  CHECK_THROWS_WITH_AS(Distortion(0, 32, {}), Contains("source must be in 1 … 1024, got 0"),
                       std::invalid_argument);
  CHECK_THROWS_WITH_AS(Distortion(64, 3, {}), Contains("size must be in 4 … 512, got 3"),
                       std::invalid_argument);
}

}  // namespace
}  // namespace pliant::data
