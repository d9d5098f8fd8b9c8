// pliant/program/run/recordings.cpp — the table of a program's recordings (no torch)
#include "pliant/program/run/recordings.h"

#include <algorithm>
#include <atomic>
#include <utility>

namespace pliant::program {
namespace {

/// Nodes of all recordings of a program, about 100 bytes each; and of one key, how many ways.
constexpr std::size_t kMostNodes = std::size_t{1} << 20;
constexpr std::size_t kMostWays = 4;

std::vector<View> joined(const std::vector<std::vector<View>>& lists) {
  std::vector<View> all;
  for (const auto& list : lists) all.insert(all.end(), list.begin(), list.end());
  return all;
}

/// Whether the same happens in both: what is recorded follows from how often loops go on.
bool same_way(const Recording& a, const Recording& b) {
  return std::ranges::equal(a.nodes, b.nodes, [](const Node& x, const Node& y) {
    return x.primitive == y.primitive && x.flags == y.flags;
  });
}

std::uint64_t next_id() {
  static std::atomic<std::uint64_t> last = 0;
  return ++last;
}

}  // namespace

Recorded::Recorded(Recording made, std::vector<std::vector<View>> elements)
    : id(next_id()), recording(std::move(made)), outputs(std::move(elements)) {
  const std::vector<View> all = joined(outputs);
  forward = make_plan(recording, all, false);
  backward = make_plan(recording, all, true);
}

Recordings::List Recordings::find(const Key& key) {
  const std::lock_guard lock(mutex_);
  const auto found = lists_.find(key);
  return found == lists_.end() ? List() : found->second;
}

void Recordings::add(const Key& key, std::shared_ptr<const Recorded> recorded) {
  const std::size_t nodes = recorded->recording.nodes.size();
  if (nodes > kMostNodes / 4) return;
  const std::lock_guard lock(mutex_);
  if (nodes_ + nodes > kMostNodes) {
    lists_.clear();
    nodes_ = 0;
  }
  List& list = lists_[key];
  const bool known = std::ranges::any_of(
      list, [&](const auto& other) { return same_way(other->recording, recorded->recording); });
  if (known) return;
  if (list.size() == kMostWays) {
    nodes_ -= list.back()->recording.nodes.size();
    list.pop_back();
  }
  nodes_ += nodes;
  list.insert(list.begin(), std::move(recorded));
}

Recordings::Key key_of(const Options& options, bool wants_scale,
                       const std::vector<std::vector<std::size_t>>& input_shapes) {
  Recordings::Key key = {static_cast<double>(options.mode),
                         static_cast<double>(options.distribution.family),
                         static_cast<double>(options.t_norm.family),
                         options.epsilon,
                         static_cast<double>(options.max_passes),
                         options.truncate ? 1. : 0.,
                         wants_scale ? 1. : 0.};
  for (const auto& shape : input_shapes) {
    for (const std::size_t size : shape) key.push_back(static_cast<double>(size));
  }
  return key;
}

}  // namespace pliant::program
