// pliant/logic/torch/modules.h — layers and networks of logic gates as modules
#pragma once

#include <torch/nn/module.h>
#include <torch/nn/pimpl.h>

#include <cstdint>
#include <string>
#include <vector>

#include "pliant/logic/torch/functions.h"
#include "pliant/logic/torch/integer_buffers.h"
#include "pliant/logic/torch/learned_wiring.h"

namespace pliant {

/// Options of LogicNetwork, as those of pliant.nn.LogicNetwork.
struct LogicNetworkOptions {
  int64_t in_features = 0;
  std::vector<int64_t> widths;    ///< gates of each layer
  GateOptions gates;              ///< the same for all layers
  std::string init = "residual";  ///< "residual": gates pass their first input; "gaussian"
  std::vector<std::string> wiring = {"random"};  ///< of each layer; the last holds on
  std::uint64_t wiring_seed = 0;                 ///< layer l is drawn with wiring_seed + l
  int64_t height = 0;                            ///< of the features, for local wiring
  int64_t width = 0;
  int64_t radius = 1;
  int64_t groups = 0;  ///< > 0: scores of so many classes, sums over `tau`
  double tau = 1;
  double grad_factor = 1;
  /// Train with hard gates drawn at random, gradients straight through: of softmax, light or walsh.
  bool gumbel = false;
  /// Of each layer, the last holds on: features among which each input of a gate learns to choose,
  /// `wiring`'s and others at random; 0: wiring stays.
  std::vector<int64_t> candidates = {0};
  /// Of this choice and the head's: divides its logits, which begin as N(0, 1) times it. Where
  /// steps have a size of their own, as Adam's, a small one lets choices change fast.
  double wiring_temperature = 1;
  /// 1 … 6: so many neighbouring gates of the last layer are joined by OR (or_pool) before they are
  /// summed.
  int64_t or_pool = 1;
  /// > 0: a score is the sum of so many bits, each of which learns which gate of the last layer to
  /// be; 0: each class sums its group of all gates.
  int64_t head = 0;
  /// Gates among which a bit of the head chooses, if there are so many: one of its class's share of
  /// the last layer, and others at random.
  int64_t head_candidates = 16;
};

/// Layers of gates, run together (logic_dense). In training gates are soft, or with `gumbel` hard
/// ones drawn at random; in eval mode exactly Boolean. Parameters "weight" (P, gates), buffers
/// "wiring" (fan_in, gates): the layers' one after the other. A layer l whose wiring is learned
/// reads the slots of a LearnedWiring "learned_wiring_<l>", slot j·width + g as input j of gate g;
/// so says its part of "wiring". A learned head is the LearnedWiring "learned_head", slot
/// c·head + i the bit i of class c.
class LogicNetworkImpl : public IntegerBuffersModule {
 public:
  /// Weights come from torch's generator, wiring from its own seed.
  /// @throws c10::ValueError that names the option
  explicit LogicNetworkImpl(const LogicNetworkOptions& options);

  /// @param x  (batch, in_features) in [0, 1]; in eval mode exactly 0 and 1
  /// @return (batch, gates or pools of the last layer), or scores (batch, groups)
  torch::Tensor forward(const torch::Tensor& x);

  /// The gates of layer `l` as they are in eval mode: table entries (2^fan_in, gates), int64 0 / 1.
  torch::Tensor hard_tables(std::size_t l) const;

  /// What layer `l` reads in eval mode: int32 (fan_in, gates), features of its input.
  torch::Tensor sources(std::size_t l) const;

  /// How many of its soft gates hardware is expected to need, in either mode: a scalar with a
  /// gradient to `weight` (pliant::expected_gates).
  torch::Tensor expected_gates() const;

  LogicNetworkOptions options;
  torch::Tensor weight;
  torch::Tensor wiring;
  std::vector<LearnedWiring> learned_wiring;  ///< of each layer; empty where wiring is fixed
  LearnedWiring learned_head{nullptr};

 private:
  void check_options() const;
  void check_scores() const;
  /// Registers a choice of features, which begins with `first` (slots).
  /// @param layer  its seed's place behind wiring_seed
  LearnedWiring learn(const std::string& name, std::size_t layer, int64_t features,
                      const torch::Tensor& first, int64_t candidates);
  torch::Tensor initial_wiring();
  int64_t first_gate(std::size_t l) const;
  torch::Tensor coefficients() const;
};
TORCH_MODULE(LogicNetwork);

/// One layer of gates.
class LogicDenseImpl : public LogicNetworkImpl {
 public:
  LogicDenseImpl(int64_t in_features, int64_t out_features, LogicNetworkOptions options = {});
};
TORCH_MODULE(LogicDense);

/// group_sum as a module.
class GroupSumImpl : public torch::nn::Module {
 public:
  explicit GroupSumImpl(int64_t groups, double temperature = 1) : k(groups), tau(temperature) {}
  torch::Tensor forward(const torch::Tensor& x) { return group_sum(x, k, tau); }

  int64_t k;
  double tau;
};
TORCH_MODULE(GroupSum);

}  // namespace pliant
