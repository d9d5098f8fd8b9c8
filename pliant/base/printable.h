// pliant/base/printable.h — any bytes as text that can be shown (no torch)
#pragma once

#include <string>
#include <string_view>

namespace pliant::base {

/// The text with every byte that is no part of valid UTF-8 as \xHH. What came out of a damaged file
/// may stand in an error, and whoever reads the error may take nothing but UTF-8.
std::string printable(std::string_view text);

}  // namespace pliant::base
