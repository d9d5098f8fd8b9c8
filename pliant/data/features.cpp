// pliant/data/features.cpp — features as safetensors: types, half precision, validation (no torch)
#include "pliant/data/features.h"

#include <bit>
#include <cstring>
#include <nlohmann/json.hpp>
#include <utility>

#include "pliant/base/errors.h"
#include "pliant/base/file.h"

namespace pliant::data {
namespace {

constexpr const char* kFeatures = "features";
constexpr const char* kLabels = "labels";
constexpr const char* kClasses = "classes";

/// IEEE 754's binary16 as a float; exact.
float widen(std::uint16_t half) {
  const std::uint32_t sign = (half & 0x8000U) << 16;
  const std::uint32_t exponent = half >> 10 & 0x1F, fraction = half & 0x3FF;
  if (exponent == 0) {
    // A denormal number is fraction · 2⁻²⁴.
    const float value = static_cast<float>(fraction) * 0x1p-24F;
    return sign != 0 ? -value : value;
  }
  const std::uint32_t wide = exponent == 0x1F ? 0xFF : exponent + 127 - 15;
  return std::bit_cast<float>(sign | wide << 23 | fraction << 13);
}

/// `count` values at `from`, which need not be aligned.
void copy_values(const std::uint8_t* from, bool half, std::size_t count, float* out) {
  if (!half) {
    std::memcpy(out, from, count * sizeof(float));
    return;
  }
  for (std::size_t i = 0; i < count; ++i) {
    std::uint16_t bits = 0;
    std::memcpy(&bits, from + 2 * i, 2);
    out[i] = widen(bits);
  }
}

std::string shape_text(const std::vector<std::int64_t>& shape) {
  std::string text;
  for (std::int64_t size : shape) text += (text.empty() ? "" : ", ") + std::to_string(size);
  return "(" + text + ")";
}

void check_features(const TensorView& features, const std::string& name) {
  base::require(features.dtype == "F32" || features.dtype == "F16", name,
                ": features must be F32 or F16, got ", features.dtype);
  base::require(features.shape.size() == 2 && features.shape[1] > 0, name,
                ": features must be (N, d) with d ≥ 1, got ", shape_text(features.shape));
  const bool half = features.dtype == "F16";
  const auto count = static_cast<std::size_t>(features.shape[0]);
  const auto dimension = static_cast<std::size_t>(features.shape[1]);
  const auto* values = static_cast<const std::uint8_t*>(features.data);
  std::vector<float> row(dimension);
  for (std::size_t i = 0; i < count; ++i) {
    copy_values(values + i * dimension * (half ? 2 : 4), half, dimension, row.data());
    for (float value : row) {
      // Exponent bits all set are an infinity or NaN.
      const bool finite = (std::bit_cast<std::uint32_t>(value) & 0x7F800000U) != 0x7F800000U;
      base::require(finite, name, ": features must be finite, got ", value, " in example ", i);
    }
  }
}

void check_labels(std::span<const std::int64_t> labels, std::int64_t count, std::size_t classes,
                  const std::string& name) {
  base::require(static_cast<std::int64_t>(labels.size()) == count, name, ": ", count,
                " features but ", labels.size(), " labels");
  base::require(classes > 0, name, ": there are no classes");
  for (std::size_t i = 0; i < labels.size(); ++i) {
    base::require(0 <= labels[i] && labels[i] < static_cast<std::int64_t>(classes), name,
                  ": labels must be in 0 … ", classes - 1, ", got ", labels[i], " in example ", i);
  }
}

std::vector<std::string> parse_classes(const std::string& text, const std::string& name) {
  const auto list = nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
  base::require(list.is_array(), name, ": the metadata 'classes' must be a JSON list of names");
  std::vector<std::string> classes;
  for (const auto& entry : list) {
    base::require(entry.is_string(), name, ": the metadata 'classes' must hold texts, got ",
                  entry.type_name());
    classes.push_back(entry);
  }
  return classes;
}

}  // namespace

Features Features::open(const std::filesystem::path& path) {
  return {SafetensorsFile::open(path), path.string()};
}

Features Features::parse(std::vector<std::uint8_t> bytes, const std::string& name) {
  return {SafetensorsFile::parse(std::move(bytes), name), name};
}

Features::Features(SafetensorsFile file, const std::string& name) : file_(std::move(file)) {
  const TensorView& features = file_.tensor(kFeatures);
  check_features(features, name);
  values_ = static_cast<const std::uint8_t*>(features.data);
  half_ = features.dtype == "F16";
  dimension_ = static_cast<std::size_t>(features.shape[1]);
  const TensorView& labels = file_.tensor(kLabels);
  base::require(labels.dtype == "I64" && labels.shape.size() == 1, name,
                ": labels must be I64 (N), got ", labels.dtype, " ", shape_text(labels.shape));
  labels_.resize(static_cast<std::size_t>(labels.shape[0]));
  if (labels.bytes > 0) std::memcpy(labels_.data(), labels.data, labels.bytes);
  classes_ = parse_classes(file_.text(kClasses), name);
  check_labels(labels_, features.shape[0], classes_.size(), name);
}

void Features::copy(std::size_t i, float* out) const {
  copy_values(values_ + i * dimension_ * (half_ ? 2 : 4), half_, dimension_, out);
}

void write_features(const std::filesystem::path& path, const TensorView& features,
                    std::span<const std::int64_t> labels, const std::vector<std::string>& classes,
                    MetadataMap metadata) {
  const std::string name = path.string();
  check_features(features, name);
  check_labels(labels, features.shape[0], classes.size(), name);
  try {
    const bool added = metadata.emplace(kClasses, nlohmann::json(classes).dump()).second;
    base::require(added, name, ": the metadata 'classes' are the names of the classes");
  } catch (const nlohmann::json::exception& error) {
    base::fail(name, ": the name of a class is not UTF-8 (", error.what(), ")");
  }
  const TensorView label_view{"I64", {features.shape[0]}, labels.data(), labels.size_bytes()};
  write_safetensors(path, {{kFeatures, features}, {kLabels, label_view}}, metadata);
}

}  // namespace pliant::data
