// pliant/circuit/code/onnx.cpp — encoder, levels of gates, sums and the largest score as ONNX
// operators (no torch)
#include "pliant/circuit/onnx.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <string>
#include <utility>

#include "pliant/base/errors.h"
#include "pliant/circuit/code/onnx_writer.h"
#include "pliant/circuit/optimise/passes.h"

namespace pliant::circuit {
namespace {

constexpr std::size_t kWord = 64;  // examples of an int64
constexpr std::size_t kMostBytes = std::numeric_limits<std::int32_t>::max();

using Indices = std::vector<std::int32_t>;

/// The largest float that is not above the threshold: the same numbers of float32 are above both.
float float_threshold(double threshold) {
  const auto rounded = static_cast<float>(threshold);
  if (static_cast<double>(rounded) <= threshold) return rounded;
  return std::nextafter(rounded, -std::numeric_limits<float>::infinity());
}

/// A circuit of nodes of two inputs becomes a graph; rows are bits, columns examples or words of
/// them.
class Exporter {
 public:
  Exporter(const Circuit& circuit, const OnnxOptions& options)
      : circuit_(circuit), cell_(circuit.cell()), words_(options.form == OnnxForm::kWords) {
    input_ = options.input;
    if (input_ == OnnxInput::kAuto)
      input_ = circuit.encoder.has_features() ? OnnxInput::kBytes : OnnxInput::kBits;
    base::require(input_ == OnnxInput::kBits || circuit.encoder.has_features(),
                  "onnx_bytes: input must be bits, as the circuit has no features");
  }

  std::string model() {
    const OnnxValue examples = declare_input();
    count_ = graph_.add("Shape", {examples}, {{"start", 0}, {"end", 1}});
    OnnxValue rows = encoded(examples);
    if (words_) rows = packed(rows);
    gates(rows);
    if (circuit_.sums.classes() > 0) {
      write_scores(words_ ? added(class_rows()) : summed(class_rows()));
    } else {
      write_bits(output_rows(all_outputs()));
    }
    return graph_.model();
  }

 private:
  // === Input ===

  OnnxValue declare_input() {
    const bool bits = input_ == OnnxInput::kBits;
    const OnnxType type = bits                          ? OnnxType::kBool
                          : input_ == OnnxInput::kBytes ? OnnxType::kUint8
                                                        : OnnxType::kFloat;
    OnnxValue name = bits ? "bits" : "features";
    graph_.input(name, type, bits ? circuit_.input_bits() : circuit_.encoder.features);
    return name;
  }

  /// The input bits that something reads, bool (bits, N); sets their rows.
  OnnxValue encoded(const OnnxValue& examples) {
    const std::vector<bool> live = live_signals(cell_);
    Indices places;
    std::vector<std::int32_t> least;
    std::vector<float> above;
    row_.assign(cell_.signals(), kNone);
    for (Signal b = 0; b < cell_.inputs; ++b) {
      if (!live[b]) continue;
      row_[b] = static_cast<std::int32_t>(places.size());
      const bool bits = input_ == OnnxInput::kBits;
      places.push_back(static_cast<std::int32_t>(bits ? b : circuit_.encoder.feature[b]));
      if (bits) continue;
      least.push_back(byte_threshold(circuit_.encoder, b));
      above.push_back(float_threshold(circuit_.encoder.threshold[b]));
    }
    const std::vector<std::int64_t> column = {static_cast<std::int64_t>(places.size()), 1};
    OnnxValue rows = gathered(graph_.transpose(examples), places);
    if (input_ == OnnxInput::kBytes) {
      rows = graph_.cast(rows, OnnxType::kInt32);
      return graph_.add("Greater", {rows, graph_.constant(OnnxType::kInt32, column, least)});
    }
    if (input_ == OnnxInput::kNumbers)
      return graph_.add("Greater", {rows, graph_.constant(OnnxType::kFloat, column, above)});
    return rows;
  }

