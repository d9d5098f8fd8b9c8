// pliant/program/run/tape.cpp — the primitives of programs and their derivatives (no torch)
#include "pliant/program/run/tape.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "pliant/base/errors.h"
#include "pliant/program/run/sums.h"

namespace pliant::program {
namespace {

/// Numbers that memory is taken by at least.
constexpr std::size_t kChunk = std::size_t{1} << 16;

/// 1 at the first of the largest (smallest) of one row, else 0.
template <class T>
void choose(const T* x, std::size_t n, bool smallest, T* out) {
  std::array<std::size_t, kLanes> first{};
  for (std::size_t j = 1; j < n; ++j) {
    for (std::size_t i = 0; i < kLanes; ++i) {
      const T here = x[j * kLanes + i], best = x[first[i] * kLanes + i];
      if (smallest ? here < best : here > best) first[i] = j;
    }
  }
  for (std::size_t j = 0; j < n; ++j) {
    for (std::size_t i = 0; i < kLanes; ++i) out[j * kLanes + i] = static_cast<T>(first[i] == j);
  }
}

}  // namespace

template <class T>
Tape<T>::Tape(const Options& options, bool wants_scale)
    : options_(options), wants_scale_(wants_scale) {}

template <class T>
void Tape<T>::clear() {
  nodes_.clear();
  gathered_.clear();
  constants_.clear();
  scale_ = {};
  chunk_ = used_ = 0;
  scale_gradient_ = 0;
}

template <class T>
T* Tape<T>::allocate(std::size_t count) {
  const std::size_t numbers = count * kLanes;
  while (chunk_ < chunks_.size() && used_ + numbers > chunks_[chunk_].size) {
    ++chunk_;
    used_ = 0;
  }
  if (chunk_ == chunks_.size()) {
    const std::size_t size = std::max(numbers, kChunk);
    bytes_ += size * sizeof(T);
    base::require(bytes_ <= options_.memory, "program: the state of ", kLanes,
                  " samples takes more than ", options_.memory, " bytes");
    chunks_.push_back({base::AlignedArray<T>(size), size});
    used_ = 0;
  }
  T* const found = chunks_[chunk_].numbers.data() + used_;
  used_ += numbers;
  return found;
}

template <class T>
auto Tape<T>::push(Primitive primitive, std::size_t count, std::span<const View> from) -> Node& {
  Node node{};
  node.primitive = primitive;
  node.operands = static_cast<std::uint8_t>(from.size());
  node.count = static_cast<std::int32_t>(count);
  std::copy(from.begin(), from.end(), node.from.begin());
  node.value = allocate(count);
  return nodes_.emplace_back(node);
}

// === Values ===

template <class T>
View Tape<T>::constant(double number) {
  const auto [known, is_new] = constants_.try_emplace(number);
  if (is_new) {
    known->second = leaf(1);
    nodes_.back().flags = kConstant;
    std::fill_n(value(known->second), kLanes, static_cast<T>(number));
  }
  return known->second;
}

template <class T>
View Tape<T>::scale() {
  if (scale_.node < 0) {
    scale_ = leaf(1);
    std::fill_n(value(scale_), kLanes, static_cast<T>(options_.distribution.scale));
  }
  return scale_;
}

template <class T>
View Tape<T>::leaf(std::size_t count) {
  push(Primitive::kLeaf, count, {});
  return {static_cast<std::int32_t>(nodes_.size()) - 1, 0};
}

// === Primitives, forward ===

template <class T>
Operands<T> Tape<T>::operands_of(const Node& node) const {
  Operands<T> in;
  for (std::size_t k = 0; k < node.operands; ++k) {
    in.value[k] = value(node.from[k]);
    in.single[k] = (node.flags >> k & 1) != 0;
  }
  return in;
}

template <class T>
View Tape<T>::step(Step step, std::span<const View> operands, std::span<const bool> single,
                   std::size_t count) {
  Node& node = push(Primitive::kStep, count, operands);
  node.step = step;
  for (std::size_t k = 0; k < single.size(); ++k) {
    node.flags |= static_cast<std::uint8_t>(single[k]) << k;
  }
  forward(step, operands_of(node), count, node.value);
  return {static_cast<std::int32_t>(nodes_.size()) - 1, 0};
}

template <class T>
View Tape<T>::decide(View x, std::size_t count, double tie) {
  Node& node = push(Primitive::kDecide, count, {{x}});
  const T* from = value(x);
  if (is_hard()) {
    for (std::size_t i = 0; i < count * kLanes; ++i) {
      node.value[i] = from[i] > 0 ? T(1) : from[i] < 0 ? T(0) : static_cast<T>(tie);
    }
  } else {
    math::decide<T>(options_.distribution, from, count * kLanes, {.p = node.value});
  }
  return {static_cast<std::int32_t>(nodes_.size()) - 1, 0};
}

template <class T>
View Tape<T>::freeze(View x, const T* keep) {
  Node& node = push(Primitive::kFreeze, 1, {{x}});
  const T* from = value(x);
  for (std::size_t i = 0; i < kLanes; ++i) node.value[i] = keep[i] != 0 ? from[i] : T(0);
  return {static_cast<std::int32_t>(nodes_.size()) - 1, 0};
}

template <class T>
View Tape<T>::gather(std::span<const View> elements) {
  Node& node = push(Primitive::kGather, elements.size(), {});
  node.n = static_cast<std::int32_t>(gathered_.size());
  gathered_.insert(gathered_.end(), elements.begin(), elements.end());
  for (std::size_t e = 0; e < elements.size(); ++e) {
    std::copy_n(value(elements[e]), kLanes, node.value + e * kLanes);
  }
  return {static_cast<std::int32_t>(nodes_.size()) - 1, 0};
}

/// exp(sharpness·x)/Σ of one row.
template <class T>
void Tape<T>::soften(const T* x, std::size_t n, T sharpness, T* out) const {
  std::array<T, kLanes> top, total{};
  for (std::size_t i = 0; i < kLanes; ++i) top[i] = sharpness * x[i];
  for (std::size_t j = 0; j < n; ++j) {
    for (std::size_t i = 0; i < kLanes; ++i) {
      out[j * kLanes + i] = sharpness * x[j * kLanes + i];
      top[i] = std::max(top[i], out[j * kLanes + i]);
    }
  }
  for (std::size_t j = 0; j < n; ++j) {
    for (std::size_t i = 0; i < kLanes; ++i) out[j * kLanes + i] -= top[i];
  }
  Operands<T> in;
  in.value[0] = out;
  forward(Step::kExp, in, n, out);
  for (std::size_t j = 0; j < n; ++j) add(out + j * kLanes, T(1), total.data());
  for (std::size_t j = 0; j < n; ++j) {
    for (std::size_t i = 0; i < kLanes; ++i) out[j * kLanes + i] /= total[i];
  }
}

template <class T>
View Tape<T>::soft_argmax(View x, Rows rows, bool smallest) {
  Node& node = push(Primitive::kSoftArgmax, rows.outer * rows.n, {{x}});
  node.n = static_cast<std::int32_t>(rows.n);
  node.flags = smallest ? kSmallest : 0;
  const T sharpness = static_cast<T>(options_.distribution.scale) * (smallest ? -1 : 1);
  const std::size_t row = rows.n * kLanes;
  for (std::size_t o = 0; o < rows.outer; ++o) {
    if (is_hard()) {
      choose(value(x) + o * row, rows.n, smallest, node.value + o * row);
    } else {
      soften(value(x) + o * row, rows.n, sharpness, node.value + o * row);
    }
  }
  return {static_cast<std::int32_t>(nodes_.size()) - 1, 0};
}

template <class T>
View Tape<T>::log_sum_exp(View x, Rows rows) {
  Node& node = push(Primitive::kLogSumExp, rows.outer, {{x}});
  node.n = static_cast<std::int32_t>(rows.n);
  const T* from = value(x);
  for (std::size_t o = 0; o < rows.outer; ++o, from += rows.n * kLanes) {
    for (std::size_t i = 0; i < kLanes; ++i) {
      T top = from[i], total = 0;
      for (std::size_t j = 1; j < rows.n; ++j) top = std::max(top, from[j * kLanes + i]);
      for (std::size_t j = 0; j < rows.n; ++j) total += std::exp(from[j * kLanes + i] - top);
      node.value[o * kLanes + i] = top + std::log(total);
    }
  }
  return {static_cast<std::int32_t>(nodes_.size()) - 1, 0};
}

template <class T>
View Tape<T>::sum(View x, Rows rows) {
  Node& node = push(Primitive::kSum, rows.outer, {{x}});
  node.n = static_cast<std::int32_t>(rows.n);
  const T* from = value(x);
  std::fill_n(node.value, rows.outer * kLanes, T(0));
  for (std::size_t e = 0; e < rows.outer * rows.n; ++e) {
    add(from + e * kLanes, T(1), node.value + e / rows.n * kLanes);
  }
  return {static_cast<std::int32_t>(nodes_.size()) - 1, 0};
}

template <class T>
View Tape<T>::product(View x, Rows rows) {
  Node& node = push(Primitive::kProduct, rows.outer, {{x}});
  node.n = static_cast<std::int32_t>(rows.n);
  const T* from = value(x);
  std::fill_n(node.value, rows.outer * kLanes, T(1));
  for (std::size_t e = 0; e < rows.outer * rows.n; ++e) {
    T* out = node.value + e / rows.n * kLanes;
    for (std::size_t i = 0; i < kLanes; ++i) out[i] *= from[e * kLanes + i];
  }
  return {static_cast<std::int32_t>(nodes_.size()) - 1, 0};
}

template <class T>
View Tape<T>::dot(View a, View b, Rows rows) {
  Node& node = push(Primitive::kDot, rows.outer, {{a, b}});
  node.n = static_cast<std::int32_t>(rows.n);
  const T *x = value(a), *y = value(b);
  std::fill_n(node.value, rows.outer * kLanes, T(0));
  for (std::size_t e = 0; e < rows.outer * rows.n; ++e) {
    add_product(x + e * kLanes, y + e * kLanes, node.value + e / rows.n * kLanes);
  }
  return {static_cast<std::int32_t>(nodes_.size()) - 1, 0};
}

template <class T>
View Tape<T>::contract(View weights, View x, std::size_t outer, std::size_t n, std::size_t inner) {
  Node& node = push(Primitive::kContract, outer * inner, {{weights, x}});
  node.n = static_cast<std::int32_t>(n);
  node.inner = static_cast<std::int32_t>(inner);
  const T *w = value(weights), *from = value(x);
  std::fill_n(node.value, outer * inner * kLanes, T(0));
  for (std::size_t o = 0; o < outer; ++o) {
    for (std::size_t j = 0; j < n; ++j) {
      for (std::size_t i = 0; i < inner; ++i, from += kLanes) {
        add_product(w + j * kLanes, from, node.value + (o * inner + i) * kLanes);
      }
    }
  }
  return {static_cast<std::int32_t>(nodes_.size()) - 1, 0};
}

template <class T>
View Tape<T>::connect(bool is_or, View a, View b, std::size_t count) {
  Node& node = push(Primitive::kConnect, count, {{a, b}});
  node.flags = is_or ? kOr : 0;
  const T *x = value(a), *y = value(b);
  for (std::size_t e = 0; e < count; ++e) {
    std::array<T, 2 * kLanes> pairs;
    for (std::size_t i = 0; i < kLanes; ++i) {
      pairs[2 * i] = std::clamp(x[e * kLanes + i], T(0), T(1));
      pairs[2 * i + 1] = std::clamp(y[e * kLanes + i], T(0), T(1));
    }
    math::connect<T>(options_.t_norm, is_or ? math::Connective::kOr : math::Connective::kAnd,
                     pairs.data(), kLanes, 2, node.value + e * kLanes);
  }
  return {static_cast<std::int32_t>(nodes_.size()) - 1, 0};
}

// What stands in this file of it.
template class Tape<float>;
template class Tape<double>;

}  // namespace pliant::program
