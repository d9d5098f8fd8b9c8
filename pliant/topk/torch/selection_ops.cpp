// pliant/topk/torch/selection_ops.cpp — the k largest through a network as an op: schema, checks,
// CPU and Meta kernels
#include <ATen/Functions.h>

#include <optional>
#include <string_view>
#include <tuple>

#include "pliant/base/torch/executor.h"
#include "pliant/base/torch/op.h"
#include "pliant/base/torch/transforms.h"
#include "pliant/base/torch/working_type.h"
#include "pliant/math/torch/parameters.h"
#include "pliant/sorting/sort.h"
#include "pliant/sorting/torch/comparators.h"

namespace pliant {
namespace {

using at::Tensor;
using OptionalTensor = std::optional<Tensor>;

constexpr const char* kOp = "topk";
constexpr auto kToItems = sorting::Direction::kToItems;

void check_keys_and_k(const Tensor& x, int64_t k) {
  TORCH_CHECK_TYPE(x.is_floating_point(), kOp, ": x must be floating point, got ", x.scalar_type());
  TORCH_CHECK_VALUE(x.dim() == 2 && x.size(1) > 0, kOp,
                    ": x must have 2 dimensions (batch, n), n > 0, got shape ", x.sizes());
  TORCH_CHECK_VALUE(k >= 1 && k <= x.size(1), kOp, ": k must be in 1 … ", x.size(1),
                    ", the number of values, got ", k);
}

/// A call of the op, checked, with keys that ascend to what is wanted.
struct Call {
  int64_t k;
  bool largest;
  Tensor keys;
  Comparators network;
  math::Distribution distribution;

  Call(const Tensor& x, const Tensor& comparators, std::string_view family,
       const Tensor& parameters, int64_t count, bool is_largest)
      : k(count),
        largest(is_largest),
        keys((check_keys_and_k(x, count), is_largest ? working(x) : working(x.neg()))),
        network(comparators, x.size(1), kOp),
        distribution(distribution_of(family, parameters, kOp, "steepness")) {}

  [[nodiscard]] int64_t batch() const { return keys.size(0); }
  [[nodiscard]] int64_t n() const { return keys.size(1); }
  [[nodiscard]] std::size_t columns() const { return static_cast<std::size_t>(k); }

  template <class T>
  [[nodiscard]] sorting::SortArgs<T> args() const {
    return {network.list(), distribution, static_cast<std::size_t>(batch()),
            static_cast<std::size_t>(n()), keys.const_data_ptr<T>()};
  }

