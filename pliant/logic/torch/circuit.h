// pliant/logic/torch/circuit.h — trained modules as circuits, and as descriptions beside a
// checkpoint
#pragma once

#include <torch/nn/module.h>
#include <torch/nn/pimpl.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "pliant/circuit/circuit.h"
#include "pliant/logic/description.h"

namespace pliant {

/// What a circuit is to know of the examples beside their shape.
struct ToCircuitOptions {
  std::vector<std::string> class_names;
  std::uint32_t byte_maximum = 255;  ///< a byte stands for byte / byte_maximum
};

/// A module in eval mode as a circuit, bit for bit (logic::circuit_of). LogicNetwork, LogicDense,
/// LogicConv2d, OrPool2d, LearnedWiring, GroupSum, Thermometer, torch's Flatten, Identity and
/// Dropout; and any module that holds such ones and calls them in the order in which they are
/// registered: Sequential does, of others nobody can know.
/// @param input_shape  of an example: (channels, height, width) or (features). Numbers, if the
///                     first module is a Thermometer, else bits
/// @throws std::invalid_argument that names the module that cannot be converted, and as circuit_of
circuit::Circuit to_circuit(const torch::nn::Module& model,
                            const std::vector<std::int64_t>& input_shape,
                            const ToCircuitOptions& options = {});

/// Holders: to_circuit(sequential, {1, 28, 28}).
template <class M>
circuit::Circuit to_circuit(const torch::nn::ModuleHolder<M>& model,
                            const std::vector<std::int64_t>& input_shape,
                            const ToCircuitOptions& options = {}) {
  return to_circuit(*model, input_shape, options);
}

/// Tensors that a description names and no module has: they are computed of what is learned.
using ComputedTensors = std::vector<std::pair<std::string, torch::Tensor>>;

/// Appends the layers of a module to the description of a file.
/// @param prefix    of the module's tensors in the file: "model/network."
/// @param computed  appended to; empty for what a checkpoint describes without more: all but
///                  learnable Thermometers and half types
/// @throws as to_circuit
void describe(const torch::nn::Module& module, const std::string& prefix,
              logic::Description& description, ComputedTensors& computed);

}  // namespace pliant
