// pliant/logic/torch/modules.cpp — layers and networks of logic gates as modules
#include "pliant/logic/torch/modules.h"

#include <torch/types.h>

#include <algorithm>
#include <numeric>
#include <utility>

#include "pliant/logic/gate.h"
#include "pliant/logic/torch/gate_weight.h"
#include "pliant/logic/torch/price.h"

namespace pliant {
namespace {

/// What a learned wiring's first candidates begin ahead of the others, in deviations.
constexpr double kFirstLogit = 2;

LogicNetworkOptions one_layer(int64_t in_features, int64_t out_features,
                              LogicNetworkOptions options) {
  options.in_features = in_features;
  options.widths = {out_features};
  return options;
}

}  // namespace

LogicNetworkImpl::LogicNetworkImpl(const LogicNetworkOptions& given) : options(given) {
  check_options();
  wiring = register_buffer("wiring", initial_wiring());
  weight = register_parameter("weight",
                              initial_gate_weight(options.gates, options.init, wiring.size(1)));
  gate_coefficients(weight.detach().slice(1, 0, 1), options.gates);  // checks the options
  if (options.head == 0) return;
  const int64_t bits = options.widths.back() / options.or_pool;
  const int64_t slots = options.groups * options.head;
  const torch::Tensor first = (torch::arange(slots) * bits).floor_divide(slots).to(torch::kInt);
  learned_head = learn("learned_head", options.widths.size(), bits, first,
                       std::min(options.head_candidates, bits));
}

void LogicNetworkImpl::check_options() const {
  TORCH_CHECK_VALUE(options.in_features >= 1, "LogicNetwork: in_features must be at least 1, got ",
                    options.in_features);
  TORCH_CHECK_VALUE(!options.widths.empty() && std::ranges::min(options.widths) >= 1,
                    "LogicNetwork: widths must name at least one layer, of at least 1 gate each");
  check_scores();
  TORCH_CHECK_VALUE(options.tau > 0, "LogicNetwork: tau must be > 0, got ", options.tau);
  check_gates("LogicNetwork", options.gates, options.init, options.gumbel);
  TORCH_CHECK_VALUE(!options.wiring.empty(), "LogicNetwork: wiring must name at least one kind");
  TORCH_CHECK_VALUE(!options.candidates.empty() && std::ranges::min(options.candidates) >= 0,
                    "LogicNetwork: candidates must have at least one entry, each at least 0");
  TORCH_CHECK_VALUE(options.wiring_temperature > 0,
                    "LogicNetwork: wiring_temperature must be > 0, got ",
                    options.wiring_temperature);
}

void LogicNetworkImpl::check_scores() const {
  const int64_t last = options.widths.back();
  const int64_t pool = options.or_pool;
  TORCH_CHECK_VALUE(pool >= 1 && pool <= logic::kMaxInputs && last % pool == 0,
                    "LogicNetwork: or_pool must be in 1 … ", logic::kMaxInputs,
                    " and divide the last layer's ", last, " gates, got ", pool);
  TORCH_CHECK_VALUE(options.head >= 0 && (options.head == 0 || options.groups >= 1),
                    "LogicNetwork: head must be at least 0, and 0 without groups, got ",
                    options.head, " with ", options.groups, " groups");
  const std::string pools = pool > 1 ? " in pools of " + std::to_string(pool) : "";
  const bool whole = options.head > 0 || options.groups == 0;
  TORCH_CHECK_VALUE(options.groups >= 0 && (whole || last / pool % options.groups == 0),
                    "LogicNetwork: groups must divide the last layer's ", last, " gates", pools,
                    ", got ", options.groups);
}

torch::Tensor LogicNetworkImpl::initial_wiring() {
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
    learned_wiring.emplace_back(nullptr);
    const int64_t candidates = options.candidates[std::min(l, options.candidates.size() - 1)];
    if (candidates > 0) {
      learned_wiring[l] = learn("learned_wiring_" + std::to_string(l), l, features,
                                layers.back().flatten(), candidates);
      layers.back() =
          torch::arange(layers.back().numel(), torch::kInt).reshape(layers.back().sizes());
    }
    features = options.widths[l];
  }
  return torch::cat(layers, 1);
}

LearnedWiring LogicNetworkImpl::learn(const std::string& name, std::size_t layer, int64_t features,
                                      const torch::Tensor& first, int64_t candidates) {
  LearnedWiringOptions choice;
  choice.in_features = features;
  choice.slots = first.numel();
  choice.candidates = candidates;
  choice.temperature = options.wiring_temperature;
  choice.candidates_seed = options.wiring_seed + layer;
  choice.deviation = options.wiring_temperature;
  choice.first_logit = kFirstLogit * options.wiring_temperature;
  return register_module(name, LearnedWiring(choice, first));
}

torch::Tensor LogicNetworkImpl::expected_gates() const {
  return pliant::expected_gates(gate_coefficients(weight, options.gates), options.gates.sigmoid());
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
  const torch::Tensor all = coefficients();
  torch::Tensor y = x;
  const int64_t summed = options.head > 0 ? 0 : options.groups;  // where bits are at hand
  // A fixed layer is run with the ones before it.
  int64_t gate = 0;
  for (std::size_t begin = 0, end = 0; begin < options.widths.size(); begin = end) {
    if (!learned_wiring[begin].is_empty()) y = learned_wiring[begin]->forward(y);
    end = begin + 1;
    while (end < options.widths.size() && learned_wiring[end].is_empty()) ++end;
    const int64_t gates = first_gate(end) - first_gate(begin);
    const std::vector<int64_t> widths(options.widths.begin() + static_cast<int64_t>(begin),
                                      options.widths.begin() + static_cast<int64_t>(end));
    const auto part = [&](const torch::Tensor& of_all) {
      return gates == of_all.size(1) ? of_all : of_all.slice(1, gate, gate + gates);
    };
    y = logic_dense(y, part(wiring), part(all),
                    {.widths = widths,
                     .sigmoid = !hard && options.gates.sigmoid(),
                     .groups = end == options.widths.size() && options.or_pool == 1 ? summed : 0,
                     .grad_factor = options.grad_factor});
    gate += gates;
  }
  if (options.or_pool > 1) y = or_pool(y, options.or_pool, summed);
  if (options.head > 0) return group_sum(learned_head->forward(y), options.groups, options.tau);
  return options.groups > 0 ? y / options.tau : y;
}

torch::Tensor LogicNetworkImpl::sources(std::size_t l) const {
  if (!learned_wiring.at(l).is_empty())
    return learned_wiring[l]->chosen().reshape({options.gates.fan_in, options.widths[l]});
  const int64_t begin = first_gate(l);
  return wiring.slice(1, begin, begin + options.widths[l]);
}

int64_t LogicNetworkImpl::first_gate(std::size_t l) const {
  return std::accumulate(options.widths.begin(), options.widths.begin() + static_cast<int64_t>(l),
                         int64_t{0});
}

torch::Tensor LogicNetworkImpl::hard_tables(std::size_t l) const {
  const int64_t begin = first_gate(l);
  return pliant::hard_tables(weight.slice(1, begin, begin + options.widths.at(l)), options.gates);
}

LogicDenseImpl::LogicDenseImpl(int64_t in_features, int64_t out_features,
                               LogicNetworkOptions layer_options)
    : LogicNetworkImpl(one_layer(in_features, out_features, std::move(layer_options))) {}

}  // namespace pliant
