// pliant/program/algorithms/embedded.h — the texts of the shipped programs, as bytes; private to
// program/ (no torch)
#pragma once

#include <cstdint>
#include <span>

namespace pliant::program::algorithms {

std::span<const std::uint8_t> bubble_sort();
std::span<const std::uint8_t> levenshtein();
std::span<const std::uint8_t> shortest_path();
std::span<const std::uint8_t> silhouette();

}  // namespace pliant::program::algorithms
