// pliant/logic/torch/circuit.cpp — modules to descriptions, and these to circuits
#include "pliant/logic/torch/circuit.h"

#include <torch/nn/modules.h>
#include <torch/types.h>

#include <algorithm>

#include "pliant/base/errors.h"
#include "pliant/data/torch/tensor_view.h"
#include "pliant/logic/network_file.h"
#include "pliant/logic/torch/conv_modules.h"
#include "pliant/logic/torch/learned_wiring.h"
#include "pliant/logic/torch/modules.h"
#include "pliant/logic/torch/thermometer.h"

namespace pliant {
namespace {

/// Appends what modules are to a description.
class Describer {
 public:
  Describer(logic::Description& description, ComputedTensors& computed)
      : description_(description), computed_(computed) {}

  /// @param prefix  of its tensors' names
  void add(const torch::nn::Module& module, const std::string& prefix) {
    const bool known =
        add_as<LogicNetworkImpl>(module, prefix) || add_as<LogicConv2dImpl>(module, prefix) ||
        add_as<OrPool2dImpl>(module, prefix) || add_as<LearnedWiringImpl>(module, prefix) ||
        add_as<GroupSumImpl>(module, prefix) || add_as<ThermometerImpl>(module, prefix) ||
        add_as<torch::nn::FlattenImpl>(module, prefix) ||
        add_as<torch::nn::IdentityImpl>(module, prefix) ||
        add_as<torch::nn::DropoutImpl>(module, prefix);
    if (known) return;
    base::require(!module.children().empty() && module.parameters(/*recurse=*/false).empty() &&
                      module.buffers(/*recurse=*/false).empty(),
                  "to_circuit: the module '", prefix.substr(0, prefix.find_last_of('.')), "' (",
                  module.name(), ") cannot be converted");
    for (const auto& child : module.named_children())
      add(*child.value(), prefix + child.key() + ".");
  }

 private:
  template <class M>
  bool add_as(const torch::nn::Module& module, const std::string& prefix) {
    const auto* known = dynamic_cast<const M*>(&module);
    if (known != nullptr) describe(*known, prefix);
    return known != nullptr;
  }

  void append(logic::Layer layer) { description_.layers.push_back(std::move(layer)); }

  static bool is_wide(const torch::Tensor& tensor) {
    return tensor.scalar_type() == torch::kFloat || tensor.scalar_type() == torch::kDouble;
  }

  std::string computed(const std::string& name, const torch::Tensor& tensor) {
    computed_.emplace_back(name, tensor);
    return name;
  }

  /// What is learned, in a file; of half types it is worked on in float32, as the ops do.
  std::string wide(const std::string& name, const torch::Tensor& tensor) {
    return is_wide(tensor) ? name : computed(name + " in float32", tensor.to(torch::kFloat));
  }

  logic::GatesDescription gates(const GateOptions& options, const torch::Tensor& weight,
                                const std::string& prefix) {
    logic::GatesDescription gates;
    gates.weight = wide(prefix + "weight", weight);
    gates.fan_in = options.fan_in;
    gates.parametrization = options.parametrization;
    gates.temperature = options.tau();
    gates.hardening = options.hardening;
    return gates;
  }

  void describe(const LogicNetworkImpl& network, const std::string& prefix) {
    logic::LogicLayers layers{
        gates(network.options.gates, network.weight, prefix), prefix + "wiring", {}};
    const auto& learned = network.learned_wiring;
    const bool whole =
        std::ranges::all_of(learned, [](const auto& each) { return each.is_empty(); });
    int64_t gate = 0;
    for (std::size_t l = 0; l < learned.size(); ++l) {
      if (!learned[l].is_empty())
        describe(*learned[l], prefix + "learned_wiring_" + std::to_string(l) + ".");
      if (layers.widths.empty()) layers.first_gate = whole ? -1 : gate;
      layers.widths.push_back(network.options.widths[l]);
      gate += layers.widths.back();
      if (l + 1 < learned.size() && learned[l + 1].is_empty()) continue;
      append(layers);
      layers.widths.clear();
    }
    if (network.options.or_pool > 1) append(logic::OrPoolLayer{network.options.or_pool});
    if (network.options.head > 0) describe(*network.learned_head, prefix + "learned_head.");
    if (network.options.groups > 0)
      append(logic::GroupSumLayer{network.options.groups, network.options.tau, 0});
  }

  void describe(const LogicConv2dImpl& conv, const std::string& prefix) {
    logic::LogicConv2dLayer layer;
    layer.gates = gates(conv.options.gates, conv.weight, prefix);
    layer.taps = prefix + "taps";
    layer.kernel_size = conv.options.kernel_size;
    layer.stride = conv.options.stride;
    layer.padding = conv.options.padding;
    layer.pool = conv.options.pool;
    append(layer);
  }

  void describe(const OrPool2dImpl& pool, const std::string&) {
    append(logic::OrPool2dLayer{{pool.size, pool.size}, {0, 0}, {0, 0}});
  }

  void describe(const LearnedWiringImpl& wiring, const std::string& prefix) {
    logic::SelectLayer select;
    select.candidates = prefix + "candidates";
    select.logits = wide(prefix + "logits", wiring.logits);
    append(select);
  }

  void describe(const GroupSumImpl& sum, const std::string&) {
    append(logic::GroupSumLayer{sum.k, sum.tau, 0});
  }

  void describe(const ThermometerImpl& code, const std::string& prefix) {
    const torch::Tensor now = code.current_thresholds().detach();
    const bool stored = !code.options.learnable && is_wide(now);
    append(logic::ThermometerLayer{
        stored ? prefix + "thresholds"
               : computed(prefix + "thresholds in float64", now.to(torch::kDouble))});
  }

  void describe(const torch::nn::FlattenImpl& flatten, const std::string& prefix) {
    base::require(flatten.options.start_dim() == 1 && flatten.options.end_dim() == -1,
                  "to_circuit: the Flatten '", prefix,
                  "' must flatten from dimension 1 to the "
                  "last");
    append(logic::FlattenLayer{});
  }

  void describe(const torch::nn::IdentityImpl&, const std::string&) {}
  void describe(const torch::nn::DropoutImpl&, const std::string&) {}  // nothing in eval mode

  logic::Description& description_;
  ComputedTensors& computed_;
};

}  // namespace

void describe(const torch::nn::Module& module, const std::string& prefix,
              logic::Description& description, ComputedTensors& computed) {
  Describer(description, computed).add(module, prefix);
}

circuit::Circuit to_circuit(const torch::nn::Module& model,
                            const std::vector<std::int64_t>& input_shape,
                            const ToCircuitOptions& options) {
  logic::Description description;
  description.input.shape = input_shape;
  description.input.byte_maximum = options.byte_maximum;
  description.classes = options.class_names;
  ComputedTensors tensors;
  describe(model, "", description, tensors);
  for (const auto& item : model.named_parameters()) tensors.emplace_back(item.key(), item.value());
  for (const auto& item : model.named_buffers()) tensors.emplace_back(item.key(), item.value());
  data::TensorMap views;
  for (auto& [name, tensor] : tensors) {
    tensor = plain_tensor(tensor);
    views[name] = tensor_view(name, tensor);
  }
  return logic::circuit_of(description, views, "to_circuit");
}

}  // namespace pliant
