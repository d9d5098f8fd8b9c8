// pliant/data/npz.cpp — .npz files: the zip format as far as NumPy writes it (no torch)
//
// A zip ends with a record that says where its directory stands; the directory has an entry a file:
// method, CRC-32, sizes, name, and where the file's own head stands, which its bytes follow.
#include "pliant/data/npz.h"

#define ZLIB_CONST
#include <zlib.h>

#include <algorithm>
#include <limits>
#include <optional>
#include <string>

#include "pliant/base/errors.h"
#include "pliant/base/file.h"

namespace pliant::data {
namespace {

constexpr std::uint32_t kFileHead = 0x04034B50;
constexpr std::uint32_t kEntryHead = 0x02014B50;
constexpr std::uint32_t kEnd = 0x06054B50;
constexpr std::size_t kEndSize = 22;
constexpr std::size_t kEntrySize = 46;
constexpr std::size_t kFileHeadSize = 30;
constexpr std::uint32_t kTooLarge = 0xFFFFFFFF;  ///< stands for a length of 4 GB and more

/// The bytes of a zip, read with their bounds checked.
class Zip {
 public:
  Zip(std::span<const std::uint8_t> bytes, std::string_view name) : bytes_(bytes), name_(name) {}

  [[nodiscard]] std::uint32_t number(std::size_t place, int size) const {
    static_cast<void>(part(place, static_cast<std::size_t>(size)));
    std::uint32_t value = 0;
    for (int i = 0; i < size; ++i)
      value |= std::uint32_t{bytes_[place + static_cast<std::size_t>(i)]} << (8 * i);
    return value;
  }
  [[nodiscard]] std::span<const std::uint8_t> part(std::size_t place, std::size_t size) const {
    base::require(place <= bytes_.size() && size <= bytes_.size() - place, name_,
                  ": the zip is truncated or damaged");
    return bytes_.subspan(place, size);
  }
  [[nodiscard]] std::size_t size() const { return bytes_.size(); }
  [[nodiscard]] const std::string& name() const { return name_; }

 private:
  std::span<const std::uint8_t> bytes_;
  std::string name_;
};

/// What the directory says of a file.
struct Entry {
  std::uint32_t flags, method, crc, packed, size, place;
  std::string name;
};

std::size_t find_end(const Zip& zip) {
  const std::size_t longest = kEndSize + std::numeric_limits<std::uint16_t>::max();
  for (std::size_t back = kEndSize; back <= std::min(longest, zip.size()); ++back) {
    if (zip.number(zip.size() - back, 4) == kEnd) return zip.size() - back;
  }
  base::fail(zip.name(), ": this is no .npz file, or it is truncated");
}

std::vector<Entry> directory(const Zip& zip) {
  const std::size_t end = find_end(zip);
  const std::uint32_t count = zip.number(end + 10, 2);
  std::size_t place = zip.number(end + 16, 4);
  std::vector<Entry> entries;
  for (std::uint32_t i = 0; i < count; ++i) {
    base::require(zip.number(place, 4) == kEntryHead, zip.name(),
                  ": the zip's directory is damaged");
    Entry entry{zip.number(place + 8, 2),
                zip.number(place + 10, 2),
                zip.number(place + 16, 4),
                zip.number(place + 20, 4),
                zip.number(place + 24, 4),
                zip.number(place + 42, 4),
                {}};
    const std::size_t length = zip.number(place + 28, 2);
    const auto text = zip.part(place + kEntrySize, length);
    entry.name.assign(text.begin(), text.end());
    place += kEntrySize + length + zip.number(place + 30, 2) + zip.number(place + 32, 2);
    entries.push_back(std::move(entry));
  }
  return entries;
}

/// A deflate stream without a head, of a known length when inflated.
std::vector<std::uint8_t> inflated(std::span<const std::uint8_t> packed, std::size_t size,
                                   const std::string& name) {
  z_stream stream{};
  base::require(inflateInit2(&stream, -15) == Z_OK, name, ": zlib does not start");
  std::vector<std::uint8_t> out;
  int status = Z_OK;
  stream.next_in = packed.data();
  stream.avail_in = static_cast<uInt>(packed.size());
  while (status == Z_OK && out.size() <= size) {
    const std::size_t have = out.size();
    out.resize(have + std::clamp<std::size_t>(have, 1 << 16, 1 << 28));
    stream.next_out = out.data() + have;
    stream.avail_out = static_cast<uInt>(out.size() - have);
    status = inflate(&stream, Z_NO_FLUSH);
    out.resize(out.size() - stream.avail_out);
  }
  inflateEnd(&stream);
  base::require(status == Z_STREAM_END && out.size() == size, name,
                ": the zip's contents are truncated or damaged");
  return out;
}

std::vector<std::uint8_t> contents(const Zip& zip, const Entry& entry) {
  base::require((entry.flags & 1U) == 0, zip.name(), ": the zip is encrypted");
  base::require(entry.packed != kTooLarge && entry.size != kTooLarge && entry.place != kTooLarge,
                zip.name(), ": arrays of 4 GB and more are not read");
  base::require(zip.number(entry.place, 4) == kFileHead, zip.name(),
                ": the zip's contents are damaged");
  const std::size_t begin = entry.place + kFileHeadSize + zip.number(entry.place + 26, 2) +
                            zip.number(entry.place + 28, 2);
  const auto packed = zip.part(begin, entry.packed);
  base::require(entry.method == 0 || entry.method == 8, zip.name(), ": zip method ", entry.method,
                " is not read, only 0 and 8");
  std::vector<std::uint8_t> out;
  if (entry.method == 8) {
    out = inflated(packed, entry.size, zip.name());
  } else {
    out.assign(packed.begin(), packed.end());
  }
  const uLong crc = crc32_z(0, out.data(), out.size());
  base::require(out.size() == entry.size && crc == entry.crc, zip.name(),
                ": the zip's contents are damaged");
  return out;
}

}  // namespace

NpyArray parse_npz(std::span<const std::uint8_t> bytes, std::string_view array,
                   std::string_view name) {
  const Zip zip(bytes, name);
  std::optional<Entry> found;
  std::string known;
  for (const Entry& entry : directory(zip)) {
    const bool wanted = array.empty() || entry.name == std::string(array) + ".npy";
    if (!found && wanted) found = entry;
    known += (known.empty() ? "" : ", ") + entry.name;
  }
  base::require(found.has_value(), zip.name(), ": there is no array '", array, "' in it, only ",
                known.empty() ? "nothing" : known);
  NpyArray result{{}, contents(zip, *found)};
  result.header = parse_npy_header(result.bytes, zip.name());
  const std::size_t there = result.bytes.size() - result.header.begin;
  const std::size_t expected = result.header.elements() * result.header.item;
  base::require(there == expected, zip.name(), ": the array has ", there, " bytes, not ", expected);
  return result;
}

NpyArray read_npz(const std::filesystem::path& path, std::string_view array) {
  return parse_npz(base::read_file(path), array, path.string());
}

}  // namespace pliant::data
