// tasks/labelled_data.cpp — examples with class labels: images drawn or read, features of a frozen
// network
#include "tasks/labelled_data.h"

#include <ATen/Functions.h>
#include <ATen/Parallel.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <utility>

#include "pliant/base/errors.h"
#include "pliant/base/random.h"
#include "pliant/base/torch/executor.h"
#include "pliant/data/cifar.h"
#include "pliant/data/features.h"
#include "pliant/data/glyphs.h"
#include "pliant/data/table_sets.h"
#include "tasks/movement.h"

namespace pliant::tasks {
namespace {

using data::Split;

/// The stream of training draws; evaluation takes examples in their order.
constexpr std::uint64_t kDrawStream = std::uint64_t{1} << 62;

/// The number of examples that an evaluation takes of `there`.
std::int64_t evaluated(std::int64_t there, std::int64_t most) {
  return most == 0 ? there : std::min(there, most);
}

/// Examples that lie in memory, with one place for each split.
class StoredData : public LabelledData {
 public:
  StoredData(std::uint64_t seed, std::int64_t evaluation) : seed_(seed), evaluation_(evaluation) {}

  [[nodiscard]] Examples draw(std::int64_t step, std::int64_t first,
                              std::int64_t count) const override {
    return make(count, [&](std::int64_t i, float* input, std::int64_t* label) {
      base::Random random(seed_, kDrawStream | static_cast<std::uint64_t>(step),
                          static_cast<std::uint64_t>(first + i));
      const auto place = random.below(static_cast<std::uint32_t>(stored(Split::kTrain)));
      copy_training(place, random, input, label);
    });
  }

  /// Evenly spread over the split, whose order may be by class.
  [[nodiscard]] Examples examples(Split split, std::int64_t first,
                                  std::int64_t count) const override {
    const std::int64_t there = stored(split);
    const std::int64_t taken = size(split);
    return make(count, [&](std::int64_t i, float* input, std::int64_t* label) {
      copy(split, (first + i) * there / taken, input, label);
    });
  }

  [[nodiscard]] std::int64_t size(Split split) const override {
    return evaluated(stored(split), evaluation_);
  }

 protected:
  /// Examples of the split.
  [[nodiscard]] virtual std::int64_t stored(Split split) const = 0;
  virtual void copy(Split split, std::int64_t i, float* input, std::int64_t* label) const = 0;
  /// A training example, perhaps distorted at random.
  virtual void copy_training(std::int64_t i, base::Random&, float* input,
                             std::int64_t* label) const {
    copy(Split::kTrain, i, input, label);
  }

 private:
  template <class Fill>
  [[nodiscard]] Examples make(std::int64_t count, const Fill& fill) const {
    std::vector<std::int64_t> sizes = shape();
    std::int64_t numbers = 1;
    for (const std::int64_t side : sizes) numbers *= side;
    sizes.insert(sizes.begin(), count);
    Examples examples{at::empty(sizes), at::empty({count}, at::kLong)};
    float* inputs = examples.inputs.mutable_data_ptr<float>();
    auto* labels = examples.labels.mutable_data_ptr<std::int64_t>();
    at::parallel_for(0, count, 16, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t i = begin; i < end; ++i) fill(i, inputs + i * numbers, labels + i);
    });
    return examples;
  }

  std::uint64_t seed_;
  std::int64_t evaluation_;
};

/// Grey images of ten classes.
class GreyData final : public StoredData {
 public:
  explicit GreyData(const LabelledDataOptions& options)
      : StoredData(options.seed, options.evaluation),
        movements_(options.shift, options.mirror),
        sets_{data::load_image_set(options.data, Split::kTrain),
              data::load_image_set(options.data, Split::kValidation),
              data::load_image_set(options.data, Split::kTest)} {
    for (int c = 0; c < 10; ++c) classes_.push_back(std::to_string(c));
    movements_.check(std::min(sets_[0].height, sets_[0].width));
  }

