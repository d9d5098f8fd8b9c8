// tasks/edit_distance.h — the task of learning to read letters from distances between words (no
// torch)
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "pliant/data/letters.h"
#include "pliant/train/options.h"
#include "tasks/program_choice.h"

namespace pliant {
class Task;
}

namespace pliant::tasks {

/// What is empty here is filled in by EditDistance::settle.
struct EditDistanceOptions {
  std::string data;
  std::string method = "relaxed";
  std::vector<std::int64_t> letters = {0, 1, 2, 3};
  std::int64_t length = 4;
  ProgramChoice program;
  std::vector<std::int64_t> channels = {16, 32};
  std::int64_t hidden = 64;
  std::int64_t evaluation = 1000;

  template <class Option>
  void declare(Option&& option) {
    option("data", data, "Data set; default: mnist if PLIANT_DATA has it, else digits",
           data::letter_set_names());
    option("method", method, "What gives the distance of what was read",
           std::vector<std::string_view>{"relaxed", "siamese"});
    option("letters", letters,
           "Classes that are the letters of the alphabet; of the set letters 0 is A, 25 is Z");
    option("length", length, "Letters of a word, 1 … 16");
    program.declare(option);
    option("channels", channels, "Channels of the convolutions");
    option("hidden", hidden, "Neurons of the hidden layer");
    option("evaluation", evaluation, "Pairs of words in a validation and in the test");
  }
};

/// A network reads each letter of two words as a distribution over the alphabet, and is taught by
/// nothing but the edit distance between the words, through the relaxed program "levenshtein"; the
/// loss is the squared difference of the distances (Petersen et al., Learning with Algorithmic
/// Supervision via Continuous Relaxations, NeurIPS 2021). The letters there are handwritten
/// (EMNIST); here they are digits, or letters of handwriting fonts.
///
/// Method "siamese", the baseline: fully connected layers of the difference of what was read guess
/// the distance in place of the program, and learn it from the same pairs.
///
/// Figures: accuracy, the share of letters that are read right after the best renaming of the
/// alphabet, since no distance tells its names; top2, of those among the two likeliest;
/// distance_error, the mean of |found − true distance|, which chooses the best checkpoint;
/// exact_distance, the share of pairs whose distance of likeliest letters, or whose rounded guess,
/// is right.
struct EditDistance {
  static constexpr std::string_view name = "edit-distance";
  static constexpr std::string_view summary =
      "read letters, taught by nothing but edit distances between words";
  using Options = EditDistanceOptions;

  /// @throws std::invalid_argument that names the option, what was expected and what came
  static void settle(Options& options, train::Options& training);
  static bool steps_decide(const Options&) { return false; }
  /// @param options, training  settled   @throws as LetterWords if the data is not here
  static std::shared_ptr<Task> make(const Options& options, const train::Options& training);
};

}  // namespace pliant::tasks
