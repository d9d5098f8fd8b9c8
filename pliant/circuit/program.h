// pliant/circuit/program.h — a circuit made ready to run: examples in, scores or labels out (no
// torch)
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "pliant/base/parallel.h"
#include "pliant/circuit/circuit.h"

namespace pliant::circuit {

/// Examples in memory that somebody else owns.
class Batch {
 public:
  enum class Kind : std::uint8_t { kBytes, kNumbers, kBits, kPacked };

  /// Raw features, (count, Encoder::width()) bytes: pixels. Needs a circuit with features.
  static Batch bytes(const std::uint8_t* data, std::size_t count) {
    return {Kind::kBytes, data, count};
  }
  /// Raw features, (count, Encoder::width()) in float32. Needs a circuit with features.
  static Batch numbers(const float* data, std::size_t count) {
    return {Kind::kNumbers, data, count};
  }
  /// The circuit's input bits, (count, input_bits()), a byte each: 0, or anything else for 1.
  static Batch bits(const std::uint8_t* data, std::size_t count) {
    return {Kind::kBits, data, count};
  }
  /// The circuit's input bits, (input_bits(), ⌈count / 64⌉): bit s of word w of row i is bit i of
  /// example 64·w + s. What stands beyond the last example is not looked at.
  static Batch packed(const std::uint64_t* data, std::size_t count) {
    return {Kind::kPacked, data, count};
  }

  [[nodiscard]] Kind kind() const { return kind_; }
  [[nodiscard]] std::size_t count() const { return count_; }
  template <class T>
  [[nodiscard]] const T* data() const {
    return static_cast<const T*>(data_);
  }

 private:
  Batch(Kind kind, const void* data, std::size_t count) : data_(data), count_(count), kind_(kind) {}
  const void* data_;
  std::size_t count_;
  Kind kind_;
};

/// A circuit made ready for this CPU. Nothing of it changes when it runs: any number of threads may
/// run it at once. Movable.
class Program {
 public:
  /// @param circuit  passes check_circuit; flattened if it is not flat, optimised by nobody
  explicit Program(const Circuit& circuit);
  Program(Program&&) noexcept;
  Program& operator=(Program&&) noexcept;
  ~Program();

  /// @param scores  (count, Circuit::scores()), written: sums of the classes' bits with their
  ///                biases, or without classes the bits, 0 or 1
  /// @throws std::invalid_argument before any work if the circuit has no features and the batch is
  /// of bytes or numbers; and while it works, naming the example, if a picture cannot be cropped
  void run(const Batch& batch, std::int32_t* scores, const base::Executor& executor) const;

  /// The output bits of a circuit without classes, packed as Batch::packed has the inputs': where
  /// results are read bit by bit, run() takes longer to write its numbers than the gates take.
  /// @param rows  (output bits, ⌈count / 64⌉), written; bits beyond the last example are 0
  /// @throws std::invalid_argument if the circuit has classes, and as run()
  void run_packed(const Batch& batch, std::uint64_t* rows, const base::Executor& executor) const;

  /// @param labels  (count), written: the class of the largest score, the first of equal ones
  /// @throws std::invalid_argument as run(), and if the circuit has no classes
  void classify(const Batch& batch, std::int32_t* labels, const base::Executor& executor) const;

 private:
  struct Engine;
  std::unique_ptr<const Engine> engine_;
};

}  // namespace pliant::circuit
