// pliant/logic/conv_wiring.h — which taps the kernels of a convolution read, and which features a
// learned wiring chooses from (no torch)
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "pliant/logic/conv.h"

namespace pliant::logic {

struct TapOptions {
  std::size_t channels = 0;  ///< of the input, ≥ 1
  std::size_t kernels = 0;   ///< ≥ 1
  int depth = 3;             ///< 1 … 8
  Extent receptive;
  std::size_t channels_per_kernel = 2;  ///< a kernel reads at most so many channels
  std::size_t groups = 1;  ///< divides channels and kernels: a group's kernels read its channels
  std::uint64_t seed = 0;  ///< of what is drawn at random
};

/// Taps (3, kernels, 2^depth): channel, row and column of each leaf of each kernel.
///
/// - random: a kernel reads channels_per_kernel channels, drawn so that all are read about equally
///   often; each leaf one of them and a place in the receptive field.
/// - consecutive: neighbouring channels, as many leaves each; each leaf a place at random.
///
/// Leaf 0, which kernels begin by passing, reads each channel equally often, or once more. The two
/// leaves of a gate are never the same tap, unless there is but one. After Petersen et al.,
/// Convolutional Differentiable Logic Gate Networks, NeurIPS 2024, where kernels read 2 channels in
/// 8 groups or more; random numbers are our own.
/// @throws std::invalid_argument if the kind is unknown or the sizes do not fit
std::vector<std::int32_t> make_conv_taps(std::string_view kind, const TapOptions& options);

/// The kinds above.
std::vector<std::string_view> conv_tap_kinds();

/// Candidates (candidates, slots) of a learned wiring: for each slot so many different ones of
/// `inputs` features at random; over all slots, each feature stands equally often, or once more, in
/// the first row.
/// @throws std::invalid_argument if there are fewer features than candidates
std::vector<std::int32_t> make_candidates(std::size_t inputs, std::size_t slots,
                                          std::size_t candidates, std::uint64_t seed);

}  // namespace pliant::logic
