// pliant/program/run.cpp — a batch as tiles of samples, forward and backward (no torch)
#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <vector>

#include "pliant/base/errors.h"
#include "pliant/program/program.h"
#include "pliant/program/run/tape.h"
#include "pliant/program/run/walker.h"
#include "pliant/program/syntax.h"

namespace pliant::program {
namespace {

template <class T>
std::size_t count_of(const Array<T>& array) {
  std::size_t count = 1;
  for (const std::size_t n : array.shape) count *= n;
  return count;
}

/// Samples (batch, count) to elements of a tile: lane i is sample first + i; lanes beyond the batch
/// are like its last sample.
template <class T>
void load(const T* samples, std::size_t count, std::size_t first, std::size_t batch, T* tile) {
  for (std::size_t i = 0; i < kLanes; ++i) {
    const T* from = samples + std::min(first + i, batch - 1) * count;
    for (std::size_t e = 0; e < count; ++e) tile[e * kLanes + i] = from[e];
  }
}

/// One tile of a run.
template <class T>
class TileRun {
 public:
  TileRun(const Program& program, const Options& options, bool wants_scale)
      : tree_(program.tree()), options_(options), tape_(options, wants_scale) {}

  /// Runs the samples from `first` on.   @throws std::invalid_argument if an output is NaN
  void forward(std::span<const Array<const T>> inputs, std::size_t first, std::size_t batch) {
    tape_.clear();
    walker_.emplace_back(tree_, options_, tape_);
    Walker<T>& walker = walker_.back();
    views_.clear();
    for (std::size_t k = 0; k < inputs.size(); ++k) {
      const std::size_t count = count_of(inputs[k]);
      const View view = tape_.leaf(count);
      if (batch > 0) {
        load(inputs[k].data, count, first, batch, tape_.value(view));
      } else {
        std::fill_n(tape_.value(view), count * kLanes, T(0));
      }
      walker.set_input(k, inputs[k].shape, view);
      views_.push_back(view);
    }
    std::array<T, kLanes> alive{};
    for (std::size_t i = 0; i < kLanes && first + i < batch; ++i) alive[i] = 1;
    walker.run(alive);
    check_outputs(first, batch);
  }

  void store(std::span<const Array<T>> outputs, std::size_t first, std::size_t batch) const {
    for (std::size_t k = 0; k < outputs.size(); ++k) {
      const Value& value = walker_.back().output(k);
      const std::size_t count = value.shape.count();
      for (std::size_t e = 0; e < count; ++e) {
        const T* from = tape_.value(value.element(e));
        for (std::size_t i = 0; i < kLanes && first + i < batch; ++i) {
          outputs[k].data[(first + i) * count + e] = from[i];
        }
      }
    }
  }

  void backward(std::span<const Array<const T>> upstream, std::span<const Array<T>> gradients,
                std::size_t first, std::size_t batch) {
    for (std::size_t k = 0; k < upstream.size(); ++k) {
      if (upstream[k].data == nullptr) continue;
      const Value& value = walker_.back().output(k);
      const std::size_t count = value.shape.count();
      for (std::size_t e = 0; e < count; ++e) {
        T* const to = tape_.gradient(value.element(e));
        for (std::size_t i = 0; i < kLanes && first + i < batch; ++i) {
          to[i] += upstream[k].data[(first + i) * count + e];
        }
      }
    }
    tape_.backward();
    for (std::size_t k = 0; k < gradients.size(); ++k) {
      if (gradients[k].data == nullptr) continue;
      const std::size_t count = count_of(gradients[k]);
      const T* from = tape_.gradient(views_[k]);
      for (std::size_t i = 0; i < kLanes && first + i < batch; ++i) {
        for (std::size_t e = 0; e < count; ++e) {
          gradients[k].data[(first + i) * count + e] = from[e * kLanes + i];
        }
      }
    }
  }

  void check_outputs(std::size_t first, std::size_t batch) const {
    for (std::size_t k = 0; k < tree_.outputs.size(); ++k) {
      const Value& value = walker_.back().output(k);
      for (std::size_t e = 0; e < value.shape.count(); ++e) {
        const T* numbers = tape_.value(value.element(e));
        for (std::size_t i = 0; i < kLanes && first + i < batch; ++i) {
          base::require(!std::isnan(numbers[i]), "program ", tree_.name, ": the output ",
                        tree_.slots[static_cast<std::size_t>(tree_.outputs[k])].name,
                        " is NaN for sample ", first + i);
        }
      }
    }
  }

