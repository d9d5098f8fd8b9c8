// pliant/program/run.cpp — a batch as tiles of samples, forward and backward (no torch)
#include <algorithm>
#include <cmath>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "pliant/base/errors.h"
#include "pliant/program/program.h"
#include "pliant/program/run/kept.h"
#include "pliant/program/run/recorder.h"
#include "pliant/program/run/recordings.h"
#include "pliant/program/run/tile.h"
#include "pliant/program/run/walker.h"
#include "pliant/program/syntax.h"

namespace pliant::program {
namespace {

using Shapes = std::vector<std::vector<std::size_t>>;

std::size_t count_of(const std::vector<std::size_t>& shape) {
  std::size_t count = 1;
  for (const std::size_t n : shape) count *= n;
  return count;
}

template <class T>
Shapes shapes_of(std::span<const Array<const T>> arrays) {
  Shapes shapes;
  shapes.reserve(arrays.size());
  for (const auto& array : arrays) shapes.push_back(array.shape);
  return shapes;
}

void check_inputs(const Program& program, std::size_t inputs) {
  const auto& externals = program.externals();
  base::require(externals.empty(), "program ", program.name(), " calls the external function ",
                externals.empty() ? "" : externals[0], ", so it runs on tensors alone");
  base::require(inputs == program.tree().inputs.size(), "program ", program.name(), " takes ",
                program.tree().inputs.size(), " inputs, got ", inputs);
}

/// Samples (batch, count) to elements of a tile: lane i is sample first + i; lanes beyond the batch
/// are like its last sample.
template <class T>
void load(const T* samples, std::size_t count, std::size_t first, std::size_t batch,
          std::size_t lanes, T* tile) {
  for (std::size_t i = 0; i < lanes; ++i) {
    const T* from = samples + std::min(first + i, batch - 1) * count;
    for (std::size_t e = 0; e < count; ++e) tile[e * lanes + i] = from[e];
  }
}

std::vector<View> elements_of(const Value& value) {
  std::vector<View> elements(value.shape.count());
  for (std::size_t e = 0; e < elements.size(); ++e) elements[e] = value.element(e);
  return elements;
}

/// Walks a program, whose inputs are the recorder's.
Recorded walk(const Tree& tree, const Options& options, const Shapes& shapes, Recorder& recorder) {
  Walker walker(tree, options, recorder);
  for (std::size_t k = 0; k < shapes.size(); ++k) {
    walker.set_input(k, shapes[k], recorder.recording().inputs[k]);
  }
  walker.run();
  std::vector<std::vector<View>> outputs;
  for (std::size_t k = 0; k < tree.outputs.size(); ++k) {
    outputs.push_back(elements_of(walker.output(k)));
  }
  return {recorder.take(), std::move(outputs)};
}

/// The state of a tile, there and back, stays in this many bytes if it can: of a second-level
/// cache.
constexpr std::size_t kCache = std::size_t{1} << 20;

/// Of a batch, what may be kept for the way back.
constexpr std::size_t kMostKept = std::size_t{1} << 26;

/// How a batch is run: what is the same for all of its tiles.
struct Batch {
  const Program& program;
  const Options& options;
  bool wants_scale = false;
  bool derivatives = false;
  std::size_t samples = 0;
  Shapes shapes;
  Recordings::Key key;
  Recordings::List known;
  std::size_t lanes = kMostLanes;
  Kept kept;

