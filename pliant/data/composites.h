// pliant/data/composites.h — sets of numbers written in digit images, drawn by key (no torch)
#pragma once

#include <array>
#include <cstdint>

#include "pliant/data/image_set.h"

namespace pliant::data {

struct CompositeOptions {
  int digits = 4;    ///< digit images side by side in one composite; 1 … 18
  int set_size = 5;  ///< n, the composites of one sample; 1 … 2^20
  std::uint64_t seed = 0;
};

/// Multi-digit composites (Grover et al., NeuralSort, ICLR 2019; set-up of Petersen et al., ICML
/// 2021): each digit image is drawn uniformly with replacement from the split, `digits` of them
/// stand side by side, and the label is the number that they show, Σ 10^(digits − 1 − p) · digit_p.
///
/// The sample (step, index) is a pure function of the set, the options and (seed, split, step,
/// index): it does not depend on what was drawn before, nor on processes, workers or threads. So an
/// evaluation set is a seed and a step that stay the same. The splits draw from streams of their
/// own: no two of (seed, split, step, index) share one while seeds are below 2^62 and steps below
/// 2^32.
///
/// Equal labels within a sample are allowed, as in the papers: two of n four-digit composites are
/// equal with a probability of about n(n − 1)/2 · 10⁻⁴ (0.1 % of the samples at n = 5, 1 % at 15).
class Composites {
 public:
  /// @throws std::invalid_argument if the set is empty or not consistent, or an option out of range
  Composites(ImageSet set, const CompositeOptions& options);

  /// The size of one composite.
  [[nodiscard]] int height() const { return set_.height; }
  [[nodiscard]] int width() const { return options_.digits * set_.width; }
  [[nodiscard]] const ImageSet& set() const { return set_; }
  [[nodiscard]] const CompositeOptions& options() const { return options_; }

  /// Draws one sample; safe to call from many threads.   Cost: O(pixels written).
  /// @param step    the training step, or any number that names the use; < 2^62
  /// @param index   the sample's place in the (global) batch
  /// @param images  out (n, height(), width()), pixel / maximum, in [0, 1]
  /// @param labels  out (n)
  /// @throws std::invalid_argument if step ≥ 2^62
  void draw(std::uint64_t step, std::uint64_t index, float* images, std::int64_t* labels) const;

 private:
  ImageSet set_;
  CompositeOptions options_;
  std::array<float, 256> brightness_{};  ///< pixel value → [0, 1]
};

}  // namespace pliant::data
