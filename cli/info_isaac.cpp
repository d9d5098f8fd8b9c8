// cli/info_isaac.cpp — pliant info --isaac: what conditioning the layers of a network would cost
#include "cli/info_isaac.h"

#include <cstdio>

#include "pliant/base/errors.h"
#include "pliant/data/safetensors.h"
#include "pliant/optim/cost.h"

namespace pliant::cli {
namespace {

constexpr double kWorthIt = 0.25;  ///< the default cap of pliant.optim.Isaac

bool is_weight(const std::string& name, const data::TensorView& tensor) {
  return name.ends_with("weight") && !name.starts_with("optimizer/") && tensor.shape.size() == 2 &&
         tensor.dtype != "I64" && tensor.dtype != "I32";
}

}  // namespace

nlohmann::ordered_json isaac_costs(const std::string& file, std::int64_t rows) {
  base::require(rows >= 1, "--rows must be at least 1, got ", rows);
  const auto network = data::SafetensorsFile::open(file);
  auto layers = nlohmann::ordered_json::array();
  for (const auto& [name, tensor] : network.tensors()) {
    if (!is_weight(name, tensor)) continue;
    const optim::Cost cost = optim::isaac_cost({rows, tensor.shape[1], tensor.shape[0]});
    layers.push_back({{"layer", name},
                      {"inputs", tensor.shape[1]},
                      {"outputs", tensor.shape[0]},
                      {"side", optim::side_name(cost.side)},
                      {"operations", cost.extra},
                      {"overhead", cost.overhead},
                      {"worth_it", cost.overhead <= kWorthIt}});
  }
  base::require(!layers.empty(), file,
                ": there is no weight of a linear layer, a matrix whose name ends in weight");
  return layers;
}

void print_isaac_costs(const nlohmann::ordered_json& costs, std::int64_t rows) {
  std::printf("conditioning by ISAAC at %lld rows, by count\n%-32s %8s %8s %8s %10s\n",
              static_cast<long long>(rows), "layer", "inputs", "outputs", "side", "overhead");
  for (const auto& layer : costs) {
    std::printf("%-32s %8lld %8lld %8s %9.1f%%%s\n", layer["layer"].get<std::string>().c_str(),
                layer["inputs"].get<long long>(), layer["outputs"].get<long long>(),
                layer["side"].get<std::string>().c_str(), 100 * layer["overhead"].get<double>(),
                layer["worth_it"].get<bool>() ? "" : "  more than a quarter");
  }
}

}  // namespace pliant::cli
