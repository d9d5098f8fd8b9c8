// pliant/program/run/walker.h — walks a program's tree and records its steps; private to program/
// (no torch)
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "pliant/program/program.h"
#include "pliant/program/run/recorder.h"
#include "pliant/program/run/value.h"
#include "pliant/program/syntax.h"

namespace pliant::program {

/// A name's content: an array or a whole number.
struct Cell {
  Value value;
  std::int64_t whole = 0;
  bool differs = false;  ///< the whole number is not the same for all samples any more
};

/// Is told what a program writes, as it runs.
class Observer {
 public:
  virtual ~Observer() = default;
  /// @param statement  that wrote, or the if or while whose end changed the variable
  /// @param passes  of the loops around it, the outermost first
  virtual void wrote(const Statement& statement, int slot, const Cell& cell,
                     std::span<const std::int64_t> passes) = 0;
};

class Walker {
 public:
  /// @param observer  null: nobody
  Walker(const Tree& tree, const Options& options, Recorder& recorder,
         Observer* observer = nullptr);

  /// Sets an input: an array of the recording, whose sizes name or confirm those of the
  /// declaration.
  /// @throws std::invalid_argument if sizes of one name differ
  void set_input(std::size_t input, const std::vector<std::size_t>& shape, View view);

  void run();

  [[nodiscard]] const Value& output(std::size_t output) const;

 private:
  using State = std::vector<Cell>;

  // === Statements ===
  void run_block(const Block& block);
  void run_statement(const Statement& statement);
  void run_pass(const Block& block, std::int64_t number);
  void execute(const Statement& statement);
  void declare(const Statement& statement);
  void assign(const Statement& statement);
  void assign_at_weights(const Statement& statement, const Value& value);
  static void store(Value& target, const std::vector<std::size_t>& places, const Value& value);
  void run_if(const Statement& statement);
  void run_while(const Statement& statement);
  std::optional<View> next_pass(const Statement& loop, View path, View p, std::size_t pass,
                                std::vector<std::size_t>& questions);
  void end_loop(const Statement& loop, View path, const std::vector<std::size_t>& questions);
  void run_gated(const Statement& statement);
  void assign_gated(const Statement& statement);
  void run_for(const Statement& statement);
  void merge_branches(const Statement& statement, View p, State& otherwise);
  void merge_pass(View p, const State& before, State& out);

  // === Expressions ===
  Value evaluate(const Expression& expression);
  Value binary(Step step, const Expression& expression);
  std::int64_t whole(const Expression& expression);
  Value call(const Expression& expression);
  Value call_external(const Expression& expression);
  Value reduce(const Expression& expression);
  Value compare(const Expression& expression);
  bool compare_whole(const Expression& expression);
  bool is_true(const Expression& exact);
  Value read(const Expression& expression);
  Value stack(const Expression& expression);
  Value cosine(const Expression& expression);
  Value near(const Value& x, const Value& places, Position position);
  Value precedes(const Value& a, const Value& b, const Value& margin, Position position);
  Value connect(bool is_or, const Expression& expression);
  View condition(const Expression& expression);

  // === Arrays ===
  /// The places of an array that indices with whole numbers mean, and the shape of what is there.
  struct Places {
    Shape shape;
    std::vector<std::size_t> element;
  };
  Places places(const Shape& shape, const std::vector<IndexItem>& indices, Position position);
  /// The one place that whole numbers mean, one for each dimension; none for other indices.
  std::optional<std::size_t> place(const Shape& shape, const std::vector<IndexItem>& indices);
  View contiguous(const Value& value);
  Value fill(const Value& value, const Shape& shape, Position position);
  Value step1(Step step, const Value& a);
  Value step2(Step step, const Value& a, const Value& b, Position position);
  Value number(double value);
  /// The step, for the elements that differ between two values, in runs that are contiguous in all
  /// of them.
  Value combine(Step step, View p, const std::array<const Value*, 3>& of, const Value& same);

  Cell& cell(int slot) { return state_[static_cast<std::size_t>(slot)]; }

  const Tree& tree_;
  Options options_;
  Recorder& recorder_;
  Observer* observer_;
  State state_;
  std::vector<std::int64_t> passes_;  ///< of the loops around the statement
  View path_;                         ///< how likely each lane is to be here
  /// For each gated loop around the statement, the outermost first: how likely the pass of it and
  /// of all in it takes place.
  std::vector<View> gates_;
};

}  // namespace pliant::program
