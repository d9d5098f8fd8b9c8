// pliant/data/gzip.cpp — a zlib stream over bytes in memory (no torch)
#include "pliant/data/gzip.h"

#define ZLIB_CONST
#include <zlib.h>

#include <algorithm>
#include <limits>
#include <string>

#include "pliant/base/errors.h"

namespace pliant::data {
namespace {

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

}  // namespace

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

}  // namespace pliant::data
