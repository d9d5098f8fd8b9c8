// pliant/train/config_hash.h — whether two runs have the same options (no torch)
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace pliant::train {

/// Options by name, as texts.
using Config = std::vector<std::pair<std::string, std::string>>;

/// A fingerprint of the names and values, 16 hexadecimal digits (64-bit FNV-1a of each name and
/// value, every one ended by a zero byte). The order of the options counts.
std::string config_hash(const Config& config);

/// A number as the shortest text that reads back as the same number: "0.1", "1e-07", "nan".
std::string number_text(double value);

}  // namespace pliant::train
