// pliant/circuit/exchange/file_reader.cpp — the format .plc, read and distrusted (no torch)
#include <zlib.h>

#include <algorithm>
#include <bit>
#include <limits>
#include <string>
#include <utility>

#include "pliant/base/errors.h"
#include "pliant/circuit/exchange/byte_reader.h"
#include "pliant/circuit/exchange/file_format.h"
#include "pliant/circuit/file.h"

namespace pliant::circuit {

std::uint32_t plc::checksum(std::span<const std::uint8_t> bytes) {
  return static_cast<std::uint32_t>(crc32_z(0, bytes.data(), bytes.size()));
}

namespace {

using namespace plc;

class Reader : private ByteReader {
 public:
  Reader(std::span<const std::uint8_t> bytes, std::string_view name)
      : ByteReader(bytes, name), size_(bytes.size()) {}

  Circuit circuit();

 private:
  /// The next number; those above `most` are refused.
  std::uint64_t number(std::uint64_t most, const char* what) {
    item_ = at_;
    std::uint64_t value = 0;
    for (unsigned shift = 0;; shift += 7) {
      require(at_ < bytes_.size(), "truncated: the file ends within ", what);
      const std::uint64_t byte = bytes_[at_++];
      require(shift < 63 || byte <= 1, what, " is no number of 64 bits");
      value |= (byte & 0x7F) << shift;
      if (byte < 0x80) break;
    }
    // One way to write each circuit, so that equal circuits are equal files.
    require(bytes_[at_ - 1] != 0 || at_ - item_ == 1, what, " is written longer than need be");
    require(value <= most, what, " is ", value, ", at most ", most, " is possible here");
    return value;
  }
  std::uint32_t number32(const char* what, std::uint64_t most = kMost32) {
    return static_cast<std::uint32_t>(number(most, what));
  }
  /// A number of things that take at least a byte each of those that follow.
  std::size_t count(const char* what) {
    const std::uint64_t things = number(std::numeric_limits<std::uint64_t>::max(), what);
    require(things <= left(), what, " is ", things, ", but only ", left(), " bytes follow");
    return static_cast<std::size_t>(things);
  }
  std::int64_t difference(const char* what) {
    return unzigzag(number(std::uint64_t{1} << 40, what));
  }
  std::uint64_t word(std::size_t size, const char* what) {
    item_ = at_;
    require(size <= left(), "truncated: the file ends within ", what);
    std::uint64_t value = 0;
    for (std::size_t b = 0; b < size; ++b) value |= std::uint64_t{bytes_[at_ + b]} << (8 * b);
    at_ += size;
    return value;
  }
  /// What `check` refuses is refused with the offset.
  template <class Check>
  void checked(std::size_t offset, const Check& check) const {
    try {
      check();
    } catch (const std::invalid_argument& error) {
      fail_at(offset, error.what());
    }
  }

  void header();
  std::vector<std::string> names(const char* what);
  Encoder encoder();
  std::vector<double> thresholds(std::size_t bits);
  Node node(Signal signal);
  Stage stage(std::size_t before);
  std::vector<std::uint32_t> wires(std::size_t size, std::size_t inputs, std::size_t before);
  ClassSums sums(std::size_t bits);

