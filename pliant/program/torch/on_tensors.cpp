// pliant/program/torch/on_tensors.cpp — running a program on tensors, with functions of the user's
#include <ATen/Functions.h>

#include <string>
#include <string_view>
#include <vector>

#include "pliant/base/torch/op.h"
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

std::vector<Tensor> run_on_tensors(at::TensorList inputs, std::string_view text,
                                   std::string_view distribution, const Tensor& parameters,
                                   std::string_view t_norm, const Tensor& p, std::string_view mode,
                                   double epsilon, int64_t max_passes, bool truncate,
                                   std::vector<std::string> functions) {
  const auto program = program::Program::parse(text);
  const Tensor like = check_inputs(program, inputs);
  TORCH_CHECK_VALUE(functions.size() == program.externals().size(), kOp, ": program ",
                    program.name(), " calls ", program.externals().size(),
                    " external functions, got ", functions.size());
  program::Options options;
  options.mode = mode_of(mode, kOp);
  options.distribution = distribution_of(distribution, parameters.detach(), kOp, "beta");
  options.t_norm = t_norm_of(t_norm, p.detach(), kOp);
  options.epsilon = epsilon;
  TORCH_CHECK_VALUE(max_passes >= 0, kOp, ": max_passes must be >= 0, got ", max_passes);
  options.max_passes = static_cast<std::size_t>(max_passes);
  options.truncate = truncate;
  program::check(options, kOp);

  TensorMachine machine({distribution, parameters, t_norm, p, mode}, like, inputs[0].size(0),
                        std::move(functions));
  program::Recorder recorder(false, &machine);
  machine.set_alive(recorder.alive());
  program::Walker walker(program.tree(), options, recorder);
  for (std::size_t k = 0; k < inputs.size(); ++k) {
    std::vector<std::size_t> shape;
    std::size_t count = 1;
    for (const int64_t size : inputs[k].sizes().slice(1)) {
      shape.push_back(static_cast<std::size_t>(size));
      count *= shape.back();
    }
    const program::View view = recorder.input(count);
    machine.set(view, inputs[k].to(like.scalar_type()));
    walker.set_input(k, shape, view);
  }
  walker.run();
  std::vector<Tensor> outputs;
  for (std::size_t k = 0; k < program.outputs().size(); ++k) {
    const program::Value& value = walker.output(k);
    std::vector<program::View> elements;
    for (std::size_t e = 0; e < value.shape.count(); ++e) elements.push_back(value.element(e));
    std::vector<int64_t> shape(value.shape.size.begin(),
                               value.shape.size.begin() + static_cast<int64_t>(value.shape.rank));
    outputs.push_back(machine.samples(elements, shape).to(inputs[0].scalar_type()));
    TORCH_CHECK_VALUE(!outputs.back().isnan().any().item<bool>(), "program ", program.name(),
                      ": the output ", program.outputs()[k], " is NaN");
  }
  return outputs;
}

}  // namespace

TORCH_LIBRARY_FRAGMENT(pliant, library) {
  library.def("call_external(str key, Tensor[] arguments) -> Tensor");
  library.def(
      "run_program_on_tensors(Tensor[] inputs, str text, str distribution, Tensor parameters, str "
      "t_norm, Tensor p, str mode, float epsilon, int max_passes, bool truncate, str[] functions) "
      "-> Tensor[]",
      checked<&run_on_tensors>);
}

}  // namespace pliant
