// tests/sorting/circuit_test.cpp — hardened networks: all inputs, proofs against each other, sizes
#include "pliant/sorting/circuit.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "pliant/circuit/aiger.h"
#include "pliant/circuit/optimise.h"
#include "pliant/circuit/proof.h"
#include "tests/circuit/number_rows.h"

namespace pliant::sorting {
namespace {

using circuit::Circuit;
using Numbers = std::vector<std::int64_t>;

HardeningOptions of_bits(int bits) { return {.bits = bits}; }

/// Numbers, and their wires, in ascending order; of equal ones the lower wire first.
std::vector<int> order_of(const Numbers& x) {
  std::vector<int> order(x.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](int a, int b) {
    return x[static_cast<std::size_t>(a)] < x[static_cast<std::size_t>(b)];
  });
  return order;
}

/// Checks the circuit on all inputs of n numbers against std::stable_sort.
void check_all(const Circuit& circuit, int n, const HardeningOptions& options, int wanted) {
  const int inputs = n * options.bits;
  REQUIRE(inputs <= 16);
  const Numbers widths(static_cast<std::size_t>(n), options.bits);
  const Numbers result_widths = [&] {
    Numbers all(static_cast<std::size_t>(wanted), options.bits);
    if (options.places) all.insert(all.end(), static_cast<std::size_t>(wanted), place_bits(n));
    return all;
  }();
  for (std::uint64_t example = 0; example < std::uint64_t{1} << inputs; ++example) {
    Numbers x(static_cast<std::size_t>(n));
    for (std::size_t w = 0; w < x.size(); ++w)
      x[w] = circuit::number_at(example, w * static_cast<std::size_t>(options.bits), options.bits,
                                options.is_signed);
    const Numbers got = circuit::outputs_at(circuit, example, result_widths);
    const std::vector<int> order = order_of(x);
    for (int r = 0; r < wanted; ++r) {
      const auto at = static_cast<std::size_t>(r);
      const int wire = order[static_cast<std::size_t>(n - wanted) + at];
      const std::int64_t mask = (std::int64_t{1} << options.bits) - 1;
      REQUIRE(got[at] == (x[static_cast<std::size_t>(wire)] & mask));
      if (options.places) REQUIRE(got[static_cast<std::size_t>(wanted) + at] == wire);
    }
  }
}

bool proved_equal(const Circuit& a, const Circuit& b) {
  const circuit::Proof proof = circuit::prove(a, b, {.words = 64});
  if (proof.verdict == circuit::Verdict::kUndecided) {
    MESSAGE(proof.text);  // berkeley-abc is not installed
    return circuit::proof_programs().front().path.empty();
  }
  return proof.verdict == circuit::Verdict::kEqual;
}

}  // namespace

TEST_CASE("a hardened network of every kind sorts all inputs") {
  for (const std::string_view kind : network_names()) {
    CAPTURE(kind);
    for (const auto& [n, bits] :
         {std::pair{1, 4}, {2, 8}, {3, 5}, {4, 4}, {5, 3}, {8, 2}, {16, 1}}) {
      CAPTURE(n);
      const Circuit hard = circuit_of(make_network(kind, n), of_bits(bits));
      check_all(hard, n, of_bits(bits), n);
      check_all(circuit::optimised(hard), n, of_bits(bits), n);
    }
  }
}

TEST_CASE("signed numbers, places of equal ones, and the largest k alone") {
  for (const std::string_view kind : network_names()) {
    CAPTURE(kind);
    for (int wanted = 1; wanted <= 4; ++wanted) {
      for (const bool is_signed : {false, true}) {
        const HardeningOptions options{.bits = 3, .is_signed = is_signed, .places = true};
        check_all(circuit_of(make_network(kind, 4), options, wanted), 4, options, wanted);
      }
    }
  }
}

TEST_CASE("a comparator is three nodes a bit") {
  const Network pair{2, {{0, 0, 1}}};
  const Circuit hard = circuit_of(pair, of_bits(8));
  CHECK(hard.cell().nodes.size() == 24);
  CHECK(circuit::bit_name(hard.encoder, 9) == "x[1].1");
  CHECK(circuit_of(pair, of_bits(8), 1).cell().nodes.size() == 16);  // the smaller one is not made
  // A descending comparator is one with low above high.
  const Circuit falling = circuit_of({2, {{0, 1, 0}}}, of_bits(4));
  CHECK(circuit::outputs_at(falling, 0x3A, {4, 4}) == Numbers{0xA, 3});
}

TEST_CASE("odd-even transposition is proved to be the bitonic sorter") {
  for (const auto& [n, bits] : {std::pair{4, 8}, {6, 4}, {8, 3}}) {
    const Circuit odd_even = circuit_of(make_network("odd_even", n), of_bits(bits));
    for (const char* kind : {"bitonic", "batcher"}) {
      const Circuit other = circuit_of(make_network(kind, n), of_bits(bits));
      CHECK(proved_equal(odd_even, other));
      CHECK(proved_equal(odd_even, circuit::optimised(other)));
    }
  }
  const HardeningOptions places{.bits = 4, .is_signed = true, .places = true};
  CHECK(proved_equal(circuit_of(make_network("odd_even", 5), places),
                     circuit_of(make_network("batcher", 5), places)));
}

TEST_CASE("a network that lacks a comparator is refuted by an example") {
  Network broken = make_network("odd_even", 6);
  broken.comparators.pop_back();
  const Circuit whole = circuit_of(make_network("odd_even", 6), of_bits(4));
  const circuit::Proof proof = circuit::prove(whole, circuit_of(broken, of_bits(4)), {.words = 64});
  CHECK(proof.verdict == circuit::Verdict::kDifferent);
  CHECK(proof.counterexample.has_value());
}

TEST_CASE("a hardened network goes through AIGER") {
  const Circuit hard = circuit_of(make_network("batcher", 4), of_bits(3));
  const auto bytes = circuit::aiger_bytes(hard, circuit::AigerForm::kBinary);
  check_all(circuit::parse_aiger(bytes, "sorted.aig"), 4, of_bits(3), 4);
}

TEST_CASE("what cannot be hardened is refused") {
  const Network pair{2, {{0, 0, 1}}};
  const auto text_of = [](const auto& call) -> std::string {
    try {
      call();
    } catch (const std::invalid_argument& error) {
      return error.what();
    }
    return "";
  };
  CHECK(text_of([&] { circuit_of(pair, of_bits(0)); }) ==
        "circuit_of: bits must be in 1 … 64, got 0");
  CHECK(text_of([&] { circuit_of(pair, of_bits(65)); }) ==
        "circuit_of: bits must be in 1 … 64, got 65");
  CHECK(text_of([&] { circuit_of(pair, {}, 3); }) == "circuit_of: wanted must be in 1 … 2, got 3");
  CHECK(text_of([&] { circuit_of({2, {{0, 0, 2}}}); }).starts_with("circuit_of: "));
}

}  // namespace pliant::sorting
