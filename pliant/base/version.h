// pliant/base/version.h — which Pliant this is (no torch)
#pragma once

#include <string_view>

namespace pliant::base {

/// The version of the library, e.g. "0.1.0".
std::string_view version();

}  // namespace pliant::base
