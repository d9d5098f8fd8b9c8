// pliant/circuit/exchange/blif.cpp — the format BLIF, written (no torch)
#include "pliant/circuit/blif.h"

#include <array>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "pliant/base/file.h"
#include "pliant/circuit/exchange/cover.h"
#include "pliant/circuit/exchange/signal_names.h"

namespace pliant::circuit {
namespace {

constexpr std::size_t kLineWidth = 100;

/// A command and its words, in lines that are continued.
void put_list(std::string& text, std::string_view command, const std::vector<std::string>& words) {
  text += command;
  std::size_t column = command.size();
  for (const std::string& word : words) {
    if (column + word.size() + 3 > kLineWidth) {
      text += " \\\n";
      column = 0;
    }
    text += ' ' + word;
    column += 1 + word.size();
  }
  text += '\n';
}

/// The lines of a table: its ones or its zeros as products. Without ones there is none.
void put_cover(std::string& text, const Node& node) {
  std::vector<Cube> cubes = cover_of(node.table, node.fan_in);
  char value = '1';
  if (node.fan_in > 0) {
    std::vector<Cube> zeros = cover_of(~node.table & table_mask(node.fan_in), node.fan_in);
    if (zeros.size() < cubes.size()) {
      cubes = std::move(zeros);
      value = '0';
    }
  }
  for (const Cube& cube : cubes) {
    for (int i = 0; i < node.fan_in; ++i)
      text += (cube.care >> i & 1) == 0 ? '-' : (cube.value >> i & 1) != 0 ? '1' : '0';
    if (node.fan_in > 0) text += ' ';
    text += value;
    text += '\n';
  }
}

void put_nodes(std::string& text, Cell cell, const SignalNames& known, NameSet& taken) {
  for (Node& node : cell.nodes) node = reduced(node);
  const std::vector<bool> read = live_signals(cell);
  std::vector<std::string> names = known.inputs;
  names.resize(cell.signals());
  std::size_t written = 0;
  for (std::size_t n = 0; n < cell.nodes.size(); ++n) {
    const Node& node = cell.nodes[n];
    if (!read[cell.inputs + n]) continue;
    text += ".names";
    for (std::size_t i = 0; i < static_cast<std::size_t>(node.fan_in); ++i)
      text += ' ' + names[node.inputs[i]];
    std::string& name = names[cell.inputs + n];
    name = taken.unique("n" + std::to_string(written), written);
    ++written;
    text += ' ' + name + '\n';
    put_cover(text, node);
  }
  for (std::size_t o = 0; o < cell.outputs.size(); ++o) {
    const Literal output = cell.outputs[o];
    text += ".names " + names[output.signal()] + ' ' + known.outputs[o] + '\n';
    text += output.inverted() ? "0 1\n" : "1 1\n";
  }
}

}  // namespace

std::string blif_text(const Circuit& circuit) {
  check_circuit(circuit);
  if (!circuit.flat()) return blif_text(flattened(circuit));
  NameSet taken;
  const SignalNames names = signal_names(circuit, taken);
  std::string text = ".model circuit\n";
  put_list(text, ".inputs", names.inputs);
  put_list(text, ".outputs", names.outputs);
  put_nodes(text, circuit.cell(), names, taken);
  return text + ".end\n";
}

void write_blif(const std::filesystem::path& path, const Circuit& circuit) {
  const std::string text = blif_text(circuit);
  const std::span<const std::uint8_t> bytes(reinterpret_cast<const std::uint8_t*>(text.data()),
                                            text.size());
  base::replace_file(path, std::array{bytes});
}

Circuit read_blif(const std::filesystem::path& path) {
  const std::vector<std::uint8_t> bytes = base::read_file(path);
  return parse_blif({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, path.string());
}

}  // namespace pliant::circuit
