// pliant/data/idx.cpp — IDX files: header, sizes, values (no torch)
#include "pliant/data/idx.h"

#include <algorithm>
#include <iomanip>
#include <sstream>
#include <string>

#include "pliant/base/errors.h"
#include "pliant/base/file.h"
#include "pliant/data/gzip.h"

namespace pliant::data {
namespace {

constexpr unsigned kUnsignedByte = 0x08;
constexpr unsigned kMaxDimensions = 8;
constexpr std::size_t kMaxHeader = 4 + 4 * kMaxDimensions;

std::string hex(std::span<const std::uint8_t> bytes) {
  std::ostringstream text;
  text << "0x" << std::hex << std::setfill('0');
  for (unsigned byte : bytes) text << std::setw(2) << byte;
  return text.str();
}

/// The sizes from the header; `start` holds the first kMaxHeader bytes of the file, or all.
std::vector<std::uint32_t> parse_shape(std::span<const std::uint8_t> start, std::string_view name) {
  base::require(start.size() >= 4, name, ": an IDX file starts with 4 bytes, got ", start.size());
  base::require(start[0] == 0 && start[1] == 0 && start[2] == kUnsignedByte, name,
                ": expected IDX unsigned bytes (the file starts with 0x000008), got ",
                hex(start.first(3)));
  const unsigned dimensions = start[3];
  base::require(1 <= dimensions && dimensions <= kMaxDimensions, name, ": expected 1 … ",
                kMaxDimensions, " dimensions, got ", dimensions);
  base::require(start.size() >= 4 + 4 * dimensions, name, ": truncated: the header has ",
                4 + 4 * dimensions, " bytes, the file ", start.size());
  std::vector<std::uint32_t> shape;
  std::uint64_t values = 1;
  for (unsigned d = 0; d < dimensions; ++d) {
    const std::uint8_t* p = start.data() + 4 + 4 * d;
    shape.push_back(std::uint32_t{p[0]} << 24 | std::uint32_t{p[1]} << 16 |
                    std::uint32_t{p[2]} << 8 | p[3]);
    // Both factors are below 2^32 here: no overflow. A size 0 does not hide a size that is too
    // large.
    values *= std::max(shape.back(), 1U);
    base::require(values <= kIdxMaxValues, name, ": the sizes give more than ", kIdxMaxValues,
                  " values");
  }
  return shape;
}

}  // namespace

IdxArray parse_idx(std::span<const std::uint8_t> bytes, std::string_view name) {
  IdxArray array;
  array.shape = parse_shape(unpack(bytes, kMaxHeader, name), name);
  std::uint64_t count = 1;
  for (std::uint32_t size : array.shape) count *= size;
  const std::size_t header = 4 + 4 * array.shape.size();
  // One byte more than wanted, so that trailing bytes show, and that gzip's checksum is reached.
  array.values = unpack(bytes, header + count + 1, name);
  const std::uint64_t got = array.values.size() - header;
  base::require(got >= count, name, ": truncated: the sizes give ", count, " values, the file has ",
                got);
  base::require(got == count, name, ": trailing bytes: the sizes give ", count,
                " values, the file has more");
  array.values.erase(array.values.begin(),
                     array.values.begin() + static_cast<std::ptrdiff_t>(header));
  return array;
}

IdxArray read_idx(const std::filesystem::path& path) {
  return parse_idx(base::read_file(path), path.string());
}

}  // namespace pliant::data
