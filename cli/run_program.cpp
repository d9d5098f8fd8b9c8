// cli/run_program.cpp — pliant run FILE.while x0=3 x1=4: one sample through a program
#include <CLI/CLI.hpp>
#include <charconv>
#include <cmath>
#include <filesystem>
#include <iomanip>
#include <iostream>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include "cli/commands.h"
#include "cli/errors.h"
#include "cli/json_text.h"
#include "cli/options.h"
#include "pliant/base/errors.h"
#include "pliant/base/file.h"
#include "pliant/base/parallel.h"
#include "pliant/math/softness.h"
#include "pliant/program/while_language.h"
#include "pliant/train/config_hash.h"

namespace pliant::cli {
namespace {

using program::Program;
using Json = nlohmann::ordered_json;
using Numbers = std::vector<double>;

struct Request {
  std::string file;
  std::vector<std::string> assignments;
  std::optional<double> sharpness;
  std::optional<double> softness;  ///< taken back for the sharpness that it stands for
  std::string distribution = "logistic";
  std::string policy{program::kLoopPolicies[0]};
  std::string condition{program::kLoopConditions[0]};
  std::string subtraction{program::kSubtractions[0]};
  bool has_form = false;  ///< one of the three before is given
  double epsilon = program::Options{}.epsilon;
  std::int64_t max_passes = static_cast<std::int64_t>(program::Options{}.max_passes);
  bool truncate = false;
  bool gradient = false;
  bool show_text = false;
  bool json = false;
};

/// A program with the names that users know its inputs by, and what these are where none is given.
struct Loaded {
  Program program;
  std::vector<std::string> inputs;
  std::optional<double> without;
  bool natural;  ///< over natural numbers
};

Loaded load(const Request& request) {
  const std::filesystem::path path = request.file;
  const bool is_while = path.extension() == ".while";
  base::require(is_while || path.extension() == ".program",
                "run: FILE must end in .while or .program, got '", request.file, "'");
  base::require(is_while || !request.has_form,
                "run: --policy, --condition and --subtraction are of FILE.while; '", request.file,
                "' says itself what its loops are");
  const auto bytes = base::read_file(path);
  const std::string text(bytes.begin(), bytes.end());
  try {
    if (is_while) {
      program::WhileOptions form;
      form.policy = program::loop_policy(request.policy);
      form.condition = program::loop_condition(request.condition);
      form.subtraction = program::subtraction(request.subtraction);
      return {program::parse_while(text, form), program::while_variables(text), 0.0, true};
    }
    Program read = Program::parse(text);
    std::vector<std::string> inputs = read.inputs();
    for (const std::size_t rank : read.input_ranks()) {
      base::require(rank == 0, "it takes arrays, and run gives it single numbers");
    }
    return {std::move(read), std::move(inputs), std::nullopt, false};
  } catch (const std::invalid_argument& error) {
    base::fail(request.file, ": ", error.what());
  }
}

/// "x0=3" as a name and a number.
std::pair<std::string, double> read_assignment(const std::string& text) {
  const std::size_t equals = text.find('=');
  double number = 0;
  const char *begin = text.data() + equals + 1, *end = text.data() + text.size();
  const auto [at, error] = equals == std::string::npos
                               ? std::from_chars_result{begin, std::errc::invalid_argument}
                               : std::from_chars(begin, end, number);
  base::require(error == std::errc() && at == end && std::isfinite(number),
                "run: expected NAME=NUMBER, got '", text, "'");
  return {text.substr(0, equals), number};
}

/// One number for each input, in their order; and which of them were given.
std::pair<Numbers, std::vector<bool>> values_of(const Request& request, const Loaded& loaded) {
  std::map<std::string, double> given;
  for (const std::string& text : request.assignments) {
    const auto [name, number] = read_assignment(text);
    base::require(std::ranges::find(loaded.inputs, name) != loaded.inputs.end(),
                  "run: the program has no input '", name,
                  "'; there are: ", joined({loaded.inputs.begin(), loaded.inputs.end()}));
    base::require(given.emplace(name, number).second, "run: ", name, " is given twice");
    base::require(
        !loaded.natural || request.sharpness || (number >= 0 && number == std::floor(number)),
        "run: ", name, " must be a natural number, got ", train::number_text(number),
        "; with --sharpness or --softness it may be any number");
  }
  std::pair<Numbers, std::vector<bool>> out;
  for (const std::string& name : loaded.inputs) {
    const auto found = given.find(name);
    base::require(found != given.end() || loaded.without, "run: the input ", name,
                  " is not given; expected ", name, "=NUMBER");
    out.first.push_back(found != given.end() ? found->second : loaded.without.value_or(0));
    out.second.push_back(found != given.end());
  }
  return out;
}

/// Where there is a softness, the sharpness is made of it.
void settle_softness(Request& request) {
  if (!request.softness) return;
  base::require(!request.sharpness, "run: softness stands for sharpness: give one of them");
  math::Distribution comparison;
  comparison.family = math::family_index(request.distribution);
  request.sharpness = math::scale_of_margin(comparison, *request.softness);
  request.softness.reset();
}

program::Options options_of(const Request& request) {
  base::require(!request.sharpness || (*request.sharpness > 0 && std::isfinite(*request.sharpness)),
                "run: sharpness must be > 0 and finite, got ", request.sharpness.value_or(1));
  base::require(request.max_passes >= 0 && request.max_passes <= (1 << 30),
                "run: max-passes must be in 0 … 2^30, got ", request.max_passes);
  program::Options options;
  options.mode = request.sharpness ? program::Mode::kSoft : program::Mode::kHard;
  options.distribution.family = math::family_index(request.distribution);
  options.distribution.scale = request.sharpness.value_or(1);
  options.t_norm.family = math::t_norm_index("probabilistic");
  options.epsilon = request.epsilon;
  options.max_passes = static_cast<std::size_t>(request.max_passes);
  options.truncate = request.truncate;
  program::check(options, "run");
  return options;
}

/// One run, with what it was of.
class Run {
 public:
  Run(Loaded loaded, Numbers values, program::Options options)
      : loaded_(std::move(loaded)), options_(options), values_(std::move(values)) {
    for (double& x : values_) inputs_.push_back({{}, &x});
    shapes_ = program::output_shapes(loaded_.program, options_,
                                     std::vector<std::vector<std::size_t>>(values_.size()));
    std::vector<program::Array<double>> arrays;
    for (const auto& shape : shapes_) {
      std::size_t count = 1;
      for (const std::size_t n : shape) count *= n;
      outputs_.emplace_back(count);
    }
    for (std::size_t k = 0; k < shapes_.size(); ++k) {
      arrays.push_back({shapes_[k], outputs_[k].data()});
    }
    program::run<double>(loaded_.program, options_, 1, inputs_, arrays, base::serial_executor());
  }

