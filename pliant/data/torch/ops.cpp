// pliant/data/torch/ops.cpp — the data sets as tensors: glyphs, images, tables, feature files
#include <ATen/Functions.h>
#include <torch/custom_class.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "pliant/base/errors.h"
#include "pliant/base/torch/executor.h"
#include "pliant/base/torch/op.h"
#include "pliant/data/cifar.h"
#include "pliant/data/features.h"
#include "pliant/data/glyphs.h"
#include "pliant/data/image_set.h"
#include "pliant/data/table_sets.h"

namespace pliant {
namespace {

using at::Tensor;

data::Split split_of(std::string_view name) {
  for (const data::Split split :
       {data::Split::kTrain, data::Split::kValidation, data::Split::kTest}) {
    if (data::split_name(split) == name) return split;
  }
  base::fail("unknown split '", name, "'; there are: train, validation, test");
}

/// A tensor with a copy of the values.
template <class T>
Tensor copied(const std::vector<T>& values, at::IntArrayRef shape, at::ScalarType type) {
  Tensor tensor = at::empty(shape, at::TensorOptions(type));
  if (!values.empty()) {
    std::memcpy(tensor.mutable_data_ptr(), values.data(), values.size() * sizeof(T));
  }
  return tensor;
}

/// Labels of a byte as int64.
Tensor labels_of(const std::vector<std::uint8_t>& labels) {
  const std::vector<std::int64_t> wide(labels.begin(), labels.end());
  return copied(wide, {static_cast<std::int64_t>(wide.size())}, at::kLong);
}

std::vector<std::string> names_of(const std::vector<std::string_view>& names) {
  return {names.begin(), names.end()};
}

// === Image sets

std::vector<std::string> image_set_names() { return names_of(data::image_set_names()); }
std::vector<std::string> cifar_names() { return names_of(data::cifar_names()); }

/// (N, H, W) bytes, (N) labels, the value of full ink.
std::tuple<Tensor, Tensor, std::int64_t> image_set(std::string_view name, std::string_view split,
                                                   bool binary) {
  data::ImageSet set = data::load_image_set(name, split_of(split));
  if (binary) set = data::binarised(set);
  const auto size = static_cast<std::int64_t>(set.size());
  return {copied(set.pixels, {size, set.height, set.width}, at::kByte), labels_of(set.labels),
          set.maximum};
}

/// (N, 3, 32, 32) bytes, (N) labels, coarse labels, names of both; the coarse ones empty for
/// cifar10.
std::tuple<Tensor, Tensor, Tensor, std::vector<std::string>, std::vector<std::string>> cifar(
    std::string_view name, std::string_view split) {
  const data::CifarSet set = data::load_cifar(name, split_of(split));
  constexpr int kSide = data::CifarSet::kSide;
  return {copied(set.pixels, {static_cast<std::int64_t>(set.size()), 3, kSide, kSide}, at::kByte),
          labels_of(set.labels), labels_of(set.coarse_labels), set.classes, set.coarse_classes};
}

// === Tables

std::vector<std::string> table_set_names() { return names_of(data::table_set_names()); }

/// (N, C) bits as bytes, (N) labels, names of the columns and of the classes.
std::tuple<Tensor, Tensor, std::vector<std::string>, std::vector<std::string>> table_set(
    std::string_view name, std::string_view split, std::int64_t seed, double validation,
    bool published_hours) {
  constexpr std::int64_t kSeeds = std::int64_t{1} << 32;
  base::require(0 <= seed && seed < kSeeds, name, ": seed must be in 0 … 2^32 − 1, got ", seed);
  const data::BitTable table = data::load_table_set(
      name, split_of(split), {static_cast<std::uint32_t>(seed), validation, published_hours});
  const auto size = static_cast<std::int64_t>(table.size());
  const auto columns = static_cast<std::int64_t>(table.columns.size());
  return {copied(table.bits, {size, columns}, at::kByte), copied(table.labels, {size}, at::kLong),
          table.columns, table.classes};
}

// === Features

/// (N, d) float32, (N) labels, names of the classes, the rest of the metadata as name, text, ….
std::tuple<Tensor, Tensor, std::vector<std::string>, std::vector<std::string>> read_features(
    std::string_view path) {
  const data::Features file = data::Features::open(path);
  const auto size = static_cast<std::int64_t>(file.size());
  const auto dimension = static_cast<std::int64_t>(file.dimension());
  Tensor features = at::empty({size, dimension}, at::kFloat);
  auto* out = features.mutable_data_ptr<float>();
  for (std::int64_t i = 0; i < size; ++i) {
    file.copy(static_cast<std::size_t>(i), out + i * dimension);
  }
  std::vector<std::string> metadata;
  for (const auto& [name, text] : file.metadata()) {
    if (name != "classes") metadata.insert(metadata.end(), {name, text});
  }
  return {features, copied(file.labels(), {size}, at::kLong), file.classes(), metadata};
}

void write_features(std::string_view path, const Tensor& features, const Tensor& labels,
                    const std::vector<std::string>& classes,
                    const std::vector<std::string>& metadata) {
  const at::ScalarType type = features.scalar_type();
  TORCH_CHECK_TYPE(type == at::kFloat || type == at::kHalf,
                   "write_features: features must be float32 or float16, got ", type);
  TORCH_CHECK_TYPE(labels.scalar_type() == at::kLong && labels.dim() == 1,
                   "write_features: labels must be int64 (N), got ", labels.scalar_type(), " ",
                   labels.sizes());
  TORCH_CHECK_VALUE(metadata.size() % 2 == 0,
                    "write_features: metadata must be pairs of name and text");
  const Tensor values = features.detach().cpu().contiguous();
  const Tensor classes_of_rows = labels.detach().cpu().contiguous();
  data::MetadataMap map;
  for (std::size_t i = 0; i < metadata.size(); i += 2) map[metadata[i]] = metadata[i + 1];
  data::write_features(path,
                       {type == at::kFloat ? "F32" : "F16", values.sizes().vec(),
                        values.const_data_ptr(), values.nbytes()},
                       {classes_of_rows.const_data_ptr<std::int64_t>(),
                        static_cast<std::size_t>(classes_of_rows.numel())},
                       classes, std::move(map));
}

// === Glyphs

using Distortions = c10::Dict<std::string, double>;

/// The options of a distortion by name.
constexpr std::array<std::pair<std::string_view, double data::DistortionOptions::*>, 7> kOptions = {
    {{"rotation", &data::DistortionOptions::rotation},
     {"scale", &data::DistortionOptions::scale},
     {"shear", &data::DistortionOptions::shear},
     {"translation", &data::DistortionOptions::translation},
     {"elastic", &data::DistortionOptions::elastic},
     {"blur", &data::DistortionOptions::blur},
     {"noise", &data::DistortionOptions::noise}}};

data::DistortionOptions distortion_options(const Distortions& distortions) {
  data::DistortionOptions options;
  for (const auto& entry : distortions) {
    const auto found = std::find_if(kOptions.begin(), kOptions.end(), [&](const auto& option) {
      return option.first == entry.key();
    });
    std::string known;
    for (const auto& option : kOptions) {
      known += (known.empty() ? "" : ", ") + std::string(option.first);
    }
    base::require(found != kOptions.end(), "unknown distortion '", entry.key(),
                  "'; there are: ", known);
    options.*(found->second) = entry.value();
  }
  return options;
}

/// "file" or "file#face".
data::Font open_font(std::string_view text) {
  const std::size_t mark = text.rfind('#');
  int face = 0;
  if (mark != std::string_view::npos) {
    const std::string_view number = text.substr(mark + 1);
    const auto [end, error] = std::from_chars(number.begin(), number.end(), face);
    if (error == std::errc{} && end == number.end())
      return data::Font::open(text.substr(0, mark), face);
  }
  return data::Font::open(text);
}

/// data::Glyphs as an object of torch.classes.pliant.
class Glyphs final : public torch::CustomClassHolder {
 public:
  Glyphs(const std::string& split, std::int64_t classes, std::int64_t size, std::int64_t seed,
         const Distortions& distortions, const std::vector<std::string>& fonts, std::int64_t first,
         std::int64_t last)
      : glyphs_(load(split_of(split),
                     {checked_int(classes, "classes"), checked_int(size, "size"),
                      static_cast<std::uint64_t>(seed), distortion_options(distortions)},
                     fonts, static_cast<char32_t>(checked_int(first, "first")),
                     static_cast<char32_t>(checked_int(last, "last")))) {}

