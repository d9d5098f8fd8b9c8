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
#include <unordered_map>
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

/// Whether an argument is a tensor, or a tensor or nothing.
bool takes_tensor(const c10::Argument& argument) {
  return argument.type()->isSubtypeOf(*c10::OptionalType::ofTensor());
}

/// What the gradients of an op's calls have in common: found out once for each op.
struct Gradient {
  std::string name;                             ///< of the op, with its namespace
  std::optional<c10::OperatorHandle> backward;  ///< none: the op has no derivative
  std::vector<bool> saved;       ///< for each result of the op: `backward` takes it back alone …
  std::vector<bool> also_saved;  ///< … or beside its upstream gradient
  std::vector<bool> optional_upstream;  ///< for each result that has one
  std::vector<std::size_t> output_of;   ///< for each result of `backward`: which tensor argument
  bool takes_needed = false;

  explicit Gradient(const c10::OperatorHandle& op)
      : name(op.schema().name()),
        backward(c10::Dispatcher::singleton().findSchema({name + "_backward", ""})) {
    if (!backward) return;
    const c10::FunctionSchema& schema = backward->schema();
    for (const auto& result : op.schema().returns()) {
      const auto taken = [&](const std::string& argument) {
        return !result.name().empty() && schema.argumentIndexWithName(argument).has_value();
      };
      saved.push_back(taken(result.name()));
      also_saved.push_back(taken("result_" + result.name()));
      if (saved.back()) continue;
      const auto& upstream = schema.arguments()[optional_upstream.size()];
      optional_upstream.push_back(upstream.type()->kind() == c10::TypeKind::OptionalType);
    }
    for (const auto& result : schema.returns())
      output_of.push_back(tensor_argument(op.schema(), result.name()));
    takes_needed = schema.arguments().back().name() == "needed";
  }

  /// The gradient of `op`, for the life of the process.
  static const Gradient& of(const c10::OperatorHandle& op) {
    static std::mutex mutex;
    static std::unordered_map<std::string, Gradient> known;
    const std::lock_guard lock(mutex);
    return known.try_emplace(op.schema().name(), op).first->second;
  }

 private:
  std::size_t tensor_argument(const c10::FunctionSchema& schema,
                              const std::string& gradient) const {
    std::size_t tensors = 0;
    for (const auto& argument : schema.arguments()) {
      if (!takes_tensor(argument)) continue;
      if (gradient == "grad_" + argument.name()) return tensors;
      ++tensors;
    }
    TORCH_INTERNAL_ASSERT(false, name, "_backward gives ", gradient,
                          ", which is no tensor argument of ", name);
  }
};

/// An argument or result of the op, kept for its gradient. Tensors are kept so that torch notices
/// if they are changed.
struct SavedArgument {
  std::optional<SavedVariable> tensor;
  c10::IValue value;
};

/// The node of a call. Its inputs are the upstream gradients of the op's results, its outputs the
/// gradients of the op's tensor arguments, in the order of the schema.
class OpBackward final : public Node {
 public:
  void save(const c10::OperatorHandle& op, at::ArrayRef<c10::IValue> arguments) {
    gradient_ = &Gradient::of(op);
    arguments_.reserve(arguments.size());
    torch::autograd::edge_list edges;
    for (std::size_t i = 0; i < arguments.size(); ++i) {
      if (!arguments[i].isTensor()) {
        arguments_.push_back({std::nullopt, arguments[i]});
        if (takes_tensor(op.schema().arguments()[i])) edges.emplace_back();
        continue;
      }
      const at::Tensor& tensor = arguments[i].toTensor();
      arguments_.push_back({SavedVariable(tensor, /*is_output=*/false), {}});
      edges.push_back(tensor.requires_grad() ? torch::autograd::impl::gradient_edge(tensor)
                                             : Edge());
    }
    set_next_edges(std::move(edges));
  }

  /// Keeps the results that the gradient takes back, and makes those this node's that have one.
  void finish(at::ArrayRef<c10::IValue> results, const NodePointer& self) {
    for (std::size_t r = 0; r < results.size(); ++r) {
      if (!results[r].isTensor()) continue;
      const at::Tensor& tensor = results[r].toTensor();
      const bool saved = gradient_->backward && gradient_->saved[r];
      if (!saved && torch::autograd::isDifferentiableType(tensor.scalar_type()))
        torch::autograd::set_history(tensor, self);
      if (saved || (gradient_->backward && gradient_->also_saved[r]))
        arguments_.push_back({SavedVariable(tensor, /*is_output=*/!saved), {}});
    }
  }

  variable_list apply(variable_list&& gradients) override {
    TORCH_CHECK_NOT_IMPLEMENTED(
        gradient_->backward.has_value(), gradient_->name, " has no derivative",
        gradient_->name.ends_with("_backward") ? ": second derivatives are not available" : "");
    torch::jit::Stack stack = backward_arguments(gradients);
    gradient_->backward->callBoxed(&stack);
    variable_list wanted(num_outputs());
    for (std::size_t r = 0; r < stack.size(); ++r) {
      const std::size_t output = gradient_->output_of[r];
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

  std::string name() const override { return gradient_->name + "Backward"; }

 private:
  /// What <op>_backward takes: upstream gradients, the op's arguments, what it keeps of its
  /// results, and which gradients are wanted.
  torch::jit::Stack backward_arguments(const variable_list& gradients) {
    const std::lock_guard lock(mutex_);
    torch::jit::Stack stack;
    stack.reserve(gradients.size() + arguments_.size() + 1);
    for (std::size_t i = 0; i < gradients.size(); ++i) {
      if (gradients[i].defined()) {
        stack.emplace_back(gradients[i]);
      } else if (gradient_->optional_upstream[i]) {
        stack.emplace_back();
      } else {
        stack.emplace_back(input_metadata(i).zeros_like());
      }
    }
    for (SavedArgument& argument : arguments_) {
      stack.push_back(argument.tensor ? c10::IValue(argument.tensor->unpack(getptr()))
                                      : argument.value);
    }
    if (gradient_->takes_needed) {
      c10::List<bool> needed;
      for (const std::size_t output : gradient_->output_of)
        needed.push_back(task_should_compute_output(output));
      stack.emplace_back(std::move(needed));
    }
    return stack;
  }

  const Gradient* gradient_ = nullptr;
  std::vector<SavedArgument> arguments_;
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

/// A tangent would be dropped, and its derivative be 0.
void refuse_forward_mode(const c10::OperatorHandle& op, at::ArrayRef<c10::IValue> arguments) {
  for (const c10::IValue& argument : arguments) {
    TORCH_CHECK_NOT_IMPLEMENTED(
        !argument.isTensor() || !torch::autograd::isFwGradDefined(argument.toTensor()),
        op.schema().name(),
        " has no derivative in forward mode: take torch.func.vjp or jacrev, not jvp or jacfwd");
  }
}

}  // namespace

void autograd_kernel(const c10::OperatorHandle& op, torch::jit::Stack* stack) {
  const auto arguments = torch::jit::last(*stack, op.schema().arguments().size());
  refuse_forward_mode(op, arguments);
  decltype(make_node<OpBackward>()) node;
  if (any_requires_grad(arguments)) {
    node = make_node<OpBackward>();
    node->save(op, arguments);
  }
  {
    const at::AutoDispatchBelowADInplaceOrView below;
    op.callBoxed(stack);
  }
  if (node) node->finish(torch::jit::last(*stack, op.schema().returns().size()), node);
}

}  // namespace pliant
