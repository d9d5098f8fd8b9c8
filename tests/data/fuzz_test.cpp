// tests/data/fuzz_test.cpp — what the fuzzers do, on files that are damaged in every small way
#include <doctest/doctest.h>

#include <string>

#include "tests/damage.h"
#include "tests/data/fuzz/readers.h"

namespace pliant::data {
namespace {

TEST_CASE("a damaged file of any format is refused or read to its end") {
  for (const Reader& reader : readers()) {
    CAPTURE(std::string(reader.name));
    const auto files = reader.small_files();
    for (const auto& file : files) tests::damage(file, reader.read);
    tests::splice(files, 2000, reader.read);
  }
}

}  // namespace
}  // namespace pliant::data
