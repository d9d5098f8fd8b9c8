// pliant/program/run/plan.cpp — cuts a recording into segments and lays out their numbers (no
// torch)
#include "pliant/program/run/plan.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "pliant/program/run/frame.h"

namespace pliant::program {
namespace {

/// Elements that a segment has about, or more where a recording is long: with 64 samples in float32
/// a megabyte.
constexpr double kSegment = 4096;

std::size_t index_of(View view) { return static_cast<std::size_t>(view.node); }

/// The nodes that an output or a question needs.
std::vector<std::uint8_t> needed_nodes(const Recording& recording, std::span<const View> outputs) {
  std::vector<std::uint8_t> needed(recording.nodes.size(), 0);
  for (const View view : outputs) needed[index_of(view)] = 1;
  for (const View view : recording.inputs) needed[index_of(view)] = 1;
  needed[index_of(recording.alive)] = 1;
  for (std::size_t i = recording.nodes.size(); i-- > 0;) {
    const Node& node = recording.nodes[i];
    const bool asks = node.primitive == Primitive::kGoesOn || node.primitive == Primitive::kWithin;
    if (asks || node.primitive == Primitive::kScale) needed[i] = 1;
    if (needed[i] == 0) continue;
    for_operands(recording, node, [&](std::size_t from) { needed[from] = 1; });
  }
  return needed;
}

/// Positions in the order, of the last that reads each node; behind the end for outputs.
std::vector<std::int32_t> last_uses(const Recording& recording, std::span<const View> outputs,
                                    const std::vector<std::int32_t>& order) {
  std::vector<std::int32_t> last(recording.nodes.size(), -1);
  for (std::size_t at = 0; at < order.size(); ++at) {
    const Node& node = recording.nodes[static_cast<std::size_t>(order[at])];
    for_operands(recording, node,
                 [&](std::size_t from) { last[from] = static_cast<std::int32_t>(at); });
  }
  for (const View view : outputs) last[index_of(view)] = std::numeric_limits<std::int32_t>::max();
  return last;
}

/// Cuts where few elements are read across, segments of about `target` elements.
std::vector<Plan::Segment> cut(const std::vector<std::int64_t>& extent,
                               const std::vector<std::int64_t>& across, double target) {
  std::vector<Plan::Segment> segments;
  const auto count = static_cast<std::int32_t>(extent.size());
  std::int64_t left = 0;
  for (const std::int64_t e : extent) left += e;
  for (std::int32_t begin = 0; begin < count;) {
    std::int32_t end = count;
    if (static_cast<double>(left) > 1.5 * target) {
      std::int64_t taken = 0, fewest = std::numeric_limits<std::int64_t>::max();
      end = begin + 1;
      for (std::int32_t at = begin; at < count; ++at) {
        taken += extent[static_cast<std::size_t>(at)];
        if (static_cast<double>(taken) < target / 2) continue;
        if (static_cast<double>(taken) > 1.5 * target && end > begin + 1) break;
        if (across[static_cast<std::size_t>(at)] < fewest) {
          fewest = across[static_cast<std::size_t>(at)];
          end = at + 1;
        }
      }
    }
    segments.push_back({begin, end});
    for (; begin < end; ++begin) left -= extent[static_cast<std::size_t>(begin)];
  }
  return segments;
}

/// For each position, how many elements from it or before it are read behind it.
std::vector<std::int64_t> read_across(const Plan& plan, const std::vector<std::int32_t>& last,
                                      const std::vector<std::int64_t>& extent) {
  const std::size_t count = plan.order.size();
  std::vector<std::int64_t> ends(count + 1, 0), across(count, 0);
  std::int64_t open = 0;
  for (std::size_t at = 0; at < count; ++at) {
    const std::int32_t until = last[static_cast<std::size_t>(plan.order[at])];
    open += extent[at] - ends[at];
    if (until > static_cast<std::int32_t>(at)) {
      if (static_cast<std::size_t>(until) < count) {
        ends[static_cast<std::size_t>(until)] += extent[at];
      }
    } else {
      open -= extent[at];
    }
    across[at] = open;
  }
  return across;
}

class Layout {
 public:
  Layout(const Recording& recording, const std::vector<std::int32_t>& last, bool derivatives)
      : recording_(recording), last_(last), derivatives_(derivatives) {}

  void place(Plan& plan, std::vector<Plan::Segment> segments) const {
    plan.segments = std::move(segments);
    plan.value.assign(recording_.nodes.size(), -1);
    plan.gradient.assign(recording_.nodes.size(), -1);
    plan.kept.assign(recording_.nodes.size(), 0);
    plan.kept_values = plan.kept_gradients = plan.segment_values = plan.segment_gradients = 0;
    for (const std::int32_t leaf : plan.leaves) {
      keep(plan, static_cast<std::size_t>(leaf), plan.kept_values, plan.kept_gradients, true);
    }
    for (const Plan::Segment& segment : plan.segments) {
      std::int64_t values = 0, gradients = 0;
      for (std::int32_t at = segment.begin; at < segment.end; ++at) {
        const auto node = static_cast<std::size_t>(plan.order[static_cast<std::size_t>(at)]);
        const bool kept = last_[node] >= segment.end || is_dear(node);
        keep(plan, node, kept ? plan.kept_values : values, kept ? plan.kept_gradients : gradients,
             kept);
      }
      plan.segment_values = std::max(plan.segment_values, values);
      plan.segment_gradients = std::max(plan.segment_gradients, gradients);
    }
  }

 private:
  /// What takes much to compute and little to keep.
  [[nodiscard]] bool is_dear(std::size_t node) const {
    return derivatives_ && recording_.nodes[node].primitive == Primitive::kExtremum;
  }

  void keep(Plan& plan, std::size_t node, std::int64_t& values, std::int64_t& gradients,
            bool kept) const {
    const Node& of = recording_.nodes[node];
    plan.kept[node] = kept ? 1 : 0;
    plan.value[node] = values;
    values += static_cast<std::int64_t>(Frame<float>::extent(of, derivatives_));
    if (!derivatives_ || !of.active) return;
    plan.gradient[node] = gradients;
    gradients += of.count;
  }

  const Recording& recording_;
  const std::vector<std::int32_t>& last_;
  bool derivatives_;
};

}  // namespace

Plan make_plan(const Recording& recording, std::span<const View> outputs, bool derivatives) {
  Plan plan;
  const std::vector<std::uint8_t> needed = needed_nodes(recording, outputs);
  std::vector<std::int64_t> extent;
  for (std::size_t i = 0; i < needed.size(); ++i) {
    if (needed[i] == 0) continue;
    const Node& node = recording.nodes[i];
    if (node.is_leaf()) {
      plan.leaves.push_back(static_cast<std::int32_t>(i));
    } else {
      plan.order.push_back(static_cast<std::int32_t>(i));
      extent.push_back(static_cast<std::int64_t>(Frame<float>::extent(node, derivatives)));
    }
  }
  const std::vector<std::int32_t> last = last_uses(recording, outputs, plan.order);
  const std::vector<std::int64_t> across = read_across(plan, last, extent);
  const Layout layout(recording, last, derivatives);
  std::int64_t leaves = 0;
  for (const std::int32_t leaf : plan.leaves) {
    leaves += recording.nodes[static_cast<std::size_t>(leaf)].count;
  }
  // Longer segments where what is kept between them would be more than they are.
  for (double target = kSegment;; target *= 2) {
    layout.place(plan, cut(extent, across, target));
    const bool few = plan.kept_values - leaves <= 2 * plan.segment_values;
    if (plan.segments.size() <= 2 || few) return plan;
  }
}

}  // namespace pliant::program
