// tests/data/safetensors_test.cpp — safetensors: golden bytes, round trips, all that can be wrong
#include "pliant/data/safetensors.h"

#include <doctest/doctest.h>

#include <array>
#include <cstring>
#include <numeric>
#include <string>
#include <system_error>

#include "pliant/base/file.h"
#include "tests/data/scratch_folder.h"

namespace pliant::data {
namespace {

using Bytes = std::vector<std::uint8_t>;
using doctest::Contains;

/// A file with this header and these many bytes of data.
Bytes make_file(const std::string& header, std::size_t data) {
  Bytes bytes(8 + header.size() + data);
  const std::uint64_t length = header.size();
  std::memcpy(bytes.data(), &length, 8);
  std::memcpy(bytes.data() + 8, header.data(), header.size());
  std::iota(bytes.begin() + 8 + static_cast<std::ptrdiff_t>(header.size()), bytes.end(),
            std::uint8_t{0});
  return bytes;
}

SafetensorsFile parse(const std::string& header, std::size_t data) {
  return SafetensorsFile::parse(make_file(header, data), "f");
}

TEST_CASE("golden bytes: wide types first, then by name, JSON padded to 8") {
  const tests::ScratchFolder folder;
  const std::array<float, 2> floats = {1, 2};
  const std::array<std::uint8_t, 1> byte = {5};
  const std::array<double, 1> wide = {3};
  write_safetensors(folder / "f",
                    {{"a", {"U8", {1}, byte.data(), 1}},
                     {"b", {"F32", {2, 1}, floats.data(), 8}},
                     {"c", {"F64", {}, wide.data(), 8}}},
                    {{"step", "12"}});
  std::string header = R"({"__metadata__":{"step":"12"},)"
                       R"("c":{"dtype":"F64","shape":[],"data_offsets":[0,8]},)"
                       R"("b":{"dtype":"F32","shape":[2,1],"data_offsets":[8,16]},)"
                       R"("a":{"dtype":"U8","shape":[1],"data_offsets":[16,17]}})";
  header.resize((header.size() + 7) / 8 * 8, ' ');
  Bytes expected = make_file(header, 17);
  std::memcpy(expected.data() + expected.size() - 17, wide.data(), 8);
  std::memcpy(expected.data() + expected.size() - 9, floats.data(), 8);
  expected.back() = 5;
  CHECK(base::read_file(folder / "f") == expected);
}

TEST_CASE("round trip of every type, of scalars, empty tensors and odd names") {
  const tests::ScratchFolder folder;
  Bytes data(48);
  std::iota(data.begin(), data.end(), std::uint8_t{1});
  TensorMap tensors = {{"scalar", {"F32", {}, data.data(), 4}},
                       {"empty", {"F64", {3, 0, 2}, nullptr, 0}},
                       {"", {"U8", {3}, data.data(), 3}},
                       {"ümlaut \"quoted\"\n", {"U8", {1}, data.data() + 7, 1}}};
  const std::vector<std::pair<std::string, std::size_t>> types = {
      {"F64", 8}, {"I64", 8},  {"F32", 4}, {"I32", 4},
      {"F16", 2}, {"BF16", 2}, {"U8", 1},  {"BOOL", 1}};
  for (const auto& [type, size] : types) {
    tensors["model/" + type] = {type, {2, 3}, data.data(), 6 * size};
  }
  const MetadataMap metadata = {{"step", "7"}, {"config", "lr = 0.1\n\"x\" = 'é'"}, {"", ""}};
  write_safetensors(folder / "f", tensors, metadata);
  SafetensorsFile first = SafetensorsFile::open(folder / "f");
  const SafetensorsFile file = std::move(first);  // The views stay right.
  CHECK(file.metadata() == metadata);
  CHECK(file.text("step") == "7");
  REQUIRE(file.tensors().size() == tensors.size());
  for (const auto& [name, view] : tensors) {
    CAPTURE(name);
    const TensorView& read = file.tensor(name);
    CHECK(read.dtype == view.dtype);
    CHECK(read.shape == view.shape);
    REQUIRE(read.bytes == view.bytes);
    if (view.bytes > 0) CHECK(std::memcmp(read.data, view.data, view.bytes) == 0);
  }
  for (const auto& [type, size] : types) {
    CHECK(reinterpret_cast<std::uintptr_t>(file.tensor("model/" + type).data) % size == 0);
  }
  CHECK_THROWS_WITH_AS((void)file.tensor("x"), Contains("f: there is no tensor 'x'"),
                       std::invalid_argument);
  CHECK_THROWS_WITH_AS((void)file.text("x"), Contains("f: there is no metadata 'x'"),
                       std::invalid_argument);
  // The same content gives the same bytes.
  write_safetensors(folder / "g", tensors, metadata);
  CHECK(base::read_file(folder / "f") == base::read_file(folder / "g"));
}

TEST_CASE("no tensors at all") {
  const tests::ScratchFolder folder;
  write_safetensors(folder / "f", {});
  CHECK(base::read_file(folder / "f") == make_file("{}      ", 0));
  CHECK(SafetensorsFile::open(folder / "f").tensors().empty());
}

TEST_CASE("files of other writers: any order, spaces, no padding") {
  const SafetensorsFile file = parse(R"( { "b" : {"shape":[3],"dtype":"U8","data_offsets":[2,5]},)"
                                     R"("a":{"data_offsets":[0,2],"dtype":"U8","shape":[2,1]},)"
                                     R"("z":{"data_offsets":[2,2],"dtype":"F32","shape":[0]}}  )",
                                     5);
  CHECK(*static_cast<const std::uint8_t*>(file.tensor("b").data) == 2);
  CHECK(file.tensor("a").bytes == 2);
  CHECK(file.tensor("z").bytes == 0);
}

TEST_CASE("what is wrong with a header is said") {
  const auto error = [](const std::string& header, std::size_t data, const char* text) {
    CAPTURE(header);
    CHECK_THROWS_WITH_AS(parse(header, data), Contains(text), std::invalid_argument);
  };
  const auto one = [](const char* fields) { return std::string(R"({"t":{)") + fields + "}}"; };
  error("", 0, "f: the header is not JSON");
  error("{", 0, "not JSON");
  error("{}x", 0, "not JSON");
  error("[]", 0, "the header must be a JSON object");
  error("7", 0, "the header must be a JSON object");
  error(R"({"t":1})", 0, "'t': an entry has exactly dtype, shape and data_offsets");
  error(one(R"("dtype":"U8","shape":[1])"), 1, "has exactly");
  error(one(R"("dtype":"U8","shape":[1],"data_offsets":[0,1],"x":0)"), 1, "has exactly");
  error(one(R"("dtype":8,"shape":[1],"data_offsets":[0,1])"), 1, "dtype must be a text");
  error(one(R"("dtype":"U9","shape":[1],"data_offsets":[0,1])"), 1,
        "unknown type 'U9'; there are: F64, I64, F32, I32, F16, BF16, U8, BOOL");
  error(one(R"("dtype":"U8","shape":1,"data_offsets":[0,1])"), 1, "shape must be a list");
  error(one(R"("dtype":"U8","shape":[-1],"data_offsets":[0,1])"), 1, "shape must hold integers");
  error(one(R"("dtype":"U8","shape":[1.0],"data_offsets":[0,1])"), 1, "got 1.0");
  error(one(R"("dtype":"U8","shape":["1"],"data_offsets":[0,1])"), 1, "got string");
  error(one(R"("dtype":"U8","shape":[[[[]]]],"data_offsets":[0,1])"), 1, "got array");
  error(one(R"("dtype":"U8","shape":[9223372036854775808],"data_offsets":[0,1])"), 1, "2^63");
  error(one(R"("dtype":"U8","shape":[1],"data_offsets":[0])"), 1, "must be [begin, end]");
  error(one(R"("dtype":"U8","shape":[1],"data_offsets":[0,2])"), 1, "do not lie in the 1 bytes");
  error(one(R"("dtype":"U8","shape":[1],"data_offsets":[1,0])"), 1, "do not lie in");
  error(one(R"("dtype":"U8","shape":[2],"data_offsets":[0,1])"), 1, "take 2 bytes, the data has 1");
  error(one(R"("dtype":"F32","shape":[],"data_offsets":[0,1])"), 1, "take 4 bytes, the data has 1");
  // 2^62 · 4 · 4 bytes are 0 modulo 2^64.
  error(one(R"("dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,0])"), 0,
        "overflows");
  error(R"({"__metadata__":[]})", 0, "must map names to texts");
  error(R"({"__metadata__":{"a":1}})", 0, "'a' must be a text");
  error(R"({"__metadata__":{"a":"1","a":"2"}})", 0, "the name 'a' twice");
  const std::string a = R"("a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]})";
  error("{" + a + "," + a + "}", 2, "the header has the name 'a' twice");
  error("{" + a + R"(,"b":{"dtype":"U8","shape":[2],"data_offsets":[1,3]}})", 3,
        "overlap at offset 1");
  error("{" + a + R"(,"b":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}})", 2,
        "overlap at offset 0");
  error("{" + a + R"(,"b":{"dtype":"U8","shape":[2],"data_offsets":[3,5]}})", 5,
        "no tensor covers the bytes 2 … 3");
  error("{" + a + "}", 3, "1 bytes follow the last tensor");
  error("{}", 1, "1 bytes follow");
  error(std::string(100'000, '['), 0, "not JSON");  // Deep, but no recursion.
  error(std::string(50'000, '[') + std::string(50'000, ']'), 0, "must be a JSON object");
  error("{\"\xFF\":1}", 0, "not JSON");
}

TEST_CASE("lengths that lie") {
  Bytes bytes = make_file("{}", 0);
  bytes[0] = 3;
  CHECK_THROWS_WITH_AS(
      SafetensorsFile::parse(bytes, "f"),
      "f: truncated: the header should have 3 bytes, the file has 2 after its length",
      std::invalid_argument);
  bytes[7] = 0xFF;
  CHECK_THROWS_WITH_AS(SafetensorsFile::parse(bytes, "f"), Contains("not a safetensors file"),
                       std::invalid_argument);
}

TEST_CASE(
    "truncated at every byte, and every byte with every bit flipped: an error or a valid file") {
  const tests::ScratchFolder folder;
  const std::array<float, 4> data = {1, 2, 3, 4};
  write_safetensors(
      folder / "f",
      {{"w", {"F32", {2}, data.data(), 8}}, {"v", {"I32", {1, 2}, data.data() + 2, 8}}},
      {{"step", "1"}});
  const Bytes good = base::read_file(folder / "f");
  for (std::size_t length = 0; length < good.size(); ++length) {
    CAPTURE(length);
    const Bytes cut(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(length));
    CHECK_THROWS_WITH_AS(SafetensorsFile::parse(cut, "cut"), Contains("cut: "),
                         std::invalid_argument);
  }
  int valid = 0;
  for (std::size_t at = 0; at < good.size(); ++at) {
    for (unsigned other = 1; other < 256; ++other) {
      Bytes flipped = good;
      flipped[at] ^= static_cast<std::uint8_t>(other);
      try {
        const SafetensorsFile file = SafetensorsFile::parse(flipped, "flipped");
        std::size_t bytes = 0;
        for (const auto& [name, view] : file.tensors()) bytes += view.bytes;
        CHECK(bytes == 16);
        ++valid;
      } catch (const std::invalid_argument& error) {
        CHECK(std::string(error.what()).starts_with("flipped: "));
      }
    }
  }
  CHECK(valid >= 16 * 255);  // All flips of the data, and some of names, are other valid files.
  CHECK(valid < static_cast<int>(255 * good.size() / 2));
}

TEST_CASE("the writer refuses what no reader would take, and leaves the old file") {
  const tests::ScratchFolder folder;
  const auto path = folder / "f";
  write_safetensors(path, {});
  const Bytes before = base::read_file(path);
  const float one = 1;
  const auto error = [&](const TensorMap& tensors, const MetadataMap& metadata, const char* text) {
    CHECK_THROWS_WITH_AS(write_safetensors(path, tensors, metadata), Contains(text),
                         std::invalid_argument);
    CHECK(base::read_file(path) == before);
    CHECK(tests::count_files(folder.path()) == 1);
  };
  error({{"t", {"F31", {}, &one, 4}}}, {}, "f: tensor 't': unknown type 'F31'");
  error({{"t", {"F32", {2}, &one, 4}}}, {}, "take 8 bytes, the data has 4");
  error({{"t", {"F32", {-1}, &one, 4}}}, {}, "negative size -1");
  error({{"t", {"F32", {}, nullptr, 4}}}, {}, "no data");
  error({{"__metadata__", {"F32", {}, &one, 4}}}, {}, "the format's own");
  error({{"\xFF", {"F32", {}, &one, 4}}}, {}, "not UTF-8");
  error({}, {{"a", "\xFF"}}, "not UTF-8");
  CHECK_THROWS_WITH_AS(write_safetensors(folder / "no/f", {}), Contains("no/f"), std::system_error);
  CHECK_THROWS_WITH_AS(SafetensorsFile::open(folder / "no/f"), Contains("no/f"), std::system_error);
}

}  // namespace
}  // namespace pliant::data
