// tests/circuit/c_code_test.cpp — generated C, compiled and run, against Program
#include "pliant/circuit/c_code.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <fstream>
#include <limits>
#include <stdexcept>
#include <string>

#include "pliant/circuit/program.h"
#include "pliant/circuit/proof/external_program.h"
#include "tests/circuit/random_circuit.h"

namespace pliant::circuit {
namespace {

using Bytes = std::vector<std::uint8_t>;
using Scores = std::vector<std::int32_t>;
using Words = std::vector<std::string>;

constexpr double kSeconds = 120;

/// A circuit, examples, and what Program makes of them.
struct Case {
  Circuit circuit;
  CodeOptions options;
  std::size_t count = 0;
  std::string kind;   ///< of the entry points
  std::string input;  ///< the examples' memory
  Scores scores, labels;
};

template <class T>
std::string memory_of(const std::vector<T>& values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T)};
}

Case make_case(Circuit circuit, const CodeOptions& options, const Batch& batch,
               const std::string& kind, std::string input) {
  Case result{std::move(circuit), options, batch.count(), kind, std::move(input), {}, {}};
  const Program program(result.circuit);
  result.scores.resize(batch.count() * result.circuit.scores());
  program.run(batch, result.scores.data(), base::serial_executor());
  if (result.circuit.sums.classes() > 0) {
    result.labels.resize(batch.count());
    program.classify(batch, result.labels.data(), base::serial_executor());
  }
  return result;
}

Case bits_case(Circuit circuit, std::uint64_t seed, std::size_t count, CodeOptions options) {
  base::Random random(seed, 7, 0);
  Bytes bits(count * circuit.input_bits());
  for (std::uint8_t& bit : bits) bit = static_cast<std::uint8_t>(random.below(2) * 77);
  const Batch batch = Batch::bits(bits.data(), count);
  return make_case(std::move(circuit), options, batch, "", memory_of(bits));
}

/// Writes a main program that runs the case and writes its results to "out".
std::string main_of(const Case& test) {
  const bool cpp = test.options.language == CodeLanguage::kCpp;
  const std::string name = test.options.name + (cpp ? "::" : "_");
  const std::string type = test.kind == "_numbers" ? "float" : "unsigned char";
  const std::string scores = std::to_string(test.scores.size());
  const std::string labels = std::to_string(test.labels.size());
  const std::string count = std::to_string(test.count);
  std::string text = "#include <stdio.h>\n#define " + test.options.name +
                     "_DECLARATIONS\n#include \"code.c\"\nstatic " + type + " in[" +
                     std::to_string(test.input.size() + 1) + "];\nstatic int out[" + scores +
                     " + " + labels +
                     " + 1];\nint main(void) {\n  FILE *f = fopen(\"in\", \"rb\");\n" +
                     "  if (fread(in, 1, sizeof in, f) != " + std::to_string(test.input.size()) +
                     ") return 9;\n  fclose(f);\n  if (" + name + "scores" + test.kind +
                     "(in, out, " + count + ")) return 8;\n";
  if (!test.labels.empty())
    text += "  if (" + name + "classify" + test.kind + "(in, out + " + scores + ", " + count +
            ")) return 7;\n";
  return text + "  f = fopen(\"out\", \"wb\");\n  fwrite(out, sizeof(int), " + scores + " + " +
         labels + ", f);\n  return fclose(f);\n}\n";
}

Words compiler(const std::string& program, const std::string& standard, Words flags = {"-O1"}) {
  Words words = {program,   "-std=" + standard, "-Wall", "-Wextra", "-pedantic",
                 "-Werror", "-Wshadow",         "-o",    "run"};
  words.insert(words.end(), flags.begin(), flags.end());
  return words;
}

