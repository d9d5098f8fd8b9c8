// pliant/logic/torch/modules.cpp — layers and networks of logic gates as modules
#include "pliant/logic/torch/modules.h"

#include <torch/types.h>

#include <algorithm>
#include <utility>

#include "pliant/logic/gate.h"
#include "pliant/logic/parametrization.h"

namespace pliant {
namespace {

/// −ln(−ln U): Gumbel noise of the shape of `like`.
torch::Tensor gumbel_noise(const torch::Tensor& like) {
  return -torch::empty_like(like).exponential_().log();
}

/// The Walsh coefficients whose table has these logits.
torch::Tensor walsh_of_entries(torch::Tensor logits) {
  const int64_t entries = logits.size(0);
  for (int64_t bit = 1; bit < entries; bit *= 2) {
    const torch::Tensor halves = logits.reshape({-1, 2, bit, logits.size(1)});
    const torch::Tensor low = halves.select(1, 0);
    const torch::Tensor high = halves.select(1, 1);
    logits = torch::stack({low + high, low - high}, 1).reshape({entries, -1});
  }
  return -logits / entries;
}

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
  TORCH_CHECK_VALUE(options.init == "residual" || options.init == "gaussian",
                    "LogicNetwork: unknown init '", options.init,
                    "'; there are: residual, gaussian");
  const std::string& kind = options.gates.parametrization;
  TORCH_CHECK_VALUE(!options.gumbel || (kind != "light_sine" && kind != "covjac"),
                    "LogicNetwork: gumbel draws gates from logits, which '", kind,
                    "' has not: take softmax, light or walsh");
  TORCH_CHECK_VALUE(!options.wiring.empty(), "LogicNetwork: wiring must name at least one kind");
  wiring = register_buffer("wiring", initial_wiring());
  weight = register_parameter("weight", initial_weight(wiring.size(1)));
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

torch::Tensor LogicNetworkImpl::initial_weight(int64_t gates) const {
  const int index = logic::parametrization_index(options.gates.parametrization);
  const auto inputs = static_cast<int>(options.gates.fan_in);
  const auto rows = static_cast<int64_t>(logic::parameters_of(index, inputs));
  torch::Tensor start = torch::randn({rows, gates});
  if (options.init == "gaussian") return start;
  for (int64_t row = 0; row < rows; ++row) {
    const logic::Start normal = logic::residual_start(index, inputs, static_cast<std::size_t>(row));
    start[row].mul_(normal.deviation).add_(normal.mean);
  }
  return start;
}

// The largest of 16 logits with Gumbel noise is a draw from their softmax; an entry whose logit is
// above 0 with the difference of two is one from its logistic.
torch::Tensor LogicNetworkImpl::noise() const {
  const torch::Tensor one = gumbel_noise(weight);
  if (options.gates.parametrization == "softmax") return one;
  const torch::Tensor entries = one - gumbel_noise(weight);
  if (options.gates.parametrization == "light") return entries;
  return walsh_of_entries(entries);
}

torch::Tensor LogicNetworkImpl::coefficients() const {
  if (!is_training()) return gate_coefficients(weight, options.gates, /*hard=*/true);
  if (!options.gumbel) return gate_coefficients(weight, options.gates);
  return gate_coefficients(weight + noise(), options.gates, /*hard=*/true);
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
  const torch::NoGradGuard no_grad;
  torch::Tensor table =
      gate_coefficients(weight.slice(1, begin, begin + options.widths.at(l)), options.gates, true);
  // The multilinear form at the corners: what to_coefficients took away is added again.
  for (int64_t bit = 1; bit < table.size(0); bit *= 2) {
    for (int64_t s = 0; s < table.size(0); ++s) {
      if ((s & bit) != 0) table[s].add_(table[s ^ bit]);
    }
  }
  return table.round().to(torch::kLong);
}

LogicDenseImpl::LogicDenseImpl(int64_t in_features, int64_t out_features,
                               LogicNetworkOptions layer_options)
    : LogicNetworkImpl(one_layer(in_features, out_features, std::move(layer_options))) {}

}  // namespace pliant
