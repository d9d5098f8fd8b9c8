// tests/logic/gate_test.cpp — gates as truth tables and their multilinear forms
#include "pliant/logic/gate.h"

#include <doctest/doctest.h>

#include <cstdint>
#include <set>
#include <stdexcept>
#include <vector>

namespace pliant::logic {
namespace {

using Numbers = std::vector<double>;

/// The multilinear form at inputs that are the bits of `address`.
double at_corner(const Numbers& c, std::size_t address) {
  double sum = 0;
  for (std::size_t subset = 0; subset < c.size(); ++subset) {
    if ((subset & address) == subset) sum += c[subset];
  }
  return sum;
}

TEST_CASE("the coefficients of the gates of two inputs, 1, b, a and a·b, are the papers'") {
  CHECK(coefficients({2, 0}) == Numbers{0, 0, 0, 0});    // false
  CHECK(coefficients({2, 1}) == Numbers{0, 0, 0, 1});    // a and b
  CHECK(coefficients({2, 2}) == Numbers{0, 0, 1, -1});   // a − ab
  CHECK(coefficients({2, 3}) == Numbers{0, 0, 1, 0});    // a
  CHECK(coefficients({2, 4}) == Numbers{0, 1, 0, -1});   // b − ab
  CHECK(coefficients({2, 5}) == Numbers{0, 1, 0, 0});    // b
  CHECK(coefficients({2, 6}) == Numbers{0, 1, 1, -2});   // xor
  CHECK(coefficients({2, 7}) == Numbers{0, 1, 1, -1});   // or
  CHECK(coefficients({2, 9}) == Numbers{1, -1, -1, 2});  // xnor
  CHECK(coefficients({2, 11}) == Numbers{1, -1, 0, 1});  // 1 − b + ab
  CHECK(coefficients({2, 14}) == Numbers{1, 0, 0, -1});  // nand
  CHECK(coefficients({2, 15}) == Numbers{1, 0, 0, 0});   // true
}

TEST_CASE("gates of 1 to 6 inputs are their tables at the corners") {
  for (int inputs = 1; inputs <= kMaxInputs; ++inputs) {
    for (std::uint64_t seed = 0; seed < 50; ++seed) {
      const std::uint64_t mixed = (seed + 1) * 0x9E3779B97F4A7C15U;
      const Gate gate{inputs, inputs == 6 ? mixed : mixed >> (64 - table_size(inputs))};
      const Numbers c = coefficients(gate);
      REQUIRE(c.size() == table_size(inputs));
      for (std::size_t address = 0; address < c.size(); ++address)
        CHECK(at_corner(c, address) == (gate[address] ? 1 : 0));
    }
  }
}

TEST_CASE("the complement of gate id is 15 − id, and swapped inputs exchange 2 and 4") {
  for (std::uint64_t id = 0; id < kGates; ++id) {
    for (std::size_t address = 0; address < 4; ++address)
      CHECK(Gate{2, id}[address] != Gate{2, 15 - id}[address]);
  }
  for (const auto& [one, other] : {std::pair{2, 4}, {3, 5}, {10, 12}, {11, 13}, {1, 1}, {6, 6}}) {
    const Gate gate{2, static_cast<std::uint64_t>(one)};
    const Gate swapped{2, static_cast<std::uint64_t>(other)};
    CHECK(gate[1] == swapped[2]);
    CHECK(gate[2] == swapped[1]);
  }
}

TEST_CASE("every gate has a name of its own, and there are no others") {
  std::set<std::string_view> names;
  for (int id = 0; id < kGates; ++id) names.insert(gate_name(id));
  CHECK(names.size() == kGates);
  CHECK(gate_name(0) == "false");
  CHECK(gate_name(1) == "and");
  CHECK(gate_name(13) == "not a or b");
  CHECK_THROWS_WITH_AS(gate_name(16), doctest::Contains("id must be in 0 … 15, got 16"),
                       std::invalid_argument);
  CHECK_THROWS_AS(gate_name(-1), std::invalid_argument);
}

}  // namespace
}  // namespace pliant::logic
