// pliant/program/torch/functions.cpp — the C++ functions over the ops of programs
#include <ATen/Functions.h>

#include <string_view>

#include "pliant/base/torch/find_op.h"
#include "pliant/math/t_norm.h"
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

  Inputs(const program::Program& program, const std::vector<Tensor>& inputs) {
    const std::vector<std::string> names = program.inputs();
    const std::vector<std::size_t> ranks = program.input_ranks();
    TORCH_CHECK_VALUE(inputs.size() == names.size() && !inputs.empty(), "program ", program.name(),
                      " takes ", names.size(), " inputs, got ", inputs.size());
    std::vector<Tensor> rows;
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      const Tensor& x = inputs[i];
      TORCH_CHECK_VALUE(x.dim() == static_cast<std::int64_t>(ranks[i]) + 1 &&
                            (i == 0 || x.size(0) == inputs[0].size(0)),
                        "program ", program.name(), ": ", names[i], " must have ", ranks[i],
                        " dimensions behind the batch of the first input, got shape ", x.sizes());
      rows.push_back(x.dim() == 1 ? x.unsqueeze(1) : x.flatten(1));
      sizes.insert(sizes.end(), x.sizes().begin() + 1, x.sizes().end());
    }
    joined = at::cat(rows, 1);
  }
};

}  // namespace

std::vector<Tensor> run_program(const program::Program& program, const std::vector<Tensor>& inputs,
                                const ProgramOptions& options) {
  static const auto run =
      op<Tensor(const Tensor&, std::string_view, at::IntArrayRef, std::string_view, const Tensor&,
                std::string_view, const Tensor&, std::string_view, double, std::int64_t, bool,
                std::int64_t)>("pliant::run_program");
  static const auto shapes = op<std::vector<std::int64_t>(std::string_view, at::IntArrayRef)>(
      "pliant::program_output_shapes");
  const Inputs given(program, inputs);
  const std::string text = program.text();
  const Tensor x = options.mode == "hard" ? given.joined.detach() : given.joined;
  const Tensor y =
      run.call(x, text, given.sizes, options.distribution, numbers({options.beta, 1, 0, 1}),
               options.t_norm, numbers({p_of(options)}), options.mode, options.epsilon,
               options.max_passes, options.truncate, options.memory);
  const std::vector<std::int64_t> all = shapes.call(text, given.sizes);
  std::vector<Tensor> results;
  std::int64_t first = 0;
  for (std::size_t at = 0; at < all.size(); at += 1 + static_cast<std::size_t>(all[at])) {
    std::vector<std::int64_t> shape = {y.size(0)};
    const auto sizes = all.begin() + static_cast<std::ptrdiff_t>(at) + 1;
    shape.insert(shape.end(), sizes, sizes + all[at]);
    const std::int64_t count = c10::multiply_integers(sizes, sizes + all[at]);
    results.push_back(y.narrow(1, first, count).reshape(shape));
    first += count;
  }
  return results;
}

}  // namespace pliant
