// pliant/program/shipped.cpp — the programs that come with the library (no torch)
#include "pliant/program/shipped.h"

#include <array>
#include <span>

#include "pliant/base/errors.h"
#include "pliant/program/algorithms/embedded.h"

namespace pliant::program {
namespace {

/// A name, and the bytes of its text.
struct Entry {
  std::string_view name;
  std::span<const std::uint8_t> (*bytes)();
};

constexpr std::array<Entry, 4> kShipped = {{{"bubble_sort", &algorithms::bubble_sort},
                                            {"levenshtein", &algorithms::levenshtein},
                                            {"shortest_path", &algorithms::shortest_path},
                                            {"silhouette", &algorithms::silhouette}}};

}  // namespace

std::vector<std::string_view> shipped_names() {
  std::vector<std::string_view> names;
  names.reserve(kShipped.size());
  for (const Entry& entry : kShipped) names.push_back(entry.name);
  return names;
}

std::string_view shipped_text(std::string_view name) {
  std::string known;
  for (const Entry& entry : kShipped) {
    if (entry.name == name) {
      const std::span<const std::uint8_t> bytes = entry.bytes();
      return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
    }
    known += (known.empty() ? "" : ", ") + std::string(entry.name);
  }
  base::fail("unknown program '", name, "'; there are: ", known);
}

Program shipped(std::string_view name, const WholeNumbers& settings) {
  Program program = Program::parse(shipped_text(name));
  for (const auto& [number, value] : settings) program = program.with(number, value);
  return program;
}

}  // namespace pliant::program
