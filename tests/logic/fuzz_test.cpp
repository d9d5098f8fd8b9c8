// tests/logic/fuzz_test.cpp — what the fuzzer does, on descriptions that are damaged in every small
// way
#include <doctest/doctest.h>

#include "tests/damage.h"
#include "tests/logic/fuzz/network.h"

namespace pliant::logic {
namespace {

TEST_CASE("a damaged description is refused or a network") {
  const auto entry = [](auto bytes) {
    fuzz_network({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  };
  std::vector<tests::Bytes> files;
  for (const std::string& text : small_networks()) files.emplace_back(text.begin(), text.end());
  for (const auto& file : files) tests::damage(file, entry);
  tests::splice(files, 2000, entry);
}

}  // namespace
}  // namespace pliant::logic
