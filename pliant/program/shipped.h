// pliant/program/shipped.h — the programs that come with the library (no torch)
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "pliant/program/program.h"

namespace pliant::program {

/// "bubble_sort", "levenshtein", "shortest_path", "silhouette".
std::vector<std::string_view> shipped_names();

/// The text of a shipped program; its head says what it takes, gives, and can be set.
/// @throws std::invalid_argument for another name; the text lists the names
std::string_view shipped_text(std::string_view name);

/// Whole numbers by name; see Program::with.
using WholeNumbers = std::vector<std::pair<std::string, std::int64_t>>;

/// A shipped program, with other values for some of the whole numbers that its head declares:
/// shipped("shortest_path", {{"leaky_source", 1}}).
/// @throws std::invalid_argument as shipped_text() and Program::with()
Program shipped(std::string_view name, const WholeNumbers& settings = {});

}  // namespace pliant::program
