// pliant/program/program.h — algorithms written once, run hard, relaxed, and backwards (no torch)
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "pliant/base/parallel.h"
#include "pliant/math/distribution.h"
#include "pliant/math/t_norm.h"

namespace pliant::program {

struct Tree;
class Recordings;

/// An algorithm: declarations, assignments, if, while and for over real arrays (one of each for
/// every sample of a batch) and whole numbers (the same for all samples). Its text is its only form
/// outside of the library; docs/program.md describes it. Immutable, cheap to copy, safe to share.
class Program {
 public:
  /// @throws std::invalid_argument "program: line 3, column 7: expected …, got …"
  static Program parse(std::string_view text);

  /// The program in the form that parse() reads, one statement a line.
  [[nodiscard]] std::string text() const;

  [[nodiscard]] const std::string& name() const;
  [[nodiscard]] std::vector<std::string> inputs() const;
  /// How many dimensions each input has, beside the batch.
  [[nodiscard]] std::vector<std::size_t> input_ranks() const;
  [[nodiscard]] std::vector<std::string> outputs() const;
  /// Functions that are not of the language: only programs without any run here. Those with some
  /// run on tensors (pliant/program/torch/).
  [[nodiscard]] const std::vector<std::string>& externals() const;

  /// The whole numbers that its first statements declare by a literal: what can be set.
  [[nodiscard]] std::vector<std::string> settings() const;
  /// The same program with another value of one of these.   @param value  0 … 2^40
  /// @throws std::invalid_argument if there is no such number (the text lists them), or its range
  [[nodiscard]] Program with(std::string_view name, std::int64_t value) const;

  [[nodiscard]] const Tree& tree() const { return *tree_; }
  /// What it did before; shared by its copies.
  [[nodiscard]] Recordings& recordings() const { return *recordings_; }

 private:
  explicit Program(std::shared_ptr<const Tree> tree);

  std::shared_ptr<const Tree> tree_;
  std::shared_ptr<Recordings> recordings_;
};

/// How decisions are taken.
enum class Mode : std::uint8_t {
  kSoft,  ///< relaxed
  kHard,  ///< as an ordinary program: < and <= differ, the first of equals is the smallest
  kStraightThrough  ///< hard values with the derivative of the relaxed ones at them
};

struct Options {
  Mode mode = Mode::kSoft;
  /// Of comparisons: l > r with probability F(scale·(l − r)); scale is β, the inverse temperature.
  /// `power` 1 and `shift` 0.
  math::Distribution distribution;
  /// Of and, or.
  math::TNorm t_norm;
  /// A while loop ends for a sample when it goes on with this probability or less.
  double epsilon = 1e-5;
  /// Passes of a while loop; 0 … 2^30.
  std::size_t max_passes = 1024;
  /// Whether a loop that reaches max_passes ends there, its last state standing for all that would
  /// follow; else it is an error.
  bool truncate = false;
  /// Bytes that the state of one tile of samples may take, there and back.
  std::size_t memory = std::size_t{1} << 30;
};

/// @throws std::invalid_argument that names `caller`, the option, its range and the value
void check(const Options& options, std::string_view caller);

/// One array a sample: (batch, shape…).
template <class T>
struct Array {
  std::vector<std::size_t> shape;  ///< without the batch
  T* data = nullptr;
};

/// The shapes of the outputs for inputs of these shapes: the program is run on no sample.
/// @throws std::invalid_argument if sizes of one name differ, or with line and column as run()
std::vector<std::vector<std::size_t>> output_shapes(
    const Program& program, const Options& options,
    const std::vector<std::vector<std::size_t>>& input_shapes);

/// Memory for what a run keeps: called at most once, with bytes; may give null. At 64 bytes.
using Keep = std::function<std::byte*(std::size_t)>;

/// Runs the program for each sample of a batch on its own; the same bits for any batch around it
/// and any executor.
/// @param outputs  in the order of `return`, with the shapes of output_shapes(); written
/// @param keep  asked for memory in which what run_backward() needs can stay, unless that is more
///   than 64 MiB or none was run before
/// @throws std::invalid_argument with line and column: shapes that do not fit, an index out of
///   range, a condition outside of [0, 1], a loop that does not end; or with its name, an output
///   that is NaN
template <class T>
void run(const Program& program, const Options& options, std::size_t batch,
         std::span<const Array<const T>> inputs, std::span<const Array<T>> outputs,
         const base::Executor& executor, const Keep& keep = {});

/// The gradient of Σ upstream·output with respect to the inputs, written, and to the scale of the
/// distribution, added to *grad_scale. The program is run again, but for what was kept.
/// @param upstream  for each output; data null: zeros   @param gradients  for each input; data
/// null: not
///   wanted   @param grad_scale  null: not wanted
/// @param kept  what run() kept with the same program, options and inputs; else it is not used
template <class T>
void run_backward(const Program& program, const Options& options, std::size_t batch,
                  std::span<const Array<const T>> inputs, std::span<const Array<const T>> upstream,
                  std::span<const Array<T>> gradients, double* grad_scale,
                  const base::Executor& executor, std::span<const std::byte> kept = {});

}  // namespace pliant::program
