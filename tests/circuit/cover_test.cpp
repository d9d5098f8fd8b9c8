// tests/circuit/cover_test.cpp — sums of products, tables without what they do not need, building
#include "pliant/circuit/exchange/cover.h"

#include <doctest/doctest.h>

#include <array>
#include <stdexcept>
#include <string>

#include "pliant/circuit/exchange/in_order.h"
#include "pliant/circuit/exchange/read_cell.h"
#include "tests/circuit/agree.h"

namespace pliant::circuit {
namespace {

/// The table of a sum of products, entry by entry.
TruthTable table_of(const std::vector<Cube>& cubes, int inputs) {
  TruthTable table = 0;
  for (std::size_t address = 0; address < std::size_t{1} << inputs; ++address) {
    for (const Cube& cube : cubes) {
      if ((address & cube.care) == cube.value) table |= TruthTable{1} << address;
    }
  }
  return table;
}

void check_cover(TruthTable table, int inputs) {
  const std::vector<Cube> cubes = cover_of(table, inputs);
  CHECK(table_of(cubes, inputs) == table);
  for (std::size_t c = 0; c < cubes.size(); ++c) {
    std::vector<Cube> fewer = cubes;
    fewer.erase(fewer.begin() + static_cast<std::ptrdiff_t>(c));
    CHECK(table_of(fewer, inputs) != table);
  }
}

TEST_CASE("a cover is its table, and none of its products can be left out") {
  for (TruthTable table = 0; table < 256; ++table) check_cover(table, 3);
  for (const TruthTable table : random_words(1, 40)) {
    for (int inputs = 0; inputs <= kMaxFanIn; ++inputs)
      check_cover(table & table_mask(inputs), inputs);
  }
  CHECK(cover_of(0, 4).empty());
  CHECK(cover_of(table_mask(4), 4) == std::vector<Cube>{Cube{}});
  CHECK(cover_of(0b1000, 2) == std::vector<Cube>{{.care = 0b11, .value = 0b11}});
  CHECK(cover_of(0b0110, 2).size() == 2);
}

TEST_CASE("a reduced node reads each input once, and only those it depends on") {
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    const Cell cell = random_cell(seed, {.inputs = 4, .nodes = 1, .outputs = 0});
    Cell before = cell;
    before.outputs = {Literal(4)};
    Cell after = before;
    Node& node = after.nodes[0];
    node = reduced(node);
    CHECK(agree(before, after));
    for (int i = 0; i < node.fan_in; ++i) {
      CHECK(depends_on(node.table, node.fan_in, i));
      for (int j = 0; j < i; ++j)
        CHECK(node.inputs[static_cast<std::size_t>(i)] != node.inputs[static_cast<std::size_t>(j)]);
    }
    CHECK((node.table & ~table_mask(node.fan_in)) == 0);
    CHECK(reduced(node) == node);
  }
  // Found by the fuzzer of BLIF: on the third input it depends only until the first two are one.
  const Node odd{.table = 0b0001'0011, .fan_in = 3, .inputs = {4, 4, 9}};
  CHECK(reduced(odd) == Node{.table = 0b01, .fan_in = 1, .inputs = {4}});
}

TEST_CASE("a builder folds constants, wires and inverters") {
  Builder builder(3, 0, kAsRead);
  const Literal x(0);
  const Literal y(1);
  const auto both = [&](Literal a, Literal b) {
    return builder.add(0b1000, 2, std::array{a, b}.data());
  };
  CHECK(both(x, !x) == Builder::kZero);
  CHECK(both(x, Builder::kZero) == Builder::kZero);
  CHECK(both(x, !Builder::kZero) == x);
  CHECK(both(!x, !x) == !x);
  CHECK(builder.add(1, 0, nullptr) == !Builder::kZero);
  CHECK(builder.cell().nodes.empty());
  CHECK(both(!x, y) == Literal(3));
  CHECK(both(!x, y) == Literal(4));  // what stands twice is read twice
  const Cell cell = builder.take({Builder::kZero, !Builder::kZero});
  CHECK(cell.nodes.size() == 3);
  CHECK(cell.nodes[0] == Node{.table = 0b0100, .fan_in = 2, .inputs = {0, 1}});
  CHECK(cell.outputs == std::vector<Literal>{Literal(5), Literal(5, true)});
}

TEST_CASE("a conjunction of any number of literals") {
  for (std::uint32_t count : {0U, 1U, 2U, 6U, 7U, 12U}) {
    Builder builder(count, 0, kAsRead);
    std::vector<Literal> literals;
    for (std::uint32_t i = 0; i < count; ++i) literals.emplace_back(i, i % 3 == 1);
    const Cell cell = builder.take({all_of(builder, literals)});
    std::vector<std::uint64_t> rows(count);
    for (std::uint32_t i = 0; i < count; ++i) {
      // Assignment 0 has all right, assignment i + 1 all but literal i.
      rows[i] = i % 3 == 1 ? std::uint64_t{2} << i : ~(std::uint64_t{2} << i);
    }
    const std::uint64_t used = (std::uint64_t{2} << count) - 1;
    CHECK((evaluate(cell, rows.data(), 1)[0] & used) == (count == 0 ? used : 1));
  }
}

TEST_CASE("definitions are met after what they read, in their order otherwise, or are a cycle") {
  using Graph = std::vector<std::vector<std::size_t>>;
  const auto order = [](const Graph& graph) {
    std::vector<std::size_t> visited;
    visit_in_order(
        graph.size(), [&](std::size_t d) { return graph[d].size(); },
        [&](std::size_t d, std::size_t i) { return graph[d][i]; },
        [&](std::size_t d) { visited.push_back(d); },
        [](std::size_t d) { throw std::domain_error(std::to_string(d)); });
    return visited;
  };
  CHECK(order({{}, {0}, {0, 1}}) == std::vector<std::size_t>{0, 1, 2});
  CHECK(order({{2, 99}, {}, {3}, {1}}) == std::vector<std::size_t>{1, 3, 2, 0});
  CHECK_THROWS_WITH(order({{0}}), "0");
  CHECK_THROWS_WITH(order({{}, {2}, {3}, {1}}), "1");
  Graph chain(100'000);
  for (std::size_t d = 0; d + 1 < chain.size(); ++d) chain[d] = {d + 1};
  CHECK(order(chain).front() == chain.size() - 1);
}

}  // namespace
}  // namespace pliant::circuit
