// pliant/logic/gate.cpp — the names of the gates of two inputs (no torch)
#include "pliant/logic/gate.h"

#include <array>

#include "pliant/base/errors.h"

namespace pliant::logic {
namespace {

constexpr std::array<std::string_view, kGates> kNames = {
    "false", "and",  "a and not b", "a",          "not a and b", "b",          "xor",  "or",
    "nor",   "xnor", "not b",       "a or not b", "not a",       "not a or b", "nand", "true"};

}  // namespace

std::string_view gate_name(int id) {
  base::require(id >= 0 && id < kGates, "gate_name: id must be in 0 … 15, got ", id);
  return kNames[static_cast<std::size_t>(id)];
}

}  // namespace pliant::logic
