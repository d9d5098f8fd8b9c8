// tests/circuit/fuzz/small_files.cpp — small files of each format, for fuzzers to begin from
#include "tests/circuit/fuzz/small_files.h"

#include "pliant/circuit/aiger.h"
#include "pliant/circuit/blif.h"
#include "pliant/circuit/file.h"
#include "tests/circuit/random_circuit.h"

namespace pliant::circuit {
namespace {

using Bytes = std::vector<std::uint8_t>;

Bytes bytes_of(std::string_view text) { return {text.begin(), text.end()}; }

/// Flat ones of 1 … 6 inputs, the third with an encoder, the fourth with two stages.
std::vector<Circuit> small_circuits() {
  std::vector<Circuit> all;
  for (std::uint64_t seed = 0; seed < 6; ++seed) {
    const auto inputs = static_cast<std::uint32_t>(seed + 1);
    all.push_back(flat_circuit(
        random_cell(seed, {.inputs = inputs, .nodes = 2 * seed, .outputs = 4}), seed % 3));
  }
  Encoder& encoder = all[2].encoder;
  encoder.features = 2;
  encoder.feature = {0, 1, 1};
  encoder.threshold = {0.5, 0.5, 0.25};
  encoder.names = {"age", "hours"};
  Circuit& staged = all[3];
  staged.stages.insert(staged.stages.begin(), staged.stages[0]);
  staged.stages[0].placements = 2;
  staged.stages[0].wires = {0, 1, 2, Stage::kZero, 1, 2, 3, 0};
  return all;
}

}  // namespace

std::vector<Bytes> small_files(std::string_view format) {
  std::vector<Bytes> files;
  for (const Circuit& circuit : small_circuits()) {
    if (format == "plc") files.push_back(circuit_bytes(circuit));
    if (format != "plc" && circuit.input_bits() > 4) continue;  // many ANDs and no news
    if (format == "blif") files.push_back(bytes_of(blif_text(circuit)));
    if (format == "aiger") {
      files.push_back(aiger_bytes(circuit, AigerForm::kAscii));
      files.push_back(aiger_bytes(circuit, AigerForm::kBinary));
    }
  }
  if (format == "aiger")
    files.push_back(
        bytes_of("aag 9 2 0 2 3\n2\n6\n19\n0\n18 14 7\n14 8 3\n8 6 1\ni1 b\no1 y\nc\n"));
  if (format == "blif") {
    files.push_back(
        bytes_of(".inputs a b c d \\\n e f g h\n.outputs y z\n"
                 ".names a b c d e f g h y # wide\n1-0-1100 1\n010101-- 1\n"
                 ".names z\n1\n.names y z w\n11 0\n00 0\n.end\n"));
  }
  return files;
}

}  // namespace pliant::circuit
