// pliant/data/features.h — features of a frozen network, with labels, as one file (no torch)
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "pliant/data/safetensors.h"

namespace pliant::data {

/// A set of feature vectors in memory, as `python -m pliant.features` writes it: a safetensors file
/// of the tensors `features` (N, d), F32 or F16, and `labels` (N), I64, each in 0 … C − 1, with the
/// metadata `classes`, a JSON list of the C names. Other metadata say where they come from.
class Features {
 public:
  /// @throws std::invalid_argument that names the file, what was expected and what came: as
  ///         SafetensorsFile::open, a tensor missing or of another shape or type, features that are
  ///         not finite, labels out of range, names that are no list of texts
  /// @throws std::system_error if it cannot be read
  static Features open(const std::filesystem::path& path);
  /// The same from memory.   @param name  what error texts call it
  static Features parse(std::vector<std::uint8_t> bytes, const std::string& name);

  [[nodiscard]] std::size_t size() const { return labels_.size(); }
  [[nodiscard]] std::size_t dimension() const { return dimension_; }
  /// The names of the C classes.
  [[nodiscard]] const std::vector<std::string>& classes() const { return classes_; }
  [[nodiscard]] const std::vector<std::int64_t>& labels() const { return labels_; }
  [[nodiscard]] const MetadataMap& metadata() const { return file_.metadata(); }

  /// Copies the features of example i.   @param i  < size()   @param out  out (dimension())
  void copy(std::size_t i, float* out) const;

 private:
  Features(SafetensorsFile file, const std::string& name);
  SafetensorsFile file_;
  const std::uint8_t* values_ = nullptr;  ///< in the file's bytes; perhaps not aligned
  bool half_ = false;
  std::size_t dimension_ = 0;
  std::vector<std::int64_t> labels_;
  std::vector<std::string> classes_;
};

/// Writes what Features::open reads, atomically (replace_file in base/file.h).
/// @param features  (N, d), F32 or F16
/// @param labels    (N)
/// @param metadata  what else to keep; not `classes`
/// @throws std::invalid_argument for what open would refuse: nothing is written then
/// @throws std::system_error if it cannot be written
void write_features(const std::filesystem::path& path, const TensorView& features,
                    std::span<const std::int64_t> labels, const std::vector<std::string>& classes,
                    MetadataMap metadata = {});

}  // namespace pliant::data
