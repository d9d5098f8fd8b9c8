// pliant/circuit/code/embedded.cpp — a circuit as C for microcontrollers, and how large it is (no
// torch)
#include "pliant/circuit/embedded.h"

#include <algorithm>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "pliant/base/errors.h"
#include "pliant/circuit/code/c_frame.h"
#include "pliant/circuit/code/c_gates.h"
#include "pliant/circuit/code/c_templates.h"
#include "pliant/circuit/code/embedded_templates.h"
#include "pliant/circuit/code/joined.h"

namespace pliant::circuit {
namespace {

constexpr std::size_t kMost = std::size_t{1} << 31;
constexpr std::size_t kWordBytes = 4;
// Bounds for gcc on 32-bit ARM, of Thumb-1 at -Os the largest: bytes of an operand or result with
// its address, of an operator, and of all that is not gates.
constexpr std::size_t kAccessBytes = 7, kOperatorBytes = 3, kFrameBytes = 2200;
constexpr std::size_t kCallFrames = 400;  // bytes of stack below the gates

/// An array of the smallest type that holds its numbers.
struct Table {
  std::string text;
  std::size_t bytes = 0;
};
Table table(std::string_view name, const std::vector<std::size_t>& numbers,
            std::string_view comment) {
  const std::size_t most = numbers.empty() ? 0 : *std::max_element(numbers.begin(), numbers.end());
  const std::size_t bytes = most < 256 ? 1 : most < 65536 ? 2 : 4;
  return {joined("\nstatic const uint", 8 * bytes, "_t ", name, "[] = /* ", comment, " */\n    ",
                 number_list(numbers), ";\n"),
          bytes * numbers.size()};
}

std::size_t count_of(std::string_view text, std::string_view what) {
  std::size_t count = 0;
  for (std::size_t at = text.find(what); at != std::string_view::npos;
       at = text.find(what, at + what.size()))
    ++count;
  return count;
}

/// Writes the file part by part, and adds up what it takes.
class Embedder {
 public:
  Embedder(const Circuit& circuit, const EmbeddedOptions& options)
      : circuit_(circuit), options_(options) {
    check_circuit(circuit);
    check_name("embedded_code", options.name);
    base::require(options.nodes_per_function >= 1,
                  "embedded_code: nodes_per_function must be at least 1, got 0");
    if (classes() > 0) {
      planes_ = score_planes(circuit.sums);
      base::require(planes_.planes <= 31, "embedded_code: scores need ", planes_.planes,
                    " bits above the least bias, at most 31 are possible");
    }
    gates_ = gate_code(circuit, options.nodes_per_function);
    encoder();
    sums();
    measure();
  }

  [[nodiscard]] const EmbeddedSize& size() const { return size_; }

  [[nodiscard]] std::string text() const {
    std::string code = head() + gates_.text + encoder_ + sums_;
    code +=
        replaced(kEmbeddedRun, "$CROP", crops() ? "  if (!@crop(x, n, space)) return 2;\n" : "");
    code = replaced(code, "$SUM", classes() > 0 ? "  @sum(space->out, space->planes);\n" : "");
    if (classes() > 0) code += kEmbeddedLabels;
    return with_names(code + "\n#endif /* `DECLARATIONS */\n", {.name = options_.name});
  }

 private:
  [[nodiscard]] std::size_t classes() const { return circuit_.sums.classes(); }
  [[nodiscard]] bool crops() const { return circuit_.encoder.crop.height > 0; }

  void encoder() {
    const Encoder& encoder = circuit_.encoder;
    std::string bit = "from[b] != 0";
    if (encoder.has_features()) {
      std::vector<std::size_t> place;
      std::vector<std::size_t> least;
      const Crop& crop = encoder.crop;
      for (std::size_t b = 0; b < encoder.inputs; ++b) {
        const std::size_t feature = encoder.feature[b];
        place.push_back(crops() ? feature / crop.side * crop.width + feature % crop.side : feature);
        least.push_back(static_cast<std::size_t>(byte_threshold(encoder, b) + 1));
      }
      bit = crops() ? "from[space->begins[s] + @place[b]] >= @least[b]"
                    : "from[@place[b]] >= @least[b]";
      if (encoder.inputs == 0) bit = "0";
      for (const Table& made : {table("@place", place, "of each bit's number"),
                                table("@least", least, "byte that sets the bit")}) {
        if (encoder.inputs == 0) break;
        encoder_ += made.text;
        size_.tables += made.bytes;
      }
    }
    if (crops()) encoder_ += crop_text();
    encoder_ += replaced(kEmbeddedPack, "$BIT", bit);
  }

  [[nodiscard]] std::string crop_text() const {
    const Crop& crop = circuit_.encoder.crop;
    std::string text = replaced(joined(kCrop, kEmbeddedCrop), "$LARGER",
                                std::to_string(std::max(crop.height, crop.width)));
    text = replaced(text, "$HEIGHT", std::to_string(crop.height));
    text = replaced(text, "$WIDTH", std::to_string(crop.width));
    return replaced(text, "$SIDE", std::to_string(crop.side));
  }

