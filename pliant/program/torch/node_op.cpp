// pliant/program/torch/node_op.cpp — one primitive of programs as an op, by the kernels of tiles
#include <ATen/Functions.h>

#include <array>
#include <string_view>
#include <tuple>
#include <vector>

#include "pliant/base/aligned.h"
#include "pliant/base/torch/op.h"
#include "pliant/base/torch/working_type.h"
#include "pliant/math/torch/parameters.h"
#include "pliant/program/run/frame.h"
#include "pliant/program/torch/node.h"

namespace pliant {
namespace {

using at::Tensor;
using program::Frame;
using program::Node;
using program::Recording;
using program::View;

constexpr const char* kOp = "program_node";

/// One node behind its operands, as a recording of its own.
struct Alone {
  Recording recording;
  std::size_t node = 0;

  Alone(const Node& wanted, const std::array<Tensor, 4>& operands,
        const std::array<bool, 4>& active, bool scale_active) {
    Node made = wanted;
    made.active = scale_active;
    for (std::size_t k = 0; k < made.operands; ++k) {
      Node leaf;
      leaf.count = static_cast<std::int32_t>(operands[k].size(0));
      leaf.active = active[k];
      made.active = made.active || leaf.active;
      made.from[k] = {static_cast<std::int32_t>(recording.nodes.size()), 0};
      recording.nodes.push_back(leaf);
    }
    Node scale;
    scale.primitive = program::Primitive::kScale;
    scale.count = 1;
    scale.active = scale_active;
    recording.scale = {static_cast<std::int32_t>(recording.nodes.size()), 0};
    recording.nodes.push_back(scale);
    node = recording.nodes.size();
    if (made.reads_runs()) {
      for (std::int32_t e = 0; e < made.inner; ++e) recording.runs.push_back({{0, e}, 1});
      program::note_sources(recording, made);
    }
    recording.nodes.push_back(made);
  }
};

program::Options options_of(std::string_view distribution, const Tensor& parameters,
                            std::string_view t_norm, const Tensor& p, std::string_view mode) {
  program::Options options;
  options.distribution = distribution_of(distribution, parameters, kOp, "beta");
  options.t_norm = t_norm_of(t_norm, p, kOp);
  options.mode = mode_of(mode, kOp);
  return options;
}

/// @throws ValueError unless the operands are elements of as many lanes, a multiple of kLeastLanes
Node checked_node(at::IntArrayRef what, double number, const std::array<Tensor, 4>& operands) {
  const Node node = node_of(what, number);
  const int64_t lanes = operands[0].dim() == 2 ? operands[0].size(1) : 0;
  const auto least = static_cast<int64_t>(program::kLeastLanes);
  for (std::size_t k = 0; k < node.operands; ++k) {
    TORCH_CHECK_VALUE(operands[k].dim() == 2 && operands[k].size(1) == lanes && lanes > 0 &&
                          lanes % least == 0 &&
                          operands[k].scalar_type() == operands[0].scalar_type(),
                      kOp, ": operands must have shape (elements, lanes), a multiple of ", least,
                      " lanes, and one type, got ", operands[k].sizes());
    const int64_t elements = elements_of(node, k);
    TORCH_CHECK_VALUE(operands[k].size(0) == elements, kOp, ": operand ", k, " must have ",
                      elements, " elements, got ", operands[k].size(0));
  }
  return node;
}

Tensor node_cpu(const Tensor& a, const Tensor& b, const Tensor& c, const Tensor& d,
                at::IntArrayRef what, double number, std::string_view distribution,
                const Tensor& parameters, std::string_view t_norm, const Tensor& p,
                std::string_view mode) {
  const std::array<Tensor, 4> operands = {working(a), working(b), working(c), working(d)};
  const Node node = checked_node(what, number, operands);
  const Alone alone(node, operands, {}, false);
  const auto lanes = static_cast<std::size_t>(operands[0].size(1));
  Tensor y = at::empty({node.count, operands[0].size(1)}, operands[0].options());
  with_type(operands[0], [&]<class T>(T) {
    Frame<T> frame(options_of(distribution, parameters, t_norm, p, mode), lanes, false);
    frame.resize(alone.recording.nodes.size());
    for (std::size_t k = 0; k < node.operands; ++k) {
      // Kernels read through pointers that they might write through elsewhere.
      frame.put(k, const_cast<T*>(operands[k].const_data_ptr<T>()), nullptr);  // NOLINT
    }
    frame.put(alone.node, y.mutable_data_ptr<T>(), nullptr);
    frame.compute(alone.recording, alone.node);
  });
  return y;
}

using Gradients = std::tuple<Tensor, Tensor, Tensor, Tensor, Tensor>;

Gradients node_backward_cpu(const Tensor& grad_y, const Tensor& a, const Tensor& b, const Tensor& c,
                            const Tensor& d, at::IntArrayRef what, double number,
                            std::string_view distribution, const Tensor& parameters,
                            std::string_view t_norm, const Tensor& p, std::string_view mode,
                            c10::List<bool> needed) {
  const std::array<Tensor, 4> operands = {working(a), working(b), working(c), working(d)};
  const Node node = checked_node(what, number, operands);
  std::array<bool, 4> active{};
  for (std::size_t k = 0; k < 4; ++k) active[k] = needed.get(k);
  const Alone alone(node, operands, active, needed.get(4));
  const auto lanes = static_cast<std::size_t>(operands[0].size(1));
  std::array<Tensor, 4> gradients;
  for (std::size_t k = 0; k < 4; ++k) gradients[k] = at::zeros_like(operands[k]);
  const Tensor upstream = working(grad_y.to(operands[0].scalar_type()));
  Tensor grad_parameters = at::zeros_like(parameters);
  with_type(operands[0], [&]<class T>(T) {
    Frame<T> frame(options_of(distribution, parameters, t_norm, p, mode), lanes, true);
    const std::size_t nodes = alone.recording.nodes.size(), scale = nodes - 2;
    frame.resize(nodes);
    const std::size_t extent = Frame<T>::extent(alone.recording.nodes[alone.node], true) * lanes;
    const base::AlignedArray<T> value(extent), scales(2 * lanes);
    for (std::size_t k = 0; k < node.operands; ++k) {
      frame.put(k, const_cast<T*>(operands[k].const_data_ptr<T>()),  // NOLINT: as above
                gradients[k].mutable_data_ptr<T>());
    }
    frame.put(scale, scales.data(), scales.data() + lanes);
    frame.fill(alone.recording.nodes[scale], scale);
    frame.put(alone.node, value.data(), const_cast<T*>(upstream.const_data_ptr<T>()));  // NOLINT
    frame.compute(alone.recording, alone.node);
    frame.send_back(alone.recording, alone.node);
    if (!needed.get(4)) return;
    const T* from = frame.gradient(alone.recording, alone.recording.scale);
    double sum = 0;
    for (std::size_t i = 0; i < lanes; ++i) sum += static_cast<double>(from[i]);
    grad_parameters.mutable_data_ptr<double>()[0] = sum;
  });
  return {gradients[0].to(a.scalar_type()), gradients[1].to(b.scalar_type()),
          gradients[2].to(c.scalar_type()), gradients[3].to(d.scalar_type()), grad_parameters};
}

Tensor node_meta(const Tensor& a, const Tensor&, const Tensor&, const Tensor&, at::IntArrayRef what,
                 double number, std::string_view, const Tensor&, std::string_view, const Tensor&,
                 std::string_view) {
  return at::empty_symint({c10::SymInt(node_of(what, number).count), a.sym_size(1)}, a.options());
}

Gradients node_backward_meta(const Tensor&, const Tensor& a, const Tensor& b, const Tensor& c,
                             const Tensor& d, at::IntArrayRef, double, std::string_view,
                             const Tensor& parameters, std::string_view, const Tensor&,
                             std::string_view, c10::List<bool>) {
  return {at::empty_like(a), at::empty_like(b), at::empty_like(c), at::empty_like(d),
          at::empty_like(parameters)};
}

}  // namespace

TORCH_LIBRARY_FRAGMENT(pliant, library) {
  define_op(library,
            "program_node(Tensor a, Tensor b, Tensor c, Tensor d, int[] what, float number, str "
            "distribution, Tensor parameters, str t_norm, Tensor p, str mode) -> Tensor y");
  define_op(library,
            "program_node_backward(Tensor grad_y, Tensor a, Tensor b, Tensor c, Tensor d, int[] "
            "what, float number, str distribution, Tensor parameters, str t_norm, Tensor p, str "
            "mode, bool[] needed) -> (Tensor grad_a, Tensor grad_b, Tensor grad_c, Tensor grad_d, "
            "Tensor grad_parameters)");
}

TORCH_LIBRARY_IMPL(pliant, CPU, library) {
  library.impl("program_node", checked<&node_cpu>);
  library.impl("program_node_backward", checked<&node_backward_cpu>);
}

TORCH_LIBRARY_IMPL(pliant, Meta, library) {
  library.impl("program_node", checked<&node_meta>);
  library.impl("program_node_backward", checked<&node_backward_meta>);
}

}  // namespace pliant
