// tests/train/config_hash_test.cpp — fingerprints of options, and numbers as texts
#include "pliant/train/config_hash.h"

#include <doctest/doctest.h>

#include <limits>

namespace pliant::train {

TEST_CASE("the fingerprint is 64-bit FNV-1a of the names and values") {
  CHECK(config_hash({}) == "cbf29ce484222325");
  // FNV-1a of the bytes "a", 0, "b", 0, worked out apart from the library.
  CHECK(config_hash({{"a", "b"}}) == "ab40d7820d408076");
}

TEST_CASE("each name, value and border between them counts") {
  const std::string one = config_hash({{"n", "5"}, {"seed", "0"}});
  CHECK(one == config_hash({{"n", "5"}, {"seed", "0"}}));
  CHECK(one != config_hash({{"n", "5"}, {"seed", "1"}}));
  CHECK(one != config_hash({{"m", "5"}, {"seed", "0"}}));
  CHECK(config_hash({{"ab", "c"}}) != config_hash({{"a", "bc"}}));
}

TEST_CASE("a number's text is short and reads back as the same number") {
  CHECK(number_text(0.1) == "0.1");
  CHECK(number_text(10) == "10");
  CHECK(number_text(1e-7) == "1e-07");
  CHECK(number_text(std::numeric_limits<double>::quiet_NaN()) == "nan");
  const double third = 1.0 / 3;
  CHECK(std::stod(number_text(third)) == third);
}

}  // namespace pliant::train
