// tests/data/composites_test.cpp — composites: labels match pixels, purity, uniformity, splits
#include "pliant/data/composites.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <set>
#include <stdexcept>
#include <vector>

namespace pliant::data {
namespace {

using doctest::Contains;

struct Sample {
  std::vector<float> images;
  std::vector<std::int64_t> labels;
  friend bool operator==(const Sample&, const Sample&) = default;
};

Sample draw(const Composites& composites, std::uint64_t step, std::uint64_t index) {
  const auto n = static_cast<std::size_t>(composites.options().set_size);
  Sample sample{std::vector<float>(
                    n * static_cast<std::size_t>(composites.height() * composites.width()), -1),
                std::vector<std::int64_t>(n, -1)};
  composites.draw(step, index, sample.images.data(), sample.labels.data());
  return sample;
}

/// The image at place p of item i, as pixel values again.
std::vector<std::uint8_t> digit_at(const Composites& composites, const Sample& sample,
                                   std::size_t item, std::size_t place) {
  const auto height = static_cast<std::size_t>(composites.height());
  const auto width = static_cast<std::size_t>(composites.width());
  const auto one = static_cast<std::size_t>(composites.set().width);
  std::vector<std::uint8_t> pixels;
  for (std::size_t y = 0; y < height; ++y) {
    for (std::size_t x = 0; x < one; ++x) {
      const float value = sample.images[(item * height + y) * width + place * one + x];
      pixels.push_back(
          static_cast<std::uint8_t>(value * static_cast<float>(composites.set().maximum)));
    }
  }
  return pixels;
}

/// Each image of the set → its label; the digits' images are all different.
std::map<std::vector<std::uint8_t>, int> label_of(const ImageSet& set) {
  const auto area = static_cast<std::size_t>(set.height * set.width);
  std::map<std::vector<std::uint8_t>, int> labels;
  for (std::size_t i = 0; i < set.size(); ++i) {
    labels[std::vector<std::uint8_t>(set.image(i), set.image(i) + area)] = set.labels[i];
  }
  return labels;
}

TEST_CASE("a label is the number that the pixels show, for every digit count") {
  const ImageSet set = load_image_set("digits", Split::kTest);
  const auto labels = label_of(set);
  REQUIRE(labels.size() == set.size());
  for (int digits : {1, 2, 4, 18}) {
    const Composites composites(set, {.digits = digits, .set_size = 3, .seed = 7});
    CHECK(composites.height() == 8);
    CHECK(composites.width() == 8 * digits);
    for (std::uint64_t index = 0; index < 20; ++index) {
      const Sample sample = draw(composites, 5, index);
      for (std::size_t item = 0; item < 3; ++item) {
        std::int64_t shown = 0;
        for (std::size_t p = 0; p < static_cast<std::size_t>(digits); ++p) {
          shown = 10 * shown + labels.at(digit_at(composites, sample, item, p));
        }
        CHECK(sample.labels[item] == shown);
      }
    }
  }
}

TEST_CASE("pixels are divided by the set's own maximum") {
  const ImageSet set{"s", Split::kTrain, 1, 3, 200, {0, 50, 200}, {4}};
  const Sample sample = draw(Composites(set, {.digits = 2, .set_size = 1}), 0, 0);
  CHECK(sample.images == std::vector<float>{0, .25F, 1, 0, .25F, 1});
  CHECK(sample.labels == std::vector<std::int64_t>{44});
}

TEST_CASE("a sample depends on seed, split, step and index, and on nothing else") {
  const ImageSet set = load_image_set("digits", Split::kTrain);
  const Composites first(set, {.seed = 1});
  const Sample sample = draw(first, 10, 3);
  draw(first, 11, 3);
  CHECK(draw(first, 10, 3) == sample);
  CHECK(draw(Composites(set, {.seed = 1}), 10, 3) == sample);
  // A longer set starts with the same items.
  const Sample longer = draw(Composites(set, {.set_size = 9, .seed = 1}), 10, 3);
  CHECK(std::equal(sample.labels.begin(), sample.labels.end(), longer.labels.begin()));

  std::set<std::vector<std::int64_t>> seen = {sample.labels};
  const std::uint64_t high = std::uint64_t{1} << 40;
  for (const auto& [step, index] : std::vector<std::pair<std::uint64_t, std::uint64_t>>{
           {11, 3}, {10, 4}, {3, 10}, {10 + high, 3}, {10, 3 + high}, {0, 0}}) {
    CHECK(seen.insert(draw(first, step, index).labels).second);
  }
  CHECK(seen.insert(draw(Composites(set, {.seed = 2}), 10, 3).labels).second);
  CHECK(seen.insert(draw(Composites(set, {.seed = 1 + (std::uint64_t{1} << 50)}), 10, 3).labels)
            .second);
  // The same images under another split's name: another stream.
  for (Split split : {Split::kValidation, Split::kTest}) {
    ImageSet other = set;
    other.split = split;
    CHECK(seen.insert(draw(Composites(other, {.seed = 1}), 10, 3).labels).second);
  }
}

TEST_CASE("the stream is fixed: evaluation sets stay what they were") {
  const Composites composites(load_image_set("digits", Split::kTest), {.seed = 2024});
  CHECK(draw(composites, 0, 0).labels == std::vector<std::int64_t>{8576, 8046, 5177, 799, 345});
  CHECK(draw(composites, 1, 99).labels == std::vector<std::int64_t>{2453, 1533, 9955, 2544, 3139});
}

TEST_CASE("images are drawn uniformly: chi-square over all of them, at each place") {
  // 16 images whose one pixel is their number.
  ImageSet set{"s", Split::kTrain, 1, 1, 15, {}, {}};
  for (std::uint8_t i = 0; i < 16; ++i) {
    set.pixels.push_back(i);
    set.labels.push_back(i % 10);
  }
  const Composites composites(set, {.digits = 3, .set_size = 4, .seed = 5});
  constexpr int kSamples = 4000;
  std::vector<std::vector<int>> counts(12, std::vector<int>(16));
  std::vector<int> pairs(256);  // The first two draws together.
  for (std::uint64_t index = 0; index < kSamples; ++index) {
    const Sample sample = draw(composites, index % 7, index);
    std::vector<std::size_t> drawn;
    for (float value : sample.images) drawn.push_back(static_cast<std::size_t>(value * 15 + .5F));
    for (std::size_t place = 0; place < 12; ++place) ++counts[place][drawn[place]];
    ++pairs[16 * drawn[0] + drawn[1]];
  }
  const auto chi_square = [](const std::vector<int>& observed) {
    const double expected = double{kSamples} / static_cast<double>(observed.size());
    double sum = 0;
    for (int count : observed) sum += (count - expected) * (count - expected) / expected;
    return sum;
  };
  // 1 − 10⁻⁵ quantiles of χ² with 15 and 255 degrees of freedom.
  for (const auto& observed : counts) CHECK(chi_square(observed) < 50.5);
  CHECK(chi_square(pairs) < 361.5);
}

TEST_CASE("equal labels in a sample happen about as often as the header says") {
  const Composites composites(load_image_set("digits", Split::kTrain),
                              {.digits = 2, .set_size = 5});
  int tied = 0;
  for (std::uint64_t index = 0; index < 2000; ++index) {
    const Sample sample = draw(composites, 0, index);
    tied += std::set<std::int64_t>(sample.labels.begin(), sample.labels.end()).size() < 5 ? 1 : 0;
  }
  CHECK(tied == doctest::Approx(2000 * 10 * .01).epsilon(.2));  // n(n − 1)/2 · 10⁻² with two digits
}

TEST_CASE("what is wrong is said") {
  const ImageSet good{"s", Split::kTrain, 1, 1, 15, {1}, {1}};
  const auto error = [](const ImageSet& set, CompositeOptions options, const char* text) {
    CHECK_THROWS_WITH_AS(Composites(set, options), Contains(text), std::invalid_argument);
  };
  error(good, {.digits = 0}, "digits must be in 1 … 18, got 0");
  error(good, {.digits = 19}, "got 19");
  error(good, {.set_size = 0}, "the set size n must be in 1 … 1048576, got 0");
  error(good, {.set_size = -5}, "got -5");
  error({"s", Split::kTrain, 1, 1, 15, {}, {}}, {}, "the image set 's' is empty");
  error({"s", Split::kTrain, 1, 2, 15, {1}, {1}}, {}, "1 pixels, not 1 × 1 × 2");
  error({"s", Split::kTrain, 1, 1, 0, {1}, {1}}, {}, "maximum of 's' must be in 1 … 255, got 0");
  error({"s", Split::kTrain, 1, 1, 15, {16}, {1}}, {}, "pixels of 's' must be at most 15, got 16");
  error({"s", Split::kTrain, 1, 1, 15, {1}, {10}}, {}, "must be digits, got 10");
  CHECK_THROWS_WITH_AS(draw(Composites(good, {}), std::uint64_t{1} << 62, 0),
                       Contains("below 2^62"), std::invalid_argument);
}

}  // namespace
}  // namespace pliant::data