  /// Bits of 64 examples a word, the first as the lowest: int64 (bits, words). Halves of 32 are
  /// summed and then joined, since a runtime may sum whole numbers as double.
  OnnxValue packed(const OnnxValue& rows) {
    const OnnxValue word = graph_.int64s({kWord});
    const OnnxValue more = graph_.add("Add", {count_, graph_.int64s({kWord - 1})});
    columns_ = graph_.add("Div", {more, word});
    const OnnxValue missing = graph_.add("Sub", {graph_.add("Mul", {columns_, word}), count_});
    const OnnxValue pads = graph_.concat({graph_.int64s({0, 0, 0}), missing}, 0);
    const OnnxValue shape =
        graph_.concat({graph_.int64s({live_inputs()}), columns_, graph_.int64s({2, kWord / 2})}, 0);
    const OnnxValue lanes =
        graph_.add("Reshape", {graph_.add("Pad", {rows, pads}), shape}, {{"allowzero", 1}});
    std::vector<std::int64_t> places(kWord);
    for (std::size_t s = 0; s < kWord; ++s) places[s] = std::int64_t{1} << (s % 32);
    places.back() = -places.back();  // so that a half times 2^32 is in range
    const OnnxValue place = graph_.constant(OnnxType::kInt64, {2, kWord / 2}, places);
    const OnnxValue placed = graph_.add("Where", {lanes, place, graph_.int64s({0})});
    const OnnxValue halves =
        graph_.add("ReduceSum", {placed, graph_.int64s({3})}, {{"keepdims", 0}});
    const std::vector<OnnxValue> half = graph_.split(halves, 2, {1, 1});
    const OnnxValue high = graph_.add("Mul", {half[1], graph_.int64s({std::int64_t{1} << 32})});
    return graph_.add("Squeeze", {graph_.add("BitwiseOr", {half[0], high}), graph_.int64s({2})});
  }

  [[nodiscard]] std::int64_t live_inputs() const {
    return std::count_if(row_.begin(), row_.begin() + cell_.inputs,
                         [](std::int32_t row) { return row != kNone; });
  }

  static std::vector<std::int64_t> lane_masks() {
    std::vector<std::int64_t> masks(kWord);
    for (std::size_t s = 0; s < kWord; ++s)
      masks[s] = static_cast<std::int64_t>(std::uint64_t{1} << s);
    return masks;
  }

  // === Gates ===

  OnnxValue gathered(const OnnxValue& rows, const Indices& indices) {
    const OnnxValue places =
        graph_.constant(OnnxType::kInt32, {static_cast<std::int64_t>(indices.size())}, indices);
    return graph_.add("Gather", {rows, places}, {{"axis", 0}});
  }

  OnnxValue bitwise(std::string_view function, const std::vector<OnnxValue>& operands) {
    return graph_.add((words_ ? "Bitwise" : "") + std::string(function), operands);
  }

  /// The last level at which each signal is read; that of outputs is the one after all.
  [[nodiscard]] std::vector<std::uint32_t> last_reads(const std::vector<std::uint32_t>& level,
                                                      std::uint32_t end) const {
    std::vector<std::uint32_t> last(cell_.signals(), 0);
    for (Signal signal = cell_.inputs; signal < cell_.signals(); ++signal) {
      const Node& node = cell_.node(signal);
      for (int i = 0; i < node.fan_in; ++i) {
        std::uint32_t& read = last[node.inputs[static_cast<std::size_t>(i)]];
        read = std::max(read, level[signal]);
      }
    }
    for (const Literal output : cell_.outputs) last[output.signal()] = end;
    return last;
  }