void run_case(const Case& test, Words words) {
  const TemporaryFolder folder;
  const bool cpp = words[0].find("++") != std::string::npos;
  folder.write("code.c", c_code(test.circuit, test.options));
  folder.write("main.c", main_of(test));
  folder.write("in", test.input);
  if (cpp) words.insert(words.end(), {"-x", "c++"});
  words.insert(words.end(), {"code.c", "main.c"});
  const ProgramResult compiled = run_program(words, kSeconds, folder.path());
  if (!compiled.found) {
    MESSAGE("not run: there is no " << words[0]);
    return;
  }
  CHECK(compiled.output == "");
  REQUIRE(compiled.code == 0);
  const ProgramResult ran = run_program({"./run"}, kSeconds, folder.path());
  REQUIRE(ran.code == 0);
  Scores expected = test.scores;
  expected.insert(expected.end(), test.labels.begin(), test.labels.end());
  Scores got(expected.size() + 1, -7);
  std::ifstream file(folder.path() / "out", std::ios::binary);
  file.read(reinterpret_cast<char*>(got.data()),
            static_cast<std::streamsize>(got.size() * sizeof(std::int32_t)));
  CHECK(static_cast<std::size_t>(file.gcount()) == expected.size() * sizeof(std::int32_t));
  got.pop_back();
  CHECK(got == expected);
}

/// Every kind of node, class sizes that differ, biases, inverted class bits, dead nodes.
Circuit uneven(std::uint64_t seed, std::int32_t scale) {
  Circuit circuit = flat_circuit(random_cell(seed, {.inputs = 9, .nodes = 150, .outputs = 43}), 1);
  circuit.sums.begins = {0, 0, 7, 7, 24, 43};
  circuit.sums.biases = {3 * scale, -scale, 7, scale, 0};
  return circuit;
}

/// All 16 gates of the same two inputs, all of them outputs.
Circuit all_gates() {
  Cell cell;
  cell.inputs = 2;
  for (TruthTable table = 0; table < 16; ++table)
    cell.outputs.emplace_back(cell.add({table, 2, {0, 1}}), table % 3 == 1);
  return flat_circuit(cell);
}

TEST_CASE("generated C agrees with Program on circuits of every kind") {
  run_case(bits_case(all_gates(), 1, 65, {}), compiler("gcc", "c99"));
  run_case(bits_case(uneven(1, 1), 2, 1000, {.nodes_per_function = 20}), compiler("gcc", "c99"));
  run_case(bits_case(uneven(2, 100000), 3, 64, {.nodes_per_function = 1}), compiler("gcc", "c99"));
  run_case(bits_case(flat_circuit(random_cell(4, {.outputs = 30}), 10), 4, 63,
                     {.name = "Digits_2", .nodes_per_function = 7}),
           compiler("gcc", "c99"));
  run_case(bits_case(flat_circuit(random_cell(5, {.outputs = 17})), 5, 1, {}),
           compiler("gcc", "c99"));
}

TEST_CASE("generated C is C++ too, and there is a form of it in a namespace") {
  run_case(bits_case(uneven(6, 2), 6, 130, {.nodes_per_function = 40}), compiler("g++", "c++17"));
  run_case(
      bits_case(uneven(7, 2), 7, 130, {.language = CodeLanguage::kCpp, .nodes_per_function = 40}),
      compiler("g++", "c++17"));
  run_case(bits_case(flat_circuit(random_cell(8)), 8, 65, {.language = CodeLanguage::kCpp}),
           compiler("g++", "c++17"));
}

TEST_CASE("words of more than 64 examples give the same") {
  for (const std::uint32_t lanes : {128U, 512U}) {
    run_case(bits_case(uneven(9, 2), 9, 700, {.lanes = lanes, .nodes_per_function = 40}),
             compiler("gcc", "c99"));
    run_case(bits_case(uneven(9, 2), 9, 511, {.lanes = lanes}), compiler("g++", "c++17"));
  }
}

TEST_CASE("clang compiles generated C without a word") {
  run_case(bits_case(uneven(10, 2), 10, 100, {.nodes_per_function = 40}),
           compiler("clang-16", "c99"));
  run_case(bits_case(uneven(10, 2), 10, 100, {.lanes = 256}), compiler("clang-16", "c99"));
}

TEST_CASE("scores of generated C have all 32 bits") {
  constexpr std::int32_t kLeast = std::numeric_limits<std::int32_t>::min();
  constexpr std::int32_t kMost = std::numeric_limits<std::int32_t>::max();
  Circuit circuit = uneven(21, 1);
  circuit.sums.biases = {kLeast, kMost - 7, 0, kLeast, kMost - 19};
  run_case(bits_case(circuit, 21, 100, {}),
           compiler("gcc", "c99", {"-O1", "-fsanitize=undefined", "-fno-sanitize-recover=all"}));
}

