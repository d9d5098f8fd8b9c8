// pliant/logic/torch/select_ops.cpp — the op of learned wiring: schema, checks, CPU and Meta
// kernels
#include <ATen/Functions.h>

#include <tuple>
#include <vector>

#include "pliant/base/torch/executor.h"
#include "pliant/base/torch/op.h"
#include "pliant/base/torch/transforms.h"
#include "pliant/base/torch/working_type.h"
#include "pliant/logic/conv_wiring.h"
#include "pliant/logic/select.h"
#include "pliant/logic/torch/batch_last.h"
#include "pliant/logic/wiring.h"

namespace pliant {
namespace {

using at::Tensor;

void check_select(const Tensor& x, const Tensor& candidates, const Tensor& weights) {
  constexpr const char* kOp = "logic_select";
  TORCH_CHECK_TYPE(x.is_floating_point(), kOp, ": x must be floating point, got ", x.scalar_type());
  TORCH_CHECK_VALUE(x.dim() == 2 && x.size(1) >= 1, kOp,
                    ": x must have shape (batch, features), at least one feature, got ", x.sizes());
  TORCH_CHECK_TYPE(candidates.scalar_type() == at::kInt, kOp, ": candidates must be int32, got ",
                   candidates.scalar_type());
  TORCH_CHECK_VALUE(candidates.dim() == 2 && candidates.size(0) >= 1 && candidates.size(1) >= 1,
                    kOp, ": candidates must have shape (candidates, slots), at least one of each, ",
                    "got ", candidates.sizes());
  TORCH_CHECK_TYPE(weights.is_floating_point(), kOp, ": weights must be floating point, got ",
                   weights.scalar_type());
  TORCH_CHECK_VALUE(weights.sizes() == candidates.sizes(), kOp,
                    ": weights must have the shape of candidates, ", candidates.sizes(), ", got ",
                    weights.sizes());
}

/// A checked call, in the type that the kernels work in.
struct SelectCall {
  Tensor x;
  Tensor candidates;
  Tensor weights;
  bool hard;

  SelectCall(const Tensor& given_x, const Tensor& given_candidates, const Tensor& given_weights,
             bool given_hard)
      : x(as_samples(given_x)),
        candidates(given_candidates.contiguous()),
        weights(given_weights.to(x.scalar_type()).contiguous()),
        hard(given_hard) {
    check_select(given_x, given_candidates, given_weights);
    logic::check_wiring(candidates.const_data_ptr<int32_t>(), unsigned_of(candidates.numel()),
                        unsigned_of(x.size(1)));
  }

  template <class T>
  static logic::Samples<T> samples(const Tensor& from) {
    return {from.const_data_ptr<T>(), unsigned_of(from.stride(0)), unsigned_of(from.stride(1))};
  }
  template <class T>
  [[nodiscard]] logic::SelectArgs<T> args() const {
    return {unsigned_of(x.size(0)),
            unsigned_of(x.size(1)),
            unsigned_of(candidates.size(1)),
            unsigned_of(candidates.size(0)),
            samples<T>(x),
            candidates.const_data_ptr<int32_t>(),
            weights.const_data_ptr<T>(),
            hard};
  }
};

Tensor logic_select_cpu(const Tensor& x, const Tensor& candidates, const Tensor& weights,
                        bool hard) {
  const SelectCall call(x, candidates, weights, hard);
  const Tensor y = batch_last(x.size(0), {candidates.size(1)}, call.x.options());
  with_type(call.x, [&]<class T>(T) {
    logic::select_features(call.args<T>(), y.mutable_data_ptr<T>(), torch_executor());
  });
  return in_type_of(x, y);
}

std::tuple<Tensor, Tensor> logic_select_backward_cpu(const Tensor& grad_y, const Tensor& x,
                                                     const Tensor& candidates,
                                                     const Tensor& weights, bool hard,
                                                     c10::List<bool> needed) {
  const SelectCall call(x, candidates, weights, hard);
  const Tensor upstream = grad_y.to(call.x.scalar_type());
  Tensor grad_x, grad_weights;
  if (needed.get(0)) grad_x = batch_last(x.size(0), {x.size(1)}, call.x.options());
  if (needed.get(1)) grad_weights = at::empty_like(call.weights);
  with_type(call.x, [&]<class T>(T) {
    logic::select_features_backward<T>(call.args<T>(), SelectCall::samples<T>(upstream),
                                       needed.get(0) ? grad_x.mutable_data_ptr<T>() : nullptr,
                                       needed.get(1) ? grad_weights.mutable_data_ptr<T>() : nullptr,
                                       torch_executor());
  });
  return {needed.get(0) ? in_type_of(x, grad_x) : unwanted(x),
          needed.get(1) ? grad_weights.to(weights.scalar_type())
                        : at::zeros_like(weights, at::MemoryFormat::Contiguous)};
}

Tensor logic_select_meta(const Tensor& x, const Tensor& candidates, const Tensor& weights, bool) {
  check_select(x, candidates, weights);
  return batch_last_meta(x.sym_size(0), {candidates.size(1)}, x.options());
}

std::tuple<Tensor, Tensor> logic_select_backward_meta(const Tensor&, const Tensor& x, const Tensor&,
                                                      const Tensor& weights, bool,
                                                      c10::List<bool>) {
  return {batch_last_meta(x.sym_size(0), {x.sym_size(1)}, x.options()),
          at::empty_like(weights, at::MemoryFormat::Contiguous)};
}

Tensor wiring_candidates(int64_t inputs, int64_t slots, int64_t candidates, int64_t seed) {
  for (const int64_t size : {inputs, slots, candidates})
    TORCH_CHECK_VALUE(size >= 0, "wiring_candidates: sizes must not be negative, got ", size);
  const std::vector<int32_t> features =
      logic::make_candidates(unsigned_of(inputs), unsigned_of(slots), unsigned_of(candidates),
                             static_cast<std::uint64_t>(seed));
  return at::tensor(features, at::kInt).reshape({candidates, slots});
}

}  // namespace

TORCH_LIBRARY_FRAGMENT(pliant, library) {
  define_op(library,
            "logic_select(Tensor x, Tensor candidates, Tensor weights, bool hard) -> Tensor y",
            {.rows = {{"x"}}});
  define_op(library,
            "logic_select_backward(Tensor grad_y, Tensor x, Tensor candidates, Tensor weights, "
            "bool hard, bool[] needed) -> (Tensor grad_x, Tensor grad_weights)");
  library.def("wiring_candidates(int inputs, int slots, int candidates, int seed) -> Tensor",
              checked<&wiring_candidates>);
}

TORCH_LIBRARY_IMPL(pliant, CPU, library) {
  library.impl("logic_select", checked<&logic_select_cpu>);
  library.impl("logic_select_backward", checked<&logic_select_backward_cpu>);
}

TORCH_LIBRARY_IMPL(pliant, Meta, library) {
  library.impl("logic_select", checked<&logic_select_meta>);
  library.impl("logic_select_backward", checked<&logic_select_backward_meta>);
}

}  // namespace pliant
