// pliant/base/simd_target.h — which SIMD code runs on this CPU (no torch)
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace pliant::base {

/// The targets that this build has and this CPU can run, best first, e.g. {"AVX3", "AVX2",
/// "Scalar"}.
std::vector<std::string> simd_targets();

/// The target that dispatched code uses now: the best one, or the one set below.
std::string simd_target();

/// Makes dispatched code use `name` from now on, in the whole process: for tests and measurements.
/// The environment variable PLIANT_SIMD does the same from the start.
/// @throws std::invalid_argument if this CPU or build does not have it; the text lists what there
/// is.
void set_simd_target(std::string_view name);

/// Whether this CPU multiplies bfloat16 numbers itself; elsewhere torch emulates it, slower than
/// float32.
bool has_bfloat16();

}  // namespace pliant::base
