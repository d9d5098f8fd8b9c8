// pliant/logic/network_file.cpp — layer by layer from a description to a circuit (no torch)
#include "pliant/logic/network_file.h"

#include <algorithm>
#include <numeric>
#include <optional>

#include "pliant/base/errors.h"
#include "pliant/logic/conv_stage.h"
#include "pliant/logic/network_tensors.h"

namespace pliant::logic {
namespace {

using base::require;
using circuit::Cell;
using circuit::Circuit;
using circuit::Node;
using circuit::Signal;
using circuit::TruthTable;

using Shape = std::vector<std::int64_t>;

constexpr std::int64_t kMostBits = std::int64_t{1} << 24;
/// Of windows, strides and paddings each way.
constexpr std::int64_t kMostLines = 1 << 15;

/// The product of sizes.
/// @throws std::invalid_argument if one is < 1, there are none, or there would be more than 2^24
std::size_t size_of(const Shape& shape) {
  std::int64_t all = 1;
  for (const std::int64_t size : shape) {
    require(size >= 1, "sizes must be at least 1, got the shape ", shape_text(shape));
    require(size <= kMostBits / all, "at most 2^24 bits are possible, got the shape ",
            shape_text(shape));
    all *= size;
  }
  require(!shape.empty(), "a shape must have at least one size");
  return static_cast<std::size_t>(all);
}

/// (features) or (channels, rows, columns).
void check_shape(const Shape& shape) {
  size_of(shape);
  require(shape.size() == 1 || shape.size() == 3,
          "'shape' must be (features) or (channels, rows, columns), got ", shape_text(shape));
}

std::uint32_t u32(std::int64_t number) { return static_cast<std::uint32_t>(number); }

/// Numbers of examples as bits, so far as there is no layer for it: the bits are the examples.
circuit::Encoder encoder_of(const InputDescription& input) {
  check_shape(input.shape);
  circuit::Encoder encoder;
  encoder.inputs = static_cast<std::uint32_t>(size_of(input.shape));
  encoder.names = input.names;
  encoder.byte_maximum = input.byte_maximum;
  if (input.shape.size() == 3)
    encoder.shape = {u32(input.shape[0]), u32(input.shape[1]), u32(input.shape[2])};
  if (input.crop.empty()) return encoder;
  require(input.crop.size() == 3 && size_of(input.crop) > 0,
          "'crop' must be [height, width, side], got ", shape_text(input.crop));
  encoder.crop = {u32(input.crop[0]), u32(input.crop[1]), u32(input.crop[2])};
  return encoder;
}

/// Takes the layers in their order, and is then the circuit.
class Builder {
 public:
  Builder(const InputDescription& input, const data::TensorMap& tensors)
      : tensors_(tensors), shape_(input.shape) {
    circuit_.encoder = encoder_of(input);
  }

  void add(const Layer& layer) {
    require(!summed_ || std::holds_alternative<FlattenLayer>(layer),
            "nothing can follow the sums of classes");
    std::visit([this](const auto& each) { add(each); }, layer);
    first_ = false;
  }

  Circuit finish(const std::vector<std::string>& classes) {
    if (circuit_.stages.empty()) open_rows();
    close_rows();
    require(classes.empty() || classes.size() == circuit_.sums.classes(), "there are ",
            circuit_.sums.classes(), " classes, got ", classes.size(), " names of classes");
    require(circuit_.encoder.crop.height == 0 || circuit_.encoder.has_features(),
            "pictures that are cropped need a first layer that turns their numbers into bits");
    circuit_.sums.names = classes;
    check_circuit(circuit_);
    return std::move(circuit_);
  }

 private:
  // === Numbers as bits

  /// The encoder's numbers are those of shape_.
  void begin_encoder(const Shape& bits) {
    require(first_, "only the first layer can turn numbers into bits");
    circuit_.encoder.features = static_cast<std::uint32_t>(size_of(shape_));
    circuit_.encoder.inputs = static_cast<std::uint32_t>(size_of(bits));
    circuit_.encoder.feature.reserve(circuit_.encoder.inputs);
    circuit_.encoder.threshold.reserve(circuit_.encoder.inputs);
  }
  void add_bit(std::uint32_t feature, double threshold) {
    circuit_.encoder.feature.push_back(feature);
    circuit_.encoder.threshold.push_back(threshold);
  }

  void add(const RoundLayer& layer) {
    begin_encoder(shape_);
    for (std::uint32_t i = 0; i < circuit_.encoder.features; ++i) add_bit(i, layer.threshold);
  }

