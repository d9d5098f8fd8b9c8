// pliant/program/run/tile.h — a program on one tile of samples; private to program/ (no torch)
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "pliant/base/aligned.h"
#include "pliant/program/program.h"
#include "pliant/program/run/frame.h"
#include "pliant/program/run/recorder.h"
#include "pliant/program/run/recordings.h"

namespace pliant::program {

/// Computes nodes as they are recorded, and keeps them all.
template <class T>
class RecordingMachine final : public Machine {
 public:
  RecordingMachine(const Options& options, std::size_t lanes, bool derivatives);

  void compute(const Recording& recording, std::size_t node) override;
  std::span<const double> lanes(View view) override;
  [[noreturn]] std::vector<std::size_t> call(std::size_t function,
                                             std::span<const Argument> arguments) override;
  /// Makes room for the gradients.
  void prepare_back(const Recording& recording);
  /// As Replay::backward().
  void backward(const Recording& recording);
  Frame<T>& frame() { return frame_; }

 private:
  T* allocate(std::size_t elements);

  struct Chunk {
    base::AlignedArray<T> numbers;
    std::size_t size = 0;
  };
  Frame<T> frame_;
  std::size_t memory_;  ///< bytes that there may be
  std::size_t bytes_ = 0;
  std::vector<Chunk> chunks_;
  std::size_t used_ = 0;  ///< of the last
  std::vector<double> lanes_;
};

/// Runs a recording by its plan.
template <class T>
class Replay {
 public:
  Replay(const Options& options, std::size_t lanes, bool derivatives)
      : options_(options), frame_(options, lanes, derivatives) {}

  /// Makes room for a recording, unless it is the one before.
  /// @throws std::invalid_argument if it takes more than Options::memory
  void prepare(std::shared_ptr<const Recorded> recorded);
  /// The same with memory of the caller's, of kept_numbers(), in which forward() leaves what
  /// backward() needs: of one segment all values, of several what is kept between them.
  void prepare_kept(std::shared_ptr<const Recorded> recorded, T* values);
  /// Takes up what a forward() left, in place of running it again; the values are only read.
  void take_up(std::shared_ptr<const Recorded> recorded, const T* values);
  /// Numbers that prepare_kept() takes.
  static std::size_t kept_numbers(const Plan& plan, std::size_t lanes) {
    const std::int64_t segment = plan.segments.size() > 1 ? 0 : plan.segment_values;
    return static_cast<std::size_t>(plan.kept_values + segment) * lanes;
  }
  /// Computes the outputs from the inputs, which were written to frame().
  /// @return false: for these numbers the program goes another way
  bool forward();
  /// After forward(), from the gradients of the outputs, which were added to frame().gradient():
  /// those of the inputs.
  void backward();

  Frame<T>& frame() { return frame_; }
  [[nodiscard]] const Recorded& recorded() const { return *recorded_; }

 private:
  [[nodiscard]] const Plan& plan() const {
    return frame_.keeps_derivatives() ? recorded_->backward : recorded_->forward;
  }
  [[nodiscard]] bool answers(const Node& question, std::size_t at) const;
  /// Where things are to lie.
  struct Places {
    T* kept = nullptr;
    T* values = nullptr;  ///< of a segment
    T* kept_gradients = nullptr;
    T* gradients = nullptr;
  };
  void adopt(std::shared_ptr<const Recorded> recorded);
  T* acquire(std::int64_t elements);
  void put(const Places& places);
  void fill_leaves();

  Options options_;
  Frame<T> frame_;
  std::shared_ptr<const Recorded> recorded_;
  base::AlignedArray<T> memory_;
  std::size_t size_ = 0;
  bool is_own_ = true;       ///< whether all values lie in memory_
  bool is_computed_ = true;  ///< whether those of the last segment are there when backward() begins
};

}  // namespace pliant::program