  [[nodiscard]] std::size_t tiles() const { return (samples + lanes - 1) / lanes; }
};

template <class T>
Batch prepare(const Program& program, const Options& options, std::size_t samples,
              std::span<const Array<const T>> inputs, bool derivatives, bool wants_scale) {
  check_inputs(program, inputs.size());
  Batch batch{program,           options, wants_scale, derivatives, samples,
              shapes_of(inputs), {},      {},          kMostLanes,  {}};
  batch.key = key_of(options, wants_scale, batch.shapes);
  batch.known = program.recordings().find(batch.key);
  if (batch.known.empty() && options.mode != Mode::kHard) {
    // If nothing is asked, the steps are the same for all numbers.
    Recorder recorder(wants_scale, nullptr);
    for (const auto& shape : batch.shapes) recorder.input(count_of(shape));
    Recorded recorded = walk(program.tree(), options, batch.shapes, recorder);
    if (!recorder.asked()) {
      batch.known.push_back(std::make_shared<const Recorded>(std::move(recorded)));
      program.recordings().add(batch.key, batch.known[0]);
    }
  }
  if (!batch.known.empty()) {
    const Plan& plan = derivatives ? batch.known[0]->backward : batch.known[0]->forward;
    const std::size_t bytes = static_cast<std::size_t>(plan.elements()) * sizeof(T);
    while (batch.lanes > kLeastLanes && batch.lanes * bytes > kCache) batch.lanes /= 2;
  }
  while (batch.lanes / 2 >= std::max(samples, kLeastLanes)) batch.lanes /= 2;
  return batch;
}

/// Has the forward run of a batch leave its numbers for the way back, if they are few enough.
template <class T>
void keep_numbers(Batch& batch, const Keep& keep) {
  std::size_t numbers = 0;
  for (const auto& recorded : batch.known) {
    numbers = std::max(numbers, Replay<T>::kept_numbers(recorded->backward, batch.lanes));
  }
  const std::size_t bytes = Kept::bytes(batch.tiles(), numbers * sizeof(T));
  if (numbers == 0 || bytes > kMostKept) return;
  if (std::byte* const memory = keep(bytes); memory != nullptr) {
    batch.kept = Kept(memory, batch.tiles(), numbers * sizeof(T));
  }
}

/// One tile of a batch after the other.
template <class T>
class TileRun {
 public:
  explicit TileRun(const Batch& batch)
      : batch_(batch), replay_(batch.options, batch.lanes, batch.derivatives) {}

  /// Runs the samples from `first` on.   @throws std::invalid_argument if an output is NaN
  void forward(std::span<const Array<const T>> inputs, std::size_t first) {
    first_ = first;
    machine_.reset();
    // First the way that the tile before went.
    for (std::size_t k = 0; k < batch_.known.size(); ++k) {
      const std::size_t way = (last_way_ + k) % batch_.known.size();
      if (batch_.kept.empty()) {
        replay_.prepare(batch_.known[way]);
      } else {
        replay_.prepare_kept(batch_.known[way], batch_.kept.template numbers<T>(tile()));
      }
      load_inputs(inputs, batch_.known[way]->recording, replay_.frame());
      if (!replay_.forward()) continue;
      if (!batch_.kept.empty()) batch_.kept.set_way(tile(), batch_.known[way]->id);
      last_way_ = way;
      return check_outputs();
    }
    record(inputs);
    check_outputs();
  }

  /// In place of forward(), if a run before kept this tile.
  bool take_up(const Kept& kept, std::size_t first) {
    first_ = first;
    machine_.reset();
    if (kept.empty() || kept.way(tile()) == 0) return false;
    for (const auto& recorded : batch_.known) {
      if (recorded->id != kept.way(tile())) continue;
      const std::size_t numbers = Replay<T>::kept_numbers(recorded->backward, batch_.lanes);
      if (numbers * sizeof(T) > kept.tile_bytes()) return false;
      replay_.take_up(recorded, kept.template numbers<T>(tile()));
      return true;
    }
    return false;
  }

  void store(std::span<const Array<T>> outputs) {
    for (std::size_t k = 0; k < outputs.size(); ++k) {
      const std::vector<View>& elements = recorded().outputs[k];
      for (std::size_t e = 0; e < elements.size(); ++e) {
        const T* from = frame().value(elements[e]);
        for (std::size_t i = 0; i < here(); ++i) {
          outputs[k].data[(first_ + i) * elements.size() + e] = from[i];
        }
      }
    }
  }

