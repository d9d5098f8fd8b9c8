// pliant/circuit/code/verilog_stream.cpp — a circuit behind few pins: words in, labels out (no
// torch)
#include "pliant/circuit/code/verilog_stream.h"

#include <algorithm>
#include <bit>
#include <set>

#include "pliant/base/errors.h"
#include "pliant/circuit/code/joined.h"
#include "pliant/circuit/code/verilog_cell.h"
#include "pliant/circuit/code/verilog_parts.h"

namespace pliant::circuit {
namespace {

constexpr std::size_t kMostBits = 4096;

/// How many bits a number below `count` has, at least 1.
std::size_t index_bits(std::size_t count) {
  return std::max<std::size_t>(1, static_cast<std::size_t>(std::bit_width(count - 1)));
}

/// The comparisons of a word's bytes, or the word.
std::string code_wires(const StreamCode& code) {
  std::string text = joined("  wire ", verilog_range(code.kept), " code;\n");
  if (!code.coded()) return text + "  assign code = in_data;\n";
  std::vector<std::string> bits;
  for (std::size_t lane = 0; lane < code.thresholds.size(); ++lane) {
    for (const int threshold : code.thresholds[lane])
      bits.push_back(
          joined("in_data[", 8 * lane + 7, ":", 8 * lane, "] > 8'd", std::size_t(threshold)));
  }
  return joined(text, "  assign code = ", verilog_bus(bits), ";\n");
}

/// The register of an example's words, and which of them comes next.
std::string store(const StreamCode& code) {
  const std::size_t all = code.kept * code.words;
  const std::string word = verilog_range(index_bits(code.words));
  std::string text = joined("  reg ", verilog_range(all), " store;\n  reg full;\n");
  if (code.words == 1) {
    return text +
           "  wire first = 1'b1;\n  wire last = 1'b1;\n"
           "  always @(posedge clk) begin\n    full <= take && !rst;\n"
           "    if (take) store <= code;\n  end\n";
  }
  return joined(text, "  reg ", word,
                " word;\n  wire first = word == 0;\n  wire last = word == ", code.words - 1,
                ";\n  always @(posedge clk) begin\n    full <= take && last && !rst;\n"
                "    if (rst) word <= 0;\n    else if (take) word <= last ? 0 : word + 1'b1;\n"
                "    if (take) store <= {code, store[",
                all - 1, ":", code.kept, "]};\n  end\n");
}

/// The core, and the clocks that an example is in it.
std::string core(const Circuit& circuit, const VerilogOptions& options, const StreamCode& code) {
  const VerilogPorts ports = verilog_ports(circuit);
  std::string text = joined("  wire ", verilog_range(circuit.input_bits()), " bits;\n");
  if (circuit.encoder.has_features() && !code.coded()) {
    text += joined("  ", options.name, "_encoder encoder(.features(store", verilog_range(ports.in),
                   "), .bits(bits));\n");
  } else {
    std::vector<std::string> bits;
    for (std::size_t b = 0; b < circuit.input_bits(); ++b) bits.push_back(code.bit(circuit, b));
    text += joined("  assign bits = ", verilog_bus(bits), ";\n");
  }
  const bool classes = circuit.sums.classes() > 0;
  const std::string clk = options.pipelined ? ".clk(clk), " : "";
  text += joined("  wire ", verilog_range(classes ? ports.label : ports.out), " result;\n");
  if (classes) text += joined("  wire ", verilog_range(ports.scores), " scores;\n");
  text += joined("  ", options.name, "_core core(", clk, ".in(bits), ",
                 classes ? ".scores(scores), .label(result));\n" : ".out(result));\n");
  const std::size_t clocks = verilog_latency(circuit, options);
  if (clocks == 0) return text + "  wire done = full;\n";
  const std::string shifted = clocks == 1 ? "full" : joined("{moving[", clocks - 2, ":0], full}");
  return joined(text, "  reg ", verilog_range(clocks),
                " moving;\n  always @(posedge clk) moving <= rst ? ", clocks, "'d0 : ", shifted,
                ";\n  wire done = moving[", clocks - 1, "];\n");
}

/// Results in order, and how many examples are held in all.
std::string queue(std::size_t size, const std::string& range) {
  const std::size_t bits = index_bits(size);
  const std::string pointer = verilog_range(bits);
  const std::string count = verilog_range(bits + 1);
  return joined(
      "  reg ", range, " queue [0:", size - 1, "];\n  reg ", pointer, " put;\n  reg ", pointer,
      " get;\n  reg ", count, " waiting;\n  reg ", count,
      " held;\n  wire give = out_valid && out_ready;\n"
      "  assign take = in_valid && in_ready;\n  assign in_ready = !first || held != ",
      size,
      ";\n  assign out_valid = waiting != 0;\n  assign out_data = queue[get];\n"
      "  always @(posedge clk) begin\n    if (done) queue[put] <= result;\n"
      "    if (rst) begin\n      put <= 0;\n      get <= 0;\n      waiting <= 0;\n"
      "      held <= 0;\n    end else begin\n      if (done) put <= put + 1'b1;\n"
      "      if (give) get <= get + 1'b1;\n      if (done && !give) waiting <= waiting + 1'b1;\n"
      "      if (!done && give) waiting <= waiting - 1'b1;\n"
      "      if (take && first && !give) held <= held + 1'b1;\n"
      "      if (!(take && first) && give) held <= held - 1'b1;\n    end\n  end\n");
}

}  // namespace

StreamCode::StreamCode(const Circuit& circuit, std::size_t word) : bits(word), kept(word) {
  const Encoder& encoder = circuit.encoder;
  const bool features = encoder.has_features();
  base::require(1 <= bits && bits <= kMostBits && (!features || bits % 8 == 0),
                "verilog_stream: words must have 1 … ", kMostBits, " bits",
                features ? ", a multiple of 8 where features are bytes" : "", ", got ", bits);
  const std::size_t all = std::max<std::size_t>(verilog_ports(circuit).in, 1);
  words = (all + bits - 1) / bits;
  if (!features) return;
  std::vector<std::set<int>> found(bits / 8);
  for (std::size_t b = 0; b < encoder.inputs; ++b) {
    const int byte = byte_threshold(encoder, b);
    if (0 <= byte && byte < 255) found[encoder.feature[b] % found.size()].insert(byte);
  }
  std::size_t compared = 0;
  for (const std::set<int>& lane : found) compared += lane.size();
  if (compared == 0 || compared >= bits) return;
  kept = compared;
  for (const std::set<int>& lane : found) thresholds.emplace_back(lane.begin(), lane.end());
}

std::string StreamCode::bit(const Circuit& circuit, std::size_t b) const {
  if (!circuit.encoder.has_features()) return joined("store[", b, "]");
  const int byte = byte_threshold(circuit.encoder, b);
  if (byte < 0) return "1'b1";
  if (byte >= 255) return "1'b0";
  const std::size_t lanes = thresholds.size();
  const std::size_t lane = circuit.encoder.feature[b] % lanes;
  std::size_t at = circuit.encoder.feature[b] / lanes * kept;
  for (std::size_t l = 0; l < lane; ++l) at += thresholds[l].size();
  const std::vector<int>& own = thresholds[lane];
  at += static_cast<std::size_t>(std::lower_bound(own.begin(), own.end(), byte) - own.begin());
  return joined("store[", at, "]");
}

std::size_t stream_queue(const Circuit& circuit, const VerilogOptions& options, std::size_t words) {
  const std::size_t clocks = verilog_latency(circuit, options) + 3;
  return std::bit_ceil((clocks + words - 1) / words + 1);
}

std::size_t verilog_stream_words(const Circuit& circuit, std::size_t bits) {
  return StreamCode(circuit, bits).words;
}

std::size_t verilog_stream_latency(const Circuit& circuit, const VerilogOptions& options) {
  return verilog_latency(circuit, options) + 2;
}

std::string verilog_stream(const Circuit& circuit, const VerilogOptions& options,
                           std::size_t bits) {
  check_circuit(circuit);
  check_verilog_name(options.name);
  const StreamCode code(circuit, bits);
  const VerilogPorts ports = verilog_ports(circuit);
  const std::string range = verilog_range(circuit.sums.classes() > 0 ? ports.label : ports.out);
  const std::size_t size = stream_queue(circuit, options, code.words);
  return joined("\n// ", code.words, " words of ", bits, " bits an example; its result is offered ",
                verilog_stream_latency(circuit, options), " clocks after the last.\nmodule ",
                options.name,
                "_stream(\n  input wire clk,\n  input wire rst,\n  input wire in_valid,\n"
                "  output wire in_ready,\n  input wire ",
                verilog_range(bits),
                " in_data,\n  output wire out_valid,\n  input wire out_ready,\n  output wire ",
                range, " out_data);\n  wire take;\n", code_wires(code), store(code),
                core(circuit, options, code), queue(size, range), "endmodule\n");
}

}  // namespace pliant::circuit
