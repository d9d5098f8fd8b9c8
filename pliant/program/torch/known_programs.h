// pliant/program/torch/known_programs.h — programs by their text, kept for the life of the process;
// private to program/torch/
#pragma once

#include <c10/util/ArrayRef.h>

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "pliant/program/program.h"

namespace pliant {

using Shapes = std::vector<std::vector<std::size_t>>;

/// The program of a text, parsed once.   @throws std::invalid_argument as Program::parse()
program::Program program_of(std::string_view text);

/// The shapes of all inputs, of one list: each input's sizes behind one another.
/// @throws ValueError
Shapes input_shapes_of(const program::Program& program, at::IntArrayRef sizes);

/// The shapes of a program's outputs for inputs of these sizes: to find them the whole program is
/// walked once. No option changes them.
/// @param memory  bytes that a tile may take
Shapes output_shapes_of(std::string_view text, at::IntArrayRef sizes, int64_t memory);

/// Numbers of one sample in arrays of these shapes.
std::size_t total_of(const Shapes& shapes);

}  // namespace pliant
