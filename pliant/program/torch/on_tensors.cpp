// pliant/program/torch/on_tensors.cpp — running a program on tensors, with functions of the user's
#include <ATen/Functions.h>

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "pliant/base/torch/op.h"
#include "pliant/base/torch/transforms.h"
#include "pliant/math/torch/parameters.h"
#include "pliant/program/run/walker.h"
#include "pliant/program/torch/node.h"
#include "pliant/program/torch/tensor_machine.h"

namespace pliant {
namespace {

using at::Tensor;

constexpr const char* kOp = "run_program_on_tensors";

/// The type that steps are worked on in, of all inputs.
Tensor check_inputs(const program::Program& program, at::TensorList inputs) {
  TORCH_CHECK_VALUE(inputs.size() == program.inputs().size(), kOp, ": program ", program.name(),
                    " takes ", program.inputs().size(), " inputs, got ", inputs.size());
  const std::vector<std::size_t> ranks = program.input_ranks();
  at::ScalarType type = at::kFloat;
  for (std::size_t k = 0; k < inputs.size(); ++k) {
    TORCH_CHECK_VALUE(inputs[k].dim() == static_cast<int64_t>(ranks[k]) + 1 &&
                          inputs[k].size(0) == inputs[0].size(0) && inputs[k].is_floating_point(),
                      kOp, ": ", program.inputs()[k], " must be floating point, with ", ranks[k],
                      " dimensions behind the batch of the first input, got ",
                      inputs[k].scalar_type(), " ", inputs[k].sizes());
    TORCH_CHECK_VALUE(inputs[k].is_cpu(), kOp, ": inputs must be on the CPU, got ",
                      inputs[k].device());
    if (inputs[k].scalar_type() == at::kDouble) type = at::kDouble;
  }
  return at::empty({0}, at::TensorOptions().dtype(type));
}

/// An array of a program as (samples, shape…).
Tensor tensor_of(const program::Value& value, const TensorMachine& machine) {
  std::vector<program::View> elements;
  for (std::size_t e = 0; e < value.shape.count(); ++e) elements.push_back(value.element(e));
  const std::vector<int64_t> shape(
      value.shape.size.begin(),
      value.shape.size.begin() + static_cast<std::ptrdiff_t>(value.shape.rank));
  return machine.samples(elements, shape);
}

/// Writes down what a program writes: its place, "line name passes…", and the value.
class Log final : public program::Observer {
 public:
  Log(const program::Tree& tree, const TensorMachine& machine) : tree_(tree), machine_(machine) {}

  void wrote(const program::Statement& statement, int slot, const program::Cell& cell,
             std::span<const std::int64_t> passes) override {
    std::string place = std::to_string(statement.position.line) + " " +
                        tree_.slots[static_cast<std::size_t>(slot)].name;
    for (const std::int64_t pass : passes) place += " " + std::to_string(pass);
    places.push_back(std::move(place));
    values.push_back(cell.value.defined() ? tensor_of(cell.value, machine_)
                                          : at::scalar_tensor(cell.whole, at::kLong));
  }

  std::vector<std::string> places;
  std::vector<Tensor> values;

 private:
  const program::Tree& tree_;
  const TensorMachine& machine_;
};

/// A program and its options, as ops have them.
struct Given {
  at::TensorList inputs;
  program::Program program;
  Decisions decisions;
  program::Options options;
  std::vector<std::string> functions;

