// cli/info.cpp — pliant info: what this build and this machine have
#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <cstdlib>
#include <functional>
#include <iostream>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "cli/commands.h"
#include "cli/errors.h"
#include "cli/info_isaac.h"
#include "cli/torch_program.h"
#include "pliant/base/simd_target.h"
#include "pliant/base/version.h"
#include "pliant/circuit/proof.h"
#include "pliant/data/cifar.h"
#include "pliant/data/glyphs.h"
#include "pliant/data/image_set.h"
#include "pliant/logic/parametrization.h"
#include "pliant/logic/wiring.h"
#include "pliant/math/distribution.h"
#include "pliant/math/t_norm.h"
#include "pliant/program/shipped.h"
#include "pliant/render/objects.h"
#include "pliant/sorting/method.h"
#include "pliant/topk/selection.h"

namespace pliant::cli {
namespace {

using Json = nlohmann::ordered_json;

struct Variable {
  const char* name;
  const char* meaning;
};
constexpr std::array<Variable, 5> kVariables = {{
    {"PLIANT_DATA", "folder of the larger data sets"},
    {"PLIANT_SIMD", "SIMD target to use instead of the best one"},
    {"PLIANT_FOREIGN_DEVICE", "copy or error: tensors on a device without kernels"},
    {"PLIANT_LIBRARY_DIR", "where Python finds the compiled library"},
    {"PLIANT_PYTHON", "the Python that makes the demo's report"},
}};

Json torch_floor() {
  if (!std::filesystem::exists(torch_program())) return nullptr;
  return PLIANT_TORCH_VERSION;
}

/// What tries to load a set.
using Load = std::function<void(std::string_view)>;

/// null if the set is here, otherwise what to do about it.
Json missing(std::string_view name, const Load& load) {
  try {
    load(name);
    return nullptr;
  } catch (const std::exception& error) {
    return error.what();
  }
}

Json data_sets() {
  std::vector<std::pair<std::string_view, Load>> loads;
  for (std::string_view name : data::image_set_names())
    loads.emplace_back(name, [](auto set) { data::load_image_set(set, data::Split::kTest); });
  for (std::string_view name : data::cifar_names())
    loads.emplace_back(name, [](auto set) { data::load_cifar(set, data::Split::kTest); });
  loads.emplace_back("glyphs", [](auto) {
    data::GlyphOptions options;
    options.classes = 1;
    data::load_glyphs(data::Split::kTest, options);
  });
  Json sets = Json::array();
  for (const auto& [name, load] : loads) {
    Json why = missing(name, load);
    const bool here = why.is_null();
    sets.push_back({{"name", name}, {"here", here}, {"missing", std::move(why)}});
  }
  return sets;
}

Json circuit_programs() {
  Json programs = Json::array();
  for (const circuit::ProofProgram& program : circuit::proof_programs())
    programs.push_back(
        {{"name", program.name},
         {"path", program.path.empty() ? Json(nullptr) : Json(program.path.string())},
         {"purpose", program.purpose}});
  return programs;
}

Json environment() {
  Json all = Json::array();
  for (const Variable& variable : kVariables) {
    const char* value = std::getenv(variable.name);
    all.push_back({{"name", variable.name},
                   {"value", value == nullptr ? Json(nullptr) : Json(value)},
                   {"meaning", variable.meaning}});
  }
  return all;
}

Json collect() {
  return {{"version", base::version()},
          {"compiler", PLIANT_COMPILER},
          {"simd_targets", base::simd_targets()},
          {"simd", base::simd_target()},
          {"bfloat16", base::has_bfloat16()},
          {"threads", std::max(std::thread::hardware_concurrency(), 1U)},
          {"torch", torch_floor()},
          {"distributions", Json::parse(math::families_json())},
          {"t_norms", Json::parse(math::t_norms_json())},
          {"methods", Json::parse(sorting::methods_json())},
          {"selection_networks", selection::selection_names()},
          {"logic_parametrizations", Json::parse(logic::parametrizations_json())},
          {"logic_wirings", logic::wiring_names()},
          {"objects", render::object_families()},
          {"programs", program::shipped_names()},
          {"circuit_programs", circuit_programs()},
          {"data_sets", data_sets()},
          {"environment", environment()}};
}

std::string joined(const Json& texts) {
  std::string all;
  for (const auto& text : texts) all += (all.empty() ? "" : ", ") + text.get<std::string>();
  return all;
}

/// `text` with spaces up to `width` characters.
std::string padded(std::string text, std::size_t width) {
  text.resize(std::max(width, text.size()), ' ');
  return text;
}

void print_distributions(const Json& distributions) {
  std::cout << "\ndistributions (* monotonic as a swap; largest error in ULP, float and double)\n";
  for (const Json& d : distributions) {
    std::cout << (d["monotonic_swap"].get<bool>() ? "* " : "  ")
              << padded(d["name"].get<std::string>(), 20) << padded(d["max_ulp_float"].dump(), 8)
              << padded(d["max_ulp_double"].dump(), 8) << d["formula"].get<std::string>() << '\n';
  }
}

void print_t_norms(const Json& t_norms) {
  std::cout << "\nT-norms T(x, y) and T-conorms (largest error in ULP, float and double)\n";
  for (const Json& t : t_norms) {
    std::cout << "  " << padded(t["name"].get<std::string>(), 20)
              << padded(t["max_ulp_float"].dump(), 8) << padded(t["max_ulp_double"].dump(), 8)
              << t["formula"].get<std::string>() << '\n';
  }
}

void print_methods(const Json& methods) {
  std::cout << "\nmethods of sorting (* rows of the matrix sum to 1)\n";
  for (const Json& m : methods) {
    std::cout << (m["doubly_stochastic"].get<bool>() ? "* " : "  ")
              << padded(m["name"].get<std::string>(), 20)
              << padded(m["kind"].get<std::string>(), 12) << m["cost"].get<std::string>() << '\n';
  }
}

void print_logic(const Json& info) {
  std::cout << "\nlogic gates, by what is learned of them (its numbers for gates of 2 inputs)\n";
  for (const Json& p : info["logic_parametrizations"]) {
    const auto& inputs = p["inputs"];
    const auto two = std::find(inputs.begin(), inputs.end(), 2) - inputs.begin();
    std::cout << "  " << padded(p["name"].get<std::string>(), 20)
              << padded(p["parameters"].at(static_cast<std::size_t>(two)).dump(), 4)
              << p["source"].get<std::string>() << '\n';
  }
  std::cout << "  wiring: " << joined(info["logic_wirings"]) << '\n';
}

void print_circuits(const Json& info) {
  std::cout << "\ncircuits run by " << info["simd"].get<std::string>()
            << "; for pliant circuit prove and exported Verilog\n";
  for (const Json& program : info["circuit_programs"]) {
    const Json& path = program["path"];
    std::cout << "  " << padded(program["name"].get<std::string>(), 20)
              << (path.is_null() ? "not installed" : path.get<std::string>()) << "  ("
              << program["purpose"].get<std::string>() << ")\n";
  }
}

void print_data_sets(const Json& sets) {
  std::cout << "\ndata sets\n";
  for (const Json& set : sets) {
    const std::string state = set["here"].get<bool>() ? "here" : set["missing"].get<std::string>();
    std::cout << "  " << padded(set["name"].get<std::string>(), 20) << state << '\n';
  }
}

void print(const Json& info) {
  const auto line = [](const std::string& name, const std::string& value) {
    std::cout << padded(name, 14) << value << '\n';
  };
  line("version", info["version"]);
  line("compiler", info["compiler"]);
  line("SIMD", info["simd"].get<std::string>() + " of " + joined(info["simd_targets"]));
  line("bfloat16", info["bfloat16"].get<bool>() ? "by the CPU" : "emulated, slower than float32");
  line("threads", info["threads"].dump());
  line("torch", info["torch"].is_null() ? "not built" : info["torch"].get<std::string>());
  print_methods(info["methods"]);
  std::cout << "\nselection of the top k\n  " << joined(info["selection_networks"])
            << ", and the relaxations above\n";
  std::cout << "\nobjects to render\n  " << joined(info["objects"]) << '\n';
  std::cout << "\nprograms (docs/program.md)\n  " << joined(info["programs"]) << '\n';
  print_logic(info);
  print_circuits(info);
  print_distributions(info["distributions"]);
  print_t_norms(info["t_norms"]);
  print_data_sets(info["data_sets"]);
  std::cout << "\nenvironment\n";
  for (const Json& v : info["environment"]) {
    std::cout << "  " << padded(v["name"].get<std::string>(), 24)
              << (v["value"].is_null() ? "not set" : v["value"].get<std::string>()) << "  ("
              << v["meaning"].get<std::string>() << ")\n";
  }
}

}  // namespace

int run_info(const Arguments& arguments) {
  bool json = false;
  std::string network;
  std::int64_t rows = 100;
  CLI::App app("What this build and this machine have", "pliant info");
  app.add_flag("--json", json, "Print it as JSON");
  CLI::Option* isaac = app.add_option(
      "--isaac", network, "Instead: what conditioning the layers of this safetensors file costs");
  app.add_option("--rows", rows, "Of --isaac: rows that a layer reads in a step")->needs(isaac);
  parse(app, arguments);
  if (!network.empty()) {
    const Json costs = isaac_costs(network, rows);
    if (json) {
      std::cout << costs.dump(2) << '\n';
    } else {
      print_isaac_costs(costs, rows);
    }
    return 0;
  }
  const Json info = collect();
  if (json) {
    std::cout << info.dump(2) << '\n';
  } else {
    print(info);
  }
  return 0;
}

}  // namespace pliant::cli