  [[nodiscard]] std::vector<std::int64_t> characters() const {
    return {glyphs_.characters().begin(), glyphs_.characters().end()};
  }
  [[nodiscard]] std::int64_t fonts() const { return static_cast<std::int64_t>(glyphs_.fonts()); }

  /// (count, size, size) images and (count) labels.
  static std::tuple<Tensor, Tensor> draw(const c10::intrusive_ptr<Glyphs>& self, std::int64_t step,
                                         std::int64_t first, std::int64_t count) {
    base::require(step >= 0, "glyphs: step must be ≥ 0, got ", step);
    base::require(first >= 0, "glyphs: first must be ≥ 0, got ", first);
    base::require(count >= 0, "glyphs: count must be ≥ 0, got ", count);
    const data::Glyphs& glyphs = self->glyphs_;
    Tensor images = at::empty({count, glyphs.size(), glyphs.size()}, at::kFloat);
    Tensor labels = at::empty({count}, at::kLong);
    glyphs.draw(static_cast<std::uint64_t>(step), static_cast<std::uint64_t>(first),
                static_cast<std::size_t>(count), images.mutable_data_ptr<float>(),
                labels.mutable_data_ptr<std::int64_t>(), torch_executor());
    return {images, labels};
  }

 private:
  static int checked_int(std::int64_t value, const char* name) {
    base::require(0 <= value && value <= 0x7FFFFFFF, "glyphs: ", name,
                  " must be in 0 … 2^31 − 1, got ", value);
    return static_cast<int>(value);
  }

