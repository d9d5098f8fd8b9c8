// pliant/program/torch/tensor_machine.cpp — programs on tensors, step by step
#include "pliant/program/torch/tensor_machine.h"

#include <ATen/Functions.h>
#include <c10/util/Exception.h>

#include <algorithm>
#include <utility>

#include "pliant/base/torch/find_op.h"
#include "pliant/base/torch/transforms.h"
#include "pliant/program/torch/node.h"

namespace pliant {
namespace {

using at::Tensor;
using program::Node;
using program::Primitive;
using program::View;

Tensor call_node(const Node& node, const std::array<Tensor, 4>& operands, const Decisions& by) {
  using Fn =
      Tensor(const Tensor&, const Tensor&, const Tensor&, const Tensor&, at::IntArrayRef, double,
             std::string_view, const Tensor&, std::string_view, const Tensor&, std::string_view);
  static const auto handle = op<Fn>("pliant::program_node");
  return handle.call(operands[0], operands[1], operands[2], operands[3], what_of(node), node.number,
                     by.distribution, by.parameters, by.t_norm, by.p, by.mode);
}

}  // namespace

TensorMachine::TensorMachine(const Decisions& decisions, const Tensor& like, int64_t samples,
                             std::vector<std::string> functions)
    : decisions_(decisions),
      options_(like.options()),
      samples_(samples),
      functions_(std::move(functions)) {
  const auto least = static_cast<int64_t>(program::kLeastLanes);
  lanes_ = std::max<int64_t>(1, (samples + least - 1) / least) * least;
  nothing_ = at::empty({0, lanes_}, options_);
}

Tensor TensorMachine::elements(View view, int64_t count) const {
  return values_[static_cast<std::size_t>(view.node)].narrow(0, view.element, count);
}

/// What a node's runs stand for, one behind the other.
Tensor TensorMachine::gathered(const program::Recording& recording, const Node& node) const {
  std::vector<Tensor> parts;
  for (const program::Run& run : program::runs_of(recording, node)) {
    parts.push_back(elements(run.from, run.count));
  }
  return parts.empty() ? nothing_ : at::cat(parts);
}

/// (samples, shape…) to (elements, lanes).
Tensor TensorMachine::to_lanes(const Tensor& samples) const {
  int64_t count = 1;
  for (const int64_t size : samples.sizes().slice(1)) count *= size;
  if (samples_ == 0) return at::zeros({count, lanes_}, options_);
  Tensor columns = samples.reshape({samples_, count}).t();
  if (lanes_ > samples_) {
    const Tensor last = columns.narrow(1, samples_ - 1, 1).expand({count, lanes_ - samples_});
    columns = at::cat({columns, last}, 1);
  }
  return columns.contiguous();
}

void TensorMachine::set(View view, const Tensor& samples) {
  values_[static_cast<std::size_t>(view.node)] = to_lanes(samples);
}

void TensorMachine::set_alive(View view) {
  Tensor alive = at::zeros({1, lanes_}, options_);
  alive.narrow(1, 0, samples_).fill_(1);
  values_[static_cast<std::size_t>(view.node)] = alive;
}

void TensorMachine::compute(const program::Recording& recording, std::size_t at) {
  const Node& node = recording.nodes[at];
  values_.resize(at + 1);
  switch (node.primitive) {
    case Primitive::kInput:
      values_[at] = at::zeros({node.count, lanes_}, options_);
      return;
    case Primitive::kConstant:
      values_[at] = at::full({1, lanes_}, node.number, options_);
      return;
    case Primitive::kScale:
      values_[at] = decisions_.parameters.narrow(0, 0, 1)
                        .to(options_.dtype().toScalarType())
                        .reshape({1, 1})
                        .expand({1, lanes_})
                        .contiguous();
      return;
    case Primitive::kGather:
      values_[at] = gathered(recording, node);
      return;
    case Primitive::kExtremum: {
      Node alone = node;
      alone.operands = 1;
      alone.n = 0;
      values_[at] =
          call_node(alone, {gathered(recording, node), nothing_, nothing_, nothing_}, decisions_);
      return;
    }
    case Primitive::kExternal:
      values_[at] = std::exchange(called_, {});
      return;
    case Primitive::kGoesOn:
    case Primitive::kWithin:
      return;
    default: {
      std::array<Tensor, 4> operands = {nothing_, nothing_, nothing_, nothing_};
      for (std::size_t k = 0; k < node.operands; ++k) {
        operands[k] = elements(node.from[k], elements_of(node, k));
      }
      values_[at] = call_node(node, operands, decisions_);
    }
  }
}

std::span<const double> TensorMachine::lanes(View view) {
  const Tensor numbers = plain_numbers(elements(view, 1).to(at::kDouble), "run_program_on_tensors");
  const double* first = numbers.const_data_ptr<double>();
  numbers_.assign(first, first + lanes_);
  return numbers_;
}

std::vector<std::size_t> TensorMachine::call(std::size_t function,
                                             std::span<const program::Argument> arguments) {
  std::vector<Tensor> given;
  for (const program::Argument& argument : arguments) {
    if (argument.whole) {
      given.push_back(at::scalar_tensor(*argument.whole, at::kLong));
      continue;
    }
    std::vector<View> views(1, argument.view);
    std::vector<int64_t> shape;
    int64_t count = 1;
    for (const std::size_t size : argument.shape) {
      shape.push_back(static_cast<int64_t>(size));
      count *= static_cast<int64_t>(size);
    }
    shape.insert(shape.begin(), samples_);
    given.push_back(elements(argument.view, count).narrow(1, 0, samples_).t().reshape(shape));
  }
  using Fn = Tensor(std::string_view, at::TensorList);
  static const auto handle = op<Fn>("pliant::call_external");
  const Tensor found = handle.call(functions_[function], given);
  TORCH_CHECK_VALUE(found.dim() >= 1 && found.size(0) == samples_ && found.is_floating_point(),
                    "an external function must give a floating point tensor of shape (", samples_,
                    ", …), got ", found.scalar_type(), " ", found.sizes());
  called_ = to_lanes(found.to(options_.dtype().toScalarType()));
  std::vector<std::size_t> shape;
  for (const int64_t size : found.sizes().slice(1)) shape.push_back(static_cast<std::size_t>(size));
  return shape;
}

Tensor TensorMachine::samples(std::span<const View> elements,
                              const std::vector<int64_t>& shape) const {
  std::vector<int64_t> all = shape;
  all.insert(all.begin(), samples_);
  if (elements.empty()) return at::zeros(all, options_);
  std::vector<Tensor> parts;
  for (std::size_t e = 0; e < elements.size();) {  // runs that lie beside each other
    std::size_t end = e + 1;
    while (end < elements.size() && elements[end].node == elements[e].node &&
           elements[end].element == elements[end - 1].element + 1) {
      ++end;
    }
    parts.push_back(this->elements(elements[e], static_cast<int64_t>(end - e)));
    e = end;
  }
  return at::cat(parts).narrow(1, 0, samples_).t().reshape(all);
}

}  // namespace pliant
