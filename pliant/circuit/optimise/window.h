// pliant/circuit/optimise/window.h — a small part of a cell and every value it can have (no torch)
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "pliant/circuit/circuit.h"
#include "pliant/circuit/optimise/relations.h"

namespace pliant::circuit {

/// Some signals of a cell as functions of a few others, the leaves, by exhaustive tables. One
/// object serves a cell that grows.
class Window {
 public:
  static constexpr std::size_t kMostLeaves = 10;
  static constexpr std::size_t kWords = (std::size_t{1} << kMostLeaves) / 64;

  /// @param leaves, nodes  that a window may have; kMostLeaves leaves at most
  Window(const Cell& cell, std::size_t leaves, std::size_t nodes)
      : cell_(cell), most_leaves_(leaves), most_nodes_(nodes) {}

  /// Grows a window from the roots towards the inputs, the last signals first, while it has no more
  /// leaves and nodes than it may, and evaluates it.
  /// @param relations  of the cell's inputs that hold, or null
  void open(std::span<const Signal> roots, const InputRelations* relations);

  /// Whether all leaves are inputs: what is seen here is all there is to see.
  [[nodiscard]] bool complete() const { return complete_; }
  [[nodiscard]] std::span<const Signal> leaves() const { return leaves_; }
  /// Words of a table; with fewer than 6 leaves a word repeats itself.
  [[nodiscard]] std::size_t words() const { return words_; }
  /// The values of a root (or any signal of the window) over the assignments of the leaves.
  [[nodiscard]] const std::uint64_t* table(Signal signal) const {
    return &tables_[place_[signal] * kWords];
  }
  /// The assignments that can be, as far as `relations` says.
  [[nodiscard]] const std::uint64_t* possible() const { return possible_.data(); }

 private:
  void expand();
  void evaluate(const InputRelations* relations);

  const Cell& cell_;
  std::size_t most_leaves_;
  std::size_t most_nodes_;
  std::vector<Signal> leaves_;        ///< ascending
  std::vector<Signal> inner_;         ///< nodes, the later ones first
  std::vector<std::uint32_t> place_;  ///< of a signal's table; valid for those of the window
  std::vector<std::uint64_t> tables_;
  std::vector<std::uint64_t> possible_;
  std::size_t words_ = 1;
  bool complete_ = false;
};

}  // namespace pliant::circuit
