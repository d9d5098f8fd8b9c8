// pliant/base/torch/vmap.cpp — every op under torch.func.vmap: all samples in one call, or one by
// one
#include <ATen/Functions.h>
#include <ATen/functorch/BatchedTensorImpl.h>
#include <ATen/functorch/DynamicLayer.h>
#include <ATen/functorch/PlumbingHelper.h>
#include <c10/core/impl/LocalDispatchKeySet.h>

#include <mutex>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "pliant/base/torch/kernels.h"

namespace pliant {
namespace {

using at::Tensor;
using torch::jit::Stack;

// === Which arguments have rows ===

struct KnownRows {
  std::mutex mutex;
  std::unordered_map<std::string, Rows> of;
};

KnownRows& known() {
  static KnownRows rows;
  return rows;
}

/// The rows of an op or of one of its gradients: an argument that only the gradient has, as an
/// upstream gradient or a kept result, has the rows of the results.
class RowArguments {
 public:
  explicit RowArguments(const c10::OperatorHandle& op) {
    std::string name = op.schema().name();
    for (const std::string end = "_backward"; name.ends_with(end);)
      name.resize(name.size() - end.size());
    const auto base = c10::Dispatcher::singleton().findSchema({name, op.schema().overload_name()});
    if (!base) return;
    schema_ = &base->schema();
    const std::lock_guard lock(known().mutex);
    if (const auto found = known().of.find(name); found != known().of.end()) rows_ = found->second;
  }

  bool any() const { return !rows_.arguments.empty(); }
  bool any_shape() const { return rows_.any_shape; }
  bool has(const std::string& argument) const {
    if (!schema_->argumentIndexWithName(argument)) return true;
    for (const std::string& row : rows_.arguments)
      if (row == argument) return true;
    return false;
  }

 private:
  const c10::FunctionSchema* schema_ = nullptr;
  Rows rows_;
};

// === A call under vmap ===

/// An argument: a tensor, a list of tensors, or anything else, which has no samples.
struct Argument {
  c10::IValue plain;
  std::vector<Tensor> tensors;  ///< where `batched`, samples lie along the first dimension
  std::vector<bool> batched;

  bool any_batched() const {
    for (const bool each : batched)
      if (each) return true;
    return false;
  }

  /// The argument of one sample.
  c10::IValue of_sample(std::int64_t sample) const {
    if (tensors.empty()) return plain;
    const auto part = [&](std::size_t i) {
      return batched[i] ? tensors[i].select(0, sample) : tensors[i];
    };
    if (plain.isTensor()) return part(0);
    c10::List<Tensor> list;
    for (std::size_t i = 0; i < tensors.size(); ++i) list.push_back(part(i));
    return list;
  }
};

Argument unwrapped(const c10::IValue& value, std::int64_t level) {
  Argument argument{value, {}, {}};
  const auto add = [&](const Tensor& tensor) {
    const auto [inner, dim] = at::functorch::unwrapTensorAtLevel(tensor, level);
    argument.tensors.push_back(dim ? inner.movedim(*dim, 0) : inner);
    argument.batched.push_back(dim.has_value());
  };
  if (value.isTensor() && value.toTensor().defined()) add(value.toTensor());
  if (value.isTensorList()) {
    for (const Tensor& tensor : value.toTensorVector()) add(tensor);
  }
  return argument;
}

/// The results of all samples as one that has them along the first dimension.
c10::IValue stacked(const std::string& op, const std::vector<c10::IValue>& samples,
                    std::int64_t level) {
  const auto batch_of = [&](const auto& of_sample) {
    std::vector<Tensor> parts;
    for (const c10::IValue& sample : samples) parts.push_back(of_sample(sample));
    return at::functorch::makeBatched(at::stack(parts), 0, level);
  };
  if (samples[0].isTensor()) {
    if (!samples[0].toTensor().defined()) return samples[0];
    return batch_of([](const c10::IValue& sample) { return sample.toTensor(); });
  }
  TORCH_CHECK_NOT_IMPLEMENTED(samples[0].isTensorList(), op, " does not work under vmap: it gives ",
                              samples[0].tagKind(), ", which cannot differ between samples");
  c10::List<Tensor> list;
  for (std::size_t i = 0; i < samples[0].toTensorList().size(); ++i) {
    list.push_back(
        batch_of([&](const c10::IValue& sample) { return sample.toTensorList().get(i); }));
  }
  return list;
}

class VmapCall {
 public:
  VmapCall(const c10::OperatorHandle& op, Stack* stack, std::int64_t level)
      : op_(op), level_(level) {
    for (const c10::IValue& value : torch::jit::last(*stack, op.schema().arguments().size()))
      arguments_.push_back(unwrapped(value, level));
    torch::jit::drop(*stack, arguments_.size());
    for (const Argument& argument : arguments_) {
      for (std::size_t i = 0; i < argument.tensors.size(); ++i)
        if (argument.batched[i]) samples_ = argument.tensors[i].size(0);
    }
  }

