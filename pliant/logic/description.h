// pliant/logic/description.h — a trained network of gates in words: its layers, and the names of
// the tensors that they take (no torch)
//
// This is how networks leave the programs that train them. C++ modules, Python modules, the
// training task and other people's models all write a description beside their tensors; one
// function, circuit_of in network_file.h, reads it. As JSON it is the metadata entry "network" of a
// safetensors file:
//
//   {"input": {"shape": [1, 20, 20], "byte_maximum": 255, "crop": [28, 28, 20], "names": […]},
//    "classes": ["0", …],
//    "layers": [{"layer": "round", "threshold": 0.5},
//               {"layer": "logic", "weight": "model/weight", "wiring": "model/wiring", "fan_in": 2,
//                "widths": [8000, 8000], "parametrization": "softmax", "temperature": 1,
//                "hardening": "gate"},
//               {"layer": "group_sum", "k": 10, "tau": 10, "bias": 0}]}
//
// Fields have the names of the structs' members below; those with a default may be left out. Where
// rows and columns are equal, one number may stand for [rows, columns].
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace pliant::logic {

/// Rows and columns.
using RowsColumns = std::array<std::int64_t, 2>;

/// The examples.
struct InputDescription {
  std::vector<std::int64_t> shape;   ///< (channels, height, width) or (features), as layers see it
  std::uint32_t byte_maximum = 255;  ///< a byte stands for byte / byte_maximum
  std::vector<std::int64_t> crop;    ///< (height, width, side) of circuit::Crop, or none
  std::vector<std::string> names;    ///< of the numbers of `shape`, or none
};

/// "round": numbers above the threshold are 1. A layer that makes bits stands first; without one
/// the examples are bits.
struct RoundLayer {
  double threshold = 0.5;
};

/// "thermometer": bit t·C + c, … is 1 where number (c, …) is above thresholds (t, …).
struct ThermometerLayer {
  std::string thresholds;  ///< (T), (T, C) or (T, C, …), floating point
};

/// "bits": any other code of numbers as bits. Bit b is 1 where number feature[b] is above
/// threshold[b].
struct BitsLayer {
  std::string feature;              ///< (bits), integers
  std::string threshold;            ///< (bits), floating point
  std::vector<std::int64_t> shape;  ///< of the bits: (channels, rows, columns) or (bits)
};

/// Gates: what is learned of them, or their tables.
struct GatesDescription {
  /// (parameters, gates), float32 or float64: parametrization.h; or empty
  std::string weight;
  /// Instead of `weight`, integers or booleans: (gates), the numbers of gates of two inputs, or
  /// (2^fan_in, gates), the entries of their tables, as pliant/logic/gate.h orders them
  std::string tables;
  std::int64_t fan_in = 2;
  std::string parametrization = "light";
  double temperature = 0;  ///< 0: the parametrisation's own
  std::string hardening = "gate";
};

/// "logic": layers of gates, each reading the one before.
struct LogicLayers {
  GatesDescription gates;
  std::string wiring;                ///< (fan_in, gates), integers: features of the layer's input
  std::vector<std::int64_t> widths;  ///< gates of each layer; none: one layer of all
  /// Of the tensors' gates those from this one on, as many as widths sum to; −1: all
  std::int64_t first_gate = -1;
};

/// "logic_conv2d": trees of gates, placed over a picture (conv.h). Of trees of other gates than
/// those of two inputs, gate g of a level reads the nodes fan_in·g, … of the level below.
struct LogicConv2dLayer {
  GatesDescription gates;  ///< a kernel's gates one after the other, level by level to the root
  std::string taps;        ///< (3, kernels, fan_in^depth), integers: channel, row, column
  RowsColumns kernel_size = {3, 3};
  RowsColumns stride = {1, 1};
  RowsColumns padding = {0, 0};
  std::int64_t depth = -1;  ///< of the trees; −1: by the leaves
  std::int64_t pool = 1;    ///< an output is the OR of pool × pool placements
};

/// "or_pool2d": an output is the OR of size pixels; padding is 0.
struct OrPool2dLayer {
  RowsColumns size = {2, 2};
  RowsColumns stride = {0, 0};  ///< 0: as size
  RowsColumns padding = {0, 0};
};

/// "or_pool": an output is the OR of `size` neighbouring bits of a row.
struct OrPoolLayer {
  std::int64_t size = 0;
};

/// "select": output s is input features[s].
struct SelectLayer {
  std::string features;  ///< (slots), integers
  /// Instead of `features`, of learned wiring: what each slot chooses among, (candidates, slots),
  /// integers, and floating point numbers of the same shape, the largest of which (the first of
  /// equal ones) is the choice
  std::string candidates;
  std::string logits;
};

/// "flatten": a picture as a row, in the order (channel, row, column). Layers that read rows
/// flatten by themselves.
struct FlattenLayer {};

/// "group_sum": scores of k classes, sums of contiguous groups of equal size, and `bias`, over tau.
struct GroupSumLayer {
  std::int64_t k = 0;
  double tau = 1;
  std::int64_t bias = 0;
};

using Layer = std::variant<RoundLayer, ThermometerLayer, BitsLayer, LogicLayers, LogicConv2dLayer,
                           OrPool2dLayer, OrPoolLayer, SelectLayer, FlattenLayer, GroupSumLayer>;

/// "round", …: the name of the layer's kind in JSON.
std::string_view layer_name(const Layer& layer);

struct Description {
  InputDescription input;
  std::vector<std::string> classes;  ///< names, or none
  std::vector<Layer> layers;
};

/// As JSON.
std::string description_text(const Description& description);

/// @param name  begins the texts of errors
/// @throws std::invalid_argument that says what is wrong and in which layer: no JSON, an unknown
/// layer or field, a field that is missing or of another type
Description parse_description(std::string_view text, std::string_view name);

}  // namespace pliant::logic
