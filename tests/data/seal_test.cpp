// tests/data/seal_test.cpp — the checksum of a safetensors file: a golden value, and what it sees
#include "pliant/data/seal.h"

#include <doctest/doctest.h>

#include <array>
#include <stdexcept>

#include "pliant/base/file.h"
#include "tests/data/scratch_folder.h"

namespace pliant::data {
namespace {

std::array<std::uint8_t, 4> kValues = {1, 2, 3, 4};

TensorMap tensors() { return {{"x", {"U8", {4}, kValues.data(), 4}}}; }

TEST_CASE("nothing has the checksum 0, and the golden value is that of zlib in Python") {
  CHECK(seal_of({}, {}) == "00000000");
  CHECK(seal_of(tensors(), {{"a", "b"}}) == "6b728f17");
}

TEST_CASE("every part counts, and every border between parts") {
  const std::string seal = seal_of(tensors(), {{"a", "bc"}});
  CHECK(seal_of(tensors(), {{"ab", "c"}}) != seal);
  CHECK(seal_of({{"y", tensors()["x"]}}, {{"a", "bc"}}) != seal);
  CHECK(seal_of({{"x", {"U8", {2, 2}, kValues.data(), 4}}}, {{"a", "bc"}}) != seal);
  CHECK(seal_of({{"x", {"F32", {1}, kValues.data(), 4}}}, {{"a", "bc"}}) != seal);
  CHECK(seal_of(tensors(), {{"a", "bc"}, {std::string(kSealEntry), "12345678"}}) == seal);
}

TEST_CASE("a sealed file is read, and refused with one number changed") {
  const tests::ScratchFolder folder;
  const auto path = folder / "f";
  const std::string seal = seal_of(tensors(), {});
  write_safetensors(path, tensors(), {{std::string(kSealEntry), seal}});
  CHECK(SafetensorsFile::open(path).tensor("x").bytes == 4);
  auto bytes = base::read_file(path);
  bytes.back() ^= 16;
  CHECK_THROWS_WITH_AS(SafetensorsFile::parse(bytes, "f"), doctest::Contains("f: damaged: its"),
                       std::invalid_argument);
}

}  // namespace
}  // namespace pliant::data