  void sums() {
    if (classes() == 0) {
      sums_ = kEmbeddedRawScores;
      return;
    }
    const ClassSums& sums = circuit_.sums;
    const Table begins =
        table("@begins", {sums.begins.begin(), sums.begins.end()}, "of each class's bits");
    const Table offsets = table("@offsets", {planes_.offsets.begin(), planes_.offsets.end()},
                                "of biases above the least");
    size_.tables += begins.bytes + offsets.bytes;
    // A negative number as an unsigned one: the sum wraps round to it.
    const auto least = static_cast<std::uint32_t>(planes_.least);
    sums_ = joined(begins.text, offsets.text, kAdders,
                   replaced(kEmbeddedSums, "$LEAST", joined("UINT32_C(", least, ")")));
  }

  [[nodiscard]] std::size_t planes() const {
    return classes() * static_cast<std::size_t>(planes_.planes);
  }
  [[nodiscard]] std::size_t labels() const {
    return classes() > 0 ? static_cast<std::size_t>(label_bits(circuit_.sums)) : 0;
  }

  void measure() {
    const auto at_least_one = [](std::size_t words) { return std::max<std::size_t>(words, 1); };
    const std::size_t words = at_least_one(circuit_.input_bits()) +
                              at_least_one(circuit_.output_bits()) + at_least_one(gates_.work) +
                              at_least_one(planes()) + at_least_one(labels()) + (crops() ? 32 : 1);
    size_.ram = words * kWordBytes;
    for (const Stage& stage : circuit_.stages) {
      if (gates_.text.find("_wires") != std::string::npos) size_.tables += 4 * stage.wires.size();
    }
    const std::string_view text = gates_.text;
    const std::size_t accesses = count_of(text, "in[") + count_of(text, "s[") +
                                 count_of(text, "out[") + count_of(text, "const @word n");
    const std::size_t operators =
        count_of(text, " & ") + count_of(text, " | ") + count_of(text, " ^ ") + count_of(text, "~");
    const std::size_t calls = count_of(text, "static void");
    size_.code = kFrameBytes + kAccessBytes * (accesses + 4 * calls) + kOperatorBytes * operators;
    size_.stack =
        kCallFrames + 4 * kWordBytes * options_.nodes_per_function +
        (crops() ? std::max(circuit_.encoder.crop.height, circuit_.encoder.crop.width) : 0);
    base::require(size_.ram < kMost && size_.tables < kMost,
                  "embedded_code: fewer than 2^31 bytes of RAM and of tables are possible, got ",
                  size_.ram, " and ", size_.tables);
  }

  [[nodiscard]] std::string head() const {
    const auto define = [](std::string_view name, std::size_t value) {
      return joined("#define `", name, " ", value, "\n");
    };
    std::string text = joined(
        "/* ", options_.name, ": a logic circuit for microcontrollers, generated by pliant.\n\n   ",
        circuit_.input_bits(), " input bits, ", gates_.nodes, " gates, ", circuit_.output_bits(),
        " bits in the last stage, ", classes(),
        " classes. 32 examples take the time of one.\n   Flash: ", size_.tables,
        " bytes of tables, at most ", size_.code, " of code. RAM: ", size_.ram,
        " bytes, the caller's. Stack: at most ", size_.stack,
        " bytes.\n   Functions return 0; 1: n is none of 1 to 32; 2: a picture cannot be "
        "cropped. Define\n   `DECLARATIONS to include the declarations alone. */\n"
        "#ifndef `DECLARED\n#define `DECLARED\n\n#include <stdint.h>\n\n");
    text += define("INPUTS", circuit_.input_bits()) + define("WIDTH", circuit_.encoder.width()) +
            define("CLASSES", classes()) + define("SCORES", circuit_.scores()) +
            define("OUTPUTS", circuit_.output_bits()) + define("WORK", gates_.work) +
            define("SCORE_PLANES", static_cast<std::size_t>(planes_.planes)) +
            define("PLANES", std::max<std::size_t>(planes(), 1)) +
            define("LABEL_PLANES", std::max<std::size_t>(labels(), 1)) +
            define("BEGINS", crops() ? 32 : 1) + define("TABLES", size_.tables) +
            define("CODE", size_.code) + define("RAM", size_.ram) + define("STACK", size_.stack);
    text += kEmbeddedDeclarations;
    if (classes() > 0) text += kEmbeddedClassify;
    return text +
           "\n#endif /* `DECLARED */\n\n#ifndef `DECLARATIONS\n\n#define `RESTRICT restrict\n"
           "#define `ZERO ((@word)0)\n\n";
  }

  const Circuit& circuit_;
  EmbeddedOptions options_;
  ScorePlanes planes_;
  GateCode gates_;
  EmbeddedSize size_;
  std::string encoder_, sums_;
};

}  // namespace

std::string embedded_code(const Circuit& circuit, const EmbeddedOptions& options) {
  return Embedder(circuit, options).text();
}

EmbeddedSize embedded_size(const Circuit& circuit, const EmbeddedOptions& options) {
  return Embedder(circuit, options).size();
}

}  // namespace pliant::circuit
