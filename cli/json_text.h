// cli/json_text.h — JSON as text for standard output
#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace pliant::cli {

/// The text; of paths, names and other programs' words that are no UTF-8 what is wrong is replaced.
/// @param indent  spaces of a level; −1: all in one line
inline std::string json_text(const nlohmann::ordered_json& json, int indent = 2) {
  return json.dump(indent, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

}  // namespace pliant::cli
