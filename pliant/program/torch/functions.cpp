// pliant/program/torch/functions.cpp — a call of a program: the op that takes and gives whole
// arrays, and the C++ function over it
#include <ATen/Functions.h>
#include <c10/core/GradMode.h>
#include <c10/core/impl/TorchDispatchModeTLS.h>

#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "pliant/base/torch/find_op.h"
#include "pliant/base/torch/op.h"
#include "pliant/base/torch/transforms.h"
#include "pliant/math/t_norm.h"
#include "pliant/program/torch/known_programs.h"
#include "pliant/program/torch/ops.h"

namespace pliant {
namespace {

using at::Tensor;

Tensor numbers(std::vector<double> values) { return at::tensor(values, at::kDouble); }

double p_of(const ProgramOptions& options) {
  if (options.p) return *options.p;
  const auto family = static_cast<std::size_t>(math::t_norm_index(options.t_norm));
  return math::t_norms()[family].default_p;
}

/// The inputs as the op takes them, (batch, all numbers of a sample), and their sizes.
struct Inputs {
  Tensor joined;
  std::vector<std::int64_t> sizes;

  Inputs(const program::Program& program, at::TensorList inputs) {
    const std::vector<std::string> names = program.inputs();
    const std::vector<std::size_t> ranks = program.input_ranks();
    TORCH_CHECK_VALUE(inputs.size() == names.size() && !inputs.empty(), "program ", program.name(),
                      " takes ", names.size(), " inputs, got ", inputs.size());
    std::vector<Tensor> rows;
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      const Tensor& x = inputs[i];
      TORCH_CHECK_VALUE(x.dim() == static_cast<std::int64_t>(ranks[i]) + 1 &&
                            (i == 0 || x.sym_size(0) == inputs[0].sym_size(0)),
                        "program ", program.name(), ": ", names[i], " must have ", ranks[i],
                        " dimensions behind the batch of the first input, got shape ",
                        x.sym_sizes());
      for (std::int64_t d = 1; d < x.dim(); ++d) {
        sizes.push_back(x.sym_size(d).guard_int(__FILE__, __LINE__));
      }
      if (x.dim() == 2) {
        rows.push_back(x);
      } else {
        rows.push_back(x.dim() == 1 ? x.unsqueeze(1) : x.flatten(1));
      }
    }
    joined = rows.size() == 1 ? rows[0] : at::cat(rows, 1);
  }
};

/// Whether the forward run is to leave its numbers for the way back: if there will be one, by
/// autograd alone. Transforms and compilers have tensors of their own, whose run may not be the one
/// that a gradient follows.
bool keeps(const Tensor& x, const Tensor& parameters, std::string_view mode) {
  constexpr c10::DispatchKeySet kOthers(
      {c10::DispatchKey::Python, c10::DispatchKey::FuncTorchBatched,
       c10::DispatchKey::FuncTorchGradWrapper, c10::DispatchKey::Functionalize});
  return c10::GradMode::is_enabled() && x.requires_grad() && !parameters.requires_grad() &&
         mode != "hard" && x.is_cpu() && !x.key_set().has_any(kOthers) &&
         !c10::impl::TorchDispatchModeTLS::any_modes_set();
}

/// What is the same in every call of the op.
const auto& run_op() {
  static const auto run = op<std::tuple<Tensor, Tensor>(
      const Tensor&, std::string_view, at::IntArrayRef, std::string_view, const Tensor&,
      std::string_view, const Tensor&, std::string_view, double, std::int64_t, bool, std::int64_t,
      bool)>("pliant::run_program");
  return run;
}

std::vector<Tensor> call_program(at::TensorList inputs, std::string_view text,
                                 std::string_view distribution, const Tensor& parameters,
                                 std::string_view t_norm, const Tensor& p, std::string_view mode,
                                 double epsilon, std::int64_t max_passes, bool truncate,
                                 std::int64_t memory) {
  const Inputs given(program_of(text), inputs);
  const Tensor x = mode == "hard" ? given.joined.detach() : given.joined;
  const Tensor y =
      std::get<0>(run_op().call(x, text, given.sizes, distribution, parameters, t_norm, p, mode,
                                epsilon, max_passes, truncate, memory, keeps(x, parameters, mode)));
  const Shapes shapes = output_shapes_of(text, given.sizes, memory);
  std::vector<Tensor> results;
  std::int64_t first = 0;
  for (const auto& sizes : shapes) {
    std::vector<c10::SymInt> shape = {y.sym_size(0)};
    for (const std::size_t n : sizes) shape.emplace_back(static_cast<std::int64_t>(n));
    const auto count = static_cast<std::int64_t>(total_of({sizes}));
    const Tensor part = shapes.size() == 1 ? y : y.narrow(1, first, count);
    results.push_back(sizes.size() == 1 ? part : part.reshape_symint(shape));
    first += count;
  }
  return results;
}

}  // namespace

std::vector<Tensor> run_program(const program::Program& program, const std::vector<Tensor>& inputs,
                                const ProgramOptions& options) {
  return call_program(inputs, program.text(), options.distribution,
                      numbers({options.beta, 1, 0, 1}), options.t_norm, numbers({p_of(options)}),
                      options.mode, options.epsilon, options.max_passes, options.truncate,
                      options.memory);
}

TORCH_LIBRARY_FRAGMENT(pliant, library) {
  define_composite(
      library,
      "call_program(Tensor[] inputs, str text, str distribution, Tensor parameters, str t_norm, "
      "Tensor p, str mode, float epsilon, int max_passes, bool truncate, int memory) -> Tensor[]",
      checked<&call_program>);
}

}  // namespace pliant
