// pliant/program/run/recorder.h — writes down the steps of a program; private to program/ (no
// torch)
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <map>
#include <optional>
#include <span>
#include <unordered_map>
#include <utility>
#include <vector>

#include "pliant/program/run/recording.h"

namespace pliant::program {

/// What an external function is called with: an array, or a whole number.
struct Argument {
  View view;
  std::vector<std::size_t> shape;
  std::optional<std::int64_t> whole;
};

/// Computes nodes as they are recorded, for programs whose next step depends on numbers.
class Machine {
 public:
  virtual ~Machine() = default;
  virtual void compute(const Recording& recording, std::size_t node) = 0;
  /// One element's numbers, one for each lane; good until the next call.
  virtual std::span<const double> lanes(View view) = 0;
  /// Calls an external function; what it gives is the value of the next node, which is kExternal.
  /// @return its shape   @throws std::invalid_argument if there are none here
  virtual std::vector<std::size_t> call(std::size_t function,
                                        std::span<const Argument> arguments) = 0;
};

/// The primitives of programs. Each gives a node that is computed from what it is given; numbers
/// that are known already are computed here.
class Recorder {
 public:
  /// @param wants_scale  whether the gradient of the distribution's scale is asked for
  /// @param machine  null: no numbers are there, and none is asked for
  Recorder(bool wants_scale, Machine* machine);

  [[nodiscard]] const Recording& recording() const { return recording_; }
  /// The recording, at the end.
  Recording take() { return std::move(recording_); }

  // === Leaves ===

  View constant(double number);
  View scale();
  View input(std::size_t count);
  /// 1 for lanes with a sample, else 0.
  [[nodiscard]] View alive() const { return recording_.alive; }
  /// The number of a constant of one element.
  [[nodiscard]] std::optional<double> known(View view) const;

  // === Primitives ===

  /// @param operands  of `count` elements each, or one element where `single`
  View step(Step step, std::span<const View> operands, std::span<const bool> single,
            std::size_t count);
  /// Of numbers, one element each.
  View step(Step step, std::initializer_list<View> operands);
  /// P(x > 0); hard decisions take `tie` at 0.
  View decide(View x, std::size_t count, double tie);
  /// Elements of several nodes as one array.
  View gather(std::span<const View> elements);
  /// Weights exp(sharpness·x)/Σ over each row; sharpness is ± the distribution's scale. Hard: 1 at
  /// the first of the largest.
  View soft_argmax(View x, Rows rows, bool smallest);
  /// Σ w·x over each row of n of the elements, with those weights. Hard: the first of the smallest,
  /// or largest.
  View extremum(std::span<const View> elements, std::size_t n, bool smallest);
  View reduce(Reduction reduction, View x, Rows rows);
  /// Σ a·b over each row.
  View dot(View a, View b, Rows rows);
  /// Σ_j w_j·x[o, j, i] for all o, i.
  View contract(View weights, View x, Rows rows, std::size_t inner);
  /// The T-norm's and, or.
  View connect(bool is_or, View a, View b, std::size_t count);

  /// An external function's array, and its shape.
  /// @throws std::invalid_argument if the machine has no external functions
  std::pair<View, std::vector<std::size_t>> call(std::size_t function,
                                                 std::span<const Argument> arguments);

  // === Questions to the numbers ===

  /// A number outside of [−slack, 1 + slack] among those of lanes that may be here.
  std::optional<double> outside(View x, View path, double slack);
  /// Whether any lane goes on: `here` > 0.
  bool goes_on(View here);
  /// Whether that was asked: without, the steps are the same for all numbers.
  [[nodiscard]] bool asked() const { return asked_; }
  /// The loop whose last questions are these ends.
  void end_loop(std::span<const std::size_t> questions);
  [[nodiscard]] std::size_t next() const { return recording_.nodes.size(); }

  struct Agreement {
    bool always = true, never = true;
  };
  /// Whether a choice is 1, or 0, for every lane that may be here.
  Agreement agreement(View choice, View path);
  /// Of the lanes.
  double largest(View x);

 private:
  View push(Node node, std::span<const View> from);
  std::vector<double> numbers(View view);

  const Node& node(View view) const {
    return recording_.nodes[static_cast<std::size_t>(view.node)];
  }

  bool wants_scale_;
  Machine* machine_;
  bool asked_ = false;
  Recording recording_;
  std::map<std::uint64_t, View> constants_;
  std::unordered_multimap<std::size_t, View> gathers_;  ///< by a hash of their runs
};

}  // namespace pliant::program
