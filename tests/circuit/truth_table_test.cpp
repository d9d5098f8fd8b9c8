// tests/circuit/truth_table_test.cpp — tables against bit-by-bit definitions
#include "pliant/circuit/truth_table.h"

#include <doctest/doctest.h>

#include "tests/circuit/random_circuit.h"

namespace pliant::circuit {
namespace {

bool entry(TruthTable table, std::size_t address) { return ((table >> address) & 1) != 0; }

std::size_t exchanged(std::size_t address, int i, int j) {
  const bool x = entry(address, static_cast<std::size_t>(i));
  const bool y = entry(address, static_cast<std::size_t>(j));
  address &= ~((std::size_t{1} << i) | (std::size_t{1} << j));
  return address | (std::size_t{y} << i) | (std::size_t{x} << j);
}

TEST_CASE("operations on tables are what they are entry by entry") {
  for (const TruthTable random : random_words(1, 20)) {
    for (int k = 1; k <= kMaxFanIn; ++k) {
      const TruthTable table = random & table_mask(k);
      for (int i = 0; i < k; ++i) {
        bool depends = false;
        for (std::size_t a = 0; a < std::size_t{1} << k; ++a) {
          const std::size_t bit = std::size_t{1} << i;
          CHECK(entry(cofactor0(table, i), a) == entry(table, a & ~bit));
          CHECK(entry(cofactor1(table, i), a) == entry(table, a | bit));
          CHECK(entry(flip_input(table, i), a) == entry(table, a ^ bit));
          depends = depends || entry(table, a & ~bit) != entry(table, a | bit);
          for (int j = 0; j < k; ++j)
            CHECK(entry(swap_inputs(table, i, j), a) == entry(table, exchanged(a, i, j)));
        }
        CHECK(depends_on(table, k, i) == depends);
      }
    }
  }
}

TEST_CASE("an input that does not matter is dropped, and two inputs become one") {
  for (std::uint64_t seed = 0; seed < 10; ++seed) {
    for (int k = 1; k <= kMaxFanIn; ++k) {
      const TruthTable table = random_words(seed, 1)[0] & table_mask(k);
      for (int i = 0; i < k; ++i) {
        const TruthTable low = drop_input(cofactor0(table, i), k, i);
        CHECK((low & ~table_mask(k - 1)) == 0);
        for (std::size_t a = 0; a < std::size_t{1} << (k - 1); ++a) {
          const std::size_t below = a & ((std::size_t{1} << i) - 1);
          CHECK(entry(low, a) == entry(table, below | (a - below) << 1));
        }
        for (int j = 0; j < k; ++j) {
          if (i == j) continue;
          const TruthTable merged = merge_inputs(table, i, j);
          CHECK(!depends_on(merged, k, j));
          for (std::size_t a = 0; a < std::size_t{1} << k; ++a) {
            const std::size_t both =
                (a >> i & 1) != 0 ? a | std::size_t{1} << j : a & ~(std::size_t{1} << j);
            CHECK(entry(merged, a) == entry(table, both));
          }
        }
      }
    }
  }
}

TEST_CASE("a table at words is the table at each of their bits") {
  for (int k = 0; k <= kMaxFanIn; ++k) {
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
      const TruthTable table = random_words(seed, 1)[0] & table_mask(k);
      const std::vector<std::uint64_t> x = random_words(seed + 100, kMaxFanIn);
      const std::uint64_t y = apply_table(table, k, x.data());
      for (int s = 0; s < 64; ++s) {
        std::size_t address = 0;
        for (int i = 0; i < k; ++i)
          address |= static_cast<std::size_t>((x[static_cast<std::size_t>(i)] >> s) & 1) << i;
        CHECK(((y >> s) & 1) == ((table >> address) & 1));
      }
    }
  }
}

}  // namespace
}  // namespace pliant::circuit
