// pliant/circuit/c/c_builder.cpp — the C interface: circuits from arrays (no torch)
#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "pliant/base/errors.h"
#include "pliant/circuit/c/c_api.h"

using namespace pliant;
using namespace pliant::circuit;

struct pliant_circuit_builder {  // NOLINT(readability-identifier-naming): it is C's.
  Circuit circuit;
  std::size_t equal_classes = 0;  ///< of equally many bits; 0: the sums are as they stand
};

namespace {

/// The elements of an array of the caller's.
template <class T>
std::vector<T> elements(const T* array, std::size_t count, std::string_view name) {
  if (count == 0) return {};
  require_pointer(array, name);
  return {array, array + count};
}

std::vector<std::string> texts(const char* const* array, std::size_t count) {
  std::vector<std::string> all;
  if (count > 0) require_pointer(array, "names");
  for (std::size_t i = 0; i < count; ++i) {
    require_pointer(array[i], "names: " + std::to_string(i));
    all.emplace_back(array[i]);
  }
  return all;
}

std::vector<Node> nodes_of(std::size_t count, const std::uint8_t* fan_in,
                           const std::uint64_t* tables, const std::uint32_t* sources) {
  if (count > 0) {
    require_pointer(fan_in, "fan_in");
    require_pointer(tables, "tables");
  }
  std::vector<Node> nodes(count);
  for (std::size_t n = 0; n < count; ++n) {
    base::require(fan_in[n] <= kMaxFanIn, "fan_in: 0 … 6 are possible, node ", n, " has ",
                  int{fan_in[n]});
    nodes[n].table = tables[n];
    nodes[n].fan_in = fan_in[n];
    if (fan_in[n] == 0) continue;
    require_pointer(sources, "sources");
    std::copy_n(sources, fan_in[n], nodes[n].inputs.begin());
    sources += fan_in[n];
  }
  return nodes;
}

}  // namespace

int pliant_circuit_builder_new(pliant_circuit_builder** builder) {
  return guarded([&] {
    require_pointer(builder, "builder");
    *builder = new pliant_circuit_builder;
  });
}

void pliant_circuit_builder_free(pliant_circuit_builder* builder) { delete builder; }

int pliant_circuit_builder_encoder(pliant_circuit_builder* builder, uint32_t inputs,
                                   uint32_t features, const uint32_t* feature,
                                   const double* threshold, uint32_t byte_maximum) {
  return guarded([&] {
    require_pointer(builder, "builder");
    const std::size_t bits = features > 0 ? inputs : 0;
    base::require(features > 0 || (feature == nullptr && threshold == nullptr),
                  "features: thresholds need at least 1, got 0");
    auto features_of = elements(feature, bits, "feature");
    auto thresholds = elements(threshold, bits, "threshold");
    Encoder& encoder = builder->circuit.encoder;
    encoder.inputs = inputs;
    encoder.features = features;
    encoder.feature = std::move(features_of);
    encoder.threshold = std::move(thresholds);
    if (features > 0) encoder.byte_maximum = byte_maximum;
  });
}

int pliant_circuit_builder_picture(pliant_circuit_builder* builder, uint32_t channels,
                                   uint32_t height, uint32_t width) {
  return guarded([&] {
    require_pointer(builder, "builder");
    builder->circuit.encoder.shape = {channels, height, width};
  });
}

int pliant_circuit_builder_crop(pliant_circuit_builder* builder, uint32_t height, uint32_t width,
                                uint32_t side) {
  return guarded([&] {
    require_pointer(builder, "builder");
    base::require(height > 0, "height: of a picture that is cropped it must be 1 … 64, got 0");
    builder->circuit.encoder.crop = {height, width, side};
  });
}

int pliant_circuit_builder_feature_names(pliant_circuit_builder* builder, size_t count,
                                         const char* const* names) {
  return guarded([&] {
    require_pointer(builder, "builder");
    builder->circuit.encoder.names = texts(names, count);
  });
}

int pliant_circuit_builder_stage(pliant_circuit_builder* builder, uint32_t inputs, size_t nodes,
                                 const uint8_t* fan_in, const uint64_t* tables,
                                 const uint32_t* sources, size_t outputs, const uint32_t* literals,
                                 uint32_t placements, const uint32_t* wires) {
  return guarded([&] {
    require_pointer(builder, "builder");
    Cell cell;
    cell.inputs = inputs;
    cell.nodes = nodes_of(nodes, fan_in, tables, sources);
    for (const std::uint32_t code : elements(literals, outputs, "literals"))
      cell.outputs.push_back(Literal::from_code(code));
    if (wires == nullptr && inputs > 0) {
      base::require(placements == 1, "wires: ", placements, " placements need them, got null");
      builder->circuit.stages.push_back(placed_once(std::move(cell)));
      return;
    }
    const std::size_t count = std::size_t{placements} * inputs;
    builder->circuit.stages.push_back(
        {std::move(cell), placements, elements(wires, count, "wires")});
  });
}

int pliant_circuit_builder_sums(pliant_circuit_builder* builder, size_t classes,
                                const uint32_t* begins, const int32_t* biases,
                                const char* const* names, double tau) {
  return guarded([&] {
    require_pointer(builder, "builder");
    base::require(1 <= classes && classes < (std::size_t{1} << 30),
                  "classes: at least 1 and fewer than 2^30 are possible, got ", classes);
    ClassSums sums;
    if (begins != nullptr) sums.begins = elements(begins, classes + 1, "begins");
    sums.biases = biases == nullptr ? std::vector<std::int32_t>(classes)
                                    : elements(biases, classes, "biases");
    if (names != nullptr) sums.names = texts(names, classes);
    sums.tau = tau;
    builder->circuit.sums = std::move(sums);
    builder->equal_classes = begins == nullptr ? classes : 0;
  });
}

int pliant_circuit_build(const pliant_circuit_builder* builder, pliant_circuit** circuit) {
  return guarded([&] {
    require_pointer(builder, "builder");
    require_pointer(circuit, "circuit");
    Circuit built = builder->circuit;
    if (builder->equal_classes > 0 && !built.stages.empty())
      built.sums.begins = equal_sums(built.output_bits(), builder->equal_classes).begins;
    check_circuit(built);
    *circuit = new pliant_circuit(std::move(built));
  });
}