TEST_CASE("circuits without nodes, inputs or outputs") {
  Cell wires;
  wires.inputs = 3;
  wires.outputs = {Literal(2), Literal(0, true), Literal(2, true)};
  run_case(bits_case(flat_circuit(wires), 1, 70, {.nodes_per_function = 1}),
           compiler("gcc", "c99"));
  run_case(bits_case(flat_circuit(wires, 3), 1, 70, {}), compiler("gcc", "c99"));
  Cell constants;
  const Signal one = constants.add({1, 0, {}});
  constants.outputs = {Literal(one), Literal(one, true)};
  run_case(bits_case(flat_circuit(constants, 2), 1, 3, {}), compiler("gcc", "c99"));
  run_case(bits_case(flat_circuit(Cell{2, {}, {}}), 1, 3, {}), compiler("gcc", "c99"));
  // One class: every label is 0.
  run_case(bits_case(flat_circuit(random_cell(3), 1), 1, 3, {}), compiler("gcc", "c99"));
  run_case(bits_case(uneven(3, 1), 1, 0, {}), compiler("gcc", "c99"));
}

TEST_CASE("generated C means the same at every level of optimisation, and has no undefined part") {
  for (const char* level : {"-O0", "-O2", "-O3"})
    run_case(bits_case(uneven(17, 1), 17, 200, {}), compiler("gcc", "c99", {level}));
  const Words sanitized = {"-O1", "-fsanitize=address,undefined", "-fno-sanitize-recover=all"};
  run_case(bits_case(uneven(18, 1), 18, 200, {.nodes_per_function = 30}),
           compiler("gcc", "c99", sanitized));
  run_case(bits_case(uneven(18, 1), 18, 200, {.lanes = 256}), compiler("gcc", "c99", sanitized));
}

/// A convolution with padding, a second stage over it, and one at four places.
Circuit convolution() {
  Circuit circuit = padded_stages(8);
  Stage last;
  last.cell = random_cell(13, {.inputs = 2, .nodes = 6, .outputs = 4, .least_fan_in = 2});
  last.placements = 4;
  last.wires = {7, 6, 5, 4, 3, 2, 1, 0};
  circuit.stages.push_back(last);
  circuit.sums = equal_sums(16, 4);
  return circuit;
}

TEST_CASE("stages stay loops over their placements") {
  run_case(bits_case(convolution(), 1, 100, {.nodes_per_function = 5}), compiler("gcc", "c99"));
  Circuit constant;
  constant.encoder.inputs = 1;
  Stage stage;
  stage.cell = random_cell(1, {.inputs = 0, .nodes = 4, .outputs = 2});
  stage.placements = 3;
  constant.stages = {stage};
  run_case(bits_case(constant, 1, 5, {}), compiler("gcc", "c99"));
}

/// Thresholds that all, some and no bytes reach; features in no order.
Circuit encoded() {
  Circuit circuit = flat_circuit(random_cell(14, {.inputs = 7, .outputs = 15}), 3);
  circuit.encoder.features = 4;
  circuit.encoder.feature = {0, 3, 1, 1, 2, 0, 3};
  circuit.encoder.threshold = {0.25, 0.5, -0.5, 0.1F, 0.75, 2, 1};
  return circuit;
}

Bytes random_bytes(std::uint64_t seed, std::size_t count) {
  Bytes bytes;
  for (const std::uint64_t word : random_words(seed, count))
    bytes.push_back(static_cast<std::uint8_t>(word));
  return bytes;
}

TEST_CASE("bytes and numbers go through the thresholds") {
  const Circuit circuit = encoded();
  const Bytes bytes = random_bytes(3, 4 * 300);
  run_case(make_case(circuit, {}, Batch::bytes(bytes.data(), 300), "_bytes", memory_of(bytes)),
           compiler("gcc", "c99"));
  std::vector<float> numbers;
  for (const std::uint8_t byte : bytes) numbers.push_back(static_cast<float>(byte) / 200.0F);
  numbers[5] = std::numeric_limits<float>::quiet_NaN();
  run_case(
      make_case(circuit, {}, Batch::numbers(numbers.data(), 300), "_numbers", memory_of(numbers)),
      compiler("gcc", "c99"));
}