  void add(const ThermometerLayer& layer) {
    const Numbers<double> thresholds = tensors_.numbers(layer.thresholds);
    const Shape& given = thresholds.shape;
    bool fits = given.size() == 1 || given.size() == 2 || given.size() == shape_.size() + 1;
    for (std::size_t d = 1; fits && d < given.size(); ++d) fits = given[d] == shape_[d - 1];
    require(fits && given[0] >= 1 && given[0] <= kMostBits,
            "thresholds must be (T), (T, C) or (T, C, …) for numbers (C, …), got ",
            shape_text(given), " for ", shape_text(shape_));
    Shape bits = shape_;
    bits[0] *= given[0];
    begin_encoder(bits);
    const std::size_t each = thresholds.values.size() / static_cast<std::size_t>(given[0]);
    const std::size_t sharing = circuit_.encoder.features / each;
    for (std::size_t t = 0; t < thresholds.values.size(); t += each) {
      for (std::uint32_t i = 0; i < circuit_.encoder.features; ++i)
        add_bit(i, thresholds.values[t + i / sharing]);
    }
    shape_ = bits;
  }

  void add(const BitsLayer& layer) {
    check_shape(layer.shape);
    const Numbers<std::uint32_t> feature = tensors_.integers(layer.feature, 1);
    const Numbers<double> threshold = tensors_.numbers(layer.threshold);
    begin_encoder(layer.shape);
    require(feature.values.size() == circuit_.encoder.inputs && threshold.shape == feature.shape,
            "there must be a feature and a threshold for each of the ", circuit_.encoder.inputs,
            " bits, got ", shape_text(feature.shape), " and ", shape_text(threshold.shape));
    for (std::size_t b = 0; b < feature.values.size(); ++b)
      add_bit(feature.values[b], threshold.values[b]);  // check_circuit looks at the features
    shape_ = layer.shape;
  }

  // === Layers that read rows: nodes of one cell, until a picture is read

  void add(const LogicLayers& layer) {
    const Numbers<std::uint32_t> wiring = tensors_.integers(layer.wiring, 2);
    require(wiring.shape[0] == layer.gates.fan_in, "the wiring must have the shape (",
            layer.gates.fan_in, ", gates), got ", shape_text(wiring.shape));
    const std::size_t gates = size_of({wiring.shape[1]});
    const std::vector<TruthTable> tables = tensors_.tables(layer.gates, gates);
    const bool whole = layer.first_gate == -1;
    require(whole || (0 <= layer.first_gate && layer.first_gate < wiring.shape[1]),
            "first_gate must be one of the ", gates, " gates of the wiring, got ",
            layer.first_gate);
    require(whole || !layer.widths.empty(), "first_gate needs widths, which say where to stop");
    const Shape widths = layer.widths.empty() ? Shape{wiring.shape[1]} : layer.widths;
    Cell& cell = open_rows();
    std::size_t begin = whole ? 0 : static_cast<std::size_t>(layer.first_gate);
    for (const std::int64_t width : widths) {
      const std::size_t end = begin + size_of({width});
      require(end <= gates, "widths sum to more than the ", gates, " gates of the wiring");
      add_gates(wiring, tables, begin, end, cell);
      begin = end;
    }
    require(!whole || begin == gates, "widths sum to ", begin, ", the wiring has ", gates,
            " gates");
    shape_ = {widths.back()};
  }

  /// Gates [begin, end) read the present signals, and become them, in the cell of rows.
  void add_gates(const Numbers<std::uint32_t>& wiring, const std::vector<TruthTable>& tables,
                 std::size_t begin, std::size_t end, Cell& cell) {
    std::vector<Signal> next;
    next.reserve(end - begin);
    for (std::size_t g = begin; g < end; ++g) {
      Node node;
      node.fan_in = static_cast<int>(wiring.shape[0]);
      node.table = tables[g];
      for (std::size_t j = 0; j < static_cast<std::size_t>(node.fan_in); ++j) {
        const std::uint32_t source = wiring.values[j * tables.size() + g];
        require(source < signals_.size(), "input ", j, " of gate ", g, " is feature ", source,
                ", there are ", signals_.size());
        node.inputs[j] = signals_[source];
      }
      next.push_back(cell.add(node));
    }
    signals_ = std::move(next);
  }

