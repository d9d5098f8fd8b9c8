// pliant/logic/torch/modules.cpp — layers and networks of logic gates as modules
#include "pliant/logic/torch/modules.h"

#include <torch/types.h>

#include <algorithm>
#include <utility>

#include "pliant/logic/torch/gate_weight.h"

namespace pliant {
namespace {

LogicNetworkOptions one_layer(int64_t in_features, int64_t out_features,
                              LogicNetworkOptions options) {
  options.in_features = in_features;
  options.widths = {out_features};
  return options;
}

}  // namespace

LogicNetworkImpl::LogicNetworkImpl(const LogicNetworkOptions& given) : options(given) {
  TORCH_CHECK_VALUE(options.in_features >= 1, "LogicNetwork: in_features must be at least 1, got ",
                    options.in_features);
  TORCH_CHECK_VALUE(!options.widths.empty() && std::ranges::min(options.widths) >= 1,
                    "LogicNetwork: widths must name at least one layer, of at least 1 gate each");
  TORCH_CHECK_VALUE(
      options.groups >= 0 && (options.groups == 0 || options.widths.back() % options.groups == 0),
      "LogicNetwork: groups must divide the last layer's ", options.widths.back(), " gates, got ",
      options.groups);
  TORCH_CHECK_VALUE(options.tau > 0, "LogicNetwork: tau must be > 0, got ", options.tau);
  check_gates("LogicNetwork", options.gates, options.init, options.gumbel);
  TORCH_CHECK_VALUE(!options.wiring.empty(), "LogicNetwork: wiring must name at least one kind");
  wiring = register_buffer("wiring", initial_wiring());
  weight = register_parameter("weight",
                              initial_gate_weight(options.gates, options.init, wiring.size(1)));
  gate_coefficients(weight.detach().slice(1, 0, 1), options.gates);  // checks the options
}

torch::Tensor LogicNetworkImpl::initial_wiring() const {
  std::vector<torch::Tensor> layers;
  int64_t features = options.in_features;
  for (std::size_t l = 0; l < options.widths.size(); ++l) {
    const std::string& kind = options.wiring[std::min(l, options.wiring.size() - 1)];
    layers.push_back(logic_wiring(kind, {.inputs = static_cast<std::size_t>(features),
                                         .gates = static_cast<std::size_t>(options.widths[l]),
                                         .fan_in = static_cast<int>(options.gates.fan_in),
                                         .seed = options.wiring_seed + l,
                                         .level = static_cast<int>(l),
                                         .height = static_cast<std::size_t>(options.height),
                                         .width = static_cast<std::size_t>(options.width),
                                         .radius = static_cast<int>(options.radius)}));
    features = options.widths[l];
  }
  return torch::cat(layers, 1);
}

torch::Tensor LogicNetworkImpl::coefficients() const {
  if (!is_training()) return gate_coefficients(weight, options.gates, /*hard=*/true);
  if (!options.gumbel) return gate_coefficients(weight, options.gates);
  return drawn_gate_coefficients(weight, options.gates);
}

torch::Tensor LogicNetworkImpl::forward(const torch::Tensor& x) {
  TORCH_CHECK_VALUE(x.dim() == 2 && x.size(1) == options.in_features,
                    "LogicNetwork: x must have shape (batch, ", options.in_features, "), got ",
                    x.sizes());
  const bool hard = !is_training() || options.gumbel;
  const torch::Tensor y = logic_dense(x, wiring, coefficients(),
                                      {.widths = options.widths,
                                       .sigmoid = !hard && options.gates.sigmoid(),
                                       .groups = options.groups,
                                       .grad_factor = options.grad_factor});
  return options.groups > 0 ? y / options.tau : y;
}

torch::Tensor LogicNetworkImpl::hard_tables(std::size_t l) const {
  int64_t begin = 0;
  for (std::size_t before = 0; before < l; ++before) begin += options.widths[before];
  return pliant::hard_tables(weight.slice(1, begin, begin + options.widths.at(l)), options.gates);
}

LogicDenseImpl::LogicDenseImpl(int64_t in_features, int64_t out_features,
                               LogicNetworkOptions layer_options)
    : LogicNetworkImpl(one_layer(in_features, out_features, std::move(layer_options))) {}

}  // namespace pliant
