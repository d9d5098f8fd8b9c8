// pliant/optim/gram_tasks.h — the tiles of an upper triangle as tasks of equal length (no torch)
#pragma once

#include <algorithm>
#include <cstddef>

#include "pliant/base/parallel.h"

namespace pliant::optim {

/// Calls tile(i, j) for each tile of `side` rows and columns that touches the upper triangle of a
/// (rows, rows) matrix; i and j are multiples of side.
/// @param columns  of the rows whose products the entries are: what a tile costs
template <class Tile>
void for_upper_tiles(std::size_t rows, std::size_t columns, std::size_t side,
                     const base::Executor& executor, const Tile& tile) {
  const std::size_t blocks = (rows + side - 1) / side;
  // A task is a row of tiles from the top and one from the bottom: all have the same length.
  const std::size_t tasks = (blocks + 1) / 2;
  const std::size_t work = 2 * rows * rows * columns / std::max<std::size_t>(tasks, 1);
  constexpr std::size_t kWorthAThread = 1U << 20;
  executor(tasks, 1 + kWorthAThread / std::max<std::size_t>(work, 1),
           [&](std::size_t begin, std::size_t end) {
             for (std::size_t task = begin; task < end; ++task) {
               const std::size_t other = blocks - 1 - task;
               for (std::size_t j = task; j < blocks; ++j) tile(task * side, j * side);
               if (other == task) continue;
               for (std::size_t j = other; j < blocks; ++j) tile(other * side, j * side);
             }
           });
}

}  // namespace pliant::optim
