// pliant/sorting/torch/relaxation_ops.cpp — relaxations of the permutation matrix as an op, Gumbel
// noise, and the list of methods
#include <ATen/Functions.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <string>
#include <tuple>

#include "pliant/base/torch/executor.h"
#include "pliant/base/torch/op.h"
#include "pliant/base/torch/working_type.h"
#include "pliant/sorting/gumbel.h"
#include "pliant/sorting/method.h"
#include "pliant/sorting/relaxation.h"
#include "pliant/sorting/torch/check_keys.h"

namespace pliant {
namespace {

using at::Tensor;

constexpr const char* kOp = "relaxed_permutation";

void check_columns(int64_t n, int64_t first, int64_t count) {
  TORCH_CHECK_VALUE(0 <= first && 0 <= count && first <= n && count <= n - first, kOp,
                    ": columns must be among 0 … ", n - 1, ", got first = ", first,
                    " and count = ", count);
}

/// The arguments of the op, in its order, checked, with x in the dtype that the kernels work in.
struct Arguments {
  Tensor x;
  Tensor steepness;  ///< (batch)
  sorting::RelaxationOptions options;
  std::size_t first;
  std::size_t count;

  Arguments(const Tensor& keys, std::string_view method, const Tensor& parameters, int64_t column,
            int64_t columns, double power, double tolerance, int64_t iterations, bool implicit)
      : first(static_cast<std::size_t>(column)), count(static_cast<std::size_t>(columns)) {
    check_keys(keys, kOp);
    check_columns(keys.size(1), column, columns);
    TORCH_CHECK_TYPE(parameters.scalar_type() == at::kDouble && parameters.is_cpu(), kOp,
                     ": parameters must be a float64 tensor on the CPU, got ",
                     parameters.scalar_type(), " on ", parameters.device());
    TORCH_CHECK_VALUE(
        parameters.dim() == 1 && (parameters.size(0) == 1 || parameters.size(0) == keys.size(0)),
        kOp, ": parameters must be one steepness, or one for each of the ", keys.size(0),
        " rows, got shape ", parameters.sizes());
    options = {.method = sorting::relaxation_index(method),
               .power = power,
               .tolerance = tolerance,
               .iterations = static_cast<int>(
                   std::clamp<int64_t>(iterations, 0, std::numeric_limits<int>::max())),
               .implicit = implicit};
    const Tensor numbers = parameters.contiguous();
    for (int64_t k = 0; k < numbers.size(0); ++k) {
      options.steepness = numbers.const_data_ptr<double>()[k];
      sorting::check(options, "sort");
    }
    if (numbers.size(0) == 0) sorting::check(options, "sort");
    x = working(keys);
    steepness = numbers.expand({x.size(0)}).contiguous();
  }

