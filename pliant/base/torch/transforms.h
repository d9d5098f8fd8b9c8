// pliant/base/torch/transforms.h — what torch's transforms make of an op: vmap, autocast, forward
// mode
//
// Every op of define_op (pliant/base/torch/op.h) has it from there:
//
// - torch.func.vmap calls an op once for each sample, or once for all where its rows are declared
//   (vmap.cpp);
// - under torch.autocast halves become float32, the type that kernels work in (autocast.cpp);
// - a derivative in forward mode raises an error, since no op has one (autograd.cpp).
#pragma once

#include <ATen/core/Tensor.h>
#include <torch/library.h>

#include <string>
#include <vector>

namespace pliant {

/// Arguments, by name, of which each index of the first dimension, a row, makes that index of every
/// result, whatever other rows there are. They have equally many rows. All rows share the other
/// arguments. The gradient of an op has the rows of the op.
struct Rows {
  std::vector<std::string> arguments;
  /// The op takes any shape, so that another dimension may stand before the first one.
  bool any_shape = false;
};

/// What torch's transforms can know of an op.
struct OpTraits {
  Rows rows = {};             ///< none: vmap calls the op once for each sample
  bool own_autocast = false;  ///< the room has a kernel for AutocastCPU and AutocastCUDA
};

/// As define_op of pliant/base/torch/op.h.
void define_op(torch::Library& library, const char* schema, const OpTraits& traits);

namespace detail {

void add_vmap(torch::Library& library, const char* schema);
void add_autocast(torch::Library& library, const char* schema);

}  // namespace detail

/// Defines an op whose gradient, devices and graphs are those of the ops that `fn` calls. Under
/// vmap `fn` runs once on all samples; under autocast it sees no halves.
template <class Fn>
void define_composite(torch::Library& library, const char* schema, Fn fn) {
  library.def(schema, fn);
  const std::string text = schema;
  library.impl(
      text.substr(0, text.find('(')).c_str(),
      torch::dispatch(c10::DispatchKey::FuncTorchBatchedDecomposition, torch::CppFunction(fn)));
  detail::add_autocast(library, schema);
}

/// The same for one that looks at the numbers of its arguments: under vmap it runs once for each
/// sample, and in compiled graphs it cannot be.
template <class Fn>
void define_reading_composite(torch::Library& library, const char* schema, Fn fn) {
  library.def(schema, fn);
  detail::add_vmap(library, schema);
  detail::add_autocast(library, schema);
}

/// The numbers of `tensor` as they stand in memory, without a gradient, for a function that looks
/// at them.
/// @throws NotImplementedError if there are none: in a compiled or exported graph
at::Tensor plain_numbers(const at::Tensor& tensor, const char* op);

}  // namespace pliant
