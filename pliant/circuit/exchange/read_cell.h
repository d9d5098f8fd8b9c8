// pliant/circuit/exchange/read_cell.h — what the readers of other programs' circuits share (no
// torch)
#pragma once

#include <span>
#include <string>
#include <vector>

#include "pliant/circuit/circuit.h"
#include "pliant/circuit/optimise/builder.h"

namespace pliant::circuit {

/// How readers build: what others write as constants, wires and inverters goes into the tables and
/// outputs that read them; but each gate of theirs is a node, also one that is there twice.
inline constexpr BuildRules kAsRead{.hashing = false};

/// All of the literals, any number of them: a tree of nodes of six inputs.
Literal all_of(Builder& builder, std::span<const Literal> literals);

/// A flat circuit without classes over plain bits.
/// @param names  of the inputs; those that bit_name gives without names are none
/// @throws std::invalid_argument as check_circuit
Circuit circuit_of_cell(Cell cell, std::vector<std::string> names);

}  // namespace pliant::circuit
