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
void Replay<T>::adopt(std::shared_ptr<const Recorded> recorded) {
  recorded_ = std::move(recorded);
  const std::size_t lanes = frame_.lanes();
  require_memory(static_cast<std::size_t>(plan().elements()) * lanes * sizeof(T), options_.memory,
                 lanes);
}

template <class T>
T* Replay<T>::acquire(std::int64_t elements) {
  const std::size_t size = static_cast<std::size_t>(elements) * frame_.lanes();
  if (size > size_) {
    memory_ = {};
    memory_ = base::AlignedArray<T>(size);
    size_ = size;
  }
  return memory_.data();
}

template <class T>
void Replay<T>::put(const Places& places) {
  const Plan& plan = this->plan();
  const std::size_t nodes = recorded_->recording.nodes.size(), lanes = frame_.lanes();
  frame_.resize(nodes);
  const auto put_node = [&](std::int32_t i, T* of_segment) {
    const auto at = static_cast<std::size_t>(i);
    const bool is_kept = plan.kept[at] != 0;
    const auto place = [&](T* memory, std::int64_t element) {
      return element < 0 ? nullptr : memory + static_cast<std::size_t>(element) * lanes;
    };
    frame_.put(at, place(is_kept ? places.kept : of_segment, plan.value[at]),
               place(is_kept ? places.kept_gradients : places.gradients, plan.gradient[at]));
  };
  for (const std::int32_t leaf : plan.leaves) put_node(leaf, nullptr);
  for (const std::int32_t node : plan.order) put_node(node, places.values);
}

template <class T>
void Replay<T>::fill_leaves() {
  for (const std::int32_t leaf : plan().leaves) {
    const auto at = static_cast<std::size_t>(leaf);
    frame_.fill(recorded_->recording.nodes[at], at);
  }
}

template <class T>
void Replay<T>::prepare(std::shared_ptr<const Recorded> recorded) {
  frame_.forget_gradients();
  if (is_own_ && recorded_ == recorded) return;
  is_own_ = is_computed_ = true;
  adopt(std::move(recorded));
  const std::size_t lanes = frame_.lanes();
  T* const kept = acquire(plan().elements());
  T* const kept_gradients = kept + static_cast<std::size_t>(plan().kept_values) * lanes;
  T* const values = kept_gradients + static_cast<std::size_t>(plan().kept_gradients) * lanes;
  T* const gradients = values + static_cast<std::size_t>(plan().segment_values) * lanes;
  put({kept, values, kept_gradients, gradients});
  fill_leaves();
}

template <class T>
void Replay<T>::prepare_kept(std::shared_ptr<const Recorded> recorded, T* values) {
  is_own_ = false;
  adopt(std::move(recorded));
  const Plan& plan = this->plan();
  T* const behind = values + static_cast<std::size_t>(plan.kept_values) * frame_.lanes();
  put({values, plan.segments.size() > 1 ? acquire(plan.segment_values) : behind, nullptr, nullptr});
  fill_leaves();
}

template <class T>
void Replay<T>::take_up(std::shared_ptr<const Recorded> recorded, const T* values) {
  is_own_ = false;
  adopt(std::move(recorded));
  const Plan& plan = this->plan();
  const std::size_t lanes = frame_.lanes();
  T* const kept = const_cast<T*>(values);  // backward() writes gradients and segments of its own
  is_computed_ = plan.segments.size() == 1;
  const std::int64_t segment = is_computed_ ? 0 : plan.segment_values;
  T* const own = acquire(segment + plan.kept_gradients + plan.segment_gradients);
  T* const kept_gradients = own + static_cast<std::size_t>(segment) * lanes;
  put({kept, is_computed_ ? kept + static_cast<std::size_t>(plan.kept_values) * lanes : own,
       kept_gradients, kept_gradients + static_cast<std::size_t>(plan.kept_gradients) * lanes});
  frame_.forget_gradients();
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
    if (s + 1 < plan.segments.size() || !is_computed_) {
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
