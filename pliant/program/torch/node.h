// pliant/program/torch/node.h — nodes of recordings as ops take them; private to program/torch/
#pragma once

#include <c10/util/ArrayRef.h>

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "pliant/program/program.h"
#include "pliant/program/run/recording.h"

namespace pliant {

/// A node without what it is computed from, as a list of whole numbers; `number` travels beside it.
std::vector<int64_t> what_of(const program::Node& node);

/// And back.   @throws ValueError if no node is like this
program::Node node_of(c10::IntArrayRef what, double number);

/// How many elements its operand k has.
int64_t elements_of(const program::Node& node, std::size_t k);

/// @throws ValueError that names `op` and lists what modes there are
program::Mode mode_of(std::string_view mode, const char* op);

}  // namespace pliant
