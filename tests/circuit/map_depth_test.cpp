// tests/circuit/map_depth_test.cpp — mapping for the least depth, beside what berkeley-abc reaches
#include <doctest/doctest.h>

#include <cstdio>
#include <string>
#include <utility>

#include "pliant/circuit/blif.h"
#include "pliant/circuit/proof.h"
#include "pliant/circuit/proof/external_program.h"
#include "tests/circuit/optimise_check.h"

namespace pliant::circuit {
namespace {

/// Mapped for depth; nodes of at most `lut` inputs that compute the same.
Circuit shallow(const Circuit& circuit, int lut) {
  Circuit result = optimised(circuit, {.lut = lut, .shallow = true});
  CHECK(same_function(circuit, result));
  CHECK(in_normal_form(result.cell(), lut));
  return result;
}

/// Layers of `width` gates whose wiring is a shuffled chain, as `unique` wiring makes it.
Circuit layered(std::uint64_t seed, std::uint32_t width, std::uint32_t layers) {
  base::Random random(seed, 0, 0);
  Cell cell;
  cell.inputs = width;
  for (Signal layer = 0; layer < layers; ++layer) {
    std::vector<Signal> order(width);
    for (Signal i = 0; i < width; ++i) order[i] = i;
    for (Signal i = width - 1; i > 0; --i) std::swap(order[i], order[random.below(i + 1)]);
    for (const Signal i : order)
      cell.add(two(1 + random.below(14), width * layer + i, width * layer + (i + 1) % width));
  }
  for (Signal i = 0; i < width; ++i) cell.outputs.emplace_back(width * layers + i);
  return flat_circuit(cell);
}

/// a + b + carry of so many bits, bit by bit.
Circuit adder(Signal bits) {
  Cell cell;
  cell.inputs = 2 * bits + 1;
  Signal carry = 2 * bits;
  for (Signal bit = 0; bit < bits; ++bit) {
    const Signal half = cell.add(two(kXor2, bit, bits + bit));
    cell.outputs.emplace_back(cell.add(two(kXor2, half, carry)));
    const Signal both = cell.add(two(kAnd2, bit, bits + bit));
    carry = cell.add(two(kOr2, both, cell.add(two(kAnd2, half, carry))));
  }
  cell.outputs.emplace_back(carry);
  return flat_circuit(cell);
}

/// What `strash; if -K` makes of the circuit's bits, without the inverters and wires that it needs
/// at outputs; no nodes: there is no berkeley-abc.
Size by_abc(const Circuit& circuit, int lut) {
  const TemporaryFolder folder;
  folder.write("net.blif", blif_text(circuit));
  const ProgramResult result = run_program(
      {"berkeley-abc", "-c",
       "read_blif net.blif; strash; if -K " + std::to_string(lut) + "; write_blif mapped.blif"},
      120, folder.path());
  if (!result.found) return {};
  return size_of(read_blif(folder.path() / "mapped.blif").cell());
}

TEST_CASE("random cells keep their function, and no other mapping is shallower") {
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    const Circuit circuit =
        flat_circuit(random_cell(seed, {.inputs = 2 + static_cast<std::uint32_t>(seed % 10),
                                        .nodes = 40,
                                        .outputs = 5,
                                        .most_fan_in = 2 + static_cast<int>(seed % 5)}));
    std::size_t above = ~std::size_t{0};
    for (int lut = 2; lut <= kMaxFanIn; ++lut) {
      const std::size_t depth = size_of(shallow(circuit, lut).cell()).depth;
      CHECK(depth <= size_of(optimised(circuit, {.lut = lut}).cell()).depth);
      CHECK(depth <= above + (lut > 2 ? 1 : 0));
      above = depth;
    }
  }
}

TEST_CASE("a chain of eight gates of three levels of two is as deep as its inputs need") {
  // x0 ∧ (x1 ∧ (… x8)): six inputs of a node take five gates.
  Cell cell;
  cell.inputs = 9;
  Signal last = 8;
  for (Signal i = 8; i-- > 0;) last = cell.add(two(i % 2 == 0 ? kAnd2 : kXor2, last, i));
  cell.outputs = {Literal(last)};
  const Circuit circuit = flat_circuit(cell);
  CHECK(size_of(shallow(circuit, 6).cell()).depth == 2);
  CHECK(size_of(shallow(circuit, 4).cell()).depth == 3);
  CHECK(size_of(shallow(circuit, 2).cell()).depth == 8);
}

TEST_CASE("nodes of six inputs go straight through") {
  const Circuit circuit = flat_circuit(random_cell(
      3, {.inputs = 30, .nodes = 60, .outputs = 20, .least_fan_in = 6, .most_fan_in = 6}));
  const Circuit clean = optimised(circuit, {.lut = 0});
  const Circuit mapped = shallow(circuit, 6);
  CHECK(mapped.cell().nodes.size() <= clean.cell().nodes.size());
  CHECK(size_of(mapped.cell()).depth <= size_of(clean.cell()).depth);
}

TEST_CASE("as deep as berkeley-abc maps it, in as few nodes") {
  const std::vector<std::pair<std::string, Circuit>> circuits = {
      {"layered", layered(5, 400, 6)}, {"narrow", layered(9, 90, 14)}, {"adder", adder(16)}};
  for (const auto& [name, circuit] : circuits) {
    for (const int lut : {4, 6}) {
      const Size abc = by_abc(circuit, lut);
      if (abc.nodes == 0) {
        MESSAGE("not run: there is no berkeley-abc");
        return;
      }
      const Size ours = size_of(shallow(circuit, lut).cell());
      std::printf("%-8s K = %d: %5zu nodes, depth %2zu; berkeley-abc %5zu nodes, depth %2zu\n",
                  name.c_str(), lut, ours.nodes, ours.depth, abc.nodes, abc.depth);
      CHECK(ours.depth <= abc.depth);
      CHECK(ours.nodes <= abc.nodes + abc.nodes / 20);
    }
  }
}

TEST_CASE("what is mapped for depth is proved equal to its source") {
  const Circuit circuit = layered(4, 60, 5);
  const Proof proof = prove(circuit, shallow(circuit, 6), {.words = 8, .adders = false});
  CHECK(proof.verdict != Verdict::kDifferent);
  if (proof.verdict != Verdict::kEqual) MESSAGE("not proved: ", proof.text);
}

}  // namespace
}  // namespace pliant::circuit
