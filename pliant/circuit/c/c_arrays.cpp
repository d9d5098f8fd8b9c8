// pliant/circuit/c/c_arrays.cpp — the C interface: the arrays that a circuit is made of (no torch)
#include <algorithm>
#include <cstddef>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "pliant/base/errors.h"
#include "pliant/circuit/c/c_api.h"

using namespace pliant;
using namespace pliant::circuit;

namespace {

const Stage& stage_of(const pliant_circuit* circuit, std::size_t stage) {
  require_pointer(circuit, "circuit");
  const std::vector<Stage>& stages = circuit->circuit().stages;
  base::require(stage < stages.size(), "stage: there are ", stages.size(), ", got ", stage);
  return stages[stage];
}

/// Copies what is wanted.
template <class T>
void copy(const std::vector<T>& from, T* to) {
  if (to != nullptr) std::copy(from.begin(), from.end(), to);
}

}  // namespace

int pliant_circuit_describe_stage(const pliant_circuit* circuit, size_t stage,
                                  pliant_circuit_stage_info* info) {
  return guarded([&] {
    const Stage& described = stage_of(circuit, stage);
    require_pointer(info, "info");
    base::require(info->size >= 2 * sizeof(std::size_t),
                  "info: its size must be set to sizeof(pliant_circuit_stage_info), got ",
                  info->size);
    pliant_circuit_stage_info all{};
    all.size = std::min(info->size, sizeof all);
    all.inputs = described.cell.inputs;
    all.nodes = described.cell.nodes.size();
    for (const Node& node : described.cell.nodes)
      all.sources += static_cast<std::size_t>(node.fan_in);
    all.outputs = described.cell.outputs.size();
    all.placements = described.placements;
    std::memcpy(info, &all, all.size);
  });
}

int pliant_circuit_copy_stage(const pliant_circuit* circuit, size_t stage, uint8_t* fan_in,
                              uint64_t* tables, uint32_t* sources, uint32_t* literals,
                              uint32_t* wires) {
  return guarded([&] {
    const Stage& copied = stage_of(circuit, stage);
    for (const Node& node : copied.cell.nodes) {
      if (fan_in != nullptr) *fan_in++ = static_cast<std::uint8_t>(node.fan_in);
      if (tables != nullptr) *tables++ = node.table;
      if (sources != nullptr) sources = std::copy_n(node.inputs.begin(), node.fan_in, sources);
    }
    if (literals != nullptr)
      for (const Literal output : copied.cell.outputs) *literals++ = output.code();
    copy(copied.wires, wires);
  });
}

int pliant_circuit_copy_encoder(const pliant_circuit* circuit, uint32_t* feature,
                                double* threshold) {
  return guarded([&] {
    require_pointer(circuit, "circuit");
    copy(circuit->circuit().encoder.feature, feature);
    copy(circuit->circuit().encoder.threshold, threshold);
  });
}

int pliant_circuit_feature_name(const pliant_circuit* circuit, size_t index, char** name) {
  return guarded([&] {
    require_pointer(circuit, "circuit");
    require_pointer(name, "name");
    const Encoder& encoder = circuit->circuit().encoder;
    const std::size_t count = encoder.has_features() ? encoder.features : encoder.inputs;
    base::require(index < count, "index: there are ", count, " features, got ", index);
    *name = encoder.names.empty() ? nullptr : copied_text(encoder.names[index]);
  });
}

int pliant_circuit_copy_sums(const pliant_circuit* circuit, uint32_t* begins, int32_t* biases) {
  return guarded([&] {
    require_pointer(circuit, "circuit");
    const ClassSums& sums = circuit->circuit().sums;
    base::require(sums.classes() > 0, "circuit: it has no classes, so no sums");
    copy(sums.begins, begins);
    copy(sums.biases, biases);
  });
}
