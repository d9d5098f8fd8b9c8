// tasks/logic_network.cpp — the network of the task of logic
#include "tasks/logic_network.h"

#include <torch/torch.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include "pliant/base/errors.h"
#include "pliant/logic/gate.h"
#include "pliant/logic/torch/circuit.h"

namespace pliant::tasks {
namespace {

using base::require;

/// Training examples that thresholds are chosen by.
constexpr std::int64_t kThresholdExamples = 5000;

/// The shape (channels, height, width) of images, or (features, 1, 1).
std::vector<std::int64_t> picture_shape(const LabelledData& data) {
  std::vector<std::int64_t> shape = data.shape();
  shape.resize(3, 1);
  return shape;
}

GateOptions gate_options(const LogicOptions& options) {
  return {options.parametrization, *options.fan_in, options.temperature.value_or(0),
          options.hardening};
}

/// Entry l of a list whose last entry holds on.
template <class T>
const T& at_layer(const std::vector<T>& list, std::size_t l) {
  return list[std::min(l, list.size() - 1)];
}

std::string square(std::int64_t side) {
  return std::to_string(side) + " × " + std::to_string(side);
}
std::string extent(const std::vector<std::int64_t>& shape) {
  return std::to_string(shape[1]) + " × " + std::to_string(shape[2]);
}

/// Convolution l, which reads `shape`, (channels, rows, columns); and what it makes of it.
std::pair<LogicConv2dOptions, std::vector<std::int64_t>> convolution(
    const LogicOptions& options, std::size_t l, const std::vector<std::int64_t>& shape,
    std::uint64_t seed) {
  const std::int64_t kernels = options.channels[l];
  const std::int64_t side = at_layer(options.kernels, l);
  const std::int64_t padding = at_layer(options.padding, l);
  const std::int64_t pool = at_layer(options.pool, l);
  const std::int64_t groups = l == 0 ? 1 : *options.channel_groups;
  require(kernels % groups == 0 && shape[0] % groups == 0, "channel-groups must divide the ",
          shape[0], " channels and the ", kernels, " kernels of convolution ", l + 1, ", got ",
          groups);
  require(padding < side, "padding must be less than the kernels' size, ", side, " in convolution ",
          l + 1, ", got ", padding);
  const auto placements = [&](std::size_t i) { return shape[i] + 2 * padding - side + 1; };
  require(std::min(placements(1), placements(2)) >= 1, "kernels: ", square(side),
          " of convolution ", l + 1, " do not fit into its input, ", extent(shape),
          " and a padding of ", padding);
  require(std::min(placements(1), placements(2)) >= pool, "pool: convolution ", l + 1, " has ",
          extent({0, placements(1), placements(2)}), " placements, too few for ", square(pool));
  LogicConv2dOptions conv;
  conv.in_channels = shape[0];
  conv.out_channels = kernels;
  conv.kernel_size = {side, side};
  conv.depth = at_layer(options.depth, l);
  conv.padding = {padding, padding};
  conv.pool = pool;
  conv.taps = options.taps;
  conv.taps_seed = seed + l;
  conv.channels_per_kernel = *options.channels_per_kernel;
  conv.groups = groups;
  conv.gates = gate_options(options);
  conv.init = options.init;
  conv.grad_factor = options.grad_factor;
  conv.gumbel = options.gumbel;
  return {conv, {kernels, placements(1) / pool, placements(2) / pool}};
}

/// @param shape  (channels, rows, columns) of what the layers read
LogicNetworkOptions network_options(const LogicOptions& options, std::int64_t classes,
                                    std::int64_t features, const std::vector<std::int64_t>& shape,
                                    std::uint64_t seed) {
  LogicNetworkOptions network;
  network.or_pool = options.or_pool.value_or(1);
  network.head = options.head.value_or(0);
  network.head_candidates = options.head_candidates.value_or(kHeadCandidates);
  const std::int64_t bits = options.widths.back() / network.or_pool;
  require(network.head > 0 || bits % classes == 0, "widths: the last layer must be a multiple of ",
          "the ", classes, " classes", network.or_pool > 1 ? " times or-pool" : "", ", got ",
          options.widths.back());
  const std::int64_t of_class = network.head > 0 ? network.head : bits / classes;
  network.in_features = features;
  network.widths = options.widths;
  network.gates = gate_options(options);
  network.init = options.init;
  network.wiring = options.wiring;
  network.wiring_seed = seed;
  network.height = shape[1];
  network.width = shape[2];
  network.radius = options.radius;
  network.groups = classes;
  network.tau = options.tau.value_or(std::sqrt(static_cast<double>(of_class) / 8));
  network.grad_factor = options.grad_factor;
  network.gumbel = options.gumbel;
  if (!options.candidates.empty()) network.candidates = options.candidates;
  if (options.wiring_temperature) network.wiring_temperature = *options.wiring_temperature;
  return network;
}

/// How many of the gates (table entries) are which of the 16.
torch::Tensor counts_of(const torch::Tensor& t) {
  return torch::bincount(t[0] * 8 + t[1] * 4 + t[2] * 2 + t[3], {}, logic::kGates);
}

}  // namespace

BitEncoderImpl::BitEncoderImpl(const LogicOptions& options, const LabelledData& data) {
  if (*options.thresholds == 0) return;
  const Examples examples = data.draw(0, 0, kThresholdExamples);
  code_ = register_module(
      "thermometer", Thermometer(choose_thresholds(options.threshold_method, *options.thresholds,
                                                   examples.inputs)));
}

torch::Tensor BitEncoderImpl::forward(const torch::Tensor& x) {
  if (!code_.is_empty()) return code_(x).flatten(1);
  return (is_training() ? x : x.gt(0.5).to(x.scalar_type())).flatten(1);
}

void BitEncoderImpl::describe(const NumberFormat& numbers, const std::string& prefix,
                              logic::Description& description) const {
  if (!code_.is_empty()) {
    description.layers.emplace_back(logic::ThermometerLayer{prefix + "thermometer.thresholds"});
  } else if (!numbers.bits) {
    description.layers.emplace_back(logic::RoundLayer{0.5});
  }
}

LogicClassifierImpl::LogicClassifierImpl(const LogicOptions& options, const LabelledData& data,
                                         std::uint64_t seed)
    : encoder(register_module("encoder", BitEncoder(options, data))),
      shape_(data.shape()),
      bits_(picture_shape(data)) {
  std::int64_t features = encoder(data.draw(0, 0, 1).inputs).size(1);
  bits_[0] = features / (bits_[1] * bits_[2]);
  require(options.channels.empty() || shape_.size() == 3, "channels: convolutions want images; ",
          options.data, " has rows of ", shape_[0], " numbers");
  torch::nn::ModuleList list;
  std::vector<std::int64_t> shape = bits_;
  for (std::size_t l = 0; l < options.channels.size(); ++l) {
    const auto [conv, output] = convolution(options, l, shape, seed);
    convolutions.emplace_back(conv);
    list->push_back(convolutions.back());
    placements_.push_back(output[1] * output[2] * conv.pool * conv.pool);
    shape = output;
    features = shape[0] * shape[1] * shape[2];
  }
  if (!list->is_empty()) register_module("convolutions", list);
  const auto classes = static_cast<std::int64_t>(data.classes().size());
  network = register_module("network",
                            LogicNetwork(network_options(options, classes, features, shape, seed)));
}

torch::Tensor LogicClassifierImpl::scores(const torch::Tensor& bits) {
  if (convolutions.empty()) return network(bits);
  torch::Tensor x = bits.reshape({bits.size(0), bits_[0], bits_[1], bits_[2]});
  for (LogicConv2d& conv : convolutions) x = conv(x);
  return network(x.flatten(1));
}

void LogicClassifierImpl::soften(bool soft) {
  for (LogicConv2d& conv : convolutions) conv->train(soft);
  network->train(soft);
}

torch::Tensor LogicClassifierImpl::expected_share() const {
  torch::Tensor expected = network->expected_gates();
  std::int64_t gates = network->weight.size(1);
  for (std::size_t l = 0; l < convolutions.size(); ++l) {
    expected = expected + placements_[l] * convolutions[l]->expected_gates();
    gates += placements_[l] * convolutions[l]->weight.size(1);
  }
  return expected / static_cast<double>(gates);
}

bool LogicClassifierImpl::draw_gates(bool draw) {
  for (LogicConv2d& conv : convolutions) conv->options.gumbel = draw;
  return std::exchange(network->options.gumbel, draw);
}

void LogicClassifierImpl::describe(const NumberFormat& numbers, const std::string& prefix,
                                   logic::Description& description) const {
  encoder->describe(numbers, prefix + "encoder.", description);
  ComputedTensors computed;  // of these modules there are none
  for (std::size_t l = 0; l < convolutions.size(); ++l)
    pliant::describe(*convolutions[l], prefix + "convolutions." + std::to_string(l) + ".",
                     description, computed);
  pliant::describe(*network, prefix + "network.", description, computed);
}

torch::Tensor LogicClassifierImpl::first_reads() const {
  if (convolutions.empty()) {
    const torch::Tensor reads = torch::bincount(network->sources(0).flatten().to(torch::kLong), {},
                                                network->options.in_features);
    std::vector<std::int64_t> shape = shape_;
    shape.insert(shape.begin(), -1);
    return reads.reshape(shape).sum(0);
  }
  const LogicConv2dImpl& conv = *convolutions[0];
  const auto [rows, columns] = conv.options.kernel_size;
  const torch::Tensor taps = conv.taps.flatten(1).to(torch::kLong);
  const torch::Tensor places = (taps[0] * rows + taps[1]) * columns + taps[2];
  // Bits of one channel stand shape_[0] channels from each other.
  return torch::bincount(places, {}, conv.options.in_channels * rows * columns)
      .reshape({-1, shape_[0], rows, columns})
      .sum(0);
}

torch::Tensor LogicClassifierImpl::gate_counts() const {
  std::vector<torch::Tensor> layers;
  for (const LogicConv2d& conv : convolutions)
    layers.push_back(counts_of(hard_tables(conv->weight, conv->options.gates)));
  for (std::size_t l = 0; l < network->options.widths.size(); ++l)
    layers.push_back(counts_of(network->hard_tables(l)));
  return torch::stack(layers);
}

}  // namespace pliant::tasks