  /// All levels: rows_ then has the rows of all outputs, and row_ says which.
  void gates(const OnnxValue& inputs) {
    const std::vector<std::uint32_t> level = levels_of(cell_);
    const std::uint32_t end = 1 + *std::max_element(level.begin(), level.end());
    const std::vector<std::uint32_t> last = last_reads(level, end);
    std::vector<std::vector<Signal>> nodes(end);
    for (Signal s = cell_.inputs; s < cell_.signals(); ++s) nodes[level[s]].push_back(s);
    rows_ = with_zero(inputs);
    std::vector<Signal> present;
    for (Signal s = 0; s < cell_.inputs; ++s) {
      if (row_[s] != kNone) present.push_back(s);
    }
    for (std::uint32_t l = 1; l < end; ++l) gates_of_level(nodes[l], present, last, l);
  }

  /// The rows and behind them one of zeros, which constants are and which classes of fewer bits
  /// are filled with.
  OnnxValue with_zero(const OnnxValue& inputs) {
    if (!words_) columns_ = count_;
    zero_ = static_cast<std::int32_t>(live_inputs());
    const OnnxType type = words_ ? OnnxType::kInt64 : OnnxType::kBool;
    const OnnxValue zero = words_ ? graph_.constant(type, {1, 1}, std::vector<std::int64_t>{0})
                                  : graph_.constant(type, {1, 1}, std::vector<char>{0});
    const OnnxValue shape = graph_.concat({graph_.int64s({1}), columns_}, 0);
    for (Signal s = cell_.inputs; s < cell_.signals(); ++s) {
      if (cell_.node(s).fan_in == 0) constants_.push_back(s);  // 0: Builder makes no other
    }
    for (const Signal s : constants_) row_[s] = zero_;
    return graph_.concat({inputs, graph_.add("Expand", {zero, shape})}, 0);
  }

  void gates_of_level(const std::vector<Signal>& nodes, std::vector<Signal>& present,
                      const std::vector<std::uint32_t>& last, std::uint32_t level) {
    constexpr std::array<TruthTable, 5> kTables = {0b1000, 0b0010, 0b0100, 0b0110, 0b1110};
    std::vector<OnnxValue> parts;
    std::vector<Signal> after;
    Indices kept;
    for (const Signal signal : present) {
      if (last[signal] <= level) continue;
      kept.push_back(row_[signal]);
      after.push_back(signal);
    }
    kept.push_back(zero_);
    const auto zero = static_cast<std::int32_t>(after.size());
    parts.push_back(gathered(rows_, kept));
    std::vector<Signal> order;
    for (const TruthTable table : kTables) {
      std::array<Indices, 2> operands;
      for (const Signal signal : nodes) {
        const Node& node = cell_.node(signal);
        if (node.table != table) continue;
        for (std::size_t i = 0; i < 2; ++i) operands[i].push_back(row_[node.inputs[i]]);
        order.push_back(signal);
      }
      if (!operands[0].empty()) parts.push_back(gate(table, operands));
    }
    rows_ = graph_.concat(parts, 0);
    for (std::size_t i = 0; i < after.size(); ++i) row_[after[i]] = static_cast<std::int32_t>(i);
    for (std::size_t i = 0; i < order.size(); ++i)
      row_[order[i]] = zero + 1 + static_cast<std::int32_t>(i);
    for (const Signal s : constants_) row_[s] = zero;
    zero_ = zero;
    after.insert(after.end(), order.begin(), order.end());
    present = std::move(after);
  }

  /// One function of many pairs of rows.
  OnnxValue gate(TruthTable table, const std::array<Indices, 2>& operands) {
    OnnxValue a = gathered(rows_, operands[0]);
    OnnxValue b = gathered(rows_, operands[1]);
    if (table == 0b0110) return bitwise("Xor", {a, b});
    if (table == 0b1110) return bitwise("Or", {a, b});
    if (table == 0b0010) b = bitwise("Not", {b});
    if (table == 0b0100) a = bitwise("Not", {a});
    return bitwise("And", {a, b});
  }

  // === Results ===

  static constexpr std::size_t kFill = std::numeric_limits<std::size_t>::max();

  [[nodiscard]] std::vector<std::size_t> all_outputs() const {
    std::vector<std::size_t> outputs(cell_.outputs.size());
    for (std::size_t o = 0; o < outputs.size(); ++o) outputs[o] = o;
    return outputs;
  }