  void add(const OrPoolLayer& layer) {
    const std::size_t bits = size_of(shape_);
    require(layer.size >= 1 && layer.size <= kMostBits &&
                bits % static_cast<std::size_t>(layer.size) == 0,
            "size must divide the ", bits, " bits, got ", layer.size);
    Cell& cell = open_rows();
    std::vector<Signal> next;
    for (auto begin = signals_.begin(); begin != signals_.end(); begin += layer.size)
      next.push_back(any_of(cell, {begin, begin + layer.size}));
    signals_ = std::move(next);
    shape_ = {static_cast<std::int64_t>(signals_.size())};
  }

  /// The features (slots).
  [[nodiscard]] Numbers<std::uint32_t> features_of(const SelectLayer& layer) const {
    require(layer.features.empty() != layer.candidates.empty() &&
                layer.candidates.empty() == layer.logits.empty(),
            "there must be either 'features' or 'candidates' and 'logits'");
    if (layer.candidates.empty()) return tensors_.integers(layer.features, 1);
    const Numbers<std::uint32_t> candidates = tensors_.integers(layer.candidates, 2);
    const Numbers<double> logits = tensors_.numbers(layer.logits);
    require(logits.shape == candidates.shape && candidates.shape[0] >= 1,
            "logits must have the shape of candidates, ", shape_text(candidates.shape),
            ", at least one for each slot, got ", shape_text(logits.shape));
    const std::size_t slots = size_of({candidates.shape[1]});
    Numbers<std::uint32_t> chosen{{candidates.shape[1]}, std::vector<std::uint32_t>(slots)};
    for (std::size_t s = 0; s < slots; ++s) {
      std::size_t best = s;
      for (std::size_t i = s + slots; i < logits.values.size(); i += slots) {
        if (logits.values[i] > logits.values[best]) best = i;
      }
      chosen.values[s] = candidates.values[best];
    }
    return chosen;
  }

  void add(const SelectLayer& layer) {
    const Numbers<std::uint32_t> features = features_of(layer);
    open_rows();
    std::vector<Signal> next(size_of(features.shape));
    for (std::size_t s = 0; s < next.size(); ++s) {
      require(features.values[s] < signals_.size(), "slot ", s, " is feature ", features.values[s],
              ", there are ", signals_.size());
      next[s] = signals_[features.values[s]];
    }
    signals_ = std::move(next);
    shape_ = features.shape;
  }

  void add(const FlattenLayer&) { shape_ = {static_cast<std::int64_t>(size_of(shape_))}; }

  void add(const GroupSumLayer& layer) {
    const std::size_t bits = size_of(shape_);
    require(layer.k >= 1 && layer.k <= kMostBits, "k must divide the ", bits, " bits, got ",
            layer.k);
    require(-kMostBits <= layer.bias && layer.bias <= kMostBits, "bias must be within ±2^24, got ",
            layer.bias);
    circuit_.sums = circuit::equal_sums(bits, static_cast<std::size_t>(layer.k));
    std::ranges::fill(circuit_.sums.biases, static_cast<std::int32_t>(layer.bias));
    circuit_.sums.tau = layer.tau;
    summed_ = true;
  }

  // === Layers that read pictures: stages of their own

  void add(const LogicConv2dLayer& layer) {
    const Numbers<std::uint32_t> taps = tensors_.integers(layer.taps, 3);
    require(taps.shape[0] == 3 && taps.shape[1] >= 1 && taps.shape[2] >= 1,
            "the taps must have the shape (3, kernels, leaves), got ", shape_text(taps.shape));
    require(1 <= layer.pool && layer.pool <= static_cast<std::int64_t>(kMaxPool),
            "pool must be in 1 … ", kMaxPool, ", got ", layer.pool);
    Windows windows = windows_of(layer.kernel_size, layer.stride, layer.padding);
    windows.pool = static_cast<std::size_t>(layer.pool);
    TreeGates trees;
    trees.kernels = static_cast<std::size_t>(taps.shape[1]);
    trees.leaves = static_cast<std::size_t>(taps.shape[2]);
    trees.fan_in = static_cast<int>(layer.gates.fan_in);
    trees.gates = gates_of_tree(layer.gates.fan_in, trees.leaves, layer.depth);
    trees.taps = taps.values.data();
    check_taps(trees, windows);
    const std::vector<TruthTable> tables =
        tensors_.tables(layer.gates, trees.kernels * trees.gates);
    trees.tables = tables.data();
    add_stage(taps.shape[1], windows, [&] { return conv_stage(trees, windows); });
  }

