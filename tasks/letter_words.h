// tasks/letter_words.h — pairs of words whose letters are pictures, drawn by key
#pragma once

#include <ATen/core/Tensor.h>

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "pliant/data/image_set.h"

namespace pliant::tasks {

struct LetterWordsOptions {
  std::string data = "digits";
  std::vector<std::int64_t> letters = {0, 1, 2, 3};  ///< classes of the set: the alphabet, 2 … 10
  std::int64_t length = 4;                           ///< letters of a word
  std::uint64_t seed = 0;                            ///< of training
};

/// Drawn pairs of words.
struct WordPairs {
  at::Tensor images;   ///< (pairs, 2, length, height, width) in [0, 1]
  at::Tensor letters;  ///< (pairs, 2, length), places in the alphabet: what nobody is told
};

/// Words of uniformly drawn letters, each a picture of its class; both words of a pair are
/// independent. The pair (split, step, index) is a pure function of its key and the seed.
class LetterWords {
 public:
  /// @throws std::invalid_argument if there are fewer than 2 letters or more than 10, a letter
  /// twice or one without a picture, or the length is not in 1 … 16; and as data::load_letter_set
  explicit LetterWords(const LetterWordsOptions& options);

  [[nodiscard]] std::int64_t height() const { return splits_[0].height; }
  [[nodiscard]] std::int64_t width() const { return splits_[0].width; }

  [[nodiscard]] WordPairs draw(data::Split split, std::int64_t step, std::int64_t first,
                               std::int64_t count) const;

 private:
  /// The pictures of one letter of a split.
  using Places = std::vector<std::uint32_t>;

  LetterWordsOptions options_;
  std::array<data::ImageSet, 3> splits_;
  std::array<std::vector<Places>, 3> places_;
};

/// Which row of a square table goes with which column so that the sum of the entries is largest:
/// the column of each row.   @param table  (n, n), n ≤ 10   Cost: O(2ⁿ·n)
std::vector<std::int64_t> best_assignment(const std::vector<std::vector<double>>& table);

}  // namespace pliant::tasks
