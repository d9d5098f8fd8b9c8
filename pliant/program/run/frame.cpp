// pliant/program/run/frame.cpp — what each kind of node is, computed on a tile of samples (no
// torch)
#include "pliant/program/run/frame.h"

#include <algorithm>
#include <array>

#include "pliant/base/aligned.h"

namespace pliant::program {
namespace {

/// Pairs of truths of kLeastLanes samples, as the T-norm takes them.
template <class T>
void pair_up(const T* x, const T* y, T* pairs) {
  for (std::size_t i = 0; i < kLeastLanes; ++i) {
    pairs[2 * i] = std::clamp(x[i], T(0), T(1));
    pairs[2 * i + 1] = std::clamp(y[i], T(0), T(1));
  }
}

/// Rows of a node that has one element for each of them, or weights for each of their elements.
Rows rows_of(const Node& node, std::size_t of_each) {
  const auto n = static_cast<std::size_t>(node.n);
  return {static_cast<std::size_t>(node.count) / std::max<std::size_t>(of_each, 1), n};
}

/// Rows of a node that is computed from runs, one for each element of them.
Rows rows_of_runs(const Node& node) {
  const auto outer = static_cast<std::size_t>(node.count);
  return {outer, outer == 0 ? 0 : static_cast<std::size_t>(node.inner) / outer};
}

}  // namespace

template <class T>
Frame<T>::Frame(const Options& options, std::size_t lanes, bool derivatives)
    : options_(options), lanes_(lanes), derivatives_(derivatives) {}

template <class T>
std::size_t Frame<T>::extent(const Node& node, bool derivatives) {
  const auto count = static_cast<std::size_t>(node.count);
  // A decision's density costs little beside it, and much by itself; so does the sum of weights.
  const bool keeps_more =
      node.primitive == Primitive::kDecide || node.primitive == Primitive::kExtremum;
  return keeps_more && derivatives && node.active ? 2 * count : count;
}

template <class T>
void Frame<T>::resize(std::size_t nodes) {
  values_.resize(nodes);
  gradients_.resize(nodes);
  touched_.assign(nodes, 0);
}

template <class T>
void Frame<T>::fill(const Node& node, std::size_t at) {
  if (node.primitive == Primitive::kInput) return;
  const bool is_scale = node.primitive == Primitive::kScale;
  const double number = is_scale ? options_.distribution.scale : node.number;
  std::fill_n(values_[at], lanes_, static_cast<T>(number));
}

template <class T>
void Frame<T>::touch(const Recording& recording, std::size_t node) {
  if (touched_[node] != 0) return;
  touched_[node] = 1;
  std::fill_n(gradients_[node], static_cast<std::size_t>(recording.nodes[node].count) * lanes_,
              T(0));
}

template <class T>
T* Frame<T>::gradient(const Recording& recording, View view) {
  const auto node = static_cast<std::size_t>(view.node);
  touch(recording, node);
  return gradients_[node] + static_cast<std::size_t>(view.element) * lanes_;
}

template <class T>
void Frame<T>::forget_gradients() {
  std::ranges::fill(touched_, std::uint8_t{0});
}

template <class T>
Operands<T> Frame<T>::operands_of(const Node& node) const {
  Operands<T> in;
  for (std::size_t k = 0; k < node.operands; ++k) in.value[k] = value(node.from[k]);
  return in;
}

template <class T>
void Frame<T>::decide(const Node& node, T* out) const {
  const std::size_t n = static_cast<std::size_t>(node.count) * lanes_;
  const T* const x = value(node.from[0]);
  math::Decision<T> wanted{.p = out};
  if (derivatives_ && node.active) wanted.density = out + n;
  if (!is_hard()) return math::decide<T>(options_.distribution, x, n, wanted);
  const T tie = static_cast<T>(node.number);
  for (std::size_t i = 0; i < n; ++i) out[i] = x[i] > 0 ? T(1) : x[i] < 0 ? T(0) : tie;
  wanted.p = nullptr;
  if (wanted.density != nullptr) math::decide<T>(options_.distribution, x, n, wanted);
}

template <class T>
void Frame<T>::connect(const Node& node, T* out) const {
  const auto how = node.flags != 0 ? math::Connective::kOr : math::Connective::kAnd;
  const std::size_t all = static_cast<std::size_t>(node.count) * lanes_;
  const T *x = value(node.from[0]), *y = value(node.from[1]);
  for (std::size_t i = 0; i < all; i += kLeastLanes) {
    std::array<T, 2 * kLeastLanes> pairs;
    pair_up(x + i, y + i, pairs.data());
    math::connect<T>(options_.t_norm, how, pairs.data(), kLeastLanes, 2, out + i);
  }
}

template <class T>
void Frame<T>::connect_back(const Recording& recording, const Node& node, const T* grad) {
  const auto how = node.flags != 0 ? math::Connective::kOr : math::Connective::kAnd;
  const std::size_t all = static_cast<std::size_t>(node.count) * lanes_;
  const T *x = value(node.from[0]), *y = value(node.from[1]);
  Operands<T> in;
  want_gradients(recording, node, in);
  for (std::size_t i = 0; i < all; i += kLeastLanes) {
    std::array<T, 2 * kLeastLanes> pairs, slopes;
    pair_up(x + i, y + i, pairs.data());
    math::connect_backward<T>(options_.t_norm, how, grad + i, pairs.data(), kLeastLanes, 2,
                              slopes.data(), nullptr);
    for (std::size_t k = 0; k < 2; ++k) {
      if (in.gradient[k] == nullptr) continue;
      for (std::size_t l = 0; l < kLeastLanes; ++l) in.gradient[k][i + l] += slopes[2 * l + k];
    }
  }
}

template <class T>
void Frame<T>::compute(const Recording& recording, std::size_t at) {
  const Node& node = recording.nodes[at];
  const auto count = static_cast<std::size_t>(node.count);
  T* out = values_[at];
  switch (node.primitive) {
    case Primitive::kStep: {
      Operands<T> in = operands_of(node);
      for (std::size_t k = 0; k < node.operands; ++k) in.single[k] = node.is_single(k);
      return forward(node.step, in, count, lanes_, out);
    }
    case Primitive::kDecide:
      return decide(node, out);
    case Primitive::kGather:
      return row_kernels<T>().gather(recording.runs.data() + node.n,
                                     static_cast<std::size_t>(node.inner), values_.data(), lanes_,
                                     out);
    case Primitive::kRows:
      return row_kernels<T>().reduce(node.reduction, operands_of(node), rows_of(node, 1), lanes_,
                                     out);
    case Primitive::kSoftArgmax:
      return row_kernels<T>().soft_argmax(value(node.from[0]), sharpness(node), is_hard(),
                                          rows_of(node, static_cast<std::size_t>(node.n)), lanes_,
                                          out);
    case Primitive::kExtremum:
      return row_kernels<T>().extremum(
          recording.runs.data() + node.n, values_.data(), sharpness(node), is_hard(),
          rows_of_runs(node), lanes_, out,
          derivatives_ && node.active ? out + count * lanes_ : nullptr);
    case Primitive::kContract: {
      const auto inner = static_cast<std::size_t>(node.inner);
      return row_kernels<T>().contract(operands_of(node), rows_of(node, inner), inner, lanes_, out);
    }
    case Primitive::kConnect:
      return connect(node, out);
    default:
      return;  // leaves are filled, what has no elements is asked
  }
}

// === The way back ===

/// The gradients of the operands that are active: elements of all of them.
template <class T>
void Frame<T>::want_gradients(const Recording& recording, const Node& node, Operands<T>& in) {
  for (std::size_t k = 0; k < node.operands; ++k) {
    if (!recording.nodes[static_cast<std::size_t>(node.from[k].node)].active) continue;
    in.gradient[k] = gradient(recording, node.from[k]);
  }
}

template <class T>
void Frame<T>::decide_back(const Recording& recording, const Node& node, const T* grad) {
  const std::size_t n = static_cast<std::size_t>(node.count) * lanes_;
  const T *const x = value(node.from[0]),
                 *const density =
                     values_[static_cast<std::size_t>(&node - recording.nodes.data())] + n;
  if (recording.nodes[static_cast<std::size_t>(node.from[0].node)].active) {
    row_kernels<T>().add(grad, density, n, gradient(recording, node.from[0]));
  }
  if (recording.scale.node < 0 ||
      !recording.nodes[static_cast<std::size_t>(recording.scale.node)].active)
    return;
  // F(scale·x): by the scale it has x/scale of the derivative by x.
  T* const to = gradient(recording, recording.scale);
  const T scale = static_cast<T>(options_.distribution.scale);
  for (std::size_t i = 0; i < n; ++i) to[i % lanes_] += grad[i] * density[i] * (x[i] / scale);
}

/// Zeros where nothing came yet to what a node's runs are of.
template <class T>
void Frame<T>::touch_runs(const Recording& recording, const Node& node) {
  for_operands(recording, node, [&](std::size_t from) {
    if (recording.nodes[from].active) touch(recording, from);
  });
}

/// fn(memory): adds there the derivative by ± the scale, for each lane; null: nobody asks for it.
template <class T>
template <class Fn>
void Frame<T>::with_slope_of_sharpness(const Recording& recording, const Node& node, const Fn& fn) {
  const View scale = recording.scale;
  if (scale.node < 0 || !recording.nodes[static_cast<std::size_t>(scale.node)].active) {
    return fn(static_cast<T*>(nullptr));
  }
  const base::AlignedArray<T> slope(lanes_);
  std::fill_n(slope.data(), lanes_, T(0));
  fn(slope.data());
  T* const to = gradient(recording, scale);
  for (std::size_t i = 0; i < lanes_; ++i) to[i] += node.flags != 0 ? -slope[i] : slope[i];
}

template <class T>
void Frame<T>::extremum_back(const Recording& recording, std::size_t at, const T* grad) {
  const Node& node = recording.nodes[at];
  touch_runs(recording, node);
  const T* const out = values_[at];
  const T* const share = out + static_cast<std::size_t>(node.count) * lanes_;
  with_slope_of_sharpness(recording, node, [&](T* slope) {
    row_kernels<T>().extremum_backward(recording.runs.data() + node.n, values_.data(),
                                       sharpness(node), is_hard(), rows_of_runs(node), lanes_, out,
                                       share, grad, gradients_.data(), slope);
  });
}

template <class T>
void Frame<T>::soft_argmax_back(const Recording& recording, const Node& node, const T* grad) {
  const Rows rows = rows_of(node, static_cast<std::size_t>(node.n));
  const std::size_t numbers = static_cast<std::size_t>(node.count) * lanes_;
  const T *const x = value(node.from[0]),
                 *p = values_[static_cast<std::size_t>(&node - recording.nodes.data())];
  base::AlignedArray<T> relaxed, nowhere;
  if (is_hard()) {
    relaxed = base::AlignedArray<T>(numbers);
    row_kernels<T>().soft_argmax(x, sharpness(node), false, rows, lanes_, relaxed.data());
    p = relaxed.data();
  }
  Operands<T> in;
  want_gradients(recording, node, in);
  if (in.gradient[0] == nullptr) {  // the scale alone is learned
    nowhere = base::AlignedArray<T>(numbers);
    std::fill_n(nowhere.data(), numbers, T(0));
    in.gradient[0] = nowhere.data();
  }
  with_slope_of_sharpness(recording, node, [&](T* slope) {
    row_kernels<T>().soft_argmax_backward(x, p, sharpness(node), rows, lanes_, grad, in.gradient[0],
                                          slope);
  });
}

template <class T>
void Frame<T>::send_back(const Recording& recording, std::size_t at) {
  const Node& node = recording.nodes[at];
  const auto count = static_cast<std::size_t>(node.count);
  const T* grad = gradients_[at];
  Operands<T> in = operands_of(node);
  switch (node.primitive) {
    case Primitive::kStep:
      for (std::size_t k = 0; k < node.operands; ++k) {
        in.single[k] = node.is_single(k);
        const auto from = static_cast<std::size_t>(node.from[k].node);
        if (!recording.nodes[from].active) continue;
        // A gradient of all elements is written, not added to, by the first that knows of it.
        if (touched_[from] == 0 && !in.single[k] && recording.nodes[from].count == node.count) {
          touched_[from] = 1;
          in.fresh[k] = true;
          in.gradient[k] = gradients_[from];
        } else {
          in.gradient[k] = gradient(recording, node.from[k]);
        }
      }
      return backward(node.step, in, count, lanes_, values_[at], grad);
    case Primitive::kDecide:
      return decide_back(recording, node, grad);
    case Primitive::kGather:
      touch_runs(recording, node);
      return row_kernels<T>().gather_backward(recording.runs.data() + node.n,
                                              static_cast<std::size_t>(node.inner), grad, lanes_,
                                              gradients_.data());
    case Primitive::kRows:
      want_gradients(recording, node, in);
      return row_kernels<T>().reduce_backward(node.reduction, in, rows_of(node, 1), lanes_,
                                              values_[at], grad);
    case Primitive::kSoftArgmax:
      return soft_argmax_back(recording, node, grad);
    case Primitive::kExtremum:
      return extremum_back(recording, at, grad);
    case Primitive::kContract: {
      const auto inner = static_cast<std::size_t>(node.inner);
      want_gradients(recording, node, in);
      return row_kernels<T>().contract_backward(in, rows_of(node, inner), inner, lanes_, grad);
    }
    case Primitive::kConnect:
      return connect_back(recording, node, grad);
    default:
      return;
  }
}

// What stands in this file of it.
template class Frame<float>;
template class Frame<double>;

}  // namespace pliant::program