  /// These outputs' rows with their polarity; kFill is a row of zeros.
  OnnxValue output_rows(const std::vector<std::size_t>& outputs) {
    Indices places;
    std::vector<std::int64_t> words;
    std::vector<char> bools;
    for (const std::size_t o : outputs) {
      const bool inverted = o != kFill && cell_.outputs[o].inverted();
      places.push_back(o == kFill ? zero_ : row_[cell_.outputs[o].signal()]);
      words.push_back(inverted ? -1 : 0);
      bools.push_back(inverted ? 1 : 0);
    }
    OnnxValue rows = gathered(rows_, places);
    if (std::find(bools.begin(), bools.end(), 1) == bools.end()) return rows;
    const std::vector<std::int64_t> column = {static_cast<std::int64_t>(places.size()), 1};
    return bitwise("Xor", {rows, words_ ? graph_.constant(OnnxType::kInt64, column, words)
                                        : graph_.constant(OnnxType::kBool, column, bools)});
  }

  /// (classes, bits of the largest class, columns): smaller ones end with zeros.
  OnnxValue class_rows() {
    const ClassSums& sums = circuit_.sums;
    most_ = 1;
    for (std::size_t c = 0; c < sums.classes(); ++c)
      most_ = std::max<std::size_t>(most_, sums.begins[c + 1] - sums.begins[c]);
    std::vector<std::size_t> outputs;
    for (std::size_t c = 0; c < sums.classes(); ++c) {
      for (std::size_t i = 0; i < most_; ++i) {
        const std::size_t o = sums.begins[c] + i;
        outputs.push_back(o < sums.begins[c + 1] ? o : kFill);
      }
    }
    const auto classes = static_cast<std::int64_t>(sums.classes());
    return graph_.add("Reshape", {output_rows(outputs),
                                  graph_.int64s({classes, static_cast<std::int64_t>(most_), -1})});
  }

  /// Ones of each class, (classes, N), of bools.
  OnnxValue summed(const OnnxValue& rows) {
    return graph_.add("ReduceSum", {graph_.cast(rows, OnnxType::kInt32), graph_.int64s({1})},
                      {{"keepdims", 0}});
  }

  /// One step of adders on n rows of a class, all of one weight: thirds become sums and carries.
  struct Rows {
    OnnxValue value;
    std::int64_t count = 0;
  };
  Rows add_step(const Rows& rows, std::vector<OnnxValue>& carries, std::int64_t& carried) {
    const std::int64_t each = rows.count == 2 ? 1 : rows.count / 3;
    const std::int64_t left = rows.count == 2 ? 0 : rows.count - 3 * each;
    std::vector<std::int64_t> sizes(rows.count == 2 ? 2 : 3, each);
    if (left > 0) sizes.push_back(left);
    const std::vector<OnnxValue> part = graph_.split(rows.value, 1, sizes);
    OnnxValue sum = bitwise("Xor", {part[0], part[1]});
    OnnxValue carry = bitwise("And", {part[0], part[1]});
    if (rows.count > 2) {
      carry = bitwise("Or", {carry, bitwise("And", {sum, part[2]})});
      sum = bitwise("Xor", {sum, part[2]});
    }
    if (left > 0) sum = graph_.concat({sum, part[3]}, 1);
    carries.push_back(carry);
    carried += each;
    return {sum, each + left};
  }

