// tests/circuit/fuzz/small_files.h — small files of each format, for fuzzers to begin from
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace pliant::circuit {

/// Valid files of plc, aiger or blif, together all kinds of what each may hold.
std::vector<std::vector<std::uint8_t>> small_files(std::string_view format);

}  // namespace pliant::circuit