  /// What the ranks hold so that each item gets its weights for the last k of them, the highest
  /// first: (batch, n, k).
  [[nodiscard]] Tensor payload() const {
    const Tensor columns = at::zeros({batch(), n(), k}, keys.options());
    with_type(keys, [&]<class T>(T) {
      T* of_sample = columns.mutable_data_ptr<T>();
      for (int64_t b = 0; b < batch(); ++b, of_sample += n() * k) {
        for (int64_t j = 0; j < k; ++j) of_sample[(n() - 1 - j) * k + j] = 1;
      }
    });
    return columns;
  }
};

std::tuple<Tensor, Tensor> topk_cpu(const Tensor& x, const Tensor& network,
                                    std::string_view distribution, const Tensor& parameters,
                                    int64_t k, bool largest) {
  const Call call(x, network, distribution, parameters, k, largest);
  const Tensor sorted = at::empty_like(call.keys), payload = call.payload();
  const Tensor attribution = at::empty_like(payload);
  const Tensor values = at::empty({call.batch(), k}, call.keys.options());
  with_type(call.keys, [&]<class T>(T) {
    const auto args = call.args<T>();
    sorting::sort_values(args, sorted.mutable_data_ptr<T>(), torch_executor());
    sorting::sort_apply(args, kToItems, call.columns(), payload.const_data_ptr<T>(),
                        attribution.mutable_data_ptr<T>(), torch_executor());
    const T* from = sorted.const_data_ptr<T>() + call.n();
    T* to = values.mutable_data_ptr<T>();
    for (int64_t b = 0; b < call.batch(); ++b, from += call.n(), to += k) {
      for (int64_t j = 0; j < k; ++j) to[j] = largest ? from[-1 - j] : -from[-1 - j];
    }
  });
  return {values.to(x.scalar_type()), attribution.to(x.scalar_type())};
}

/// The upstream gradient of all sorted keys, of which the k last ones are values.
Tensor upstream_of_sorted(const Tensor& grad_values, const Call& call) {
  TORCH_CHECK_VALUE(grad_values.sizes() == at::IntArrayRef({call.batch(), call.k}), kOp,
                    ": grad_values must have shape (", call.batch(), ", ", call.k, "), got ",
                    grad_values.sizes());
  const Tensor given = working(grad_values), all = at::zeros_like(call.keys);
  with_type(call.keys, [&]<class T>(T) {
    const T* from = given.const_data_ptr<T>();
    T* to = all.mutable_data_ptr<T>() + call.n();
    for (int64_t b = 0; b < call.batch(); ++b, from += call.k, to += call.n()) {
      for (int64_t j = 0; j < call.k; ++j) to[-1 - j] = call.largest ? from[j] : -from[j];
    }
  });
  return all;
}

bool is_given(const OptionalTensor& gradient) { return gradient && gradient->defined(); }

std::tuple<Tensor, Tensor> topk_backward_cpu(const OptionalTensor& grad_values,
                                             const OptionalTensor& grad_attribution,
                                             const Tensor& x, const Tensor& network,
                                             std::string_view distribution,
                                             const Tensor& parameters, int64_t k, bool largest,
                                             c10::List<bool> needed) {
  const Call call(x, network, distribution, parameters, k, largest);
  Tensor grad_keys, grad_parameters;
  const auto add = [&](const auto& backward) {
    const Tensor of_keys = at::empty_like(call.keys), of_parameters = at::zeros_like(parameters);
    with_type(call.keys, [&]<class T>(T type) {
      backward(type, of_keys.mutable_data_ptr<T>(),
               needed.get(1) ? of_parameters.mutable_data_ptr<double>() : nullptr);
    });
    grad_keys = grad_keys.defined() ? grad_keys + of_keys : of_keys;
    grad_parameters = grad_parameters.defined() ? grad_parameters + of_parameters : of_parameters;
  };
  if (is_given(grad_values)) {
    const Tensor g = upstream_of_sorted(*grad_values, call);
    add([&]<class T>(T, T* of_keys, double* of_parameters) {
      sorting::sort_values_backward(call.args<T>(), g.const_data_ptr<T>(), of_keys, of_parameters,
                                    torch_executor());
    });
  }
  if (is_given(grad_attribution)) {
    const Tensor g = working(*grad_attribution), payload = call.payload();
    TORCH_CHECK_VALUE(g.sizes() == payload.sizes(), kOp, ": grad_attribution must have shape ",
                      payload.sizes(), ", got ", g.sizes());
    const Tensor of_payload = at::empty_like(payload);
    add([&]<class T>(T, T* of_keys, double* of_parameters) {
      sorting::sort_apply_backward(call.args<T>(), kToItems, call.columns(),
                                   payload.const_data_ptr<T>(), g.const_data_ptr<T>(), of_keys,
                                   of_payload.mutable_data_ptr<T>(), of_parameters,
                                   torch_executor());
    });
  }
  if (!grad_keys.defined()) return {at::zeros_like(x), at::zeros_like(parameters)};
  return {(largest ? grad_keys : grad_keys.neg()).to(x.scalar_type()), grad_parameters};
}

std::tuple<Tensor, Tensor> topk_meta(const Tensor& x, const Tensor&, std::string_view,
                                     const Tensor&, int64_t k, bool) {
  check_keys_and_k(x, k);
  const auto batch = x.sym_size(0);
  return {at::empty_symint({batch, k}, x.options()),
          at::empty_symint({batch, x.sym_size(1), k}, x.options())};
}

std::tuple<Tensor, Tensor> topk_backward_meta(const OptionalTensor&, const OptionalTensor&,
                                              const Tensor& x, const Tensor&, std::string_view,
                                              const Tensor& parameters, int64_t, bool,
                                              c10::List<bool>) {
  return {at::empty_like(x, at::MemoryFormat::Contiguous), at::empty_like(parameters)};
}

}  // namespace

TORCH_LIBRARY_FRAGMENT(pliant, library) {
  define_op(library,
            "topk(Tensor x, Tensor network, str distribution, Tensor parameters, int k, bool "
            "largest) -> (Tensor values, Tensor attribution)",
            {.rows = {{"x"}}});
  define_op(library,
            "topk_backward(Tensor? grad_values, Tensor? grad_attribution, Tensor x, Tensor "
            "network, str distribution, Tensor parameters, int k, bool largest, bool[] needed) -> "
            "(Tensor grad_x, Tensor grad_parameters)");
}

TORCH_LIBRARY_IMPL(pliant, CPU, library) {
  library.impl("topk", checked<&topk_cpu>);
  library.impl("topk_backward", checked<&topk_backward_cpu>);
}

TORCH_LIBRARY_IMPL(pliant, Meta, library) {
  library.impl("topk", checked<&topk_meta>);
  library.impl("topk_backward", checked<&topk_backward_meta>);
}

}  // namespace pliant
