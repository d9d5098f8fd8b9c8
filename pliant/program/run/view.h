// pliant/program/run/view.h — which elements of a recording's nodes are meant; private to program/
// (no torch)
#pragma once

#include <cstdint>

namespace pliant::program {

/// Elements of a node: its number, and the first of its elements that counts.
struct View {
  std::int32_t node = -1;
  std::int32_t element = 0;

  friend bool operator==(const View&, const View&) = default;
};

/// Elements that lie beside each other in one node.
struct Run {
  View from;
  std::int32_t count = 0;

  friend bool operator==(const Run&, const Run&) = default;
};

}  // namespace pliant::program
