// pliant/program/run/tape.h — what a program computes on one tile of samples, and the way back;
// private to program/ (no torch)
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <vector>

#include "pliant/base/aligned.h"
#include "pliant/program/program.h"
#include "pliant/program/run/lanes.h"

namespace pliant::program {

/// Elements of a node: its number, and the first of its elements that counts.
struct View {
  std::int32_t node = -1;
  std::int32_t element = 0;

  friend bool operator==(const View&, const View&) = default;
};

/// Rows of a reduction: elements (outer, n) are reduced to (outer).
struct Rows {
  std::size_t outer = 0;
  std::size_t n = 0;
};

/// Nodes in the order in which they were computed. Each is an array of elements of kLanes numbers,
/// made of earlier ones by one primitive; its gradient flows back to these.
template <class T>
class Tape {
 public:
  /// @param wants_scale  whether backward() finds the gradient of the distribution's scale
  Tape(const Options& options, bool wants_scale);

  /// Forgets all nodes, keeps the memory.
  void clear();

  // === Values ===

  View constant(double number);
  /// The scale of the distribution, with its gradient.
  View scale();
  /// An array to be filled by the caller.
  View leaf(std::size_t count);
  [[nodiscard]] T* value(View view) const {
    return nodes_[static_cast<std::size_t>(view.node)].value +
           static_cast<std::size_t>(view.element) * kLanes;
  }

  // === Primitives ===

  /// @param operands  of `count` elements each, or one element where `single`
  View step(Step step, std::span<const View> operands, std::span<const bool> single,
            std::size_t count);
  /// P(x > 0); hard decisions take `tie` at 0.
  View decide(View x, std::size_t count, double tie);
  /// x where it is above what `keep` says, else 0: lanes with keep = 0 leave a loop.
  View freeze(View x, const T* keep);
  /// Elements of several nodes as one array.
  View gather(std::span<const View> elements);
  /// Weights exp(sharpness·x)/Σ over each row; sharpness is ± the distribution's scale. Hard: 1 at
  /// the first of the largest.
  View soft_argmax(View x, Rows rows, bool smallest);
  View log_sum_exp(View x, Rows rows);
  View sum(View x, Rows rows);
  View product(View x, Rows rows);
  /// Σ a·b over each row.
  View dot(View a, View b, Rows rows);
  /// Σ_j w_j·x[o, j, i] for all o, i.
  View contract(View weights, View x, std::size_t outer, std::size_t n, std::size_t inner);
  /// The T-norm's and, or.
  View connect(bool is_or, View a, View b, std::size_t count);

  // === The way back ===

  /// The gradient of a node's elements, zeros at first.
  [[nodiscard]] T* gradient(View view);
  /// Fills the gradients of all nodes before from those that were set.
  void backward();
  /// Of the distribution's scale.
  [[nodiscard]] double scale_gradient() const { return scale_gradient_; }

 private:
  enum class Primitive : std::uint8_t {
    kLeaf,
    kStep,
    kDecide,
    kFreeze,
    kGather,
    kSoftArgmax,
    kLogSumExp,
    kSum,
    kProduct,
    kDot,
    kContract,
    kConnect
  };
  // What flags say of a primitive.
  static constexpr std::uint8_t kOr = 1, kSmallest = 1, kConstant = 1;
  struct Node {
    Primitive primitive;
    Step step;
    std::uint8_t operands;
    std::uint8_t flags;  ///< one bit for each single operand; or what the primitive says
    std::int32_t count;
    std::int32_t n;  ///< of a row; or where a gather's elements begin in gathered_
    std::int32_t inner;
    std::array<View, 4> from;
    T* value;
    T* gradient;
  };

  Node& push(Primitive primitive, std::size_t count, std::span<const View> from);
  T* allocate(std::size_t count);
  [[nodiscard]] bool is_hard() const { return options_.mode != Mode::kSoft; }
  [[nodiscard]] Operands<T> operands_of(const Node& node) const;
  void send_back(Node& node);
  void decide_backward(Node& node);
  void soften(const T* x, std::size_t n, T sharpness, T* out) const;
  void soft_argmax_backward(Node& node);
  void rows_backward(Node& node);
  void connect_backward(Node& node);

  struct Chunk {
    base::AlignedArray<T> numbers;
    std::size_t size = 0;
  };

  Options options_;
  bool wants_scale_;
  std::vector<Node> nodes_;
  std::vector<View> gathered_;
  std::map<double, View> constants_;
  View scale_;
  std::vector<Chunk> chunks_;
  std::size_t chunk_ = 0;  ///< that is being filled
  std::size_t used_ = 0;   ///< of it
  std::size_t bytes_ = 0;  ///< of all chunks
  double scale_gradient_ = 0;
};

}  // namespace pliant::program
