// cli/circuit_prove.cpp — pliant circuit prove A B: whether two circuits are the same function
#include <CLI/CLI.hpp>
#include <cstdint>
#include <filesystem>
#include <iostream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "cli/circuit.h"
#include "cli/errors.h"
#include "cli/json_text.h"
#include "pliant/base/errors.h"
#include "pliant/base/file.h"
#include "pliant/circuit/aiger.h"
#include "pliant/circuit/blif.h"
#include "pliant/circuit/file.h"
#include "pliant/circuit/proof.h"

namespace pliant::cli {
namespace {

using circuit::Circuit;
using circuit::Proof;
using Json = nlohmann::ordered_json;

/// Different, or not decided.
constexpr int kNotEqual = 3;
/// So many scores and bits are printed; --json has all.
constexpr std::size_t kPrinted = 32;

Circuit read_any(const std::string& path, double seconds) {
  const std::string kind = std::filesystem::path(path).extension().string();
  if (kind == ".plc") return circuit::read_circuit(path);
  if (kind == ".blif") return circuit::read_blif(path);
  if (kind == ".aig" || kind == ".aag") return circuit::read_aiger(path);
  if (kind == ".v") {
    const std::vector<std::uint8_t> bytes = base::read_file(path);
    return circuit::circuit_of_verilog({bytes.begin(), bytes.end()}, seconds);
  }
  base::fail("prove: '", path, "' should end with .plc, .blif, .aig, .aag or .v");
}

Json json_of(const Proof& proof) {
  Json steps = Json::array();
  for (const circuit::ProofStep& step : proof.steps) {
    steps.push_back({{"part", step.part},
                     {"state", state_name(step.state)},
                     {"text", step.text},
                     {"seconds", step.seconds}});
  }
  Json example = nullptr;
  if (proof.counterexample) {
    example = {{"bits", proof.counterexample->bits},
               {"first", proof.counterexample->first},
               {"second", proof.counterexample->second}};
  }
  return {{"verdict", verdict_name(proof.verdict)},
          {"text", proof.text},
          {"steps", std::move(steps)},
          {"counterexample", std::move(example)}};
}

std::string numbers(const std::vector<std::int32_t>& values) {
  std::string text;
  for (std::size_t i = 0; i < values.size() && i < kPrinted; ++i)
    text += ' ' + std::to_string(values[i]);
  return values.size() > kPrinted ? text + " …" : text;
}

void print(const Proof& proof, const circuit::Encoder& encoder) {
  for (const circuit::ProofStep& step : proof.steps) {
    std::cout << step.part << ": " << state_name(step.state) << "\n  " << step.text << "  ("
              << step.seconds << " s)\n";
  }
  std::cout << "\nverdict: " << verdict_name(proof.verdict) << "\n  " << proof.text << '\n';
  if (!proof.counterexample) return;
  const circuit::Counterexample& example = *proof.counterexample;
  std::cout << "\nan example on which they differ\n  first: " << numbers(example.first)
            << "\n  second:" << numbers(example.second) << '\n';
  if (const auto picture = counterexample_picture(encoder, example.bits)) {
    std::cout << picture->text();
    return;
  }
  std::cout << "  bits that are 1:";
  std::size_t printed = 0;
  for (std::size_t b = 0; b < example.bits.size() && printed <= kPrinted; ++b) {
    if (example.bits[b] == 0) continue;
    std::cout << ' ' << (printed++ < kPrinted ? bit_name(encoder, b) : "…");
  }
  std::cout << '\n';
}

void write_picture(const std::string& path, const Proof& proof, const circuit::Encoder& encoder) {
  if (path.empty() || !proof.counterexample) return;
  const auto picture = counterexample_picture(encoder, proof.counterexample->bits);
  if (!picture) base::fail("--picture: the circuits' inputs are no picture");
  const std::string pgm = picture->pgm();
  const std::vector<std::uint8_t> bytes(pgm.begin(), pgm.end());
  const std::span<const std::uint8_t> part(bytes);
  base::replace_file(path, {&part, 1});
}

}  // namespace

int run_circuit_prove(const Arguments& arguments) {
  std::string first_path;
  std::string second_path;
  std::string picture;
  circuit::ProofOptions options;
  bool json = false;
  bool no_adders = false;
  CLI::App app(
      "Whether two circuits have the same scores for all inputs: by simulation, berkeley-abc "
      "(class "
      "bits) and yosys (adders of the exported Verilog). Files without classes are compared by the "
      "bits of the last stage. Exit code 0: equal; 3: different, or not decided; 2: a mistake in "
      "options or files",
      "pliant circuit prove");
  app.add_option("first", first_path, "A circuit: .plc, .blif, .aig, .aag, or .v as exported")
      ->required();
  app.add_option("second", second_path, "The other one")->required();
  app.add_option("--words", options.words, "Random examples by 64");
  app.add_option("--timeout", options.seconds, "Seconds for each run of another program")
      ->check(CLI::PositiveNumber);
  app.add_option("--seed", options.seed, "Of the random examples");
  app.add_flag("--no-adders", no_adders, "Leave the adders out");
  app.add_option("--picture", picture, "Write a counterexample as a PGM file");
  app.add_flag("--json", json, "Print it as JSON");
  parse(app, arguments);
  options.adders = !no_adders;
  const Circuit first = read_any(first_path, options.seconds);
  const Circuit second = read_any(second_path, options.seconds);
  const circuit::Encoder& encoder = first.encoder.has_features() ? first.encoder : second.encoder;
  const Proof proof = prove(first, second, options);
  if (json) {
    std::cout << json_text(json_of(proof)) << '\n';
  } else {
    print(proof, encoder);
  }
  write_picture(picture, proof, encoder);
  return proof.verdict == circuit::Verdict::kEqual ? 0 : kNotEqual;
}

}  // namespace pliant::cli
