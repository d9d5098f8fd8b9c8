// pliant/logic/wiring.h — which inputs the gates of a layer read (no torch)
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace pliant::logic {

/// How a layer of gates is wired.
struct WiringOptions {
  std::size_t inputs = 0;  ///< features that the layer reads, ≥ 1
  std::size_t gates = 0;   ///< ≥ 1
  int fan_in = 2;          ///< inputs of a gate, 1 … 6
  std::uint64_t seed = 0;  ///< of what is drawn at random
  int level = 0;           ///< butterfly: the layer's place in its network
  std::size_t height = 0;  ///< local: features are (channels, height, width), flattened
  std::size_t width = 0;
  int radius = 1;  ///< local: a gate reads at most so many pixels away, each way
};

/// The sources (fan_in, gates): [j][g] is the feature that gate g reads as its j-th input.
///
/// - random: every feature is read equally often, or once more; and where there are gates enough,
///   each is the first input of some gate, so that gates that pass their first input lose none.
/// - unique: two inputs, all pairs distinct, nearby features first: (0, 1), (2, 3), …, then (1, 2),
///   (3, 4), …, then all (i, i + 2), …; the order of the gates is shuffled.
/// - butterfly: gate g reads g, g + s, g + 2s, … with the stride s = fan_in^level, so that after
///   log(inputs) layers each output depends on every input (modulo the number of inputs; every
///   further `inputs` gates take the next level).
/// - local: gate g sits at pixel g modulo height·width, reads one channel there and others within
///   the radius; a layer of channels·height·width gates can be read by the next local one.
///
/// random and unique are those of Petersen et al., Deep Differentiable Logic Gate Networks, NeurIPS
/// 2022, by their published code; random numbers are our own.
/// @throws std::invalid_argument if the kind is unknown or the sizes cannot be wired; the text says
/// what would fit
std::vector<std::int32_t> make_wiring(std::string_view kind, const WiringOptions& options);

/// The kinds above.
std::vector<std::string_view> wiring_names();

/// Checks sources that came from elsewhere.   @param sources  (fan_in·gates)
/// @throws std::invalid_argument that names the first entry outside 0 … inputs − 1
void check_wiring(const std::int32_t* sources, std::size_t count, std::size_t inputs);

}  // namespace pliant::logic
