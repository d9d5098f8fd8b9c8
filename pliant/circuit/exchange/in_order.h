// pliant/circuit/exchange/in_order.h — definitions in any order, met after those that they read (no
// torch)
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace pliant::circuit {

/// Calls visit(d) once for each definition d < count, after those that it reads, and otherwise in
/// their order. No recursion: a chain may be as long as a file.
/// @param source  source(d, i) is the definition that d reads i-th, ≥ count for what is no
///                definition; sources(d) says how many it reads
/// @param cycle  called with a definition that reads itself by way of others; must throw
/// Cost: linear in what the definitions read
template <class Sources, class Source, class Visit, class Cycle>
void visit_in_order(std::size_t count, const Sources& sources, const Source& source,
                    const Visit& visit, const Cycle& cycle) {
  enum class Mark : std::uint8_t { kNew, kOpen, kDone };
  struct Step {
    std::size_t definition;
    std::size_t next;  // what it reads that has not been looked at
  };
  std::vector<Mark> marks(count, Mark::kNew);
  std::vector<Step> path;
  for (std::size_t first = 0; first < count; ++first) {
    if (marks[first] == Mark::kNew) path.push_back({first, 0});
    while (!path.empty()) {
      const std::size_t d = path.back().definition;
      marks[d] = Mark::kOpen;
      if (path.back().next == sources(d)) {
        visit(d);
        marks[d] = Mark::kDone;
        path.pop_back();
        continue;
      }
      const std::size_t read = source(d, path.back().next++);
      if (read >= count || marks[read] == Mark::kDone) continue;
      if (marks[read] == Mark::kOpen) cycle(read);
      path.push_back({read, 0});
    }
  }
}

}  // namespace pliant::circuit
