// pliant/program/run/frame.h — the numbers of a recording on one tile of samples, there and back;
// private to program/ (no torch)
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "pliant/program/program.h"
#include "pliant/program/run/recording.h"

namespace pliant::program {

/// Where the values and gradients of nodes are, and what computes them. The memory is its owner's.
template <class T>
class Frame {
 public:
  /// @param lanes  samples of the tile, a multiple of kLeastLanes
  /// @param derivatives  whether compute() keeps what send_back() needs
  Frame(const Options& options, std::size_t lanes, bool derivatives);

  [[nodiscard]] std::size_t lanes() const { return lanes_; }
  [[nodiscard]] bool keeps_derivatives() const { return derivatives_; }

  /// Elements that a node's value takes, with what its derivative needs of it.
  static std::size_t extent(const Node& node, bool derivatives);

  /// Makes room for so many nodes, and forgets where all are and their gradients.
  void resize(std::size_t nodes);
  /// Says where a node is to be: its value, extent()·lanes numbers, and its gradient, count·lanes;
  /// null where there is none.
  void put(std::size_t node, T* value, T* gradient) {
    values_[node] = value;
    gradients_[node] = gradient;
  }
  void put_gradient(std::size_t node, T* gradient) { gradients_[node] = gradient; }
  /// Writes the number of a constant, or the scale; inputs are their owner's to write.
  void fill(const Node& node, std::size_t at);

  [[nodiscard]] T* value(View view) const {
    return values_[static_cast<std::size_t>(view.node)] +
           static_cast<std::size_t>(view.element) * lanes_;
  }
  /// Where the gradient of these elements is added to; zeros at first.
  [[nodiscard]] T* gradient(const Recording& recording, View view);
  /// Whether a gradient has come to the node.
  [[nodiscard]] bool is_touched(std::size_t node) const { return touched_[node] != 0; }
  /// No gradient has come to any node.
  void forget_gradients();

  void compute(const Recording& recording, std::size_t node);
  /// From the node's gradient to those of what it was computed from.
  void send_back(const Recording& recording, std::size_t node);

 private:
  [[nodiscard]] bool is_hard() const { return options_.mode != Mode::kSoft; }
  Operands<T> operands_of(const Node& node) const;
  /// Zeros where no gradient came to the node yet.
  void touch(const Recording& recording, std::size_t node);
  void touch_runs(const Recording& recording, const Node& node);
  void want_gradients(const Recording& recording, const Node& node, Operands<T>& operands);
  void decide(const Node& node, T* out) const;
  void decide_back(const Recording& recording, const Node& node, const T* grad);
  /// ± the distribution's scale: choices of the smallest are those of the largest −x.
  [[nodiscard]] T sharpness(const Node& node) const {
    return static_cast<T>(options_.distribution.scale) * (node.flags != 0 ? T(-1) : T(1));
  }
  template <class Fn>
  void with_slope_of_sharpness(const Recording& recording, const Node& node, const Fn& fn);
  void extremum_back(const Recording& recording, std::size_t at, const T* grad);
  void soft_argmax_back(const Recording& recording, const Node& node, const T* grad);
  void connect(const Node& node, T* out) const;
  void connect_back(const Recording& recording, const Node& node, const T* grad);

  Options options_;
  std::size_t lanes_;
  bool derivatives_;
  std::vector<T*> values_;
  std::vector<T*> gradients_;
  std::vector<std::uint8_t> touched_;
};

}  // namespace pliant::program