Circuit cropped() {
  Circuit circuit = flat_circuit(random_cell(15, {.inputs = 9, .outputs = 15}), 3);
  circuit.encoder.crop = {.height = 7, .width = 6, .side = 3};
  circuit.encoder.features = 9;
  for (std::uint32_t f = 0; f < 9; ++f) {
    circuit.encoder.feature.push_back(f);
    circuit.encoder.threshold.push_back(0.3);
  }
  return circuit;
}

/// Pictures of 7 × 6 with a block of up to 3 × 3 somewhere, or nothing.
Bytes pictures(std::size_t count) {
  base::Random random(4, 0, 0);
  Bytes bytes(count * 42);
  for (std::size_t s = 0; s < count; ++s) {
    const std::uint32_t height = random.below(4), width = random.below(4);
    const std::uint32_t top = random.below(8 - height), left = random.below(7 - width);
    for (std::uint32_t y = top; y < top + height; ++y) {
      for (std::uint32_t x = left; x < left + width; ++x)
        bytes[s * 42 + y * 6 + x] = static_cast<std::uint8_t>(random.below(256));
    }
  }
  return bytes;
}

TEST_CASE("pictures are cropped as the library crops them") {
  // Those that the rule cannot crop are left out: the library refuses them.
  const Circuit circuit = cropped();
  const Bytes all = pictures(600);
  Bytes bytes;
  Bytes bits(9);
  for (std::size_t s = 0; s < 600; ++s) {
    try {
      encode(circuit.encoder, all.data() + 42 * s, bits.data());
      bytes.insert(bytes.end(), all.begin() + static_cast<std::ptrdiff_t>(42 * s),
                   all.begin() + static_cast<std::ptrdiff_t>(42 * s + 42));
    } catch (const std::invalid_argument&) {
    }
  }
  const std::size_t count = bytes.size() / 42;
  CHECK(count > 300);
  run_case(make_case(circuit, {}, Batch::bytes(bytes.data(), count), "_bytes", memory_of(bytes)),
           compiler("gcc", "c99"));
  const std::vector<float> numbers(bytes.begin(), bytes.end());
  run_case(
      make_case(circuit, {}, Batch::numbers(numbers.data(), count), "_numbers", memory_of(numbers)),
      compiler("gcc", "c99"));
}

TEST_CASE("a picture that cannot be cropped is code 2") {
  const TemporaryFolder folder;
  folder.write("code.c", c_code(cropped()));
  folder.write(
      "main.c",
      "#include \"code.c\"\nint main(void) {\n  unsigned char in[84] = {0};\n  int out[2];\n"
      "  int i;\n  for (i = 42; i < 84; ++i) in[i] = 1;\n"
      "  return circuit_classify_bytes(in, out, 1) * 10 + circuit_classify_bytes(in, out, "
      "2);\n}\n");
  Words words = compiler("gcc", "c99");
  words.emplace_back("main.c");
  const ProgramResult compiled = run_program(words, kSeconds, folder.path());
  if (!compiled.found) return;
  CHECK(compiled.output == "");
  CHECK(run_program({"./run"}, kSeconds, folder.path()).code == 2);
}

TEST_CASE("functions stay below the bound, and what cannot be generated is refused") {
  const Circuit circuit =
      flat_circuit(random_cell(16, {.inputs = 20, .nodes = 3000, .outputs = 9}));
  const std::string code = c_code(circuit, {.nodes_per_function = 100});
  std::size_t lines = 0;
  std::size_t most = 0;
  for (const char c : code.substr(code.find("static void"))) {
    lines = c == '}' ? 0 : lines + (c == '\n' ? 1 : 0);
    most = std::max(most, lines);
  }
  CHECK(most < 100 * 2 + 20);
  for (const char* name : {"", "2x", "a-b", "class", "a__b", "ä", "_x", "x y"}) {
    CAPTURE(name);
    CHECK_THROWS_AS(c_code(circuit, {.name = name}), std::invalid_argument);
  }
  CHECK_THROWS_WITH_AS(c_code(circuit, {.lanes = 96}),
                       "c_code: lanes must be a power of two from 64 to 4096, got 96",
                       std::invalid_argument);
  CHECK_THROWS_AS(c_code(circuit, {.nodes_per_function = 0}), std::invalid_argument);
  Circuit broken = circuit;
  broken.stages.clear();
  CHECK_THROWS_AS(c_code(broken), std::invalid_argument);
}

}  // namespace
}  // namespace pliant::circuit