  [[nodiscard]] std::vector<std::int64_t> shape() const override {
    return {1, sets_[0].height, sets_[0].width};
  }
  [[nodiscard]] NumberFormat format() const override {
    const data::ImageSet& images = sets_[0];
    NumberFormat format;
    format.byte_maximum = static_cast<std::uint32_t>(images.maximum);
    if (images.whole_height > 0)
      format.crop = {images.whole_height, images.whole_width, images.height};
    return format;
  }
  [[nodiscard]] const std::vector<std::string>& classes() const override { return classes_; }

 protected:
  [[nodiscard]] std::int64_t stored(Split split) const override {
    return static_cast<std::int64_t>(set(split).size());
  }
  void copy(Split split, std::int64_t i, float* input, std::int64_t* label) const override {
    copy_moved(set(split), i, {}, input, label);
  }
  void copy_training(std::int64_t i, base::Random& random, float* input,
                     std::int64_t* label) const override {
    copy_moved(set(Split::kTrain), i, movements_.draw(random), input, label);
  }

 private:
  static void copy_moved(const data::ImageSet& from, std::int64_t i, const Movement& movement,
                         float* input, std::int64_t* label) {
    moved(from.image(static_cast<std::size_t>(i)), from.height, from.width, movement,
          [&](std::uint8_t pixel) {
            *input++ = static_cast<float>(pixel) / static_cast<float>(from.maximum);
          });
    *label = from.labels[static_cast<std::size_t>(i)];
  }

  [[nodiscard]] const data::ImageSet& set(Split split) const {
    return sets_[static_cast<std::size_t>(split)];
  }

  Movements movements_;
  std::array<data::ImageSet, 3> sets_;
  std::vector<std::string> classes_;
};

/// Rows of bits.
class TableData final : public StoredData {
 public:
  explicit TableData(const LabelledDataOptions& options)
      : StoredData(options.seed, options.evaluation),
        sets_{load(options, Split::kTrain), load(options, Split::kValidation),
              load(options, Split::kTest)} {}

  [[nodiscard]] std::vector<std::int64_t> shape() const override {
    return {static_cast<std::int64_t>(sets_[0].columns.size())};
  }
  [[nodiscard]] NumberFormat format() const override { return {true, 1, {}, sets_[0].columns}; }
  [[nodiscard]] const std::vector<std::string>& classes() const override {
    return sets_[0].classes;
  }

 protected:
  [[nodiscard]] std::int64_t stored(Split split) const override {
    return static_cast<std::int64_t>(set(split).size());
  }
  void copy(Split split, std::int64_t i, float* input, std::int64_t* label) const override {
    const data::BitTable& from = set(split);
    const std::uint8_t* row = from.row(static_cast<std::size_t>(i));
    std::copy_n(row, from.columns.size(), input);
    *label = from.labels[static_cast<std::size_t>(i)];
  }

 private:
  /// The share of the training rows that choose the best checkpoint.
  static constexpr double kValidation = 0.1;

  static data::BitTable load(const LabelledDataOptions& options, Split split) {
    return data::load_table_set(options.data, split,
                                {.seed = options.split, .validation = kValidation});
  }
  [[nodiscard]] const data::BitTable& set(Split split) const {
    return sets_[static_cast<std::size_t>(split)];
  }

  std::array<data::BitTable, 3> sets_;
};

/// CIFAR, normalised; in training cut at random from the image with a frame of 4, and perhaps
/// mirrored. Plain: in [0, 1], and moved as far as the options say.
class ColourData final : public StoredData {
 public:
  explicit ColourData(const LabelledDataOptions& options)
      : StoredData(options.seed, options.evaluation),
        plain_(options.plain),
        movements_(options.plain ? options.shift : kFrame, !options.plain || options.mirror),
        sets_{data::load_cifar(options.data, Split::kTrain),
              data::load_cifar(options.data, Split::kValidation),
              data::load_cifar(options.data, Split::kTest)} {
    movements_.check(kSide);
  }

  [[nodiscard]] std::vector<std::int64_t> shape() const override { return {3, kSide, kSide}; }
  [[nodiscard]] const std::vector<std::string>& classes() const override {
    return sets_[0].classes;
  }

