// pliant/program/torch/ops.cpp — running a program as an op: schema, checks, CPU and Meta kernels
#include <ATen/Functions.h>

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "pliant/base/torch/executor.h"
#include "pliant/base/torch/op.h"
#include "pliant/base/torch/working_type.h"
#include "pliant/math/torch/parameters.h"
#include "pliant/program/functions.h"
#include "pliant/program/program.h"
#include "pliant/program/shipped.h"
#include "pliant/program/torch/known_programs.h"
#include "pliant/program/torch/node.h"
#include "pliant/program/while_language.h"

namespace pliant {
namespace {

using at::Tensor;

constexpr const char* kOp = "run_program";

/// The arguments of the op behind the inputs, in the order of its schema.
struct Settings {
  std::string_view text;
  at::IntArrayRef sizes;
  std::string_view distribution;
  const Tensor& parameters;
  std::string_view t_norm;
  const Tensor& p;
  std::string_view mode;
  double epsilon;
  int64_t max_passes;
  bool truncate;
  int64_t memory;
};

/// A call of the op, checked.
class Call {
 public:
  Call(const Tensor& x, const Settings& given)
      : program_(program_of(given.text)), input_shapes_(input_shapes_of(program_, given.sizes)) {
    TORCH_CHECK_TYPE(x.is_floating_point(), kOp, ": inputs must be floating point, got ",
                     x.scalar_type());
    const auto total = static_cast<int64_t>(total_of(input_shapes_));
    TORCH_CHECK_VALUE(x.dim() == 2 && x.size(1) == total, kOp, ": inputs must have shape (batch, ",
                      total, "), got ", x.sizes());
    TORCH_CHECK_VALUE(given.max_passes >= 0 && given.memory > 0, kOp,
                      ": max_passes must be >= 0 and memory > 0, got ", given.max_passes, " and ",
                      given.memory);
    options_.mode = mode_of(given.mode, kOp);
    options_.distribution = distribution_of(given.distribution, given.parameters, kOp, "beta");
    options_.t_norm = t_norm_of(given.t_norm, given.p, kOp);
    options_.epsilon = given.epsilon;
    options_.max_passes = static_cast<std::size_t>(given.max_passes);
    options_.truncate = given.truncate;
    options_.memory = static_cast<std::size_t>(given.memory);
    program::check(options_, kOp);
    output_shapes_ = output_shapes_of(given.text, given.sizes, given.memory);
  }

  [[nodiscard]] const program::Program& program() const { return program_; }
  [[nodiscard]] const program::Options& options() const { return options_; }
  [[nodiscard]] int64_t outputs() const { return static_cast<int64_t>(total_of(output_shapes_)); }
  [[nodiscard]] const auto& input_shapes() const { return input_shapes_; }
  [[nodiscard]] const auto& output_shapes() const { return output_shapes_; }

 private:
  program::Program program_;
  program::Options options_;
  Shapes input_shapes_, output_shapes_;
};

/// Samples (batch, all arrays behind one another) as one array (batch, shape…) each: what programs
/// take.
template <class T>
class Split {
 public:
  Split(const Tensor& joined, const Shapes& shapes) {
    int64_t begin = 0;
    for (const auto& shape : shapes) {
      const auto count = static_cast<int64_t>(total_of({shape}));
      tensors_.push_back(joined.slice(1, begin, begin + count).contiguous());
      arrays_.push_back({shape, tensors_.back().template const_data_ptr<T>()});
      begin += count;
    }
  }
  [[nodiscard]] const std::vector<program::Array<const T>>& arrays() const { return arrays_; }

 private:
  std::vector<Tensor> tensors_;
  std::vector<program::Array<const T>> arrays_;
};

/// New arrays for each shape, and what they are when joined.
template <class T>
class Joined {
 public:
  Joined(const Tensor& like, const Shapes& shapes) {
    for (const auto& shape : shapes) {
      const auto count = static_cast<int64_t>(total_of({shape}));
      tensors_.push_back(at::empty({like.size(0), count}, like.options()));
      arrays_.push_back({shape, tensors_.back().template mutable_data_ptr<T>()});
    }
  }
  [[nodiscard]] const std::vector<program::Array<T>>& arrays() const { return arrays_; }
  [[nodiscard]] Tensor tensor() const { return at::cat(tensors_, 1); }