  template <class T>
  [[nodiscard]] sorting::RelaxationArgs<T> args() const {
    return {options,
            static_cast<std::size_t>(x.size(0)),
            static_cast<std::size_t>(x.size(1)),
            first,
            count,
            x.const_data_ptr<T>(),
            steepness.const_data_ptr<double>()};
  }
};

Tensor relaxed_permutation_cpu(const Tensor& x, std::string_view method, const Tensor& parameters,
                               int64_t first, int64_t count, double power, double tolerance,
                               int64_t iterations, bool implicit) {
  const Arguments call(x, method, parameters, first, count, power, tolerance, iterations, implicit);
  const Tensor columns = at::empty({x.size(0), x.size(1), count}, call.x.options());
  with_type(call.x, [&]<class T>(T) {
    sorting::relaxed_permutation(call.args<T>(), columns.mutable_data_ptr<T>(), torch_executor());
  });
  return columns.to(x.scalar_type());
}

std::tuple<Tensor, Tensor> relaxed_permutation_backward_cpu(
    const Tensor& grad_columns, const Tensor& x, std::string_view method, const Tensor& parameters,
    int64_t first, int64_t count, double power, double tolerance, int64_t iterations, bool implicit,
    const Tensor& columns, c10::List<bool> needed) {
  const Arguments call(x, method, parameters, first, count, power, tolerance, iterations, implicit);
  const Tensor g = working(grad_columns);
  TORCH_CHECK_VALUE(columns.sizes() == grad_columns.sizes(), kOp,
                    "_backward: result_columns must have the shape of grad_columns, ",
                    grad_columns.sizes(), ", got ", columns.sizes());
  // Columns of halves are rounded: P is made anew.
  const bool kept = columns.scalar_type() == call.x.scalar_type();
  const Tensor p = columns.contiguous();
  const Tensor grad_x = at::empty_like(call.x);
  const Tensor grad_rows = at::zeros_like(call.steepness);
  with_type(call.x, [&]<class T>(T) {
    sorting::relaxed_permutation_backward(
        call.args<T>(), kept ? p.const_data_ptr<T>() : nullptr, g.const_data_ptr<T>(),
        grad_x.mutable_data_ptr<T>(),
        needed.get(1) ? grad_rows.mutable_data_ptr<double>() : nullptr, torch_executor());
  });
  Tensor grad_parameters = grad_rows;
  if (parameters.size(0) != x.size(0)) {
    double sum = 0;  // in the order of the rows, whatever the number of threads
    for (int64_t b = 0; b < x.size(0); ++b) sum += grad_rows.const_data_ptr<double>()[b];
    grad_parameters = at::full({1}, sum, parameters.options());
  }
  return {grad_x.to(x.scalar_type()), grad_parameters};
}

Tensor relaxed_permutation_meta(const Tensor& x, std::string_view, const Tensor&, c10::SymInt,
                                c10::SymInt count, double, double, int64_t, bool) {
  check_keys(x, kOp);
  return at::empty_symint({x.sym_size(0), x.sym_size(1), count}, x.options());
}

std::tuple<Tensor, Tensor> relaxed_permutation_backward_meta(const Tensor&, const Tensor& x,
                                                             std::string_view,
                                                             const Tensor& parameters, c10::SymInt,
                                                             c10::SymInt, double, double, int64_t,
                                                             bool, const Tensor&, c10::List<bool>) {
  return {at::empty_like(x, at::MemoryFormat::Contiguous), at::empty_like(parameters)};
}

void check_noise(const Tensor& x) {
  TORCH_CHECK_TYPE(x.is_floating_point(), "perturb: x must be floating point, got ",
                   x.scalar_type());
  TORCH_CHECK_VALUE(x.dim() >= 1, "perturb: x must have at least one dimension, got a scalar");
}

Tensor gumbel_noise_cpu(const Tensor& x, int64_t seed, int64_t step) {
  check_noise(x);
  const Tensor noise = at::empty(
      x.sizes(), x.options().dtype(x.scalar_type() == at::kDouble ? at::kDouble : at::kFloat));
  const int64_t n = x.size(-1), rows = n > 0 ? x.numel() / n : 0;
  with_type(noise, [&]<class T>(T) {
    sorting::gumbel_noise(static_cast<std::uint64_t>(seed), static_cast<std::uint64_t>(step),
                          static_cast<std::size_t>(rows), static_cast<std::size_t>(n),
                          noise.mutable_data_ptr<T>(), torch_executor());
  });
  return noise.to(x.scalar_type());
}

Tensor gumbel_noise_meta(const Tensor& x, c10::SymInt, c10::SymInt) {
  check_noise(x);
  return at::empty_like(x, at::MemoryFormat::Contiguous);
}

}  // namespace

TORCH_LIBRARY_FRAGMENT(pliant, library) {
  define_op(library,
            "relaxed_permutation(Tensor x, str method, Tensor parameters, SymInt first, SymInt "
            "count, float power, float tolerance, int iterations, bool implicit) -> Tensor "
            "columns");
  define_op(library,
            "relaxed_permutation_backward(Tensor grad_columns, Tensor x, str method, Tensor "
            "parameters, SymInt first, SymInt count, float power, float tolerance, int iterations, "
            "bool implicit, Tensor result_columns, bool[] needed) -> (Tensor grad_x, Tensor "
            "grad_parameters)");
  define_op(library, "gumbel_noise(Tensor x, SymInt seed, SymInt step) -> Tensor noise");
  library.def("methods() -> str", checked<&sorting::methods_json>);
}

TORCH_LIBRARY_IMPL(pliant, CPU, library) {
  library.impl("gumbel_noise", checked<&gumbel_noise_cpu>);
  library.impl("relaxed_permutation", checked<&relaxed_permutation_cpu>);
  library.impl("relaxed_permutation_backward", checked<&relaxed_permutation_backward_cpu>);
}

TORCH_LIBRARY_IMPL(pliant, Meta, library) {
  library.impl("gumbel_noise", checked<&gumbel_noise_meta>);
  library.impl("relaxed_permutation", checked<&relaxed_permutation_meta>);
  library.impl("relaxed_permutation_backward", checked<&relaxed_permutation_backward_meta>);
}

}  // namespace pliant
