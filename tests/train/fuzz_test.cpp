// tests/train/fuzz_test.cpp — what the fuzzer does, on configs that are damaged in every small way
#include <doctest/doctest.h>

#include "tests/damage.h"
#include "tests/train/fuzz/config.h"

namespace pliant::train {
namespace {

TEST_CASE("a damaged config.toml is refused or gives options that come back") {
  const auto entry = [](auto bytes) {
    fuzz_config({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  };
  std::vector<tests::Bytes> files;
  for (const std::string& text : small_configs()) files.emplace_back(text.begin(), text.end());
  for (const auto& file : files) tests::damage(file, entry);
  tests::splice(files, 500, entry);
}

}  // namespace
}  // namespace pliant::train