  static data::Glyphs load(data::Split split, const data::GlyphOptions& options,
                           const std::vector<std::string>& files, char32_t first, char32_t last) {
    if (files.empty()) return data::load_glyphs(split, options);
    std::vector<data::Font> fonts;
    for (const std::string& file : files) fonts.push_back(open_font(file));
    return {fonts, data::common_characters(fonts, first, last, options.classes), split, options};
  }

  data::Glyphs glyphs_;
};

}  // namespace

TORCH_LIBRARY_FRAGMENT(pliant, library) {
  library.def("image_set_names() -> str[]", &image_set_names);
  library.def("cifar_names() -> str[]", &cifar_names);
  library.def("table_set_names() -> str[]", &table_set_names);
  library.def(
      "image_set(str name, str split, bool binary=False) -> (Tensor images, Tensor labels,"
      " int maximum)",
      checked<&image_set>);
  library.def(
      "cifar(str name, str split) -> (Tensor images, Tensor labels, Tensor coarse_labels,"
      " str[] classes, str[] coarse_classes)",
      checked<&cifar>);
  library.def(
      "table_set(str name, str split, int seed, float validation, bool published_hours)"
      " -> (Tensor features, Tensor labels, str[] columns, str[] classes)",
      checked<&table_set>);
  library.def(
      "read_features(str path) -> (Tensor features, Tensor labels, str[] classes,"
      " str[] metadata)",
      checked<&read_features>);
  library.def(
      "write_features(str path, Tensor features, Tensor labels, str[] classes,"
      " str[] metadata) -> ()",
      checked<&write_features>);
  library.class_<Glyphs>("Glyphs")
      .def(torch::init<const std::string&, std::int64_t, std::int64_t, std::int64_t,
                       const Distortions&, const std::vector<std::string>&, std::int64_t,
                       std::int64_t>())
      .def("characters", &Glyphs::characters)
      .def("fonts", &Glyphs::fonts)
      .def("draw", checked<&Glyphs::draw>);
}

}  // namespace pliant
