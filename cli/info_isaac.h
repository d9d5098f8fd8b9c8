// cli/info_isaac.h — pliant info --isaac: what conditioning the layers of a network would cost
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>

namespace pliant::cli {

/// For each weight (m, n) of a safetensors file, a checkpoint of ours or any other, its sizes, the
/// side and the overhead by count at this batch, and whether that is at most a quarter of the step.
/// @throws std::invalid_argument if it is no such file, has no such weight, or rows < 1
nlohmann::ordered_json isaac_costs(const std::string& file, std::int64_t rows);

/// The same as a table on standard output.
void print_isaac_costs(const nlohmann::ordered_json& costs, std::int64_t rows);

}  // namespace pliant::cli
