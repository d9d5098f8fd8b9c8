// cli/circuit_info.cpp — pliant circuit info NET.plc: what a circuit is
#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>
#include <iostream>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <utility>

#include "cli/circuit.h"
#include "cli/errors.h"
#include "cli/json_text.h"
#include "pliant/circuit/file.h"

namespace pliant::cli {
namespace {

using circuit::Circuit;
using Json = nlohmann::ordered_json;

Json encoder_of(const circuit::Encoder& encoder) {
  if (!encoder.has_features()) return nullptr;
  const std::set<double> thresholds(encoder.threshold.begin(), encoder.threshold.end());
  Json crop = nullptr;
  if (encoder.crop.height > 0) crop = {encoder.crop.height, encoder.crop.width, encoder.crop.side};
  return {{"features", encoder.features},
          {"width", encoder.width()},
          {"shape", encoder.shape.empty() ? Json(nullptr) : Json(encoder.shape)},
          {"crop", std::move(crop)},
          {"byte_maximum", encoder.byte_maximum},
          {"thresholds", thresholds.size()},
          {"lowest_threshold", thresholds.empty() ? Json(nullptr) : Json(*thresholds.begin())},
          {"highest_threshold", thresholds.empty() ? Json(nullptr) : Json(*thresholds.rbegin())},
          {"named", !encoder.names.empty()}};
}

Json stages_of(const Circuit& net) {
  Json stages = Json::array();
  for (const circuit::Stage& stage : net.stages) {
    stages.push_back({{"placements", stage.placements},
                      {"inputs", stage.cell.inputs},
                      {"nodes", stage.cell.nodes.size()},
                      {"outputs", stage.cell.outputs.size()}});
  }
  return stages;
}

Json classes_of(const circuit::ClassSums& sums) {
  if (sums.classes() == 0) return nullptr;
  std::vector<std::uint32_t> bits;
  for (std::size_t c = 0; c < sums.classes(); ++c)
    bits.push_back(sums.begins[c + 1] - sums.begins[c]);
  return {{"count", sums.classes()},
          {"names", sums.names.empty() ? Json(nullptr) : Json(sums.names)},
          {"bits", bits},
          {"biases", sums.biases},
          {"tau", sums.tau}};
}

Json collect(const std::string& path, const Circuit& net) {
  const Circuit flat = net.flat() ? Circuit{} : circuit::flattened(net);
  const circuit::Cell& cell = net.flat() ? net.cell() : flat.cell();
  const circuit::Size size = circuit::size_of(cell);
  const auto inverted = std::count_if(cell.outputs.begin(), cell.outputs.end(),
                                      [](circuit::Literal output) { return output.inverted(); });
  return {{"file", path},
          {"bytes", std::filesystem::file_size(path)},
          {"inputs", net.input_bits()},
          {"live_inputs", size.live_inputs},
          {"encoder", encoder_of(net.encoder)},
          {"nodes", size.nodes},
          {"nodes_by_inputs", size.fan_in},
          {"depth", size.depth},
          {"output_bits", size.class_bits},
          {"inverted_outputs", inverted},
          {"scores", net.scores()},
          {"classes", classes_of(net.sums)},
          {"stages", stages_of(net)}};
}

void line(const std::string& name, const std::string& value) {
  std::cout << name << std::string(std::max<std::size_t>(14, name.size() + 1) - name.size(), ' ')
            << value << '\n';
}

/// "28 × 28"
std::string sizes(const Json& numbers) {
  std::string text;
  for (const Json& number : numbers) text += (text.empty() ? "" : " × ") + number.dump();
  return text;
}

void print_encoder(const Json& encoder) {
  if (encoder.is_null()) return line("examples", "bits");
  std::string examples = encoder["width"].dump() + " numbers";
  if (!encoder["crop"].is_null()) {
    const Json& crop = encoder["crop"];
    examples += ": pictures of " + crop[0].dump() + " × " + crop[1].dump() + ", trimmed to " +
                crop[2].dump() + " × " + crop[2].dump();
  } else if (!encoder["shape"].is_null()) {
    examples += ": pictures of " + sizes(encoder["shape"]);
  }
  line("examples", examples + "; bytes / " + encoder["byte_maximum"].dump());
  line("thresholds", encoder["thresholds"].dump() + " different, " +
                         encoder["lowest_threshold"].dump() + " … " +
                         encoder["highest_threshold"].dump());
}

void print_classes(const Json& info) {
  const Json& classes = info["classes"];
  if (classes.is_null()) return line("result", info["scores"].dump() + " bits");
  const auto [least, most] = std::minmax_element(classes["bits"].begin(), classes["bits"].end());
  std::string bits = least->dump();
  if (*least != *most) bits += " … " + most->dump();
  line("classes", classes["count"].dump() + ", each the sum of " + bits + " bits; tau " +
                      classes["tau"].dump());
  if (classes["names"].is_null()) return;
  std::string names;
  for (const Json& name : classes["names"])
    names += (names.empty() ? "" : ", ") + name.get<std::string>();
  line("names", names);
}

void print(const Json& info) {
  line("file", info["file"].get<std::string>() + ", " + info["bytes"].dump() + " bytes");
  print_encoder(info["encoder"]);
  line("input bits",
       info["inputs"].dump() + ", of which " + info["live_inputs"].dump() + " are read");
  std::string kinds;
  for (std::size_t k = 0; k < info["nodes_by_inputs"].size(); ++k) {
    const Json& count = info["nodes_by_inputs"][k];
    if (count == 0) continue;
    kinds += (kinds.empty() ? " (" : ", ") + count.dump() + " of " + std::to_string(k) +
             (k == 1 ? " input" : " inputs");
  }
  line("nodes", info["nodes"].dump() + kinds + (kinds.empty() ? "" : ")"));
  line("depth", info["depth"].dump());
  print_classes(info);
  for (std::size_t s = 0; s < info["stages"].size(); ++s) {
    const Json& stage = info["stages"][s];
    line("stage " + std::to_string(s),
         stage["nodes"].dump() + " nodes from " + stage["inputs"].dump() + " bits to " +
             stage["outputs"].dump() + ", at " + stage["placements"].dump() + " places");
  }
}

}  // namespace

int run_circuit_info(const Arguments& arguments) {
  std::string path;
  bool json = false;
  CLI::App app("What a circuit is", "pliant circuit info");
  app.add_option("circuit", path, "The circuit, a .plc file")->required();
  app.add_flag("--json", json, "Print it as JSON");
  parse(app, arguments);
  const Json info = collect(path, circuit::read_circuit(path));
  if (json) {
    std::cout << json_text(info) << '\n';
  } else {
    print(info);
  }
  return 0;
}

}  // namespace pliant::cli
