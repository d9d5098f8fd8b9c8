// pliant/data/gzip.h — gzip, seen by its first bytes; for IDX files and tables (no torch)
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace pliant::data {

/// The first `limit` bytes of what a file holds, all of them if it holds fewer: of what its gzip
/// stream inflates to, or of the file itself if it is none.
/// @param name  what error texts call the file
/// @throws std::invalid_argument for a gzip stream that is truncated, damaged, or followed by bytes
std::vector<std::uint8_t> unpack(std::span<const std::uint8_t> bytes, std::size_t limit,
                                 std::string_view name);

}  // namespace pliant::data
