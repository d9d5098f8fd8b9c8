// pliant/base/torch/autograd.cpp — the gradient of every op: one node that calls <op>_backward
#include <ATen/core/LegacyTypeDispatch.h>
#include <torch/csrc/autograd/function.h>
#include <torch/csrc/autograd/functions/utils.h>
#include <torch/csrc/autograd/saved_variable.h>

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "pliant/base/torch/kernels.h"

namespace pliant {
namespace {

using torch::autograd::Edge;
using torch::autograd::Node;
using torch::autograd::SavedVariable;
using torch::autograd::variable_list;

// An owning pointer to a node: c10::intrusive_ptr in torch 2.13, std::shared_ptr in older ones.
using NodePointer = decltype(Edge::function);

template <class T>
auto make_node() {
  if constexpr (std::is_same_v<NodePointer, std::shared_ptr<Node>>) {
    return std::make_shared<T>();
  } else {
    return c10::make_intrusive<T>();
  }
}

/// An argument of the op, kept for its gradient. Tensors are kept so that torch notices if they are
/// changed.
struct SavedArgument {
  std::optional<SavedVariable> tensor;
  c10::IValue value;
};

/// The node of a call. Its inputs are the upstream gradients of the op's results, its outputs the
/// gradients of the op's tensor arguments, in the order of the schema.
class OpBackward final : public Node {
 public:
  void save(const c10::OperatorHandle& op, at::ArrayRef<c10::IValue> arguments) {
    name_ = op.schema().name();
    backward_ = c10::Dispatcher::singleton().findSchema({name_ + "_backward", ""});
    torch::autograd::edge_list edges;
    for (std::size_t i = 0; i < arguments.size(); ++i) {
      if (!arguments[i].isTensor()) {
        arguments_.push_back({std::nullopt, arguments[i]});
        continue;
      }
      const at::Tensor& tensor = arguments[i].toTensor();
      arguments_.push_back({SavedVariable(tensor, /*is_output=*/false), {}});
      edges.push_back(tensor.requires_grad() ? torch::autograd::impl::gradient_edge(tensor)
                                             : Edge());
      outputs_.push_back("grad_" + op.schema().arguments()[i].name());
    }
    set_next_edges(std::move(edges));
  }

  variable_list apply(variable_list&& gradients) override {
    TORCH_CHECK_NOT_IMPLEMENTED(
        backward_.has_value(), name_, " has no derivative",
        name_.ends_with("_backward") ? ": second derivatives are not available" : "");
    torch::jit::Stack stack = backward_arguments(gradients);
    backward_->callBoxed(&stack);
    const auto& results = backward_->schema().returns();
    variable_list wanted(num_outputs());
    for (std::size_t r = 0; r < results.size(); ++r) {
      const std::size_t output = output_of(results[r].name());
      if (task_should_compute_output(output)) wanted[output] = stack[r].toTensor();
    }
    return wanted;
  }

  void release_variables() override {
    const std::lock_guard lock(mutex_);
    for (SavedArgument& argument : arguments_) {
      if (argument.tensor) argument.tensor->reset_data();
    }
  }

  std::string name() const override { return name_ + "Backward"; }

 private:
  /// What <op>_backward takes: upstream gradients, the op's arguments, and which results are
  /// wanted.
  torch::jit::Stack backward_arguments(const variable_list& gradients) {
    const std::lock_guard lock(mutex_);
    const c10::FunctionSchema& schema = backward_->schema();
    torch::jit::Stack stack;
    for (std::size_t i = 0; i < gradients.size(); ++i) {
      if (gradients[i].defined()) {
        stack.emplace_back(gradients[i]);
      } else if (schema.arguments()[i].type()->kind() == c10::TypeKind::OptionalType) {
        stack.emplace_back();
      } else {
        stack.emplace_back(input_metadata(i).zeros_like());
      }
    }
    for (SavedArgument& argument : arguments_) {
      stack.push_back(argument.tensor ? c10::IValue(argument.tensor->unpack()) : argument.value);
    }
    if (schema.arguments().back().name() == "needed") {
      c10::List<bool> needed;
      for (const auto& result : schema.returns()) {
        needed.push_back(task_should_compute_output(output_of(result.name())));
      }
      stack.emplace_back(std::move(needed));
    }
    return stack;
  }

  std::size_t output_of(const std::string& gradient) const {
    for (std::size_t i = 0; i < outputs_.size(); ++i) {
      if (outputs_[i] == gradient) return i;
    }
    TORCH_INTERNAL_ASSERT(false, name_, "_backward gives ", gradient,
                          ", which is no tensor argument of ", name_);
  }

  std::string name_;
  std::optional<c10::OperatorHandle> backward_;
  std::vector<SavedArgument> arguments_;
  std::vector<std::string> outputs_;
  std::mutex mutex_;
};

bool any_requires_grad(at::ArrayRef<c10::IValue> arguments) {
  if (!at::GradMode::is_enabled()) return false;
  for (const c10::IValue& argument : arguments) {
    if (argument.isTensor() && argument.toTensor().defined() && argument.toTensor().requires_grad())
      return true;
  }
  return false;
}

}  // namespace

void autograd_kernel(const c10::OperatorHandle& op, torch::jit::Stack* stack) {
  const auto arguments = torch::jit::last(*stack, op.schema().arguments().size());
  decltype(make_node<OpBackward>()) node;
  if (any_requires_grad(arguments)) {
    node = make_node<OpBackward>();
    node->save(op, arguments);
  }
  {
    const at::AutoDispatchBelowADInplaceOrView below;
    op.callBoxed(stack);
  }
  if (!node) return;
  for (const c10::IValue& result : torch::jit::last(*stack, op.schema().returns().size())) {
    if (result.isTensor() &&
        torch::autograd::isDifferentiableType(result.toTensor().scalar_type())) {
      torch::autograd::set_history(result.toTensor(), node);
    }
  }
}

}  // namespace pliant
