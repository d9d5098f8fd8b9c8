// pliant/data/root.h — the folder that PLIANT_DATA names, for the loaders of sets (no torch)
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace pliant::data {

/// The folder `name` under $PLIANT_DATA; empty if there is none.
std::filesystem::path find_under_root(std::string_view name);

/// How errors end that say what to put where: "the environment variable PLIANT_DATA (now '/x')".
std::string root_variable();

/// folder/file or folder/file.gz, whichever there is.
/// @throws std::invalid_argument if there is neither
std::filesystem::path find_plain_or_gzipped(const std::filesystem::path& folder,
                                            const std::string& file);

}  // namespace pliant::data
