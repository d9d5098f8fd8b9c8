// pliant/program/run/tile.cpp — recordings made, and run again, on one tile of samples (no torch)
#include "pliant/program/run/tile.h"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "pliant/base/errors.h"
#include "pliant/base/flush_denormals.h"

namespace pliant::program {
namespace {

/// Numbers that memory is taken by at least.
constexpr std::size_t kChunk = std::size_t{1} << 16;

/// A loop may be run on with all samples frozen where that costs at most one part in this many.
constexpr std::size_t kIdle = 4;

void require_memory(std::size_t bytes, std::size_t memory, std::size_t lanes) {
  base::require(bytes <= memory, "program: the state of ", lanes, " samples takes more than ",
                memory, " bytes");
}

}  // namespace

// === RecordingMachine ===

template <class T>
RecordingMachine<T>::RecordingMachine(const Options& options, std::size_t lanes, bool derivatives)
    : frame_(options, lanes, derivatives), memory_(options.memory), lanes_(lanes) {}

template <class T>
T* RecordingMachine<T>::allocate(std::size_t elements) {
  const std::size_t numbers = elements * frame_.lanes();
  if (chunks_.empty() || used_ + numbers > chunks_.back().size) {
    const std::size_t size = std::max(numbers, kChunk);
    bytes_ += size * sizeof(T);
    require_memory(bytes_, memory_, frame_.lanes());
    chunks_.push_back({base::AlignedArray<T>(size), size});
    used_ = 0;
  }
  T* const found = chunks_.back().numbers.data() + used_;
  used_ += numbers;
  return found;
}

template <class T>
void RecordingMachine<T>::compute(const Recording& recording, std::size_t node) {
  const Node& of = recording.nodes[node];
  frame_.resize(node + 1);
  frame_.put(node, allocate(Frame<T>::extent(of, frame_.keeps_derivatives())), nullptr);
  if (of.is_leaf()) return frame_.fill(of, node);
  frame_.compute(recording, node);
}

template <class T>
std::span<const double> RecordingMachine<T>::lanes(View view) {
  std::copy_n(frame_.value(view), lanes_.size(), lanes_.begin());
  return lanes_;
}

template <class T>
std::vector<std::size_t> RecordingMachine<T>::call(std::size_t, std::span<const Argument>) {
  throw std::invalid_argument("an external function runs on tensors alone");
}

template <class T>
void RecordingMachine<T>::prepare_back(const Recording& recording) {
  for (std::size_t i = 0; i < recording.nodes.size(); ++i) {
    const Node& node = recording.nodes[i];
    frame_.put_gradient(i, node.active ? allocate(static_cast<std::size_t>(node.count)) : nullptr);
  }
}

template <class T>
void RecordingMachine<T>::backward(const Recording& recording) {
  const base::FlushDenormals gradients;
  for (std::size_t i = recording.nodes.size(); i-- > 0;) {
    if (recording.nodes[i].active && frame_.is_touched(i)) frame_.send_back(recording, i);
  }
}

// === Replay ===

template <class T>
void Replay<T>::prepare(std::shared_ptr<const Recorded> recorded) {
  frame_.forget_gradients();
  if (recorded_ == recorded) return;
  recorded_ = std::move(recorded);
  const std::size_t lanes = frame_.lanes();
  const auto numbers = [&](std::int64_t elements) {
    return static_cast<std::size_t>(elements) * lanes;
  };
  const std::size_t size = numbers(plan().elements());
  require_memory(size * sizeof(T), options_.memory, lanes);
  if (size > size_) {
    memory_ = {};
    memory_ = base::AlignedArray<T>(size);
    size_ = size;
  }
  T* const kept = memory_.data();
  T* const kept_gradients = kept + numbers(plan().kept_values);
  T* const values = kept_gradients + numbers(plan().kept_gradients);
  T* const gradients = values + numbers(plan().segment_values);
  const std::size_t nodes = recorded_->recording.nodes.size();
  frame_.resize(nodes);
  for (std::size_t i = 0; i < nodes; ++i) {
    const bool is_kept = plan().kept[i] != 0;
    const std::int64_t value = plan().value[i], gradient = plan().gradient[i];
    frame_.put(i, value < 0 ? nullptr : (is_kept ? kept : values) + numbers(value),
               gradient < 0 ? nullptr : (is_kept ? kept_gradients : gradients) + numbers(gradient));
  }
  for (const std::int32_t leaf : plan().leaves) {
    const auto at = static_cast<std::size_t>(leaf);
    frame_.fill(recorded_->recording.nodes[at], at);
  }
}

/// Whether the answer of these samples leads the way that was recorded.
template <class T>
bool Replay<T>::answers(const Node& question, std::size_t at) const {
  const T* const first = frame_.value(question.from[0]);
  if (question.primitive == Primitive::kGoesOn) {
    const bool any = row_kernels<T>().any(first, frame_.lanes());
    if (any) return question.flags != 0;
    // All samples have left: further passes change nothing.
    const std::size_t rest = static_cast<std::size_t>(question.n) - at;
    return question.flags == 0 || rest * kIdle <= recorded_->recording.nodes.size();
  }
  return row_kernels<T>().within(first, frame_.value(question.from[1]),
                                 static_cast<T>(question.number), frame_.lanes());
}

template <class T>
bool Replay<T>::forward() {
  const Recording& recording = recorded_->recording;
  for (const std::int32_t i : plan().order) {
    const auto at = static_cast<std::size_t>(i);
    const Node& node = recording.nodes[at];
    if (node.count > 0) {
      frame_.compute(recording, at);
    } else if (node.primitive >= Primitive::kGoesOn && !answers(node, at)) {
      return false;
    }
  }
  return true;
}

template <class T>
void Replay<T>::backward() {
  const Recording& recording = recorded_->recording;
  const Plan& plan = this->plan();
  for (std::size_t s = plan.segments.size(); s-- > 0;) {
    const Plan::Segment& segment = plan.segments[s];
    const auto node_at = [&](std::int32_t at) {
      return static_cast<std::size_t>(plan.order[static_cast<std::size_t>(at)]);
    };
    if (s + 1 < plan.segments.size()) {
      for (std::int32_t at = segment.begin; at < segment.end; ++at) {
        if (plan.kept[node_at(at)] == 0) frame_.compute(recording, node_at(at));
      }
    }
    const base::FlushDenormals gradients;
    for (std::int32_t at = segment.end; at-- > segment.begin;) {
      const std::size_t node = node_at(at);
      if (recording.nodes[node].active && frame_.is_touched(node)) {
        frame_.send_back(recording, node);
      }
    }
  }
}

// What stands in this file of it.
template class RecordingMachine<float>;
template class RecordingMachine<double>;
template class Replay<float>;
template class Replay<double>;

}  // namespace pliant::program