  Given(at::TensorList all, std::string_view text, const Decisions& by, double epsilon,
        int64_t max_passes, bool truncate, std::vector<std::string> keys)
      : inputs(all),
        program(program::Program::parse(text)),
        decisions(by),
        functions(std::move(keys)) {
    TORCH_CHECK_VALUE(functions.size() == program.externals().size(), kOp, ": program ",
                      program.name(), " calls ", program.externals().size(),
                      " external functions, got ", functions.size());
    TORCH_CHECK_VALUE(max_passes >= 0, kOp, ": max_passes must be >= 0, got ", max_passes);
    options.mode = mode_of(by.mode, kOp);
    options.distribution =
        distribution_of(by.distribution, plain_numbers(by.parameters, kOp), kOp, "beta");
    options.t_norm = t_norm_of(by.t_norm, plain_numbers(by.p, kOp), kOp);
    options.epsilon = epsilon;
    options.max_passes = static_cast<std::size_t>(max_passes);
    options.truncate = truncate;
    program::check(options, kOp);
  }
};

struct Outcome {
  std::vector<Tensor> outputs;
  std::vector<std::string> places;  ///< of what was written, if asked for
  std::vector<Tensor> values;
};

Outcome run_given(const Given& given, bool is_logged) {
  const program::Program& program = given.program;
  const Tensor like = check_inputs(program, given.inputs);
  TensorMachine machine(given.decisions, like, given.inputs[0].size(0), given.functions);
  program::Recorder recorder(false, &machine);
  machine.set_alive(recorder.alive());
  Log log(program.tree(), machine);
  program::Walker walker(program.tree(), given.options, recorder, is_logged ? &log : nullptr);
  for (std::size_t k = 0; k < given.inputs.size(); ++k) {
    std::vector<std::size_t> shape;
    std::size_t count = 1;
    for (const int64_t size : given.inputs[k].sizes().slice(1)) {
      shape.push_back(static_cast<std::size_t>(size));
      count *= shape.back();
    }
    const program::View view = recorder.input(count);
    machine.set(view, given.inputs[k].to(like.scalar_type()));
    walker.set_input(k, shape, view);
  }
  walker.run();
  Outcome outcome;
  for (std::size_t k = 0; k < program.outputs().size(); ++k) {
    const Tensor output = tensor_of(walker.output(k), machine);
    TORCH_CHECK_VALUE(!output.isnan().any().item<bool>(), "program ", program.name(),
                      ": the output ", program.outputs()[k], " is NaN");
    outcome.outputs.push_back(output.to(given.inputs[0].scalar_type()));
  }
  outcome.places = std::move(log.places);
  outcome.values = std::move(log.values);
  return outcome;
}

std::vector<Tensor> run_on_tensors(at::TensorList inputs, std::string_view text,
                                   std::string_view distribution, const Tensor& parameters,
                                   std::string_view t_norm, const Tensor& p, std::string_view mode,
                                   double epsilon, int64_t max_passes, bool truncate,
                                   std::vector<std::string> functions) {
  const Given given(inputs, text, {distribution, parameters, t_norm, p, mode}, epsilon, max_passes,
                    truncate, std::move(functions));
  return run_given(given, false).outputs;
}

std::tuple<std::vector<std::string>, std::vector<Tensor>> trace(
    at::TensorList inputs, std::string_view text, std::string_view distribution,
    const Tensor& parameters, std::string_view t_norm, const Tensor& p, std::string_view mode,
    double epsilon, int64_t max_passes, bool truncate, std::vector<std::string> functions) {
  const Given given(inputs, text, {distribution, parameters, t_norm, p, mode}, epsilon, max_passes,
                    truncate, std::move(functions));
  Outcome outcome = run_given(given, true);
  return {std::move(outcome.places), std::move(outcome.values)};
}

}  // namespace

TORCH_LIBRARY_FRAGMENT(pliant, library) {
  library.def("call_external(str key, Tensor[] arguments) -> Tensor");
  define_reading_composite(
      library,
      "run_program_on_tensors(Tensor[] inputs, str text, str distribution, Tensor parameters, str "
      "t_norm, Tensor p, str mode, float epsilon, int max_passes, bool truncate, str[] functions) "
      "-> Tensor[]",
      checked<&run_on_tensors>);
  define_reading_composite(
      library,
      "trace_program(Tensor[] inputs, str text, str distribution, Tensor parameters, str t_norm, "
      "Tensor p, str mode, float epsilon, int max_passes, bool truncate, str[] functions) -> "
      "(str[] places, Tensor[] values)",
      checked<&trace>);
}

}  // namespace pliant
