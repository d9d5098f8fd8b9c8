// pliant/base/torch/op.h — how an op of the library is made: schema, gradient, foreign devices,
// errors
//
// A room's torch/ops.cpp is this, per op:
//
//   TORCH_LIBRARY_FRAGMENT(pliant, library) {
//     define_op(library, "rank(Tensor x, Tensor parameters) -> Tensor ranks");
//     define_op(library, "rank_backward(Tensor? grad_ranks, Tensor x, Tensor parameters, bool[]
//     needed)"
//                        " -> (Tensor grad_x, Tensor grad_parameters)");
//   }
//   TORCH_LIBRARY_IMPL(pliant, CPU, library) { library.impl("rank", checked<&rank_cpu>); … }
//   TORCH_LIBRARY_IMPL(pliant, Meta, library) { library.impl("rank", checked<&rank_meta>); … }
//
// The gradient of `rank` is the op `rank_backward`, found by its name and called by one autograd
// node for all ops, so that C++, Python, torch.func and torch.compile share it. Its arguments are
// the upstream gradient of every result, then the arguments of `rank`, then optionally results of
// `rank`, in their order, then optionally `bool[] needed`; its results are named grad_<argument>,
// and `needed` tells, for each of these, whether somebody wants it: an unwanted one may be zeros.
//
// A result that is taken back by its own name has no gradient: it is what the forward pass found
// out and the way back needs. One that is taken back as result_<name> has a gradient too, and is
// kept without a copy; torch raises an error if it was changed in place.
//
// An op whose gradient is asked for and that has no `_backward` raises an error that says so.
#pragma once

#include <c10/util/Exception.h>
#include <torch/library.h>

#include <stdexcept>
#include <utility>

namespace pliant {

/// Defines the op, its gradient as described above, and copying
/// (pliant/base/torch/foreign_device.cpp) for devices that have no kernel of ours: CUDA, MPS, XPU,
/// PrivateUse1.
/// @param schema  as in torch::Library::def, without the namespace
void define_op(torch::Library& library, const char* schema);

namespace detail {

template <auto kernel>
struct Checked;

template <class Result, class... Args, Result (*kernel)(Args...)>
struct Checked<kernel> {
  static Result call(Args... args) {
    try {
      return kernel(std::forward<Args>(args)...);
    } catch (const std::invalid_argument& error) {
      TORCH_CHECK_VALUE(false, error.what());
    }
  }
};

}  // namespace detail

/// `kernel` with core's std::invalid_argument turned into Python's ValueError.
template <auto kernel>
inline constexpr auto checked = &detail::Checked<kernel>::call;

}  // namespace pliant
