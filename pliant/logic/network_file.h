// pliant/logic/network_file.h — a described network and its tensors, as a circuit (no torch)
#pragma once

#include <string>
#include <string_view>

#include "pliant/circuit/circuit.h"
#include "pliant/data/safetensors.h"
#include "pliant/logic/description.h"

namespace pliant::logic {

/// The entry of a file's metadata that holds the description.
inline constexpr std::string_view kNetworkEntry = "network";

/// The network as it is in eval mode, bit for bit: gates are hardened by hard_coefficients.
///
/// Layers that read rows become one cell, placed once. A convolution becomes a stage of its own:
/// its cell holds all kernels at one output place, with the placements that an output pools and
/// the OR over them inside; so only pooled bits are stored, a cell is placed pool² times less
/// often, and placements that fill no pool are never computed. Flat, that is as many nodes as with
/// pools of their own. The cell's inputs are the different bits that some kernel reads there.
/// or_pool2d is a stage of one node placed at every output.
/// @param name  begins the texts of errors
/// @throws std::invalid_argument that names the layer and what is wrong with it: a tensor that is
/// not there or of another shape or type, wiring or taps out of range, shapes that do not follow
/// each other, sizes beyond 2^24 bits or 2^26 wires
/// Cost: about 10 ns a gate, and linear in the placements' inputs
circuit::Circuit circuit_of(const Description& description, const data::TensorMap& tensors,
                            std::string_view name);

/// The same of a file with its description.
/// @throws std::invalid_argument as above, and if the file has no description
circuit::Circuit circuit_of(const data::SafetensorsFile& file, std::string_view name);

}  // namespace pliant::logic
