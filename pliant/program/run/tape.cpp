// pliant/program/run/tape.cpp — the primitives of programs and their derivatives (no torch)
#include "pliant/program/run/tape.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "pliant/base/errors.h"

namespace pliant::program {
namespace {

/// Numbers that memory is taken by at least.
constexpr std::size_t kChunk = std::size_t{1} << 16;

// What flags say of a primitive.
constexpr std::uint8_t kOr = 1, kSmallest = 1, kConstant = 1;

/// out += factor·x for n numbers.
template <class T>
void add(const T* x, T factor, std::size_t n, T* out) {
  for (std::size_t i = 0; i < n; ++i) out[i] += factor * x[i];
}

/// out += x·y for one element of each.
template <class T>
void add_product(const T* x, const T* y, T* out) {
  for (std::size_t i = 0; i < kLanes; ++i) out[i] += x[i] * y[i];
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

template <class T>
View Tape<T>::soft_argmax(View x, Rows rows, bool smallest) {
  Node& node = push(Primitive::kSoftArgmax, rows.outer * rows.n, {{x}});
  node.n = static_cast<std::int32_t>(rows.n);
  node.flags = smallest ? kSmallest : 0;
  const T sharpness = static_cast<T>(options_.distribution.scale) * (smallest ? -1 : 1);
  const T* from = value(x);
  T* out = node.value;
  for (std::size_t o = 0; o < rows.outer; ++o, from += rows.n * kLanes, out += rows.n * kLanes) {
    std::array<T, kLanes> top;
    std::array<std::size_t, kLanes> first{};
    for (std::size_t i = 0; i < kLanes; ++i) top[i] = sharpness * from[i];
    for (std::size_t j = 0; j < rows.n; ++j) {
      for (std::size_t i = 0; i < kLanes; ++i) {
        const T key = sharpness * from[j * kLanes + i];
        if (key > top[i]) first[i] = j;
        top[i] = std::max(top[i], key);
        out[j * kLanes + i] = key;
      }
    }
    if (is_hard()) {
      for (std::size_t j = 0; j < rows.n; ++j) {
        for (std::size_t i = 0; i < kLanes; ++i)
          out[j * kLanes + i] = static_cast<T>(first[i] == j);
      }
      continue;
    }
    std::array<T, kLanes> total{};
    for (std::size_t j = 0; j < rows.n; ++j) {
      for (std::size_t i = 0; i < kLanes; ++i) out[j * kLanes + i] -= top[i];
    }
    Operands<T> in;
    in.value[0] = out;
    forward(Step::kExp, in, rows.n, out);
    for (std::size_t j = 0; j < rows.n; ++j) add(out + j * kLanes, T(1), kLanes, total.data());
    for (std::size_t j = 0; j < rows.n; ++j) {
      for (std::size_t i = 0; i < kLanes; ++i) out[j * kLanes + i] /= total[i];
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
    add(from + e * kLanes, T(1), kLanes, node.value + e / rows.n * kLanes);
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

// === The way back ===

template <class T>
T* Tape<T>::gradient(View view) {
  Node& node = nodes_[static_cast<std::size_t>(view.node)];
  if (node.gradient == nullptr) {
    const auto count = static_cast<std::size_t>(node.count);
    node.gradient = allocate(count);
    std::fill_n(node.gradient, count * kLanes, T(0));
  }
  return node.gradient + static_cast<std::size_t>(view.element) * kLanes;
}

template <class T>
void Tape<T>::backward() {
  for (std::size_t i = nodes_.size(); i-- > 0;) {
    if (nodes_[i].gradient != nullptr) send_back(nodes_[i]);
  }
  if (!wants_scale_ || scale_.node < 0) return;
  const T* by_scale = gradient(scale_);
  for (std::size_t i = 0; i < kLanes; ++i) scale_gradient_ += static_cast<double>(by_scale[i]);
}

template <class T>
void Tape<T>::send_back(Node& node) {
  const auto count = static_cast<std::size_t>(node.count);
  switch (node.primitive) {
    case Primitive::kLeaf:
      return;
    case Primitive::kStep: {
      Operands<T> in = operands_of(node);
      for (std::size_t k = 0; k < node.operands; ++k) {
        const Node& from = nodes_[static_cast<std::size_t>(node.from[k].node)];
        const bool constant = from.primitive == Primitive::kLeaf && from.flags == kConstant;
        in.gradient[k] = constant ? nullptr : gradient(node.from[k]);
      }
      return program::backward(node.step, in, count, node.value, node.gradient);
    }
    case Primitive::kDecide:
      return decide_backward(node);
    case Primitive::kFreeze: {
      T* to = gradient(node.from[0]);
      for (std::size_t i = 0; i < kLanes; ++i)
        to[i] += node.value[i] != 0 ? node.gradient[i] : T(0);
      return;
    }
    case Primitive::kGather:
      for (std::size_t e = 0; e < count; ++e) {
        add(node.gradient + e * kLanes, T(1), kLanes,
            gradient(gathered_[static_cast<std::size_t>(node.n) + e]));
      }
      return;
    case Primitive::kSoftArgmax:
      return soft_argmax_backward(node);
    case Primitive::kConnect:
      return connect_backward(node);
    default:
      return rows_backward(node);
  }
}

template <class T>
void Tape<T>::decide_backward(Node& node) {
  const T* x = value(node.from[0]);
  T* to = gradient(node.from[0]);
  const auto count = static_cast<std::size_t>(node.count);
  for (std::size_t e = 0; e < count; ++e) {
    std::array<T, kLanes> density;
    math::decide<T>(options_.distribution, x + e * kLanes, kLanes, {.density = density.data()});
    add_product(node.gradient + e * kLanes, density.data(), to + e * kLanes);
  }
  if (!wants_scale_) return;
  std::array<double, 4> parameters{};
  math::add_parameter_gradient(options_.distribution, x, node.gradient, count * kLanes,
                               parameters.data());
  scale_gradient_ += parameters[0];
}

template <class T>
void Tape<T>::soft_argmax_backward(Node& node) {
  const auto n = static_cast<std::size_t>(node.n);
  const std::size_t outer = static_cast<std::size_t>(node.count) / std::max<std::size_t>(n, 1);
  const T sign = node.flags == kSmallest ? T(-1) : T(1);
  const T sharpness = static_cast<T>(options_.distribution.scale) * sign;
  const T *x = value(node.from[0]), *p = node.value, *g = node.gradient;
  T* to = gradient(node.from[0]);
  for (std::size_t o = 0; o < outer; ++o) {
    std::array<T, kLanes> mean{}, mean_x{};
    for (std::size_t j = 0; j < n; ++j) {
      add_product(p + j * kLanes, g + j * kLanes, mean.data());
      if (wants_scale_) add_product(p + j * kLanes, x + j * kLanes, mean_x.data());
    }
    for (std::size_t j = 0; j < n; ++j) {
      for (std::size_t i = 0; i < kLanes; ++i) {
        const std::size_t k = j * kLanes + i;
        const T slope = p[k] * (g[k] - mean[i]);
        to[k] += sharpness * slope;
        if (wants_scale_) scale_gradient_ += static_cast<double>(sign * slope * (x[k] - mean_x[i]));
      }
    }
    x += n * kLanes;
    p += n * kLanes;
    g += n * kLanes;
    to += n * kLanes;
  }
}

template <class T>
void Tape<T>::rows_backward(Node& node) {
  const auto n = static_cast<std::size_t>(node.n);
  const auto outer = static_cast<std::size_t>(node.count);
  const T* x = value(node.from[0]);
  T* to = gradient(node.from[0]);
  const T* g = node.gradient;
  if (node.primitive == Primitive::kContract) {
    const auto inner = static_cast<std::size_t>(node.inner);
    const T* from = value(node.from[1]);
    T* to_from = gradient(node.from[1]);
    for (std::size_t e = 0; e < outer * n; ++e) {
      const std::size_t i = e % inner, j = e / inner % n, o = e / inner / n;
      const T* g_here = g + (o * inner + i) * kLanes;
      add_product(g_here, from + e * kLanes, to + j * kLanes);
      add_product(g_here, x + j * kLanes, to_from + e * kLanes);
    }
    return;
  }
  for (std::size_t o = 0; o < outer; ++o) {
    const T *g_here = g + o * kLanes, *y = node.value + o * kLanes;
    for (std::size_t j = 0; j < n; ++j) {
      const std::size_t e = (o * n + j) * kLanes;
      if (node.primitive == Primitive::kSum) {
        add(g_here, T(1), kLanes, to + e);
      } else if (node.primitive == Primitive::kDot) {
        add_product(g_here, value(node.from[1]) + e, to + e);
        add_product(g_here, x + e, gradient(node.from[1]) + e);
      } else if (node.primitive == Primitive::kLogSumExp) {
        for (std::size_t i = 0; i < kLanes; ++i) to[e + i] += g_here[i] * std::exp(x[e + i] - y[i]);
      } else {
        for (std::size_t i = 0; i < kLanes; ++i) {  // the product of all others
          T others = g_here[i];
          for (std::size_t k = 0; k < n; ++k) {
            if (k != j) others *= x[(o * n + k) * kLanes + i];
          }
          to[e + i] += others;
        }
      }
    }
  }
}

template <class T>
void Tape<T>::connect_backward(Node& node) {
  const T *x = value(node.from[0]), *y = value(node.from[1]);
  T *to_x = gradient(node.from[0]), *to_y = gradient(node.from[1]);
  for (std::size_t e = 0; e < static_cast<std::size_t>(node.count); ++e) {
    std::array<T, 2 * kLanes> pairs, slopes;
    for (std::size_t i = 0; i < kLanes; ++i) {
      pairs[2 * i] = std::clamp(x[e * kLanes + i], T(0), T(1));
      pairs[2 * i + 1] = std::clamp(y[e * kLanes + i], T(0), T(1));
    }
    math::connect_backward<T>(
        options_.t_norm, node.flags == kOr ? math::Connective::kOr : math::Connective::kAnd,
        node.gradient + e * kLanes, pairs.data(), kLanes, 2, slopes.data(), nullptr);
    for (std::size_t i = 0; i < kLanes; ++i) {
      to_x[e * kLanes + i] += slopes[2 * i];
      to_y[e * kLanes + i] += slopes[2 * i + 1];
    }
  }
}

template class Tape<float>;
template class Tape<double>;

}  // namespace pliant::program