  FlatSize size_;
};

void Reader::header() {
  const std::size_t magic = std::min(bytes_.size(), kMagic.size());
  require(std::equal(kMagic.begin(), kMagic.begin() + static_cast<std::ptrdiff_t>(magic),
                     bytes_.begin()),
          "not a circuit file: it does not begin with the mark of .plc");
  require(bytes_.size() >= kHeader, "truncated: a circuit file has at least ", kHeader,
          " bytes, got ", bytes_.size());
  at_ = kMagic.size();
  const std::uint64_t version = word(4, "the version");
  require(version == kVersion, "the version is ", version, ", this program reads ", kVersion);
  const std::uint64_t stored = word(4, "the checksum");
  const std::uint64_t size = word(8, "the size");
  require(size >= left(), "only ", size, " bytes should follow the header, the file has ", left());
  require(size == left(), "truncated: ", size, " bytes should follow the header, the file has ",
          left());
  const std::uint64_t found = checksum(bytes_.subspan(kChecked));
  if (found != stored)
    fail_at(kMagic.size() + 4, "damaged: the checksum of the bytes is ", found, ", not ", stored);
}

std::vector<std::string> Reader::names(const char* what) {
  std::vector<std::string> all(count(what));
  for (std::string& name : all) {
    const std::size_t size = count("the length of a name");
    name.assign(reinterpret_cast<const char*>(bytes_.data()) + at_, size);
    at_ += size;
  }
  return all;
}

std::vector<double> Reader::thresholds(std::size_t bits) {
  const std::size_t count_of_values = count("the number of thresholds");
  require(count_of_values <= left() / 8, "there are ", count_of_values,
          " thresholds of 8 bytes, but only ", left(), " bytes follow");
  const std::size_t begin = at_;
  std::vector<std::uint64_t> values(count_of_values);
  for (std::uint64_t& value : values) value = word(8, "a threshold");
  std::vector<double> thresholds(bits);
  std::size_t used = 0;
  for (double& threshold : thresholds) {
    const std::uint64_t value = number(kMost32, "the number of a threshold");
    require(value < values.size(), "threshold ", value, " is read, there are ", values.size());
    require(value <= used, "threshold ", value, " is read before threshold ", used);
    if (value == used) ++used;
    threshold = std::bit_cast<double>(values[value]);
  }
  std::sort(values.begin(), values.end());
  if (used < values.size() || std::adjacent_find(values.begin(), values.end()) != values.end())
    fail_at(begin, "a threshold stands here twice, or none of the bits reads it");
  return thresholds;
}

Encoder Reader::encoder() {
  const std::size_t begin = at_;
  Encoder encoder;
  encoder.inputs = number32("the number of input bits", kMostSignals);
  require(size_.add(encoder.inputs), encoder.inputs, " input bits are too many for a file of ",
          bytes_.size(), " bytes");
  encoder.features = number32("the number of features", kMostSignals);
  require(size_.add(encoder.features), encoder.features, " features are too many for a file of ",
          bytes_.size(), " bytes");
  encoder.byte_maximum = number32("byte_maximum");
  for (std::uint32_t* size : {&encoder.crop.height, &encoder.crop.width, &encoder.crop.side})
    *size = number32("a size of the crop");
  encoder.shape.resize(number(3, "the dimensions of the shape"));
  std::uint64_t numbers = 1;
  for (std::uint32_t& size : encoder.shape) {
    size = number32("a size of the shape");
    numbers *= size;
    require(numbers <= kMostSignals, "the shape is of more than 2^30 numbers");
  }
  encoder.names = names("the number of names");
  if (encoder.has_features()) {
    require(encoder.inputs <= left(), encoder.inputs,
            " input bits need as many features, but only ", left(), " bytes follow");
    encoder.feature.resize(encoder.inputs);
    std::int64_t before = -1;
    for (std::uint32_t& feature : encoder.feature) {
      before += 1 + difference("a feature");
      require(before >= 0 && before < encoder.features, "feature ", before, " is read, there are ",
              encoder.features);
      feature = static_cast<std::uint32_t>(before);
    }
  }
  encoder.threshold = thresholds(encoder.feature.size());
  checked(begin, [&] { check_encoder(encoder); });
  return encoder;
}

Node Reader::node(Signal signal) {
  Node node;
  const std::uint64_t code = number(kCodes.back(), "the kind of a node");
  while (node.fan_in < kMaxFanIn && code >= kCodes[static_cast<std::size_t>(node.fan_in) + 1])
    ++node.fan_in;
  const auto fan_in = static_cast<std::size_t>(node.fan_in);
  node.table =
      fan_in <= 2 ? code - kCodes[fan_in] : word(std::size_t{1} << (fan_in - 3), "a table");
  std::int64_t source = signal;
  for (std::size_t i = 0; i < fan_in; ++i) {
    if (i == 0) {
      source -= static_cast<std::int64_t>(number(kMost32, "an input of a node"));
    } else {
      source += difference("an input of a node");
    }
    require(source >= 0 && source < signal, "signal ", signal, " reads signal ", source,
            ", which does not stand before it");
    node.inputs[i] = static_cast<Signal>(source);
  }
  return node;
}

std::vector<std::uint32_t> Reader::wires(std::size_t size, std::size_t inputs, std::size_t before) {
  std::vector<std::uint32_t> wires;
  wires.reserve(size);
  for (std::size_t w = 0; w < size; ++w) {
    const std::int64_t expected = wire_before(wires, w, inputs) + 1;
    const std::uint64_t code = number(std::uint64_t{1} << 40, "a wire");
    const std::int64_t wire = expected + unzigzag(code - (code > 0 ? 1 : 0));
    require(code == 0 || (wire >= 0 && static_cast<std::size_t>(wire) < before), "bit ", wire,
            " is read, there are ", before);
    wires.push_back(code == 0 ? Stage::kZero : static_cast<std::uint32_t>(wire));
  }
  return wires;
}

Stage Reader::stage(std::size_t before) {
  Stage stage;
  stage.placements = number32("the number of placements");
  Cell& cell = stage.cell;
  cell.inputs = number32("the number of a cell's inputs", kMostSignals);
  require(size_.add(cell.inputs), "a cell of ", cell.inputs, " inputs is too large for a file of ",
          bytes_.size(), " bytes");
  const std::size_t nodes = count("the number of nodes");
  const std::size_t outputs = count("the number of outputs");
  const std::uint64_t places = std::max(stage.placements, 1U);
  require(size_.add_places(places, nodes, outputs), nodes, " nodes and ", outputs, " outputs at ",
          stage.placements, " places are, flat, more than the ", size_.most(),
          " signals that a file of ", bytes_.size(), " bytes may have");
  const std::uint64_t size_of_wires = std::uint64_t{stage.placements} * cell.inputs;
  require(size_of_wires <= left(), stage.placements, " places of ", cell.inputs,
          " inputs need as many wires, but only ", left(), " bytes follow");
  cell.nodes.reserve(nodes);
  for (std::size_t n = 0; n < nodes; ++n) cell.nodes.push_back(node(cell.signals()));
  require(outputs <= left(), "there are ", outputs, " outputs, but only ", left(), " bytes follow");
  cell.outputs.reserve(outputs);
  std::int64_t code = 0;
  for (std::size_t o = 0; o < outputs; ++o) {
    code += difference("an output");
    require(code >= 0 && code / 2 < std::int64_t{cell.signals()}, "output ", o, " is signal ",
            code >> 1, ", there are ", cell.signals());
    cell.outputs.push_back(Literal::from_code(static_cast<std::uint32_t>(code)));
  }
  require(size_of_wires <= left(), "there are ", size_of_wires, " wires, but only ", left(),
          " bytes follow");
  stage.wires = wires(static_cast<std::size_t>(size_of_wires), cell.inputs, before);
  return stage;
}

ClassSums Reader::sums(std::size_t bits) {
  ClassSums sums;
  const std::size_t classes = count("the number of classes");
  if (classes > 0) sums.begins.push_back(0);
  for (std::size_t c = 0; c < classes; ++c) {
    const std::uint64_t size = number(bits - sums.begins.back(), "the number of a class's bits");
    sums.begins.push_back(sums.begins.back() + static_cast<std::uint32_t>(size));
    const std::int64_t bias = difference("the bias of a class");
    require(std::in_range<std::int32_t>(bias), "the bias ", bias, " does not fit 32 bits");
    sums.biases.push_back(static_cast<std::int32_t>(bias));
  }
  sums.names = names("the number of classes' names");
  sums.tau = std::bit_cast<double>(word(8, "tau"));
  return sums;
}

Circuit Reader::circuit() {
  header();
  Circuit circuit;
  circuit.encoder = encoder();
  const std::size_t stages = count("the number of stages");
  std::size_t before = circuit.input_bits();
  for (std::size_t s = 0; s < stages; ++s) {
    circuit.stages.push_back(stage(before));
    before = circuit.stages.back().bits();
  }
  const std::size_t begin = at_;
  circuit.sums = sums(before);
  if (at_ != bytes_.size()) fail_at(at_, left(), " bytes follow the end of the circuit");
  checked(begin, [&] { check_circuit(circuit); });
  return circuit;
}

}  // namespace

Circuit parse_circuit(std::span<const std::uint8_t> bytes, std::string_view name) {
  return Reader(bytes, name).circuit();
}

}  // namespace pliant::circuit
