// pliant/data/safetensors.cpp — the safetensors file format, read and written (no torch)
#include "pliant/data/safetensors.h"

#include <algorithm>
#include <array>
#include <bit>
#include <limits>
#include <nlohmann/json.hpp>
#include <set>
#include <span>
#include <utility>

#include "pliant/base/errors.h"
#include "pliant/base/file.h"
#include "pliant/base/printable.h"
#include "pliant/data/seal.h"

namespace pliant::data {
namespace {

using Json = nlohmann::json;

static_assert(std::endian::native == std::endian::little,
              "tensors are stored as they lie in memory");

constexpr std::size_t kPrefix = 8;
constexpr std::uint64_t kMaxHeader = 100'000'000;  // As the format's own reader has it.
constexpr std::string_view kMetadata = "__metadata__";

struct DType {
  std::string_view name;
  std::size_t bytes;
};
constexpr std::array<DType, 8> kDTypes = {{
    {"F64", 8},
    {"I64", 8},
    {"F32", 4},
    {"I32", 4},
    {"F16", 2},
    {"BF16", 2},
    {"U8", 1},
    {"BOOL", 1},
}};

/// The size of one number, 0 for a type that there is not.
std::size_t item_bytes(std::string_view dtype) {
  const auto found =
      std::find_if(kDTypes.begin(), kDTypes.end(), [&](DType d) { return d.name == dtype; });
  return found == kDTypes.end() ? 0 : found->bytes;
}

std::string known_dtypes() {
  std::string text;
  for (DType dtype : kDTypes) text += (text.empty() ? "" : ", ") + std::string(dtype.name);
  return text;
}

/// How error texts name a tensor of a file.
std::string where_is(const std::string& file, const std::string& tensor) {
  std::string text = file;
  return text.append(": tensor '").append(tensor).append("'");
}

/// Checks dtype, shape and bytes of a view against each other.   @param where  the file and the
/// tensor
void check_view(const TensorView& view, const std::string& where) {
  std::uint64_t bytes = item_bytes(view.dtype);
  base::require(bytes > 0, where, ": unknown type '", view.dtype, "'; there are: ", known_dtypes());
  for (std::int64_t size : view.shape) {
    base::require(size >= 0, where, ": negative size ", size, " in the shape");
    const auto factor = static_cast<std::uint64_t>(size);
    base::require(factor == 0 || bytes <= std::numeric_limits<std::uint64_t>::max() / factor, where,
                  ": the shape overflows");
    bytes *= factor;
  }
  base::require(bytes == view.bytes, where, ": type and shape take ", bytes,
                " bytes, the data has ", view.bytes);
}

// === Writing

/// The order in the file: wide types first, so that all are aligned, then by name.
std::vector<TensorMap::const_iterator> file_order(const TensorMap& tensors) {
  std::vector<TensorMap::const_iterator> order;
  for (auto it = tensors.begin(); it != tensors.end(); ++it) order.push_back(it);
  std::stable_sort(order.begin(), order.end(), [](auto a, auto b) {
    return item_bytes(a->second.dtype) > item_bytes(b->second.dtype);
  });
  return order;
}

std::string make_header(std::span<const TensorMap::const_iterator> order,
                        const MetadataMap& metadata, const std::string& file) {
  // Ordered: the entries stand as the data does.
  nlohmann::ordered_json header = nlohmann::ordered_json::object();
  if (!metadata.empty()) header[std::string(kMetadata)] = metadata;
  std::size_t offset = 0;
  for (const auto& it : order) {
    const auto& [name, view] = *it;
    header[name] = {{"dtype", view.dtype},
                    {"shape", view.shape},
                    {"data_offsets", {offset, offset + view.bytes}}};
    offset += view.bytes;
  }
  std::string text;
  try {
    text = header.dump();
  } catch (const nlohmann::ordered_json::exception& error) {
    base::fail(file, ": a name or a metadata text is not UTF-8 (", error.what(), ")");
  }
  text.resize((text.size() + 7) / 8 * 8, ' ');
  base::require(text.size() <= kMaxHeader, file, ": the header would have ", text.size(),
                " bytes; the format allows ", kMaxHeader);
  return text;
}

// === Reading

/// Parses the header; the library's own parser would take the last of two equal names without a
/// word.
Json parse_json(std::span<const std::uint8_t> text, const std::string& file) {
  std::vector<std::set<std::string>> names;  // Of the objects that are open now.
  const auto watch = [&](int, Json::parse_event_t event, Json& value) {
    if (event == Json::parse_event_t::object_start) names.emplace_back();
    if (event == Json::parse_event_t::object_end) names.pop_back();
    if (event == Json::parse_event_t::key) {
      const auto& key = value.get_ref<const std::string&>();
      base::require(names.back().insert(key).second, file, ": the header has the name '", key,
                    "' twice");
    }
    return true;
  };
  try {
    return Json::parse(text.begin(), text.end(), watch);
  } catch (const Json::exception& error) {
    base::fail(file, ": the header is not JSON (", base::printable(error.what()), ")");
  }
}

/// A list of integers ≥ 0 that fit std::int64_t.
std::vector<std::int64_t> parse_sizes(const Json& list, const std::string& where,
                                      const char* field) {
  base::require(list.is_array(), where, ": ", field, " must be a list");
  std::vector<std::int64_t> sizes;
  for (const Json& size : list) {
    base::require(
        size.is_number_unsigned() &&
            size.get<std::uint64_t>() <= std::uint64_t{std::numeric_limits<std::int64_t>::max()},
        where, ": ", field, " must hold integers from 0 to 2^63 − 1, got ",
        size.is_number() ? size.dump() : size.type_name());
    sizes.push_back(size.get<std::int64_t>());
  }
  return sizes;
}

/// One entry of the header over `data`; adds its range to `ranges`.
TensorView parse_entry(const Json& entry, std::span<const std::uint8_t> data,
                       const std::string& where,
                       std::vector<std::pair<std::size_t, std::size_t>>& ranges) {
  base::require(entry.is_object() && entry.size() == 3 && entry.contains("dtype") &&
                    entry.contains("shape") && entry.contains("data_offsets"),
                where, ": an entry has exactly dtype, shape and data_offsets");
  base::require(entry["dtype"].is_string(), where, ": dtype must be a text");
  const auto offsets = parse_sizes(entry["data_offsets"], where, "data_offsets");
  base::require(offsets.size() == 2, where, ": data_offsets must be [begin, end]");
  const auto begin = static_cast<std::size_t>(offsets[0]);
  const auto end = static_cast<std::size_t>(offsets[1]);
  base::require(begin <= end && end <= data.size(), where, ": data_offsets [", begin, ", ", end,
                "] do not lie in the ", data.size(), " bytes of data");
  TensorView view{entry["dtype"], parse_sizes(entry["shape"], where, "shape"), data.data() + begin,
                  end - begin};
  check_view(view, where);
  ranges.emplace_back(begin, end);
  return view;
}

MetadataMap parse_metadata(const Json& entry, const std::string& file) {
  base::require(entry.is_object(), file, ": ", kMetadata, " must map names to texts");
  MetadataMap metadata;
  for (const auto& [name, text] : entry.items()) {
    base::require(text.is_string(), file, ": ", kMetadata, " '", name, "' must be a text");
    metadata[name] = text;
  }
  return metadata;
}

/// Only sealed files can be checked.
void check_seal(const TensorMap& tensors, const MetadataMap& metadata, const std::string& file) {
  const auto seal = metadata.find(std::string(kSealEntry));
  if (seal == metadata.end()) return;
  const std::string sum = seal_of(tensors, metadata);
  base::require(sum == seal->second, file, ": damaged: its content has the checksum ", sum,
                ", its entry '", kSealEntry, "' says '", seal->second, "'");
}

/// The ranges must cover [0, size) once.
void check_cover(std::vector<std::pair<std::size_t, std::size_t>> ranges, std::size_t size,
                 const std::string& file) {
  std::sort(ranges.begin(), ranges.end());
  std::size_t covered = 0;
  for (const auto& [begin, end] : ranges) {
    base::require(begin >= covered, file, ": two tensors overlap at offset ", begin);
    base::require(begin == covered, file, ": no tensor covers the bytes ", covered, " … ", begin);
    covered = end;
  }
  base::require(covered == size, file, ": ", size - covered, " bytes follow the last tensor");
}

}  // namespace

void write_safetensors(const std::filesystem::path& path, const TensorMap& tensors,
                       const MetadataMap& metadata) {
  const std::string file = path.string();
  for (const auto& [name, view] : tensors) {
    const std::string where = where_is(file, name);
    base::require(name != kMetadata, where, ": this name is the format's own");
    check_view(view, where);
    base::require(view.data != nullptr || view.bytes == 0, where, ": no data");
  }
  const auto order = file_order(tensors);
  const std::string header = make_header(order, metadata, file);
  const std::uint64_t length = header.size();
  std::vector<std::span<const std::uint8_t>> parts;
  parts.emplace_back(reinterpret_cast<const std::uint8_t*>(&length), kPrefix);
  parts.emplace_back(reinterpret_cast<const std::uint8_t*>(header.data()), header.size());
  for (const auto& it : order) {
    parts.emplace_back(static_cast<const std::uint8_t*>(it->second.data), it->second.bytes);
  }
  base::replace_file(path, parts);
}

SafetensorsFile SafetensorsFile::open(const std::filesystem::path& path) {
  return parse(base::read_file(path), path.string());
}

SafetensorsFile SafetensorsFile::parse(std::vector<std::uint8_t> bytes, std::string_view name) {
  SafetensorsFile file;
  file.name_ = name;
  file.bytes_ = std::move(bytes);
  const std::span<const std::uint8_t> all = file.bytes_;
  base::require(all.size() >= kPrefix, name,
                ": truncated: a safetensors file has at least 8 bytes, got ", all.size());
  std::uint64_t length = 0;
  std::copy_n(all.data(), kPrefix, reinterpret_cast<std::uint8_t*>(&length));
  base::require(length <= kMaxHeader, name, ": not a safetensors file: a header of ", length,
                " bytes");
  base::require(length <= all.size() - kPrefix, name, ": truncated: the header should have ",
                length, " bytes, the file has ", all.size() - kPrefix, " after its length");
  const auto data = all.subspan(kPrefix + length);
  const Json header = parse_json(all.subspan(kPrefix, length), file.name_);
  base::require(header.is_object(), name, ": the header must be a JSON object");
  std::vector<std::pair<std::size_t, std::size_t>> ranges;
  for (const auto& [key, entry] : header.items()) {
    if (key == kMetadata) {
      file.metadata_ = parse_metadata(entry, file.name_);
    } else {
      file.tensors_[key] = parse_entry(entry, data, where_is(file.name_, key), ranges);
    }
  }
  check_cover(std::move(ranges), data.size(), file.name_);
  check_seal(file.tensors_, file.metadata_, file.name_);
  return file;
}

const TensorView& SafetensorsFile::tensor(const std::string& name) const {
  const auto found = tensors_.find(name);
  base::require(found != tensors_.end(), name_, ": there is no tensor '", name, "'");
  return found->second;
}

const std::string& SafetensorsFile::text(const std::string& name) const {
  const auto found = metadata_.find(name);
  base::require(found != metadata_.end(), name_, ": there is no metadata '", name, "'");
  return found->second;
}

}  // namespace pliant::data