  /// The results, wrapped for vmap's level.
  Stack run() {
    if (samples_ < 0) {
      Stack stack;
      for (const Argument& argument : arguments_) stack.push_back(argument.plain);
      op_.callBoxed(&stack);
      return stack;
    }
    TORCH_CHECK_VALUE(samples_ > 0, op_.schema().name(),
                      ": vmap must be over a dimension of one sample or more, got size 0");
    const RowArguments rows(op_);
    return foldable(rows) ? in_one_call(rows) : one_by_one();
  }

 private:
  const std::string& name(std::size_t i) const { return op_.schema().arguments()[i].name(); }

  /// Whether all that vmap has batched has rows, the rows are as many in every such argument, and
  /// no gradient is wanted that is a sum over rows.
  bool foldable(const RowArguments& rows) const {
    if (!rows.any()) return false;
    std::int64_t count = -1;
    for (std::size_t i = 0; i < arguments_.size(); ++i) {
      const Argument& argument = arguments_[i];
      if (!rows.has(name(i))) {
        if (argument.any_batched()) return false;
        continue;
      }
      if (argument.tensors.empty()) continue;
      const std::int64_t own = argument.batched[0] ? 1 : 0;
      if (rows.any_shape()) continue;
      if (argument.tensors[0].dim() <= own) return false;  // the op says what is wrong
      const std::int64_t size = argument.tensors[0].size(own);
      if (count >= 0 && size != count) return false;
      count = size;
    }
    for (std::size_t r = 0; r < op_.schema().returns().size(); ++r)
      if (sums_rows(rows, r) && needed(r)) return false;
    return true;
  }

  /// Whether result r is the gradient of an argument that all rows share.
  bool sums_rows(const RowArguments& rows, std::size_t r) const {
    const std::string& result = op_.schema().returns()[r].name();
    const std::string start = "grad_";
    return result.starts_with(start) && !rows.has(result.substr(start.size()));
  }

  bool needed(std::size_t r) const {
    return op_.schema().arguments().back().name() != "needed" ||
           arguments_.back().plain.toBoolList().get(r);
  }

  Stack in_one_call(const RowArguments& rows) {
    Stack stack;
    for (std::size_t i = 0; i < arguments_.size(); ++i) {
      const Argument& argument = arguments_[i];
      if (argument.tensors.empty() || !rows.has(name(i))) {
        stack.push_back(argument.plain);
        continue;
      }
      Tensor all = argument.tensors[0];
      if (!argument.batched[0]) {
        std::vector<std::int64_t> shape = all.sizes().vec();
        shape.insert(shape.begin(), samples_);
        all = all.expand(shape);
      }
      stack.emplace_back(rows.any_shape() ? all : all.flatten(0, 1));
    }
    op_.callBoxed(&stack);
    for (std::size_t r = 0; r < stack.size(); ++r) {
      if (sums_rows(rows, r)) continue;  // nobody wants it
      const Tensor& result = stack[r].toTensor();
      stack[r] = at::functorch::makeBatched(
          rows.any_shape() ? result : result.unflatten(0, {samples_, result.size(0) / samples_}), 0,
          level_);
    }
    return stack;
  }

  Stack one_by_one() {
    std::vector<std::vector<c10::IValue>> results(op_.schema().returns().size());
    for (std::int64_t sample = 0; sample < samples_; ++sample) {
      Stack stack;
      for (const Argument& argument : arguments_) stack.push_back(argument.of_sample(sample));
      op_.callBoxed(&stack);
      for (std::size_t r = 0; r < stack.size(); ++r) results[r].push_back(std::move(stack[r]));
    }
    Stack stack;
    for (const auto& each : results) stack.push_back(stacked(op_.schema().name(), each, level_));
    return stack;
  }

  const c10::OperatorHandle& op_;
  std::int64_t level_;
  std::vector<Argument> arguments_;
  std::int64_t samples_ = -1;
};

}  // namespace

void set_rows(const std::string& op, Rows rows) {
  const std::lock_guard lock(known().mutex);
  known().of[op] = std::move(rows);
}

void vmap_kernel(const c10::OperatorHandle& op, Stack* stack) {
  const auto layer = at::functorch::maybeCurrentDynamicLayer();
  TORCH_INTERNAL_ASSERT(layer.has_value(), op.schema().name(), ": a batch without vmap");
  TORCH_CHECK_NOT_IMPLEMENTED(!op.schema().is_mutable(), op.schema().name(),
                              " does not work under vmap: it changes its arguments");
  const c10::impl::ExcludeDispatchKeyGuard below(c10::DispatchKey::FuncTorchBatched);
  VmapCall call(op, stack, layer->layerId());
  for (c10::IValue& result : call.run()) stack->push_back(std::move(result));
}

}  // namespace pliant
