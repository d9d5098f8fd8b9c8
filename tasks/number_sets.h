// tasks/number_sets.h — sets of numbers in digit images, drawn by key, and how well scores order
// them
#pragma once

#include <ATen/core/Tensor.h>

#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "pliant/data/composites.h"
#include "pliant/train/metrics_log.h"
#include "pliant/train/torch/task.h"

namespace pliant::tasks {

struct NumberSetsOptions {
  std::string data = "digits";
  bool half_resolution = false;
  int digits = 4;
  int n = 5;
  std::int64_t groups = 1000;  ///< sets in a validation and in the test
  std::uint64_t seed = 0;      ///< of training
};

/// What a data set wants that the options leave open.
struct ReadingDefaults {
  std::vector<std::int64_t> channels;
  std::int64_t batch;
  double learning_rate;
  std::int64_t steps;
  std::int64_t validate_every;
};

/// The papers' settings; fewer channels for smaller images. The digits are learned in minutes, and
/// by small batches at a high rate: at the published ones the network learns its 1,157 images by
/// heart (training loss 0.05, but only half of the sets by other writers in order).
ReadingDefaults reading_defaults(std::string_view data, bool half_resolution);

/// @throws std::invalid_argument if there is no such set, or a number is out of its range
void check_number_sets(const NumberSetsOptions& options, std::size_t channels);

/// Drawn sets: images (sets, n, H, W) and labels (sets, n).
struct Sets {
  at::Tensor images;
  at::Tensor labels;
};

/// Sets of n numbers, each written in digit images, in three splits, and what the tasks that learn
/// to read them by their order have in common. Evaluation sets are the same for every seed.
class NumberSets {
 public:
  /// (sets, n, H, W) → scores (sets, n).
  using Scorer = std::function<at::Tensor(const at::Tensor& images)>;

  /// @throws as data::load_image_set and data::Composites
  explicit NumberSets(const NumberSetsOptions& options);

  /// Of one number's image.
  [[nodiscard]] int height() const { return splits_[0].height(); }
  [[nodiscard]] int width() const { return splits_[0].width(); }

  /// Sets first … first + count − 1 of a step, each a pure function of its key.
  [[nodiscard]] Sets draw(data::Split split, std::int64_t step, std::int64_t first,
                          std::int64_t count) const;

  /// exact, elementwise, exact_five, the same with ties forgiven (…_tied), and score_spread.
  [[nodiscard]] train::Metrics evaluate(data::Split split, const Scorer& score) const;

  /// The validation sets that the report draws, with their scores; `score` is given all of them.
  struct Shown {
    Snapshot snapshot;
    at::Tensor scores;  ///< (shown sets, n)
  };
  [[nodiscard]] Shown show(const Scorer& score) const;

 private:
  NumberSetsOptions options_;
  std::array<data::Composites, 3> splits_;
};

}  // namespace pliant::tasks
