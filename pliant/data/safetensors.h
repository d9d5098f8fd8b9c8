// pliant/data/safetensors.h — the safetensors file format, read and written (no torch)
//
// A file is 8 bytes N (little-endian), N bytes of JSON, the tensors' bytes. The JSON maps each name
// to
// {"dtype": …, "shape": […], "data_offsets": [begin, end]} within the bytes after it, and
// "__metadata__" to texts by name. The tensors fill those bytes without gaps or overlaps.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace pliant::data {

/// A row-major tensor in memory that somebody else owns, little-endian.
struct TensorView {
  std::string dtype;  ///< "F64", "I64", "F32", "I32", "F16", "BF16", "U8" or "BOOL"
  std::vector<std::int64_t> shape;
  const void* data = nullptr;  ///< may be null when bytes is 0
  std::size_t bytes = 0;       ///< the size of dtype times the product of the shape
};

using TensorMap = std::map<std::string, TensorView>;
using MetadataMap = std::map<std::string, std::string>;

/// Replaces the file atomically (replace_file in base/file.h): when it throws, the old file is as
/// it was. The same tensors and metadata give the same bytes. Wide types stand first and the JSON
/// is padded, so every tensor is aligned to its type.
/// @throws std::invalid_argument if a view is not consistent or a text is not UTF-8
/// @throws std::system_error with path and reason if it cannot be written
void write_safetensors(const std::filesystem::path& path, const TensorMap& tensors,
                       const MetadataMap& metadata = {});

/// A safetensors file in memory, fully validated. Movable; the views live as long as it does.
class SafetensorsFile {
 public:
  /// @throws std::invalid_argument that names the file and what is wrong: truncated, a length of
  /// the header
  ///         beyond the file, JSON that is not the format's, unknown type, names given twice,
  ///         offsets that overlap, leave gaps, lie outside or do not fit type and shape, a content
  ///         that is not the one of its seal (seal.h), if it has one
  /// @throws std::system_error if it cannot be read
  static SafetensorsFile open(const std::filesystem::path& path);
  /// The same from memory.   @param name  what error texts call it
  static SafetensorsFile parse(std::vector<std::uint8_t> bytes, std::string_view name);

  SafetensorsFile(const SafetensorsFile&) = delete;
  SafetensorsFile& operator=(const SafetensorsFile&) = delete;
  SafetensorsFile(SafetensorsFile&&) = default;
  SafetensorsFile& operator=(SafetensorsFile&&) = default;
  ~SafetensorsFile() = default;

  /// Other programs' files may hold tensors that are not aligned to their type: copy, or load
  /// byte-wise.
  [[nodiscard]] const TensorMap& tensors() const { return tensors_; }
  [[nodiscard]] const MetadataMap& metadata() const { return metadata_; }

  /// One tensor, one text.   @throws std::invalid_argument that names the file if there is none
  [[nodiscard]] const TensorView& tensor(const std::string& name) const;
  [[nodiscard]] const std::string& text(const std::string& name) const;

 private:
  SafetensorsFile() = default;
  std::string name_;
  std::vector<std::uint8_t> bytes_;
  TensorMap tensors_;
  MetadataMap metadata_;
};

}  // namespace pliant::data