  /// {"x0": 12, …}; an array is the list of its numbers, the last index the fastest.
  [[nodiscard]] Json results() const {
    Json out = Json::object();
    const auto names = loaded_.program.outputs();
    for (std::size_t k = 0; k < names.size(); ++k) {
      out[names[k]] = shapes_[k].empty() ? Json(outputs_[k][0]) : Json(outputs_[k]);
    }
    return out;
  }

  /// {"x0": {"x1": 4, …}, …}: each output that is a number by each input that was given.
  [[nodiscard]] Json gradients(const std::vector<bool>& given) const {
    Json out = Json::object();
    const auto names = loaded_.program.outputs();
    for (std::size_t k = 0; k < names.size(); ++k) {
      if (!shapes_[k].empty()) continue;
      const double one = 1;
      std::vector<program::Array<const double>> upstream;
      upstream.reserve(shapes_.size());
      for (const auto& shape : shapes_) upstream.push_back({shape, nullptr});
      upstream[k].data = &one;
      Numbers slopes(values_.size());
      std::vector<program::Array<double>> arrays;
      arrays.reserve(slopes.size());
      for (double& slope : slopes) arrays.push_back({{}, &slope});
      program::run_backward<double>(loaded_.program, options_, 1, inputs_, upstream, arrays,
                                    nullptr, base::serial_executor());
      Json& row = out[names[k]] = Json::object();
      for (std::size_t i = 0; i < slopes.size(); ++i) {
        if (given[i]) row[loaded_.inputs[i]] = slopes[i];
      }
    }
    return out;
  }

