// tests/data/idx_test.cpp — IDX: golden bytes, gzip, and every way a file can be wrong
#include "pliant/data/idx.h"

#include <doctest/doctest.h>

#include <fstream>
#include <string>
#include <system_error>

#include "tests/data/gzip.h"
#include "tests/data/scratch_folder.h"

namespace pliant::data {
namespace {

using Bytes = std::vector<std::uint8_t>;
using doctest::Contains;

/// Two images of 2 × 3.
const Bytes kSmall = {0, 0, 8, 3, 0, 0, 0,   2,   0,   0,   0,   2,  0, 0, 0, 3,  //
                      1, 2, 3, 4, 5, 6, 250, 251, 252, 253, 254, 255};

Bytes with(Bytes bytes, std::size_t at, std::uint8_t value) {
  bytes.at(at) = value;
  return bytes;
}

TEST_CASE("a small file by hand, plain and gzipped") {
  for (const Bytes& file : {kSmall, tests::gzip(kSmall)}) {
    const IdxArray array = parse_idx(file, "small");
    CHECK(array.shape == std::vector<std::uint32_t>{2, 2, 3});
    CHECK(array.values == Bytes{1, 2, 3, 4, 5, 6, 250, 251, 252, 253, 254, 255});
  }
}

TEST_CASE("an array without values, and eight dimensions") {
  CHECK(parse_idx(Bytes{0, 0, 8, 1, 0, 0, 0, 0}, "empty").values.empty());
  Bytes eight = {0, 0, 8, 8};
  for (int d = 0; d < 8; ++d) eight.insert(eight.end(), {0, 0, 0, 1});
  eight.push_back(7);
  const IdxArray array = parse_idx(eight, "eight");
  CHECK(array.shape == std::vector<std::uint32_t>(8, 1));
  CHECK(array.values == Bytes{7});
}

TEST_CASE("a file larger than one step of the inflater") {
  Bytes large = {0, 0, 8, 2, 0, 0, 4, 0, 0, 0, 4, 1};  // 1024 × 1025
  for (std::size_t i = 0; i < std::size_t{1024} * 1025; ++i) {
    large.push_back(static_cast<std::uint8_t>((i * 2654435761U) >> 13));
  }
  const IdxArray array = parse_idx(tests::gzip(large), "large");
  CHECK(std::equal(array.values.begin(), array.values.end(), large.begin() + 12, large.end()));
}

TEST_CASE("truncated at every byte, plain and gzipped") {
  for (const Bytes& file : {kSmall, tests::gzip(kSmall)}) {
    for (std::size_t length = 0; length < file.size(); ++length) {
      const Bytes cut(file.begin(), file.begin() + static_cast<std::ptrdiff_t>(length));
      CAPTURE(length);
      CHECK_THROWS_WITH_AS(parse_idx(cut, "cut.idx"), Contains("cut.idx"), std::invalid_argument);
    }
  }
}

TEST_CASE("what is wrong is said") {
  const auto error = [](const Bytes& bytes, const char* text) {
    CHECK_THROWS_WITH_AS(parse_idx(bytes, "f"), Contains(text), std::invalid_argument);
  };
  error(with(kSmall, 0, 1), "got 0x010008");
  error(with(kSmall, 2, 0x0D), "got 0x00000d");  // float
  error(with(kSmall, 3, 0), "expected 1 … 8 dimensions, got 0");
  error(with(kSmall, 3, 9), "got 9");
  error(with(kSmall, 3, 8), "truncated: the header has 36 bytes, the file 28");
  error(with(kSmall, 7, 3), "truncated: the sizes give 18 values, the file has 12");
  error(with(kSmall, 7, 1), "trailing bytes: the sizes give 6 values");
  error(with(kSmall, 4, 0xFF), "the sizes give more than");
  // 2^32 − 1 thrice, whose product overflows 64 bits; and one that a zero would hide.
  error({0, 0, 8, 3, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255}, "more than");
  error({0, 0, 8, 3, 0, 0, 0, 0, 255, 255, 255, 255, 255, 255, 255, 255}, "more than");
  error({'P', 'K', 3, 4}, "got 0x504b03");
}

TEST_CASE("gzip: damage, trailing bytes, and sizes that lie within it") {
  const Bytes file = tests::gzip(kSmall);
  std::size_t harmless = 0;
  for (std::size_t at = 0; at < file.size(); ++at) {
    for (int bit = 0; bit < 8; ++bit) {
      Bytes damaged = file;
      damaged[at] ^= static_cast<std::uint8_t>(1 << bit);
      Bytes got;
      try {
        got = parse_idx(damaged, "g").values;
      } catch (const std::invalid_argument& error) {
        CHECK(std::string(error.what()).starts_with("g: "));
        continue;
      }
      CHECK(got == parse_idx(file, "g").values);
      ++harmless;
    }
  }
  // Nothing to us: bytes 4 … 9 (time, level, system), bit 0 of byte 3 ("text"), and the bits that
  // fill up the last byte of the deflate stream.
  CHECK((49 <= harmless && harmless < 49 + 8));
  Bytes longer = file;
  longer.push_back(0);
  CHECK_THROWS_WITH_AS(parse_idx(longer, "g"),
                       Contains("1 bytes follow the end of the gzip stream"),
                       std::invalid_argument);
  CHECK_THROWS_WITH_AS(parse_idx(tests::gzip(with(kSmall, 7, 200)), "g"),
                       Contains("truncated: the sizes give 1200 values, the file has 12"),
                       std::invalid_argument);
  CHECK_THROWS_WITH_AS(parse_idx(tests::gzip(with(kSmall, 7, 1)), "g"), Contains("trailing bytes"),
                       std::invalid_argument);
}

TEST_CASE("read_idx reads files, and names the file that it cannot read") {
  const tests::ScratchFolder folder;
  std::ofstream(folder / "a.idx", std::ios::binary)
      .write(reinterpret_cast<const char*>(kSmall.data()), 28);
  CHECK(read_idx(folder / "a.idx").values.size() == 12);
  CHECK_THROWS_WITH_AS(read_idx(folder / "none.idx"), Contains("none.idx"), std::system_error);
  CHECK_THROWS_WITH_AS(read_idx(folder.path()), Contains(folder.path().c_str()), std::system_error);
}

}  // namespace
}  // namespace pliant::data
