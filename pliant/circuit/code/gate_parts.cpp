// pliant/circuit/code/gate_parts.cpp — depth-first order, cuts, and slots for what crosses them (no
// torch)
#include "pliant/circuit/code/gate_parts.h"

#include <algorithm>

namespace pliant::circuit {
namespace {

constexpr std::uint32_t kNone = std::numeric_limits<std::uint32_t>::max();

class Cutter {
 public:
  Cutter(const Cell& cell, std::size_t most)
      : cell_(cell), most_(most), part_(cell.signals(), kNone) {
    result_.slot.assign(cell.signals(), GateParts::kNoSlot);
    result_.read_here.assign(cell.signals(), false);
    result_.parts.emplace_back();
  }

  GateParts cut() {
    for (const Literal output : cell_.outputs) visit(output.signal());
    place_outputs();
    find_slots();
    return std::move(result_);
  }

 private:
  /// Puts the signal's nodes that are not there yet, in an order that they can be computed in.
  void visit(Signal signal) {
    if (signal < cell_.inputs || part_[signal] != kNone) return;
    std::vector<Step> path = {{signal, 0}};
    while (!path.empty()) {
      Step& step = path.back();
      const Node& node = cell_.node(step.signal);
      if (step.next < node.fan_in) {
        const Signal source = node.inputs[static_cast<std::size_t>(step.next++)];
        if (source >= cell_.inputs && part_[source] == kNone) path.push_back({source, 0});
        continue;
      }
      if (part_[step.signal] == kNone) put(step.signal);
      path.pop_back();
    }
  }

  void put(Signal signal) {
    if (result_.parts.back().nodes.size() >= most_) result_.parts.emplace_back();
    part_[signal] = static_cast<std::uint32_t>(result_.parts.size() - 1);
    result_.parts.back().nodes.push_back(signal);
  }

  /// An output that is a node's is written in the node's part; if it has too many, or is an
  /// input's, where there is room.
  void place_outputs() {
    std::size_t roomy = 0;
    for (std::uint32_t o = 0; o < cell_.outputs.size(); ++o) {
      const Signal signal = cell_.outputs[o].signal();
      if (signal >= cell_.inputs) {
        GatePart& part = result_.parts[part_[signal]];
        if (part.outputs.size() < 2 * most_) {
          part.outputs.push_back(o);
          result_.read_here[signal] = true;
          continue;
        }
      }
      // Nodes of earlier parts are read from their slots; so the room must be at the end.
      if (signal >= cell_.inputs) roomy = std::max<std::size_t>(roomy, part_[signal] + 1);
      while (roomy < result_.parts.size() && result_.parts[roomy].outputs.size() >= 2 * most_)
        ++roomy;
      if (roomy == result_.parts.size()) result_.parts.emplace_back();
      result_.parts[roomy].outputs.push_back(o);
    }
  }

  /// Calls note(signal) for each signal that the part reads and that is a node.
  template <class Note>
  void each_read(const GatePart& part, const Note& note) const {
    for (const Signal signal : part.nodes) {
      const Node& node = cell_.node(signal);
      for (int i = 0; i < node.fan_in; ++i) {
        const Signal source = node.inputs[static_cast<std::size_t>(i)];
        if (source >= cell_.inputs) note(source);
      }
    }
    for (const std::uint32_t o : part.outputs) {
      const Signal signal = cell_.outputs[o].signal();
      if (signal >= cell_.inputs) note(signal);
    }
  }

  void find_slots() {
    std::vector<std::uint32_t> last(cell_.signals(), kNone);  // part that reads the signal
    for (std::uint32_t p = 0; p < result_.parts.size(); ++p) {
      each_read(result_.parts[p], [&](Signal signal) {
        if (part_[signal] == p) result_.read_here[signal] = true;
        if (part_[signal] != p) last[signal] = p;
      });
    }
    std::vector<std::uint32_t> free;
    std::vector<std::vector<std::uint32_t>> ends(result_.parts.size());
    for (std::uint32_t p = 0; p < result_.parts.size(); ++p) {
      for (const Signal signal : result_.parts[p].nodes) {
        if (last[signal] == kNone) continue;
        if (free.empty()) free.push_back(result_.slots++);
        result_.slot[signal] = free.back();
        ends[last[signal]].push_back(free.back());
        free.pop_back();
      }
      // Only the parts after this one may use them again.
      free.insert(free.end(), ends[p].begin(), ends[p].end());
    }
  }

  struct Step {
    Signal signal;
    int next;
  };

  const Cell& cell_;
  std::size_t most_;
  std::vector<std::uint32_t> part_;
  GateParts result_;
};

}  // namespace

GateParts gate_parts(const Cell& cell, std::size_t most) { return Cutter(cell, most).cut(); }

}  // namespace pliant::circuit
