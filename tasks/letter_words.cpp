// tasks/letter_words.cpp — pairs of words whose letters are pictures, drawn by key
#include "tasks/letter_words.h"

#include <ATen/Parallel.h>
#include <torch/torch.h>

#include <algorithm>
#include <bit>
#include <limits>

#include "pliant/base/errors.h"
#include "pliant/base/random.h"
#include "pliant/data/letters.h"

namespace pliant::tasks {
namespace {

using data::Split;

constexpr std::array<Split, 3> kSplits = {Split::kTrain, Split::kValidation, Split::kTest};
constexpr std::int64_t kLongest = 16;
constexpr std::size_t kLargestAlphabet = 10;  ///< of which best_assignment is quick
constexpr std::uint64_t kEvaluationSeed = 0;
constexpr int kSplitBit = 62;

}  // namespace

LetterWords::LetterWords(const LetterWordsOptions& options) : options_(options) {
  base::require(2 <= options.letters.size() && options.letters.size() <= kLargestAlphabet,
                "letters must be 2 … ", kLargestAlphabet, " classes, got ", options.letters.size());
  base::require(1 <= options.length && options.length <= kLongest, "length must be in 1 … ",
                kLongest, ", got ", options.length);
  for (std::size_t i = 0; i < options.letters.size(); ++i) {
    const auto begin = options.letters.begin();
    const std::int64_t letter = options.letters[i];
    const int last = options.data == "letters" ? 25 : 9;
    base::require(0 <= letter && letter <= last, "letters must be classes 0 … ", last, ", got ",
                  letter);
    base::require(std::find(begin, begin + static_cast<std::ptrdiff_t>(i), letter) ==
                      begin + static_cast<std::ptrdiff_t>(i),
                  "letters must differ, got ", letter, " twice");
  }
  for (const Split split : kSplits) {
    const auto s = static_cast<std::size_t>(split);
    splits_[s] = data::load_letter_set(options.data, split);
    places_[s].resize(options.letters.size());
    for (std::size_t i = 0; i < splits_[s].size(); ++i) {
      const auto found = std::ranges::find(options.letters, splits_[s].labels[i]);
      if (found == options.letters.end()) continue;
      places_[s][static_cast<std::size_t>(found - options.letters.begin())].push_back(
          static_cast<std::uint32_t>(i));
    }
    for (std::size_t letter = 0; letter < options.letters.size(); ++letter) {
      base::require(!places_[s][letter].empty(), "letters: the ", data::split_name(split),
                    " split of '", options.data, "' has no picture of ", options.letters[letter]);
    }
  }
}

WordPairs LetterWords::draw(Split split, std::int64_t step, std::int64_t first,
                            std::int64_t count) const {
  const auto s = static_cast<std::size_t>(split);
  const data::ImageSet& set = splits_[s];
  const std::int64_t letters = 2 * options_.length, pixels = height() * width();
  WordPairs pairs{torch::empty({count, 2, options_.length, height(), width()}),
                  torch::empty({count, 2, options_.length}, torch::kLong)};
  float* images = pairs.images.mutable_data_ptr<float>();
  auto* chosen = pairs.letters.mutable_data_ptr<std::int64_t>();
  const std::uint64_t stream = (static_cast<std::uint64_t>(split) + 1) << kSplitBit;
  const std::uint64_t seed = split == Split::kTrain ? options_.seed : kEvaluationSeed;
  at::parallel_for(0, count, 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) {
      base::Random random(seed, stream | static_cast<std::uint64_t>(step),
                          static_cast<std::uint64_t>(first + i));
      for (std::int64_t k = i * letters; k < (i + 1) * letters; ++k) {
        const std::uint32_t letter = random.below(static_cast<std::uint32_t>(places_[s].size()));
        const Places& places = places_[s][letter];
        const std::uint32_t picture = random.below(static_cast<std::uint32_t>(places.size()));
        chosen[k] = letter;
        const std::uint8_t* from = set.image(places[picture]);
        std::transform(from, from + pixels, images + k * pixels, [&](std::uint8_t pixel) {
          return static_cast<float>(pixel) / static_cast<float>(set.maximum);
        });
      }
    }
  });
  return pairs;
}

std::vector<std::int64_t> best_assignment(const std::vector<std::vector<double>>& table) {
  const std::size_t n = table.size();
  const std::size_t sets = std::size_t{1} << n;
  // best[taken]: the largest sum of as many first rows as columns are taken.
  std::vector<double> best(sets, -std::numeric_limits<double>::infinity());
  std::vector<std::size_t> last(sets);
  best[0] = 0;
  for (std::size_t taken = 1; taken < sets; ++taken) {
    const auto row = static_cast<std::size_t>(std::popcount(taken)) - 1;
    for (std::size_t column = 0; column < n; ++column) {
      const std::size_t bit = std::size_t{1} << column;
      if ((taken & bit) == 0) continue;
      const double sum = best[taken ^ bit] + table[row][column];
      if (!(sum > best[taken])) continue;
      best[taken] = sum;
      last[taken] = column;
    }
  }
  std::vector<std::int64_t> columns(n);
  std::size_t taken = sets - 1;
  for (std::size_t row = n; row-- > 0;) {
    columns[row] = static_cast<std::int64_t>(last[taken]);
    taken ^= std::size_t{1} << last[taken];
  }
  return columns;
}

}  // namespace pliant::tasks
