// pliant/data/idx.cpp — IDX files: header, sizes, gzip (no torch)
#include "pliant/data/idx.h"

#define ZLIB_CONST
#include <zlib.h>

#include <algorithm>
#include <iomanip>
#include <limits>
#include <sstream>
#include <string>

#include "pliant/base/errors.h"
#include "pliant/data/file.h"

namespace pliant::data {
namespace {

constexpr unsigned kUnsignedByte = 0x08;
constexpr unsigned kMaxDimensions = 8;
constexpr std::size_t kMaxHeader = 4 + 4 * kMaxDimensions;

/// One inflating zlib stream over bytes in memory.
class Inflater {
 public:
  Inflater(std::span<const std::uint8_t> bytes, std::string_view name) : rest_(bytes), name_(name) {
    base::require(inflateInit2(&stream_, 15 + 16) == Z_OK, name_, ": zlib does not start");
  }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;
  ~Inflater() { inflateEnd(&stream_); }

  /// Adds to `out` until it has `limit` bytes or the stream ends; the end's checksum is verified.
  /// Memory grows with what was inflated, not with `limit`, which may come from a header that lies.
  void read(std::vector<std::uint8_t>& out, std::size_t limit) {
    while (!ended_ && out.size() < limit) {
      const std::size_t have = out.size();
      const std::size_t room = std::min(limit - have, std::max<std::size_t>(have, 1 << 16));
      out.resize(have + room);
      stream_.next_out = out.data() + have;
      stream_.avail_out = static_cast<uInt>(room);
      while (!ended_ && stream_.avail_out > 0) step();
      out.resize(have + room - stream_.avail_out);
    }
  }

 private:
  void step() {
    const std::size_t offered =
        std::min<std::size_t>(rest_.size(), std::numeric_limits<uInt>::max());
    stream_.next_in = rest_.data();
    stream_.avail_in = static_cast<uInt>(offered);
    const int status = inflate(&stream_, Z_NO_FLUSH);
    rest_ = rest_.subspan(offered - stream_.avail_in);
    if (status == Z_STREAM_END) {
      ended_ = true;
      base::require(rest_.empty(), name_, ": ", rest_.size(),
                    " bytes follow the end of the gzip stream");
      return;
    }
    base::require(status != Z_BUF_ERROR, name_, ": the gzip stream is truncated");
    base::require(status == Z_OK, name_, ": the gzip stream is damaged (",
                  stream_.msg == nullptr ? zError(status) : stream_.msg, ")");
  }

  z_stream stream_{};
  std::span<const std::uint8_t> rest_;
  std::string name_;
  bool ended_ = false;
};

/// The first `limit` bytes of what the file holds, all of them if it holds fewer.
std::vector<std::uint8_t> unpack(std::span<const std::uint8_t> bytes, std::size_t limit,
                                 std::string_view name) {
  std::vector<std::uint8_t> out;
  if (bytes.size() >= 2 && bytes[0] == 0x1F && bytes[1] == 0x8B) {
    Inflater(bytes, name).read(out, limit);
  } else {
    const auto end = bytes.begin() + static_cast<std::ptrdiff_t>(std::min(limit, bytes.size()));
    out.assign(bytes.begin(), end);
  }
  return out;
}

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
  return parse_idx(read_file(path), path.string());
}

}  // namespace pliant::data