  void backward(std::span<const Array<const T>> upstream, std::span<const Array<T>> gradients) {
    if (machine_ != nullptr) machine_->prepare_back(recorded().recording);
    for (std::size_t k = 0; k < upstream.size(); ++k) {
      if (upstream[k].data != nullptr) set_upstream(k, upstream[k].data);
    }
    if (machine_ != nullptr) {
      machine_->backward(recorded().recording);
    } else {
      replay_.backward();
    }
    for (std::size_t k = 0; k < gradients.size(); ++k) {
      if (gradients[k].data == nullptr) continue;
      const std::size_t count = count_of(gradients[k].shape), lanes = batch_.lanes;
      if (count == 0) continue;
      const T* from = frame().gradient(recorded().recording, recorded().recording.inputs[k]);
      for (std::size_t i = 0; i < here(); ++i) {
        for (std::size_t e = 0; e < count; ++e) {
          gradients[k].data[(first_ + i) * count + e] = from[e * lanes + i];
        }
      }
    }
  }

  /// Of the distribution's scale, for each sample.
  void store_scale(double* gradients) {
    const View scale = recorded().recording.scale;
    if (scale.node < 0) return;
    const T* from = frame().gradient(recorded().recording, scale);
    for (std::size_t i = 0; i < here(); ++i) gradients[first_ + i] = static_cast<double>(from[i]);
  }

 private:
  [[nodiscard]] std::size_t tile() const { return first_ / batch_.lanes; }
  [[nodiscard]] std::size_t here() const { return std::min(batch_.lanes, batch_.samples - first_); }
  Frame<T>& frame() { return machine_ != nullptr ? machine_->frame() : replay_.frame(); }
  [[nodiscard]] const Recorded& recorded() const {
    return machine_ != nullptr ? *recorded_ : replay_.recorded();
  }

  void load_inputs(std::span<const Array<const T>> inputs, const Recording& recording,
                   const Frame<T>& frame) const {
    for (std::size_t k = 0; k < inputs.size(); ++k) {
      const std::size_t count = count_of(inputs[k].shape);
      if (count == 0) continue;
      load(inputs[k].data, count, first_, batch_.samples, batch_.lanes,
           frame.value(recording.inputs[k]));
    }
    T* const alive = frame.value(recording.alive);
    for (std::size_t i = 0; i < batch_.lanes; ++i) alive[i] = i < here() ? T(1) : T(0);
  }

  /// Walks the program, since no recording serves.
  void record(std::span<const Array<const T>> inputs) {
    machine_ =
        std::make_unique<RecordingMachine<T>>(batch_.options, batch_.lanes, batch_.derivatives);
    Recorder recorder(batch_.wants_scale, machine_.get());
    for (const auto& shape : batch_.shapes) recorder.input(count_of(shape));
    load_inputs(inputs, recorder.recording(), machine_->frame());
    recorded_ = std::make_shared<const Recorded>(
        walk(batch_.program.tree(), batch_.options, batch_.shapes, recorder));
    if (batch_.options.mode != Mode::kHard) {
      batch_.program.recordings().add(batch_.key, recorded_);
    }
  }

  void set_upstream(std::size_t output, const T* upstream) {
    const std::vector<View>& elements = recorded().outputs[output];
    for (std::size_t e = 0; e < elements.size(); ++e) {
      const auto node = static_cast<std::size_t>(elements[e].node);
      if (!recorded().recording.nodes[node].active) continue;
      T* const to = frame().gradient(recorded().recording, elements[e]);
      for (std::size_t i = 0; i < here(); ++i) {
        to[i] += upstream[(first_ + i) * elements.size() + e];
      }
    }
  }

