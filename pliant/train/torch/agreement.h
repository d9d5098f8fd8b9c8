// pliant/train/torch/agreement.h — what the processes of a training must have in common
#pragma once

#include <string>

#include "pliant/base/torch/communicator.h"
#include "pliant/train/torch/tensors.h"

namespace pliant {

/// The first process's text, on all of them.
std::string text_of_first(const Communicator& processes, const std::string& mine);

/// Replaces the tensors, on all processes but the first, by those of the first, to the bit. Names,
/// shapes and dtypes are the same everywhere.
void take_from_first(const Communicator& processes, const NamedTensors& tensors);

/// @param lines  of text, which must be the first process's
/// @throws std::invalid_argument where they are not: it has the first line that differs, here and
/// there
void require_same_as_first(const Communicator& processes, const std::string& lines);

/// Names, dtypes and shapes, a line each.
std::string layout_of(const NamedTensors& tensors);

}  // namespace pliant
