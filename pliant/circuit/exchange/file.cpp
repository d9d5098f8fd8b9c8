// pliant/circuit/exchange/file.cpp — the format .plc, written (no torch)
#include "pliant/circuit/file.h"

#include <algorithm>
#include <array>
#include <bit>
#include <map>
#include <string>

#include "pliant/base/errors.h"
#include "pliant/base/file.h"
#include "pliant/circuit/exchange/file_format.h"

namespace pliant::circuit {
namespace {

using namespace plc;
using Bytes = std::vector<std::uint8_t>;

void put_word(Bytes& bytes, std::uint64_t word, int size) {
  for (int b = 0; b < size; ++b) bytes.push_back(static_cast<std::uint8_t>(word >> (8 * b)));
}

/// Seven bits a byte, the lowest first; a set top bit says that more follow.
void put(Bytes& bytes, std::uint64_t number) {
  for (; number >= 0x80; number >>= 7) bytes.push_back(static_cast<std::uint8_t>(number | 0x80));
  bytes.push_back(static_cast<std::uint8_t>(number));
}

void put_names(Bytes& bytes, const std::vector<std::string>& names) {
  put(bytes, names.size());
  for (const std::string& name : names) {
    put(bytes, name.size());
    bytes.insert(bytes.end(), name.begin(), name.end());
  }
}

void put_encoder(Bytes& bytes, const Encoder& encoder) {
  put(bytes, encoder.inputs);
  put(bytes, encoder.features);
  put(bytes, encoder.byte_maximum);
  for (const std::uint32_t size : {encoder.crop.height, encoder.crop.width, encoder.crop.side})
    put(bytes, size);
  put(bytes, encoder.shape.size());
  for (const std::uint32_t size : encoder.shape) put(bytes, size);
  put_names(bytes, encoder.names);
  std::int64_t before = -1;
  for (const std::uint32_t feature : encoder.feature) {
    put(bytes, zigzag(std::int64_t{feature} - before - 1));
    before = feature;
  }
  // Few values and many bits: the values in the order of their first bits, then their numbers.
  std::map<std::uint64_t, std::uint64_t> numbers;
  Bytes values;
  Bytes order;
  for (const double threshold : encoder.threshold) {
    const auto value = std::bit_cast<std::uint64_t>(threshold);
    const auto [found, is_new] = numbers.emplace(value, numbers.size());
    if (is_new) put_word(values, value, 8);
    put(order, found->second);
  }
  put(bytes, numbers.size());
  bytes.insert(bytes.end(), values.begin(), values.end());
  bytes.insert(bytes.end(), order.begin(), order.end());
}

void put_node(Bytes& bytes, const Node& node, Signal signal) {
  const auto fan_in = static_cast<std::size_t>(node.fan_in);
  put(bytes, kCodes[fan_in] + (fan_in <= 2 ? node.table : 0));
  if (fan_in > 2) put_word(bytes, node.table, 1 << (fan_in - 3));
  if (fan_in > 0) put(bytes, signal - node.inputs[0]);
  for (std::size_t i = 1; i < fan_in; ++i)
    put(bytes, zigzag(std::int64_t{node.inputs[i]} - std::int64_t{node.inputs[i - 1]}));
}

void put_stage(Bytes& bytes, const Stage& stage) {
  const Cell& cell = stage.cell;
  put(bytes, stage.placements);
  put(bytes, cell.inputs);
  put(bytes, cell.nodes.size());
  put(bytes, cell.outputs.size());
  for (std::size_t n = 0; n < cell.nodes.size(); ++n)
    put_node(bytes, cell.nodes[n], cell.inputs + static_cast<Signal>(n));
  std::int64_t before = 0;
  for (const Literal output : cell.outputs) {
    put(bytes, zigzag(std::int64_t{output.code()} - before));
    before = output.code();
  }
  for (std::size_t w = 0; w < stage.wires.size(); ++w) {
    const std::uint32_t wire = stage.wires[w];
    const std::int64_t expected = wire_before(stage.wires, w, cell.inputs) + 1;
    put(bytes, wire == Stage::kZero ? 0 : 1 + zigzag(std::int64_t{wire} - expected));
  }
}

void put_sums(Bytes& bytes, const ClassSums& sums) {
  put(bytes, sums.classes());
  for (std::size_t c = 0; c < sums.classes(); ++c) {
    put(bytes, sums.begins[c + 1] - sums.begins[c]);
    put(bytes, zigzag(sums.biases[c]));
  }
  put_names(bytes, sums.names);
  put_word(bytes, std::bit_cast<std::uint64_t>(sums.tau), 8);
}

/// Counts as the reader does.
bool fits(const Circuit& circuit, FlatSize size) {
  bool fit = size.add(circuit.encoder.features) && size.add(circuit.input_bits());
  for (const Stage& stage : circuit.stages) {
    const std::uint64_t places = std::max(stage.placements, 1U);
    fit = fit && size.add(stage.cell.inputs) &&
          size.add_places(places, stage.cell.nodes.size(), stage.cell.outputs.size());
  }
  return fit;
}

}  // namespace

std::vector<std::uint8_t> circuit_bytes(const Circuit& circuit) {
  check_circuit(circuit);
  Bytes bytes(kMagic.begin(), kMagic.end());
  put_word(bytes, kVersion, 4);
  bytes.resize(kHeader);
  put_encoder(bytes, circuit.encoder);
  put(bytes, circuit.stages.size());
  for (const Stage& stage : circuit.stages) put_stage(bytes, stage);
  put_sums(bytes, circuit.sums);
  base::require(fits(circuit, FlatSize(bytes.size())), "circuit: flat it has more than the ",
                FlatSize(bytes.size()).most(), " signals that a file of ", bytes.size(),
                " bytes may have");
  Bytes fields;
  put_word(fields, bytes.size() - kHeader, 8);
  std::copy(fields.begin(), fields.end(), bytes.begin() + kChecked);
  fields.clear();
  put_word(fields, checksum(std::span(bytes).subspan(kChecked)), 4);
  std::copy(fields.begin(), fields.end(), bytes.begin() + kMagic.size() + 4);
  return bytes;
}

void write_circuit(const std::filesystem::path& path, const Circuit& circuit) {
  const Bytes bytes = circuit_bytes(circuit);
  base::replace_file(path, std::array{std::span<const std::uint8_t>(bytes)});
}

Circuit read_circuit(const std::filesystem::path& path) {
  return parse_circuit(base::read_file(path), path.string());
}

}  // namespace pliant::circuit
