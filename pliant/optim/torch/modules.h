// pliant/optim/torch/modules.h — layers whose weight gradient is conditioned by what they read
#pragma once

#include <torch/nn/modules/container/sequential.h>
#include <torch/nn/modules/conv.h>
#include <torch/nn/modules/linear.h>
#include <torch/nn/pimpl.h>

#include <array>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "pliant/base/torch/communicator.h"
#include "pliant/optim/torch/condition.h"

namespace pliant {

/// How a layer's gradient is conditioned, as pliant.nn.IsaacLinear's arguments.
struct IsaacOptions {
  double damping = 1;           ///< λ > 0; infinite: torch's gradient, to the bit
  bool augmented_bias = false;  ///< condition the bias as the weight of an input of ones
  bool divided = false;         ///< ζ*/λ instead of ζ*
  bool reduced = false;         ///< the mean over a sample's positions makes the Gram matrix
  bool bfloat16_gram =
      false;  ///< float32 inputs rounded to bfloat16 for the Gram matrix, where safe
  double overhead_cap = std::numeric_limits<double>::infinity();  ///< above it: torch's gradient
  bool raise_not_finite = false;  ///< error instead of torch's gradient for inputs with NaN or ±inf
  std::string layer;              ///< its name in that error
  /// Whose batches are conditioned as if they were one; null, or one process: its own. Each process
  /// has an equal share, and gets gradients whose mean over the processes is the joined batch's.
  /// The backward pass then waits for the others: all make the same passes.
  std::shared_ptr<const Communicator> processes = nullptr;
  bool gathers = false;  ///< the rows of X travel (dual: few of them); or sums of XᵀX (primal)
};

/// What the two layers share.
class Conditioned {
 public:
  /// @throws c10::ValueError unless the damping is > 0 and the cap ≥ 0
  explicit Conditioned(IsaacOptions options);

  [[nodiscard]] const IsaacOptions& isaac() const { return isaac_; }
  /// Another λ from the next forward pass on.   @throws c10::ValueError unless it is > 0
  void set_damping(double damping);
  /// How many backward passes ended how, in the order of pliant/optim/torch/counts.h.
  [[nodiscard]] std::vector<std::int64_t> counts() const;

 protected:
  IsaacOptions isaac_;
  /// Whether several processes condition together.
  [[nodiscard]] bool joint() const;
  /// The options as kernels take them.
  [[nodiscard]] IsaacSettings settings() const;

  at::Tensor damping_;  ///< isaac_.damping as the ops take it
  std::int64_t record_;
};

/// torch::nn::Linear with ISAAC's gradient of the weight.
class IsaacLinearImpl : public torch::nn::LinearImpl, public Conditioned {
 public:
  explicit IsaacLinearImpl(const torch::nn::LinearOptions& options, IsaacOptions isaac = {});
  /// The same layer: it shares weight and bias with `layer`.
  IsaacLinearImpl(const torch::nn::LinearImpl& layer, IsaacOptions isaac);
  torch::Tensor forward(const torch::Tensor& x);
};
TORCH_MODULE(IsaacLinear);

/// torch::nn::Conv2d, padded with zeros, with ISAAC's gradient of the weight.
class IsaacConv2dImpl : public torch::nn::Conv2dImpl, public Conditioned {
 public:
  /// @throws c10::ValueError for another padding mode, or padding by name
  explicit IsaacConv2dImpl(const torch::nn::Conv2dOptions& options, IsaacOptions isaac = {});
  /// The same layer: it shares weight and bias with `layer`.
  IsaacConv2dImpl(const torch::nn::Conv2dImpl& layer, IsaacOptions isaac);
  torch::Tensor forward(const torch::Tensor& x);

 private:
  void check() const;
};
TORCH_MODULE(IsaacConv2d);

namespace isaac {

/// Which of the layers that can be conditioned: their place among these, from 0.
using Choice = std::function<bool(std::size_t place)>;

/// The network with its torch::nn::Linear and Conv2d replaced by conditioned ones that share their
/// parameters. Names stay; all other modules are shared, and what stands inside of them is left
/// alone. Layers are named in errors by their names in the network.
/// @param chosen  empty: all
torch::nn::Sequential condition(const torch::nn::Sequential& network, const IsaacOptions& options,
                                const Choice& chosen = {});

/// Sets λ of every conditioned layer of the module.   @throws c10::ValueError unless it is > 0
void set_damping(const torch::nn::Module& module, double damping);

}  // namespace isaac
}  // namespace pliant
