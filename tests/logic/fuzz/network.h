// tests/logic/fuzz/network.h — what the fuzzer of the reader of described networks does with its
// bytes
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace pliant::logic {

/// Reads the text as the description of a network, and makes a circuit of it with a few small
/// tensors: gates "w" and "t", wiring "i", taps "k", thresholds "h", features "f". A refusal
/// (std::invalid_argument) is right, and so are a description that comes back from writing and
/// reading and a circuit that passes check_circuit; all else, a crash included, throws what is
/// wrong as a std::domain_error.
void fuzz_network(std::string_view text);

/// Valid descriptions, together all kinds of layers, over these tensors.
std::vector<std::string> small_networks();

}  // namespace pliant::logic