  void add(const OrPool2dLayer& layer) {
    RowsColumns stride = layer.stride;
    for (std::size_t d = 0; d < 2; ++d) stride[d] = stride[d] == 0 ? layer.size[d] : stride[d];
    const Windows windows = windows_of(layer.size, stride, layer.padding);
    add_stage(shape_[0], windows, [&] { return pool_stage(windows); });
  }

  [[nodiscard]] Windows windows_of(const RowsColumns& size, const RowsColumns& stride,
                                   const RowsColumns& padding) const {
    require(shape_.size() == 3, "it reads pictures (channels, rows, columns), got ",
            shape_text(shape_));
    for (std::size_t d = 0; d < 2; ++d) {
      require(1 <= size[d] && size[d] <= kMostLines, "the size must be in 1 … ", kMostLines,
              ", got ", size[d]);
      require(1 <= stride[d] && stride[d] <= kMostLines, "the stride must be in 1 … ", kMostLines,
              ", got ", stride[d]);
      require(0 <= padding[d] && padding[d] <= kMostLines, "the padding must be in 0 … ",
              kMostLines, ", got ", padding[d]);
    }
    const auto extent = [](std::int64_t rows, std::int64_t columns) {
      return Extent{static_cast<std::size_t>(rows), static_cast<std::size_t>(columns)};
    };
    Windows windows;
    windows.channels = static_cast<std::size_t>(shape_[0]);
    windows.input = extent(shape_[1], shape_[2]);
    windows.size = extent(size[0], size[1]);
    windows.stride = extent(stride[0], stride[1]);
    windows.padding = extent(padding[0], padding[1]);
    return windows;
  }

  template <class Make>
  void add_stage(std::int64_t channels, const Windows& windows, const Make& make) {
    const auto [rows, columns] = windows.output();
    require(rows >= 1 && columns >= 1, "windows of ", windows.size.rows, " × ",
            windows.size.columns, " in pools of ", windows.pool, " do not fit into a picture of ",
            windows.input.rows, " × ", windows.input.columns);
    close_rows();
    shape_ = {channels, static_cast<std::int64_t>(rows), static_cast<std::int64_t>(columns)};
    size_of(shape_);
    circuit_.stages.push_back(make());
  }

  // === The cell of the layers that read rows

  Cell& open_rows() {
    if (cell_) return *cell_;
    signals_.resize(size_of(shape_));
    std::iota(signals_.begin(), signals_.end(), Signal{0});
    Cell& cell = cell_.emplace();
    cell.inputs = static_cast<std::uint32_t>(signals_.size());
    return cell;
  }

  void close_rows() {
    if (!cell_) return;
    for (const Signal signal : signals_) cell_->outputs.emplace_back(signal);
    circuit_.stages.push_back(circuit::placed_once(std::move(*cell_)));
    cell_.reset();
  }

  NetworkTensors tensors_;
  Circuit circuit_;
  Shape shape_;                  // of the present bits
  std::optional<Cell> cell_;     // of the layers that read rows, while they go on
  std::vector<Signal> signals_;  // of that cell: the present bits
  bool first_ = true;
  bool summed_ = false;
};

/// What `work` gives; errors begin with `where`.
template <class Work>
auto named(const std::string& where, const Work& work) {
  try {
    return work();
  } catch (const std::invalid_argument& error) {
    base::fail(where, ": ", error.what());
  }
}

}  // namespace

Circuit circuit_of(const Description& description, const data::TensorMap& tensors,
                   std::string_view name) {
  const std::string file(name);
  Builder builder = named(file + ": 'input'", [&] { return Builder(description.input, tensors); });
  for (std::size_t i = 0; i < description.layers.size(); ++i) {
    const Layer& layer = description.layers[i];
    const std::string where =
        file + ": layer " + std::to_string(i) + " (" + std::string(layer_name(layer)) + ")";
    named(where, [&] { builder.add(layer); });
  }
  return named(file, [&] { return builder.finish(description.classes); });
}

Circuit circuit_of(const data::SafetensorsFile& file, std::string_view name) {
  const auto found = file.metadata().find(std::string(kNetworkEntry));
  require(found != file.metadata().end(), name, ": the file does not describe its network (",
          "there is no entry '", kNetworkEntry, "' in its metadata): it was written by an older ",
          "version, or by a task that trains no gates");
  return circuit_of(parse_description(found->second, name), file.tensors(), name);
}

}  // namespace pliant::logic
