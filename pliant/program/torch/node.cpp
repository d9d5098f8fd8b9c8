// pliant/program/torch/node.cpp — nodes of recordings as ops take them
#include "pliant/program/torch/node.h"

#include <c10/util/Exception.h>

#include <limits>

namespace pliant {

using program::Node;
using program::Primitive;

std::vector<int64_t> what_of(const Node& node) {
  return {static_cast<int64_t>(node.primitive),
          static_cast<int64_t>(node.step),
          static_cast<int64_t>(node.reduction),
          node.operands,
          node.flags,
          node.count,
          node.n,
          node.inner};
}

Node node_of(c10::IntArrayRef what, double number) {
  constexpr int64_t kMost = std::numeric_limits<std::int32_t>::max();
  bool fits = what.size() == 8;
  for (const int64_t part : what) fits = fits && part >= 0 && part <= kMost;
  fits = fits && what[0] >= static_cast<int64_t>(Primitive::kStep) &&
         what[0] <= static_cast<int64_t>(Primitive::kConnect) &&
         what[0] != static_cast<int64_t>(Primitive::kGather) &&
         what[1] <= static_cast<int64_t>(program::Step::kFreeze) &&
         what[2] <= static_cast<int64_t>(program::Reduction::kDot) && what[3] >= 1 &&
         what[3] <= 4 && what[4] < 16;
  if (fits && what[0] == static_cast<int64_t>(Primitive::kExtremum)) {
    fits = what[3] == 1 && what[6] == 0 && what[5] > 0 && what[7] > 0 && what[7] % what[5] == 0;
  }
  TORCH_CHECK_VALUE(fits, "program_node: no primitive is ", what);
  Node node;
  node.primitive = static_cast<Primitive>(what[0]);
  node.step = static_cast<program::Step>(what[1]);
  node.reduction = static_cast<program::Reduction>(what[2]);
  node.operands = static_cast<std::uint8_t>(what[3]);
  node.flags = static_cast<std::uint8_t>(what[4]);
  node.count = static_cast<std::int32_t>(what[5]);
  node.n = static_cast<std::int32_t>(what[6]);
  node.inner = static_cast<std::int32_t>(what[7]);
  node.number = number;
  return node;
}

int64_t elements_of(const Node& node, std::size_t k) {
  switch (node.primitive) {
    case Primitive::kExtremum:
      return node.inner;
    case Primitive::kStep:
      return node.is_single(k) ? 1 : node.count;
    case Primitive::kRows:
      return int64_t{node.count} * node.n;
    case Primitive::kContract:
      return k == 0 ? node.n : int64_t{node.count} * node.n;
    default:
      return node.count;
  }
}

program::Mode mode_of(std::string_view mode, const char* op) {
  if (mode == "soft") return program::Mode::kSoft;
  if (mode == "hard") return program::Mode::kHard;
  TORCH_CHECK_VALUE(mode == "straight_through", op, ": unknown mode '", mode,
                    "'; there are: hard, soft, straight_through");
  return program::Mode::kStraightThrough;
}

}  // namespace pliant