 private:
  Loaded loaded_;
  program::Options options_;
  Numbers values_;
  std::vector<program::Array<const double>> inputs_;
  std::vector<std::vector<std::size_t>> shapes_;
  std::vector<Numbers> outputs_;
};

/// With ten digits; --json has them all.
std::string text_of(const Json& value) {
  if (value.is_number()) {
    std::ostringstream text;
    text << std::setprecision(10) << value.get<double>();
    return text.str();
  }
  std::string text;
  for (const Json& number : value) text += (text.empty() ? "" : ", ") + text_of(number);
  return "[" + text + "]";
}

void print(const Json& results, const Json& gradients) {
  for (const auto& [name, value] : results.items()) {
    std::cout << name << " = " << text_of(value) << '\n';
  }
  for (const auto& [output, row] : gradients.items()) {
    for (const auto& [input, slope] : row.items()) {
      std::cout << 'd' << output << "/d" << input << " = " << text_of(slope) << '\n';
    }
  }
}

int execute(Request& request) {
  settle_softness(request);
  base::require(
      request.sharpness || !request.gradient,
      "run: --grad needs --sharpness or --softness: the program as it stands has no gradient");
  Loaded loaded = load(request);
  if (request.show_text) {
    std::cout << loaded.program.text();
    return 0;
  }
  auto [values, given] = values_of(request, loaded);
  const Run run(std::move(loaded), std::move(values), options_of(request));
  Json results = run.results();
  const Json gradients = request.gradient ? run.gradients(given) : Json::object();
  if (request.json) {
    if (request.gradient) results["gradient"] = gradients;
    std::cout << json_text(results) << '\n';
  } else {
    print(results, gradients);
  }
  return 0;
}

template <std::size_t n>
std::string choices(const std::array<std::string_view, n>& names) {
  return joined({names.begin(), names.end()});
}

}  // namespace

int run_program(const Arguments& arguments) {
  Request request;
  CLI::App app("A program on numbers: as it stands, or relaxed", "pliant run");
  app.add_option("file", request.file, "A program: FILE.while or FILE.program")->required();
  app.add_option("values", request.assignments,
                 "NAME=NUMBER of the inputs; variables of FILE.while begin with 0");
  app.add_option("--sharpness", request.sharpness,
                 "Relax each decision with this inverse temperature; without it none is relaxed");
  app.add_option("--softness", request.softness,
                 "Instead of sharpness: the difference of which a relaxed decision is 90 % sure");
  app.add_option("--distribution", request.distribution, "Of relaxed decisions")
      ->capture_default_str();
  app.add_option("--policy", request.policy,
                 "Loops of FILE.while: " + choices(program::kLoopPolicies))
      ->capture_default_str();
  app.add_option("--condition", request.condition,
                 "x != 0 of FILE.while: " + choices(program::kLoopConditions))
      ->capture_default_str();
  app.add_option("--subtraction", request.subtraction,
                 "x - c of FILE.while: " + choices(program::kSubtractions))
      ->capture_default_str();
  app.add_option("--epsilon", request.epsilon, "A loop ends when it goes on with this chance")
      ->capture_default_str();
  app.add_option("--max-passes", request.max_passes, "Passes of a loop; more are an error")
      ->capture_default_str();
  app.add_flag("--truncate", request.truncate, "End a loop at max-passes instead");
  app.add_flag("--grad", request.gradient, "Print the derivatives of the results by what is given");
  app.add_flag("--text", request.show_text, "Print the program in its own form, and run nothing");
  app.add_flag("--json", request.json, "Print as JSON");
  parse(app, arguments);
  for (const char* option : {"--policy", "--condition", "--subtraction"}) {
    request.has_form = request.has_form || app.count(option) > 0;
  }
  return execute(request);
}

}  // namespace pliant::cli
