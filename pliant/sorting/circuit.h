// pliant/sorting/circuit.h — comparator networks hardened into circuits (no torch)
#pragma once

#include "pliant/circuit/circuit.h"
#include "pliant/sorting/network.h"

namespace pliant::sorting {

/// What a network is hardened for.
struct HardeningOptions {
  int bits = 8;            ///< of a number, 1 … 64
  bool is_signed = false;  ///< two's complement
  /// Each number is followed through the network: the outputs say at which wire it came in. Of
  /// equal numbers the one of the lower wire is the smaller, so that all networks that sort give
  /// the same.
  bool places = false;
};

/// Bits that a wire's number takes: 0 … size − 1.
int place_bits(int size);

/// A network as a circuit: each comparator is a chain of `bits` nodes that compares and two rows of
/// multiplexers that exchange, nodes of three inputs all.
/// Inputs: the numbers by wire, each by its bits from the least significant: bit i of wire w is
/// w·bits + i. Outputs: the numbers of the last `wanted` wires in the same way; with `places` then
/// their wires, place_bits(size) bits each. What no output needs is left out.
/// @param wanted  1 … size; size: all
/// @throws std::invalid_argument if check_network refuses the network, bits or wanted is out of
/// range, or the circuit would have 2^30 signals.   Cost: 3·(bits + place bits) nodes a comparator
circuit::Circuit circuit_of(const Network& network, const HardeningOptions& options, int wanted);
circuit::Circuit circuit_of(const Network& network, const HardeningOptions& options = {});

}  // namespace pliant::sorting