 protected:
  [[nodiscard]] std::int64_t stored(Split split) const override {
    return static_cast<std::int64_t>(set(split).size());
  }
  void copy(Split split, std::int64_t i, float* input, std::int64_t* label) const override {
    copy_moved(set(split), i, {}, input, label);
  }
  void copy_training(std::int64_t i, base::Random& random, float* input,
                     std::int64_t* label) const override {
    copy_moved(set(Split::kTrain), i, movements_.draw(random), input, label);
  }

 private:
  static constexpr int kSide = data::CifarSet::kSide;
  static constexpr int kFrame = 4;
  // Of CIFAR-10's training images, as published networks for both sets have it.
  static constexpr float kMean[3] = {0.4914F, 0.4822F, 0.4465F};
  static constexpr float kDeviation[3] = {0.2023F, 0.1994F, 0.2010F};

  [[nodiscard]] const data::CifarSet& set(Split split) const {
    return sets_[static_cast<std::size_t>(split)];
  }

  void copy_moved(const data::CifarSet& from, std::int64_t i, const Movement& movement,
                  float* input, std::int64_t* label) const {
    const std::uint8_t* image = from.image(static_cast<std::size_t>(i));
    for (int c = 0; c < 3; ++c) {
      moved(image + c * kSide * kSide, kSide, kSide, movement, [&](std::uint8_t pixel) {
        const float value = static_cast<float>(pixel) / 255.0F;
        *input++ = plain_ ? value : (value - kMean[c]) / kDeviation[c];
      });
    }
    *label = from.labels[static_cast<std::size_t>(i)];
  }

  bool plain_;
  Movements movements_;
  std::array<data::CifarSet, 3> sets_;
};

/// Glyphs, drawn as they are wanted.
class GlyphData final : public LabelledData {
 public:
  explicit GlyphData(const LabelledDataOptions& options)
      : train_(load(Split::kTrain, options.classes, options.seed)),
        validation_(load(Split::kValidation, options.classes, 0)),
        test_(load(Split::kTest, options.classes, 0)),
        evaluation_(options.evaluation) {
    for (const char32_t character : train_.characters()) classes_.push_back(utf8(character));
  }

  [[nodiscard]] std::vector<std::int64_t> shape() const override {
    return {1, train_.size(), train_.size()};
  }
  [[nodiscard]] const std::vector<std::string>& classes() const override { return classes_; }

  [[nodiscard]] Examples draw(std::int64_t step, std::int64_t first,
                              std::int64_t count) const override {
    return draw(train_, step, first, count);
  }
  [[nodiscard]] Examples examples(Split split, std::int64_t first,
                                  std::int64_t count) const override {
    return draw(split == Split::kTest ? test_ : validation_, 0, first, count);
  }
  /// Ten of every class in every font, if nobody says how many.
  [[nodiscard]] std::int64_t size(Split split) const override {
    const data::Glyphs& glyphs = split == Split::kTest ? test_ : validation_;
    const auto there = 10 * static_cast<std::int64_t>(glyphs.fonts() * glyphs.characters().size());
    return evaluation_ == 0 ? there : evaluation_;
  }

 private:
  static data::Glyphs load(Split split, int classes, std::uint64_t seed) {
    data::GlyphOptions options;
    options.classes = classes;
    options.seed = seed;
    return data::load_glyphs(split, options);
  }

  static Examples draw(const data::Glyphs& from, std::int64_t step, std::int64_t first,
                       std::int64_t count) {
    Examples examples{at::empty({count, 1, from.size(), from.size()}),
                      at::empty({count}, at::kLong)};
    from.draw(static_cast<std::uint64_t>(step), static_cast<std::uint64_t>(first),
              static_cast<std::size_t>(count), examples.inputs.mutable_data_ptr<float>(),
              examples.labels.mutable_data_ptr<std::int64_t>(), torch_executor());
    return examples;
  }

