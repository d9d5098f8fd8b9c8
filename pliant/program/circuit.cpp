// pliant/program/circuit.cpp — programs on whole numbers as Boolean circuits (no torch)
#include "pliant/program/circuit.h"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "pliant/base/errors.h"
#include "pliant/program/compile/compiler.h"

namespace pliant::program {
namespace {

void check(const Tree& tree, const std::vector<InputNumbers>& inputs,
           const CompileOptions& options) {
  base::require(inputs.size() == tree.inputs.size(), "circuit_of: program ", tree.name, " takes ",
                tree.inputs.size(), " inputs, got ", inputs.size());
  base::require(1 <= options.max_passes && options.max_passes <= (std::size_t{1} << 20),
                "circuit_of: max_passes must be in 1 … 2^20, got ", options.max_passes);
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    base::require(1 <= inputs[i].bits && inputs[i].bits <= 32,
                  "circuit_of: ", tree.slots[static_cast<std::size_t>(tree.inputs[i].slot)].name,
                  ": bits must be in 1 … 32, got ", inputs[i].bits);
  }
}

/// The layouts of the inputs, and the names of their bits: "xs[2,0].1".
std::vector<Layout> layouts_of(const Tree& tree, const std::vector<InputNumbers>& inputs,
                               std::vector<std::string>& names) {
  std::vector<Layout> layouts;
  for (std::size_t k = 0; k < inputs.size(); ++k) {
    const InputNumbers& input = inputs[k];
    const std::string& called = tree.slots[static_cast<std::size_t>(tree.inputs[k].slot)].name;
    layouts.push_back({called, input.shape, input.bits, input.is_signed, 0});
    double count = 1;
    for (const std::size_t size : input.shape) count *= static_cast<double>(size);
    base::require(count * input.bits + static_cast<double>(names.size()) < (1 << 24),
                  "circuit_of: ", called, ": fewer than 2^24 input bits are possible");
    for (std::size_t e = 0; e < static_cast<std::size_t>(count); ++e) {
      std::vector<std::string> indices(input.shape.size());
      std::size_t rest = e;
      for (std::size_t d = indices.size(); d-- > 0; rest /= input.shape[d]) {
        indices[d] = std::to_string(rest % input.shape[d]);
      }
      std::string place;
      for (const std::string& index : indices) {
        place += place.empty() ? '[' : ',';
        place += index;
      }
      if (!place.empty()) place += ']';
      for (int i = 0; i < input.bits; ++i)
        names.push_back(called + place + "." + std::to_string(i));
    }
  }
  return layouts;
}

/// The slots of the outputs that are wanted.
std::vector<int> outputs_of(const Tree& tree, const std::vector<std::string>& wanted) {
  if (wanted.empty()) return tree.outputs;
  std::vector<int> slots;
  for (const std::string& name : wanted) {
    std::string known;
    int found = -1;
    for (const int slot : tree.outputs) {
      const std::string& output = tree.slots[static_cast<std::size_t>(slot)].name;
      if (output == name) found = slot;
      known += (known.empty() ? "" : ", ") + output;
    }
    base::require(found >= 0, "circuit_of: program ", tree.name, " has no output '", name,
                  "'; there are: ", known);
    slots.push_back(found);
  }
  return slots;
}

}  // namespace

CompiledProgram circuit_of(const Program& program, const std::vector<InputNumbers>& inputs,
                           const CompileOptions& options) {
  const Tree& tree = program.tree();
  check(tree, inputs, options);
  const std::vector<int> wanted = outputs_of(tree, options.outputs);
  CompiledProgram out;
  std::vector<std::string> names;
  out.inputs = layouts_of(tree, inputs, names);
  compile::Compiler compiler(tree, options, static_cast<std::uint32_t>(names.size()));
  circuit::Signal first = 0;
  for (std::size_t k = 0; k < inputs.size(); ++k) {
    compiler.set_input(k, inputs[k], first);
    auto count = static_cast<std::size_t>(inputs[k].bits);
    for (const std::size_t size : inputs[k].shape) count *= size;
    first += static_cast<circuit::Signal>(count);
  }
  compiler.run();
  std::vector<circuit::Literal> bits;
  for (const int slot : wanted) {
    const compile::Array& array = compiler.value(slot);
    Layout layout{tree.slots[static_cast<std::size_t>(slot)].name, {}, 0, false, 0};
    for (std::size_t k = 0; k < array.shape.rank; ++k)
      layout.shape.push_back(static_cast<std::size_t>(array.shape.size[k]));
    const auto added = compiler.bits_of(array, layout);
    bits.insert(bits.end(), added.begin(), added.end());
    out.outputs.push_back(std::move(layout));
  }
  base::require(!bits.empty(), "circuit_of: the outputs of program ", tree.name,
                " are 0 for all inputs: no bit is left");
  out.circuit = compiler.words().take(std::move(bits), std::move(names));
  circuit::remove_dead(out.circuit.cell());
  return out;
}

}  // namespace pliant::program