  /// Ones of each class, (classes, N), of words: carry-save adders leave the bits of the sums,
  /// which are unpacked.
  OnnxValue added(const OnnxValue& all) {
    std::vector<OnnxValue> planes;
    std::vector<std::int32_t> weights;
    Rows rows{all, static_cast<std::int64_t>(most_)};
    while (rows.count > 0) {
      std::vector<OnnxValue> carries;
      std::int64_t carried = 0;
      while (rows.count > 1) rows = add_step(rows, carries, carried);
      weights.push_back(std::int32_t{1} << planes.size());
      planes.push_back(rows.value);
      rows = {carries.empty() ? "" : graph_.concat(carries, 1), carried};
    }
    const OnnxValue bits = unpacked(graph_.concat(planes, 1), 3);
    const auto height = static_cast<std::int64_t>(weights.size());
    const OnnxValue weight = graph_.constant(OnnxType::kInt32, {height, 1, 1}, weights);
    const OnnxValue zero = graph_.constant(OnnxType::kInt32, {1}, std::vector<std::int32_t>{0});
    const OnnxValue placed = graph_.add("Where", {bits, weight, zero});
    const OnnxValue sums = graph_.add("ReduceSum", {placed, graph_.int64s({1})}, {{"keepdims", 0}});
    return examples_of(sums, circuit_.sums.classes());
  }

  /// Whether each bit of the words is 1, in a new last axis of 64.
  OnnxValue unpacked(const OnnxValue& words, std::int64_t axis) {
    const OnnxValue wide = graph_.add("Unsqueeze", {words, graph_.int64s({axis})});
    const OnnxValue bits = graph_.add("BitwiseAnd", {wide, graph_.int64s(lane_masks())});
    return graph_.cast(bits, OnnxType::kBool);
  }

  /// (rows, words, 64) as (rows, N).
  OnnxValue examples_of(const OnnxValue& lanes, std::size_t rows) {
    const OnnxValue shape = graph_.int64s({static_cast<std::int64_t>(rows), -1});
    const OnnxValue padded = graph_.add("Reshape", {lanes, shape});
    return graph_.add("Slice", {padded, graph_.int64s({0}), count_, graph_.int64s({1})});
  }

  void write_scores(const OnnxValue& sums) {
    const ClassSums& classes = circuit_.sums;
    const auto count = static_cast<std::int64_t>(classes.classes());
    const OnnxValue biases = graph_.constant(OnnxType::kInt32, {1, count}, classes.biases);
    const OnnxValue scores = graph_.add("Add", {graph_.transpose(sums), biases});
    graph_.output(scores, "scores", OnnxType::kInt32, {classes.classes()});
    const OnnxValue label = graph_.add("ArgMax", {scores}, {{"axis", 1}, {"keepdims", 0}});
    graph_.output(label, "label", OnnxType::kInt64, {});
  }

  void write_bits(const OnnxValue& rows) {
    const std::size_t outputs = circuit_.output_bits();
    const OnnxValue bits = words_ ? examples_of(unpacked(rows, 2), outputs) : rows;
    graph_.output(graph_.transpose(bits), "outputs", OnnxType::kBool, {outputs});
  }

  static constexpr std::int32_t kNone = -1;

  const Circuit& circuit_;
  const Cell& cell_;
  bool words_;
  OnnxInput input_;
  OnnxGraph graph_;
  OnnxValue count_;    ///< (1): N
  OnnxValue columns_;  ///< (1): columns of rows_
  OnnxValue rows_;
  std::vector<std::int32_t> row_;  ///< of each signal that is there
  std::vector<Signal> constants_;
  std::int32_t zero_ = 0;  ///< the row of zeros
  std::size_t most_ = 0;   ///< bits of the largest class
};

}  // namespace

std::vector<std::uint8_t> onnx_bytes(const Circuit& circuit, const OnnxOptions& options) {
  check_circuit(circuit);
  Circuit flat = flattened(circuit);
  flat.cell() = decomposed(flat.cell(), 2);
  // Each node is at least twice four bytes of places.
  const std::string model =
      flat.cell().nodes.size() <= kMostBytes / 8 ? Exporter(flat, options).model() : "";
  base::require(!model.empty() && model.size() <= kMostBytes,
                "onnx_bytes: the model must be smaller than 2 GB, the circuit has ",
                flat.cell().nodes.size(), " gates of two inputs");
  return {model.begin(), model.end()};
}

}  // namespace pliant::circuit
