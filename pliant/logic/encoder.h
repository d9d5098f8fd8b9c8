// pliant/logic/encoder.h — thresholds that turn numbers into bits: the thermometer code (no torch)
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

namespace pliant::logic {

/// Training values to choose thresholds by, row-major (samples, groups, each): all numbers of a
/// group share its thresholds. Per feature: each = 1; per channel of images: each = height · width;
/// one for all: groups = 1.
struct ThresholdArgs {
  int count = 0;  ///< T, the thresholds of a group
  const double* values = nullptr;
  std::size_t samples = 0;
  std::size_t groups = 1;
  std::size_t each = 1;
  double low = 0;   ///< of "uniform"
  double high = 1;  ///< of "uniform"
};

/// The ways to choose thresholds; i = 1 … T:
/// "uniform": low + (high − low)·i / (T + 1), the same for all groups; no values are looked at.
///   T = 3 and 31 on [0, 1] are the 2-bit and 5-bit inputs of logic gate networks on CIFAR-10
///   (Petersen et al., NeurIPS 2022); T = 1 rounds.
/// "distributive": the value at ⌊n·i / (T + 1)⌋ of the group's n sorted values (Bacellar et al.,
///   Differentiable Weightless Neural Networks, ICML 2024).
/// "gaussian": mean + deviation · Φ⁻¹(i / (T + 1)) of the group's values, the deviation with n − 1.
std::vector<std::string_view> threshold_methods();

/// Thresholds (T, groups), as check_thresholds wants them.
/// @throws std::invalid_argument for an unknown method (the text lists the names), a count or range
///         that is not positive, too few values or values that are not finite, and as
///         check_thresholds: "distributive" finds equal ones in a group of few distinct values
/// Cost: O(n log n) for each group.
std::vector<double> choose_thresholds(std::string_view method, const ThresholdArgs& args);

/// Checks that thresholds are finite and increase along T in every group.
/// @param thresholds  (count, groups)
/// @throws std::invalid_argument that names the feature (the group's index) and what it has
void check_thresholds(const double* thresholds, std::size_t count, std::size_t groups);

}  // namespace pliant::logic
