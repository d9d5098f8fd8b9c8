// pliant/data/composites.cpp — sets of numbers written in digit images, drawn by key (no torch)
#include "pliant/data/composites.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "pliant/base/errors.h"
#include "pliant/base/random.h"

namespace pliant::data {
namespace {

constexpr int kMaxDigits = 18;  // 10^18 − 1 is the last that an int64 label holds.
constexpr int kMaxSetSize = 1 << 20;
constexpr int kSplitBit = 62;

void check(const ImageSet& set, const CompositeOptions& options) {
  base::require(1 <= options.digits && options.digits <= kMaxDigits,
                "composites: digits must be in 1 … ", kMaxDigits, ", got ", options.digits);
  base::require(1 <= options.set_size && options.set_size <= kMaxSetSize,
                "composites: the set size n must be in 1 … ", kMaxSetSize, ", got ",
                options.set_size);
  base::require(set.size() > 0, "composites: the image set '", set.name, "' is empty");
  base::require(set.size() <= std::numeric_limits<std::uint32_t>::max(),
                "composites: the image set '", set.name, "' has ", set.size(),
                " images, more than 2^32 − 1");
  base::require(set.height > 0 && set.width > 0 &&
                    set.pixels.size() == set.size() * static_cast<std::size_t>(set.height) *
                                             static_cast<std::size_t>(set.width),
                "composites: the image set '", set.name, "' has ", set.pixels.size(),
                " pixels, not ", set.size(), " × ", set.height, " × ", set.width);
  base::require(0 < set.maximum && set.maximum <= 255, "composites: the maximum of '", set.name,
                "' must be in 1 … 255, got ", set.maximum);
  const int label = *std::max_element(set.labels.begin(), set.labels.end());
  base::require(label <= 9, "composites: the labels of '", set.name, "' must be digits, got ",
                label);
  const int pixel = *std::max_element(set.pixels.begin(), set.pixels.end());
  base::require(pixel <= set.maximum, "composites: the pixels of '", set.name, "' must be at most ",
                set.maximum, ", got ", pixel);
}

}  // namespace

Composites::Composites(ImageSet set, const CompositeOptions& options)
    : set_(std::move(set)), options_(options) {
  check(set_, options_);
  for (std::size_t value = 0; value < brightness_.size(); ++value) {
    brightness_[value] = static_cast<float>(value) / static_cast<float>(set_.maximum);
  }
}

void Composites::draw(std::uint64_t step, std::uint64_t index, float* images,
                      std::int64_t* labels) const {
  base::require(step >> kSplitBit == 0, "composites: step must be below 2^62, got ", step);
  // The top bits of the step are 1, 2 or 3 for the splits; 0 is left to everything else that draws
  // numbers.
  const std::uint64_t stream = (static_cast<std::uint64_t>(set_.split) + 1) << kSplitBit;
  base::Random random(options_.seed, stream | step, index);
  const auto bound = static_cast<std::uint32_t>(set_.size());
  const auto height = static_cast<std::size_t>(set_.height);
  const auto width = static_cast<std::size_t>(set_.width);
  const auto digits = static_cast<std::size_t>(options_.digits);
  for (int item = 0; item < options_.set_size; ++item) {
    std::int64_t label = 0;
    for (std::size_t place = 0; place < digits; ++place) {
      const std::uint32_t chosen = random.below(bound);
      label = 10 * label + set_.labels[chosen];
      const std::uint8_t* from = set_.image(chosen);
      float* to = images + place * width;
      for (std::size_t y = 0; y < height; ++y, from += width, to += digits * width) {
        std::transform(from, from + width, to,
                       [this](std::uint8_t pixel) { return brightness_[pixel]; });
      }
    }
    *labels++ = label;
    images += height * digits * width;
  }
}

}  // namespace pliant::data