  /// A character of the basic plane in UTF-8.
  static std::string utf8(char32_t c) {
    const auto byte = [](char32_t value) {
      return static_cast<char>(static_cast<unsigned char>(value));
    };
    if (c < 0x80) return {byte(c)};
    if (c < 0x800) return {byte(0xC0 | c >> 6), byte(0x80 | (c & 0x3F))};
    return {byte(0xE0 | c >> 12), byte(0x80 | (c >> 6 & 0x3F)), byte(0x80 | (c & 0x3F))};
  }

  data::Glyphs train_;
  data::Glyphs validation_;
  data::Glyphs test_;
  std::int64_t evaluation_;
  std::vector<std::string> classes_;
};

/// Features in three files of a folder: train, validation and test.safetensors.
class FeatureData final : public StoredData {
 public:
  explicit FeatureData(const LabelledDataOptions& options)
      : StoredData(options.seed, options.evaluation),
        sets_{open(options, "train"), open(options, "validation"), open(options, "test")} {
    for (const data::Features& other : sets_) {
      base::require(
          other.dimension() == sets_[0].dimension() && other.classes() == sets_[0].classes(),
          "features: the three files in '", options.features,
          "' must have the same dimension and classes");
    }
    for (const Split split : {Split::kTrain, Split::kValidation, Split::kTest})
      base::require(set(split).size() > 0, "features: there are no examples in the ",
                    data::split_name(split), " split of '", options.features, "'");
  }

  [[nodiscard]] std::vector<std::int64_t> shape() const override {
    return {static_cast<std::int64_t>(sets_[0].dimension())};
  }
  [[nodiscard]] const std::vector<std::string>& classes() const override {
    return sets_[0].classes();
  }

 protected:
  [[nodiscard]] std::int64_t stored(Split split) const override {
    return static_cast<std::int64_t>(set(split).size());
  }
  void copy(Split split, std::int64_t i, float* input, std::int64_t* label) const override {
    set(split).copy(static_cast<std::size_t>(i), input);
    *label = set(split).labels()[static_cast<std::size_t>(i)];
  }

 private:
  static data::Features open(const LabelledDataOptions& options, const std::string& split) {
    base::require(!options.features.empty(),
                  "features: name the folder of train.safetensors, validation.safetensors and "
                  "test.safetensors (python -m pliant.features makes them)");
    return data::Features::open(std::filesystem::path(options.features) / (split + ".safetensors"));
  }

  [[nodiscard]] const data::Features& set(Split split) const {
    return sets_[static_cast<std::size_t>(split)];
  }

  std::array<data::Features, 3> sets_;
};

template <class Data>
std::unique_ptr<LabelledData> make(const LabelledDataOptions& options) {
  return std::make_unique<Data>(options);
}

/// A name, and what loads it.
struct Source {
  std::string_view name;
  std::unique_ptr<LabelledData> (*load)(const LabelledDataOptions&);
  bool moves = false;  ///< training images can be shifted and mirrored
};

std::vector<Source> sources() {
  std::vector<Source> all;
  for (const auto name : data::image_set_names()) all.push_back({name, &make<GreyData>, true});
  all.push_back({"glyphs", &make<GlyphData>});
  for (const auto name : data::cifar_names()) all.push_back({name, &make<ColourData>, true});
  for (const auto name : data::table_set_names()) all.push_back({name, &make<TableData>});
  all.push_back({"features", &make<FeatureData>});
  return all;
}

}  // namespace

std::vector<std::string_view> labelled_data_names() {
  std::vector<std::string_view> names;
  for (const Source& source : sources()) names.push_back(source.name);
  return names;
}

std::unique_ptr<LabelledData> load_labelled_data(const LabelledDataOptions& options) {
  std::string known;
  for (const Source& source : sources()) {
    if (source.name == options.data) {
      const char* asked = options.shift != 0 ? "shift" : "mirror";
      base::require(source.moves || (options.shift == 0 && !options.mirror), asked,
                    ": training examples of '", options.data, "' do not move, only stored images");
      return source.load(options);
    }
    known += (known.empty() ? "" : ", ") + std::string(source.name);
  }
  base::fail("unknown data set '", options.data, "'; there are: ", known);
}

}  // namespace pliant::tasks
