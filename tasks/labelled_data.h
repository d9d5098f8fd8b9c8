// tasks/labelled_data.h — examples with class labels: images drawn or read, rows of tables,
// features of a frozen network
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "pliant/data/image_set.h"

namespace pliant::tasks {

/// Examples of one batch: images (count, channels, height, width), or features or the bits of a
/// table (count, dimension), float32; and their labels (count), int64.
struct Examples {
  at::Tensor inputs;
  at::Tensor labels;
};

/// What the numbers of examples are, for those who run a network without this program.
struct NumberFormat {
  bool bits = false;                 ///< each is 0 or 1
  std::uint32_t byte_maximum = 255;  ///< a byte of a picture stands for byte / byte_maximum
  std::vector<std::int64_t>
      crop;  ///< (height, width, side): whole pictures, and what is seen; or none
  std::vector<std::string> names;  ///< of the numbers of an example, or none
};

/// A labelled set with its three splits.
class LabelledData {
 public:
  virtual ~LabelledData() = default;

  /// Of one example: (channels, height, width) or (dimension).
  [[nodiscard]] virtual std::vector<std::int64_t> shape() const = 0;
  [[nodiscard]] virtual NumberFormat format() const { return {}; }
  /// The names of the classes.
  [[nodiscard]] virtual const std::vector<std::string>& classes() const = 0;
  /// The training examples first … first + count − 1 of a step, each a function of the seed, the
  /// step and its index.
  [[nodiscard]] virtual Examples draw(std::int64_t step, std::int64_t first,
                                      std::int64_t count) const = 0;
  /// Examples of an evaluation split, the same at each call.   @param first, count  within
  /// size(split)
  [[nodiscard]] virtual Examples examples(data::Split split, std::int64_t first,
                                          std::int64_t count) const = 0;
  /// Examples of an evaluation split.
  [[nodiscard]] virtual std::int64_t size(data::Split split) const = 0;
};

struct LabelledDataOptions {
  std::string data = "digits";
  std::string features;  ///< of the set "features": the folder with its three files
  int classes = 1000;    ///< of the glyphs
  std::int64_t evaluation =
      2000;                 ///< examples of a validation and of the test at most; 0: all there are
  std::uint64_t seed = 0;   ///< of what is drawn in training
  std::uint32_t split = 0;  ///< of tables: draws the validation rows, and breast_cancer's test
  bool plain = false;       ///< of colour images: neither normalised nor, by themselves, moved
  int shift = 0;            ///< training images move by up to so many pixels each way, 0 coming in
  bool mirror = false;      ///< half of the training images have left and right exchanged
};

/// "digits", "mnist", "fashion_mnist", "mnist20x20", "glyphs", "cifar10", "cifar100", "adult",
/// "breast_cancer", "monk1", "monk2", "monk3", "features".
std::vector<std::string_view> labelled_data_names();

/// @throws std::invalid_argument for an unknown name (the text lists the names) or a set that is
/// not there (the text says what to do), for shift or mirror of what is not a stored image, for a
/// shift that is not in 0 … the image's side − 1, and as the set's own loader
std::unique_ptr<LabelledData> load_labelled_data(const LabelledDataOptions& options);

}  // namespace pliant::tasks