  [[nodiscard]] const Walker<T>& walker() const { return walker_.back(); }
  [[nodiscard]] double scale_gradient() const { return tape_.scale_gradient(); }
  /// Between tiles.
  void forget() { walker_.clear(); }

 private:
  const Tree& tree_;
  Options options_;
  Tape<T> tape_;
  std::vector<Walker<T>> walker_;
  std::vector<View> views_;
};

std::size_t tiles_of(std::size_t batch) { return (batch + kLanes - 1) / kLanes; }

template <class T>
void check_inputs(const Program& program, std::span<const Array<const T>> inputs) {
  base::require(inputs.size() == program.tree().inputs.size(), "program ", program.name(),
                " takes ", program.tree().inputs.size(), " inputs, got ", inputs.size());
}

}  // namespace

void check(const Options& options, std::string_view caller) {
  math::check(options.distribution, caller, "beta");
  math::check(options.t_norm, caller);
  base::require(options.distribution.power == 1 && options.distribution.shift == 0, caller,
                ": the distribution of a program has power 1 and shift 0");
  base::require(
      !options.distribution.straight_through, caller,
      ": for hard decisions with relaxed derivatives take the mode straight_through, not a "
      "straight-through distribution");
  base::require(options.epsilon >= 0 && options.epsilon < 1, caller,
                ": epsilon must be in [0, 1), got ", options.epsilon);
  base::require(options.max_passes <= (std::size_t{1} << 30), caller,
                ": max_passes must be at most 2^30, got ", options.max_passes);
  base::require(options.memory > 0, caller, ": memory must be > 0, got ", options.memory);
}

std::vector<std::vector<std::size_t>> output_shapes(
    const Program& program, const Options& options,
    const std::vector<std::vector<std::size_t>>& input_shapes) {
  std::vector<Array<const double>> inputs;
  inputs.reserve(input_shapes.size());
  for (const auto& shape : input_shapes) inputs.push_back({shape, nullptr});
  check_inputs<double>(program, inputs);
  TileRun<double> run(program, options, false);
  run.forward(inputs, 0, 0);
  std::vector<std::vector<std::size_t>> shapes;
  for (std::size_t k = 0; k < program.tree().outputs.size(); ++k) {
    const Shape& shape = run.walker().output(k).shape;
    shapes.emplace_back(shape.size.begin(),
                        shape.size.begin() + static_cast<std::ptrdiff_t>(shape.rank));
  }
  return shapes;
}

template <class T>
void run(const Program& program, const Options& options, std::size_t batch,
         std::span<const Array<const T>> inputs, std::span<const Array<T>> outputs,
         const base::Executor& executor) {
  check_inputs(program, inputs);
  executor(tiles_of(batch), 1, [&](std::size_t begin, std::size_t end) {
    TileRun<T> tile(program, options, false);
    for (std::size_t t = begin; t < end; ++t, tile.forget()) {
      tile.forward(inputs, t * kLanes, batch);
      tile.store(outputs, t * kLanes, batch);
    }
  });
}

template <class T>
void run_backward(const Program& program, const Options& options, std::size_t batch,
                  std::span<const Array<const T>> inputs, std::span<const Array<const T>> upstream,
                  std::span<const Array<T>> gradients, double* grad_scale,
                  const base::Executor& executor) {
  check_inputs(program, inputs);
  std::vector<double> scales(tiles_of(batch));
  executor(tiles_of(batch), 1, [&](std::size_t begin, std::size_t end) {
    TileRun<T> tile(program, options, grad_scale != nullptr);
    for (std::size_t t = begin; t < end; ++t, tile.forget()) {
      tile.forward(inputs, t * kLanes, batch);
      tile.backward(upstream, gradients, t * kLanes, batch);
      scales[t] = tile.scale_gradient();
    }
  });
  if (grad_scale == nullptr) return;
  for (const double scale : scales) *grad_scale += scale;
}

template void run(const Program&, const Options&, std::size_t, std::span<const Array<const float>>,
                  std::span<const Array<float>>, const base::Executor&);
template void run(const Program&, const Options&, std::size_t, std::span<const Array<const double>>,
                  std::span<const Array<double>>, const base::Executor&);
template void run_backward(const Program&, const Options&, std::size_t,
                           std::span<const Array<const float>>, std::span<const Array<const float>>,
                           std::span<const Array<float>>, double*, const base::Executor&);
template void run_backward(const Program&, const Options&, std::size_t,
                           std::span<const Array<const double>>,
                           std::span<const Array<const double>>, std::span<const Array<double>>,
                           double*, const base::Executor&);

}  // namespace pliant::program
