// tests/data/npz_test.cpp — .npz files, right and damaged (NumPy's own: test_train_reconstruct.py)
#include "pliant/data/npz.h"

#include <doctest/doctest.h>
#include <zlib.h>

#include <stdexcept>
#include <string>

namespace pliant::data {
namespace {

using namespace std::string_literals;

std::string number(std::uint64_t value, int bytes) {
  std::string text;
  for (int i = 0; i < bytes; ++i) text += static_cast<char>(value >> (8 * i) & 0xFF);
  return text;
}

std::string npy(const std::string& elements) {
  const std::string head = "{'descr': '|u1', 'fortran_order': False, 'shape': (" +
                           std::to_string(elements.size()) + ",), }\n";
  return "\x93NUMPY\x01\0"s + number(head.size(), 2) + head + elements;
}

std::string deflated(const std::string& text) {
  z_stream stream{};
  deflateInit2(&stream, 9, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY);
  std::string out(text.size() + 100, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(out.size() - stream.avail_out);
  deflateEnd(&stream);
  return out;
}

/// A zip of one file, from the format's description.
std::string zip(const std::string& name, const std::string& content, bool pack) {
  const std::string packed = pack ? deflated(content) : content;
  const uLong crc =
      crc32(0, reinterpret_cast<const Bytef*>(content.data()), static_cast<uInt>(content.size()));
  const std::string sizes = number(crc, 4) + number(packed.size(), 4) + number(content.size(), 4);
  const std::string about = number(20, 2) + number(0, 2) + number(pack ? 8 : 0, 2) + number(0, 4);
  const std::string head =
      "PK\x03\x04" + about + sizes + number(name.size(), 2) + number(0, 2) + name + packed;
  const std::string entry = "PK\x01\x02" + number(20, 2) + about + sizes + number(name.size(), 2) +
                            number(0, 2) + number(0, 2) + number(0, 2) + number(0, 2) +
                            number(0, 4) + number(0, 4) + name;
  return head + entry + "PK\x05\x06" + number(0, 4) + number(1, 2) + number(1, 2) +
         number(entry.size(), 4) + number(head.size(), 4) + number(0, 2);
}

NpyArray parse(const std::string& bytes, const std::string& array = "") {
  return parse_npz({reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()}, array,
                   "x.npz");
}

TEST_CASE("arrays come out as they went in, plain and deflated") {
  std::string elements(300'000, 'a');
  elements += "end";
  for (const bool pack : {false, true}) {
    const NpyArray array = parse(zip("arr_0.npy", npy(elements), pack));
    CHECK(array.header.shape == std::vector<std::size_t>{300'003});
    CHECK(std::string(array.elements(), array.elements() + 300'003) == elements);
    CHECK(parse(zip("voxels.npy", npy("xyz"), pack), "voxels").header.elements() == 3);
  }
}

TEST_CASE("every truncation and every flipped byte is an error or harmless, and no crash") {
  for (const bool pack : {false, true}) {
    const std::string whole = zip("arr_0.npy", npy("some elements"), pack);
    for (std::size_t length = 0; length < whole.size(); ++length)
      CHECK_THROWS_AS(parse(whole.substr(0, length)), std::invalid_argument);
    for (std::size_t i = 0; i < whole.size(); ++i) {
      std::string damaged = whole;
      damaged[i] = static_cast<char>(damaged[i] ^ 0x55);
      try {
        const NpyArray array = parse(damaged);
        CHECK(std::string(array.elements(), array.elements() + 13) == "some elements");
      } catch (const std::invalid_argument&) {
        continue;
      }
    }
  }
}

TEST_CASE("what is wrong is said") {
  CHECK_THROWS_WITH(parse("no zip at all, but longer than its last record"),
                    "x.npz: this is no .npz file, or it is truncated");
  CHECK_THROWS_WITH(parse(zip("arr_0.npy", npy("a"), true), "arr_1"),
                    "x.npz: there is no array 'arr_1' in it, only arr_0.npy");
  CHECK_THROWS_WITH(parse(zip("arr_0.npy", npy("abc") + "d", true)),
                    "x.npz: the array has 4 bytes, not 3");
}

}  // namespace
}  // namespace pliant::data
