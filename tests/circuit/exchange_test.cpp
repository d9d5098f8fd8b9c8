// tests/circuit/exchange_test.cpp — berkeley-abc reads what we write, and we what it writes
#include <doctest/doctest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>

#include "pliant/circuit/aiger.h"
#include "pliant/circuit/blif.h"
#include "tests/circuit/agree.h"
#include "tests/data/scratch_folder.h"

namespace pliant::circuit {
namespace {

bool no_abc() { return std::system("command -v berkeley-abc >/dev/null 2>&1") != 0; }

/// What berkeley-abc prints in the folder.
std::string abc(const tests::ScratchFolder& folder, const std::string& commands) {
  const std::string line =
      "cd '" + folder.path().string() + "' && berkeley-abc -q '" + commands + "' >out 2>&1";
  const bool ran = std::system(line.c_str()) == 0;
  std::ifstream file(folder / "out");
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  return ran ? text : "failed: " + text;
}

bool equivalent(const std::string& verdict) {
  return verdict.find("Networks are equivalent") != std::string::npos;
}

/// Names as encoders have them, and two alike.
Circuit named_circuit(std::uint64_t seed) {
  Circuit circuit = flat_circuit(random_cell(seed, {.inputs = 12, .nodes = 60, .outputs = 30}), 3);
  Encoder& encoder = circuit.encoder;
  encoder.features = 6;
  for (std::uint32_t i = 0; i < 12; ++i) {
    encoder.feature.push_back(i % 6);
    encoder.threshold.push_back(i < 6 ? 0.5 : 0.50000001);
  }
  encoder.names = {"work class=Private", "x[3,14]", "#", "a\\", "hours", ".names"};
  return circuit;
}

TEST_CASE("abc says that our BLIF, our ascii AIGER and our binary AIGER are equivalent" *
          doctest::skip(no_abc())) {
  const tests::ScratchFolder folder;
  for (std::uint64_t seed = 0; seed < 3; ++seed) {
    const Circuit circuit = named_circuit(seed);
    write_blif(folder / "a.blif", circuit);
    write_aiger(folder / "a.aig", circuit, AigerForm::kBinary);
    write_aiger(folder / "ascii.aig", circuit, AigerForm::kAscii);
    const std::string verdict = abc(folder, "cec a.aig a.blif");
    CHECK_MESSAGE(equivalent(verdict), verdict);
    // A changed gate is seen: the oracle can say no.
    Circuit changed = circuit;
    changed.cell().outputs[7] = !changed.cell().outputs[7];
    write_blif(folder / "b.blif", changed);
    const std::string other = abc(folder, "cec a.aig b.blif");
    CHECK_MESSAGE(other.find("NOT EQUIVALENT") != std::string::npos, other);
  }
}

TEST_CASE("what abc writes from ours is ours again" * doctest::skip(no_abc())) {
  const tests::ScratchFolder folder;
  for (std::uint64_t seed = 10; seed < 13; ++seed) {
    const Circuit circuit = named_circuit(seed);
    write_blif(folder / "a.blif", circuit);
    abc(folder,
        "read_blif a.blif; write_blif b.blif; strash; write_aiger -s b.aig; if -K 6; "
        "write_blif c.blif; strash; write_aiger -s c.aig");
    for (const char* file : {"b.blif", "c.blif"}) {
      const Circuit read = read_blif(folder / file);
      CHECK(agree(read.cell(), circuit.cell()));
    }
    for (const char* file : {"b.aig", "c.aig"}) {
      const Circuit read = read_aiger(folder / file);
      CHECK(agree(read.cell(), circuit.cell()));
      REQUIRE(read.encoder.names.size() == 12);
      CHECK(read.encoder.names[1] == "x[3,14]>0.5");
    }
  }
}

}  // namespace
}  // namespace pliant::circuit