 private:
  std::vector<Tensor> tensors_;
  std::vector<program::Array<T>> arrays_;
};

std::tuple<Tensor, Tensor> run_cpu(const Tensor& x, std::string_view text, at::IntArrayRef sizes,
                                   std::string_view distribution, const Tensor& parameters,
                                   std::string_view t_norm, const Tensor& p, std::string_view mode,
                                   double epsilon, int64_t max_passes, bool truncate,
                                   int64_t memory, bool keep) {
  const Call call(x, {text, sizes, distribution, parameters, t_norm, p, mode, epsilon, max_passes,
                      truncate, memory});
  const Tensor from = working(x);
  Tensor out, kept = at::empty({0}, x.options().dtype(at::kByte));
  const program::Keep keeps = [&](std::size_t bytes) {
    kept = at::empty({static_cast<int64_t>(bytes)}, kept.options());
    return reinterpret_cast<std::byte*>(kept.mutable_data_ptr());
  };
  with_type(from, [&]<class T>(T) {
    const Split<T> inputs(from, call.input_shapes());
    const Joined<T> outputs(from, call.output_shapes());
    program::run<T>(call.program(), call.options(), static_cast<std::size_t>(x.size(0)),
                    inputs.arrays(), outputs.arrays(), torch_executor(),
                    keep ? keeps : program::Keep());
    out = outputs.tensor();
  });
  return {out.to(x.scalar_type()), kept};
}

std::tuple<Tensor, Tensor> run_backward_cpu(const Tensor& grad_y, const Tensor& x,
                                            std::string_view text, at::IntArrayRef sizes,
                                            std::string_view distribution, const Tensor& parameters,
                                            std::string_view t_norm, const Tensor& p,
                                            std::string_view mode, double epsilon,
                                            int64_t max_passes, bool truncate, int64_t memory, bool,
                                            const Tensor& kept, c10::List<bool> needed) {
  const Call call(x, {text, sizes, distribution, parameters, t_norm, p, mode, epsilon, max_passes,
                      truncate, memory});
  TORCH_CHECK_VALUE(
      grad_y.dim() == 2 && grad_y.size(0) == x.size(0) && grad_y.size(1) == call.outputs(), kOp,
      ": the gradient must have shape (", x.size(0), ", ", call.outputs(), "), got ",
      grad_y.sizes());
  const Tensor from = working(x), upstream = working(grad_y.to(from.scalar_type()));
  TORCH_CHECK_VALUE(kept.scalar_type() == at::kByte && kept.is_contiguous(), kOp,
                    ": kept must be what the op gave, got ", kept.scalar_type(), " ", kept.sizes());
  const std::span<const std::byte> before(static_cast<const std::byte*>(kept.const_data_ptr()),
                                          static_cast<std::size_t>(kept.numel()));
  const Tensor grad_parameters = at::zeros_like(parameters);
  Tensor grad_x;
  with_type(from, [&]<class T>(T) {
    const Split<T> inputs(from, call.input_shapes()), gradients(upstream, call.output_shapes());
    const Joined<T> found(from, call.input_shapes());
    program::run_backward<T>(call.program(), call.options(), static_cast<std::size_t>(x.size(0)),
                             inputs.arrays(), gradients.arrays(), found.arrays(),
                             needed.get(1) ? grad_parameters.mutable_data_ptr<double>() : nullptr,
                             torch_executor(), before);
    grad_x = found.tensor();
  });
  return {grad_x.to(x.scalar_type()), grad_parameters};
}

/// How much is kept depends on numbers: a compiled graph keeps nothing.
std::tuple<Tensor, Tensor> run_meta(const Tensor& x, std::string_view text, at::IntArrayRef sizes,
                                    std::string_view, const Tensor&, std::string_view,
                                    const Tensor&, std::string_view, double, int64_t, bool,
                                    int64_t memory, bool keep) {
  TORCH_CHECK_VALUE(!keep, kOp, ": keep must be false where there are no numbers");
  const Shapes shapes = output_shapes_of(text, sizes, memory);
  const auto total = static_cast<int64_t>(total_of(shapes));
  return {at::empty_symint({x.sym_size(0), total}, x.options()),
          at::empty({0}, x.options().dtype(at::kByte))};
}

std::tuple<Tensor, Tensor> run_backward_meta(const Tensor&, const Tensor& x, std::string_view,
                                             at::IntArrayRef, std::string_view,
                                             const Tensor& parameters, std::string_view,
                                             const Tensor&, std::string_view, double, int64_t, bool,
                                             int64_t, bool, const Tensor&, c10::List<bool>) {
  return {at::empty_like(x, at::MemoryFormat::Contiguous), at::empty_like(parameters)};
}

/// (name, text in its own form, then for inputs, outputs and externals how many there are, and
/// their names; behind those of inputs their ranks as text), for Python.
std::vector<std::string> describe_op(std::string_view text) {
  const program::Program program = program_of(text);
  std::vector<std::string> all = {program.name(), program.text()};
  const auto add = [&](const std::vector<std::string>& names) {
    all.push_back(std::to_string(names.size()));
    all.insert(all.end(), names.begin(), names.end());
  };
  add(program.inputs());
  for (const std::size_t rank : program.input_ranks()) all.push_back(std::to_string(rank));
  add(program.outputs());
  add(program.externals());
  return all;
}

/// A WHILE program as the text of a program; no names: all variables.
std::string while_program_op(std::string_view text, std::string_view policy,
                             std::string_view condition, std::string_view subtraction,
                             const std::optional<std::vector<std::string>>& inputs,
                             const std::optional<std::vector<std::string>>& outputs) {
  program::WhileOptions options;
  options.policy = program::loop_policy(policy);
  options.condition = program::loop_condition(condition);
  options.subtraction = program::subtraction(subtraction);
  options.inputs = inputs;
  options.outputs = outputs;
  return program::parse_while(text, options).text();
}

/// The functions of the language as lines "name least most", most −1 for any number of arguments.
std::string functions_op() {
  std::string text;
  for (const program::FunctionInfo& function : program::kFunctions) {
    text += std::string(function.name) + " " + std::to_string(function.least) + " " +
            std::to_string(function.most) + "\n";
  }
  return text;
}

std::vector<std::string> shipped_programs_op() {
  const std::vector<std::string_view> names = program::shipped_names();
  return {names.begin(), names.end()};
}

/// The text of a shipped program with these settings.
std::string shipped_program_op(std::string_view name, const std::vector<std::string>& settings,
                               at::IntArrayRef values) {
  TORCH_CHECK_VALUE(settings.size() == values.size(), "shipped_program: ", settings.size(),
                    " settings must have as many values, got ", values.size());
  program::WholeNumbers numbers;
  for (std::size_t i = 0; i < values.size(); ++i) numbers.emplace_back(settings[i], values[i]);
  return program::shipped(name, numbers).text();
}

}  // namespace

TORCH_LIBRARY_FRAGMENT(pliant, library) {
  define_op(library,
            "run_program(Tensor x, str text, int[] sizes, str distribution, Tensor parameters, str "
            "t_norm, Tensor p, str mode, float epsilon, int max_passes, bool truncate, int memory, "
            "bool keep) -> (Tensor y, Tensor kept)");
  define_op(library,
            "run_program_backward(Tensor grad_y, Tensor x, str text, int[] sizes, str "
            "distribution, Tensor parameters, str t_norm, Tensor p, str mode, float epsilon, int "
            "max_passes, bool truncate, int memory, bool keep, Tensor kept, bool[] needed) -> "
            "(Tensor grad_x, Tensor grad_parameters)");
  library.def("describe_program(str text) -> str[]", checked<&describe_op>);
  library.def(
      "while_program(str text, str policy, str condition, str subtraction, str[]? inputs, str[]? "
      "outputs) -> str",
      checked<&while_program_op>);
  library.def("program_functions() -> str", checked<&functions_op>);
  library.def("shipped_programs() -> str[]", checked<&shipped_programs_op>);
  library.def("shipped_program(str name, str[] settings, int[] values) -> str",
              checked<&shipped_program_op>);
}

TORCH_LIBRARY_IMPL(pliant, CPU, library) {
  library.impl("run_program", checked<&run_cpu>);
  library.impl("run_program_backward", checked<&run_backward_cpu>);
}

TORCH_LIBRARY_IMPL(pliant, Meta, library) {
  library.impl("run_program", checked<&run_meta>);
  library.impl("run_program_backward", checked<&run_backward_meta>);
}

}  // namespace pliant