  void check_outputs() {
    const Tree& tree = batch_.program.tree();
    for (std::size_t k = 0; k < tree.outputs.size(); ++k) {
      for (const View element : recorded().outputs[k]) {
        const T* numbers = frame().value(element);
        for (std::size_t i = 0; i < here(); ++i) {
          base::require(!std::isnan(numbers[i]), "program ", tree.name, ": the output ",
                        tree.slots[static_cast<std::size_t>(tree.outputs[k])].name,
                        " is NaN for sample ", first_ + i);
        }
      }
    }
  }

  const Batch& batch_;
  Replay<T> replay_;
  std::unique_ptr<RecordingMachine<T>> machine_;  ///< of this tile, if it was recorded
  std::shared_ptr<const Recorded> recorded_;
  std::size_t first_ = 0;     ///< sample of the tile
  std::size_t last_way_ = 0;  ///< of those known, that served
};

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
  check_inputs(program, input_shapes.size());
  Recorder recorder(false, nullptr);
  Walker walker(program.tree(), options, recorder);
  for (std::size_t k = 0; k < input_shapes.size(); ++k) {
    walker.set_input(k, input_shapes[k], recorder.input(count_of(input_shapes[k])));
  }
  walker.run();
  std::vector<std::vector<std::size_t>> shapes;
  for (std::size_t k = 0; k < program.tree().outputs.size(); ++k) {
    const Shape& shape = walker.output(k).shape;
    shapes.emplace_back(shape.size.begin(),
                        shape.size.begin() + static_cast<std::ptrdiff_t>(shape.rank));
  }
  return shapes;
}

template <class T>
void run(const Program& program, const Options& options, std::size_t batch,
         std::span<const Array<const T>> inputs, std::span<const Array<T>> outputs,
         const base::Executor& executor, const Keep& keep) {
  Batch all = prepare(program, options, batch, inputs, keep != nullptr, false);
  if (keep != nullptr) keep_numbers<T>(all, keep);
  executor(all.tiles(), 1, [&](std::size_t begin, std::size_t end) {
    TileRun<T> tile(all);
    for (std::size_t t = begin; t < end; ++t) {
      tile.forward(inputs, t * all.lanes);
      tile.store(outputs);
    }
  });
}

template <class T>
void run_backward(const Program& program, const Options& options, std::size_t batch,
                  std::span<const Array<const T>> inputs, std::span<const Array<const T>> upstream,
                  std::span<const Array<T>> gradients, double* grad_scale,
                  const base::Executor& executor, std::span<const std::byte> kept) {
  const Batch all = prepare(program, options, batch, inputs, true, grad_scale != nullptr);
  const Kept before(kept, all.tiles());
  std::vector<double> scales(grad_scale != nullptr ? batch : 0);
  executor(all.tiles(), 1, [&](std::size_t begin, std::size_t end) {
    TileRun<T> tile(all);
    for (std::size_t t = begin; t < end; ++t) {
      if (!tile.take_up(before, t * all.lanes)) tile.forward(inputs, t * all.lanes);
      tile.backward(upstream, gradients);
      if (grad_scale != nullptr) tile.store_scale(scales.data());
    }
  });
  for (const double scale : scales) *grad_scale += scale;
}

template void run(const Program&, const Options&, std::size_t, std::span<const Array<const float>>,
                  std::span<const Array<float>>, const base::Executor&, const Keep&);
template void run(const Program&, const Options&, std::size_t, std::span<const Array<const double>>,
                  std::span<const Array<double>>, const base::Executor&, const Keep&);
template void run_backward(const Program&, const Options&, std::size_t,
                           std::span<const Array<const float>>, std::span<const Array<const float>>,
                           std::span<const Array<float>>, double*, const base::Executor&,
                           std::span<const std::byte>);
template void run_backward(const Program&, const Options&, std::size_t,
                           std::span<const Array<const double>>,
                           std::span<const Array<const double>>, std::span<const Array<double>>,
                           double*, const base::Executor&, std::span<const std::byte>);

}  // namespace pliant::program
