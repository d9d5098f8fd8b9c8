// pliant/circuit/exchange/signal_names.cpp — names of bits that other programs can read (no torch)
#include "pliant/circuit/exchange/signal_names.h"

#include <algorithm>

namespace pliant::circuit {

std::string NameSet::unique(std::string_view name, std::size_t number) {
  std::string text(name);
  std::replace_if(
      text.begin(), text.end(),
      [](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return byte <= 0x20 || byte == 0x7F || c == '#' || c == '\\';
      },
      '_');
  while (text.empty() || !taken_.insert(text).second) text += "~" + std::to_string(number);
  return text;
}

SignalNames signal_names(const Circuit& circuit, NameSet& names) {
  SignalNames all;
  for (std::size_t i = 0; i < circuit.input_bits(); ++i)
    all.inputs.push_back(names.unique(bit_name(circuit.encoder, i), i));
  const std::vector<std::uint32_t>& begins = circuit.sums.begins;
  std::size_t c = 0;
  for (std::size_t o = 0; o < circuit.output_bits(); ++o) {
    std::string name = "y" + std::to_string(o);
    if (!begins.empty()) {
      while (begins[c + 1] <= o) ++c;
      name = "c" + std::to_string(c) + "[" + std::to_string(o - begins[c]) + "]";
    }
    all.outputs.push_back(names.unique(name, o));
  }
  return all;
}

}  // namespace pliant::circuit
