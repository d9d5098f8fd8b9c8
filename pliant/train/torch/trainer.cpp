// pliant/train/torch/trainer.cpp — the training loop that all tasks use
#include "pliant/train/torch/trainer.h"

#include <torch/torch.h>

#include <array>
#include <chrono>
#include <cmath>
#include <optional>
#include <span>
#include <sstream>
#include <type_traits>

#include "pliant/base/errors.h"
#include "pliant/base/file.h"
#include "pliant/base/simd_target.h"
#include "pliant/base/torch/communicator.h"
#include "pliant/base/version.h"
#include "pliant/train/interrupt.h"
#include "pliant/train/torch/agreement.h"
#include "pliant/train/torch/checkpoint.h"
#include "pliant/train/torch/step.h"
#include "pliant/train/torch/task.h"

namespace pliant {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;
using train::Event;

constexpr std::chrono::seconds kCheckpointInterval{60};

double figure(const train::Metrics& metrics, std::string_view name) {
  for (const auto& [metric, value] : metrics) {
    if (metric == name) return value;
  }
  base::fail("the task's validation has no figure '", name, "'");
}

/// "the validation's score_spread" for the first figure that is NaN or infinite; empty if none is.
std::string what_is_not_finite(const train::Metrics& metrics) {
  for (const auto& [metric, value] : metrics) {
    if (!std::isfinite(value)) return "the validation's " + metric;
  }
  return {};
}

void check_key(const Checkpoint& checkpoint, const fs::path& path, const std::string& task,
               const std::string& config_hash) {
  const CheckpointKey& key = checkpoint.key();
  base::require(key.task == task, path.string(), ": this is a checkpoint of the task '", key.task,
                "', not of '", task, "'");
  base::require(key.config_hash == config_hash, path.string(),
                ": this checkpoint was made with other options than these; a run goes on with the "
                "options in its config.toml");
}

/// The lines of a config.toml but for the threads, of which each process has its own number.
std::string without_threads(const std::string& config) {
  std::istringstream lines(config);
  std::string kept;
  for (std::string line; std::getline(lines, line);)
    if (!line.starts_with("threads=")) kept += line + "\n";
  return kept;
}

train::Metrics evaluate(Task& task, data::Split split) {
  const torch::NoGradGuard no_grad;
  task.module().eval();
  return task.evaluate(split);
}

class Trainer {
 public:
  explicit Trainer(const TrainingRun& run)
      : run_(run),
        options_(run.options),
        stepper_(run.task, run.options, run.processes),
        key_{std::string(run.task.name()), run.options.seed, run.config_hash} {}

  Outcome run() {
    require_same_as_first(run_.processes, common_ground());
    run_.processes.barrier();  // nothing is written before all have agreed
    if (writes()) open_folder();
    share_state();
    last_save_ = Clock::now();
    const train::InterruptRequest interrupt;
    stop_ = alone() ? wish() : StopWish{minutes_used()};
    std::optional<Reason> reason;
    while (!(reason = stop_reason())) advance();
    Outcome outcome = finish(*reason);
    run_.processes.barrier();  // what fails in the first one's test is an error of all
    return outcome;
  }

 private:
  using Reason = Outcome::Reason;
  static constexpr std::int64_t kBeforeStart = -1;  ///< no line of metrics belongs to it

  [[nodiscard]] bool alone() const { return run_.processes.size() == 1; }
  [[nodiscard]] bool writes() const { return run_.processes.rank() == 0; }
  [[nodiscard]] const train::RunFolder& folder() const { return *run_.folder; }

  /// What all processes must have alike.
  [[nodiscard]] std::string common_ground() const {
    return "version=" + std::string(base::version()) + "\ntask=" + key_.task + "\n" +
           without_threads(run_.config) + layout_of(module_tensors(run_.task.module()));
  }

  /// Everything that the loop reads or writes there, before the first step.
  void open_folder() {
    const bool resumed = restore();
    train::RunFolder::write_text(folder().config(), run_.config);
    folder().rewind(resumed ? progress_.step : kBeforeStart);
    log_.emplace(folder().metrics());
    if (!resumed) start();
  }

  /// Parameters, buffers, the optimiser's state and how far the training is, from the first one.
  void share_state() {
    NamedTensors state = module_tensors(run_.task.module());
    const NamedTensors of_optimizer = stepper_.optimizer().state();
    state.insert(state.end(), of_optimizer.begin(), of_optimizer.end());
    static_assert(std::is_trivially_copyable_v<Progress>);
    state.emplace_back("progress", at::from_blob(&progress_, {sizeof(Progress)}, at::kByte));
    take_from_first(run_.processes, state);
  }

  /// Loads the last checkpoint; false where there is none.
  bool restore() {
    const fs::path last = folder().last();
    if (!fs::exists(last)) {
      base::require(!fs::exists(folder().best()), "there is no '", last.string(),
                    "', but a best.safetensors beside it: the run is damaged");
      return false;
    }
    const Checkpoint checkpoint(last);
    check_key(checkpoint, last, key_.task, key_.config_hash);
    restore_best(checkpoint.progress());
    checkpoint.load(run_.task.module(), stepper_.optimizer());
    progress_ = checkpoint.progress();
    saved_step_ = progress_.step;
    return true;
  }

  /// The process may have died after writing a last checkpoint that is the best so far, and before
  /// it wrote the same as the best one.
  void restore_best(const Progress& progress) const {
    if (progress.best_step == 0) return;
    const fs::path best = folder().best();
    if (progress.best_step == progress.step) {
      const std::vector<std::uint8_t> bytes = base::read_file(folder().last());
      base::replace_file(best, std::array{std::span<const std::uint8_t>(bytes)});
    }
    const std::int64_t step = Checkpoint(best).progress().step;
    base::require(step == progress.best_step, best.string(), ": this is of step ", step,
                  ", but the run's best step is ", progress.best_step);
  }

  void start() {
    Event event{"start", 0, {}};
    event.fields = {{"task", key_.task},
                    {"version", std::string(base::version())},
                    {"threads", static_cast<std::int64_t>(at::get_num_threads())},
                    {"simd", base::simd_target()},
                    {"processes", static_cast<std::int64_t>(run_.processes.size())},
                    {"parameters", stepper_.parameter_count()}};
    write(event);
    save();
  }

  [[nodiscard]] bool minutes_used() const {
    return options_.minutes && progress_.seconds >= *options_.minutes * 60;
  }

  /// What this process wants. Minutes are those of the first one's clock.
  [[nodiscard]] StopWish wish() const {
    return {writes() && minutes_used(), train::InterruptRequest::signal()};
  }

  [[nodiscard]] std::optional<Reason> stop_reason() const {
    if (!not_finite_.empty()) return Reason::kNotFinite;
    if (stop_.signal != 0) return Reason::kInterrupt;
    if (options_.steps && progress_.step >= *options_.steps) return Reason::kSteps;
    if (stop_.minutes) return Reason::kMinutes;
    return {};
  }

  /// One step, and what is due after it.
  void advance() {
    const auto before = Clock::now();
    const StepResult result = stepper_.step(progress_.step + 1, wish());
    progress_.seconds += std::chrono::duration<double>(Clock::now() - before).count();
    if (!result.not_finite.empty()) return stop_not_finite(progress_.step + 1, result.not_finite);
    ++progress_.step;
    stop_ = alone() ? wish() : result.stop;
    progress_.loss_sum += result.loss;
    progress_.gradient_norm_sum += result.gradient_norm;
    ++progress_.summed_steps;
    if (progress_.step % options_.log_every == 0) log_training();
    if (progress_.step % *options_.validate_every == 0) {
      validate();
    } else if (Clock::now() - last_save_ >= kCheckpointInterval) {
      save();
    }
    run_.console.progress(
        {progress_.step, options_.steps, progress_.seconds, seconds_budget(), result.loss});
  }

  void log_training() {
    const auto steps = static_cast<double>(progress_.summed_steps);
    const double seconds = progress_.seconds - progress_.logged_seconds;
    Event event{"train", progress_.step, {}};
    event.fields = {{"seconds", progress_.seconds},
                    {"loss", progress_.loss_sum / steps},
                    {"gradient_norm", progress_.gradient_norm_sum / steps},
                    {"samples_per_second", steps * static_cast<double>(*options_.batch) / seconds}};
    if (!alone()) {
      event.fields.emplace_back("all_reduce_bytes", stepper_.sum().bytes());
      event.fields.emplace_back("all_reduce_seconds",
                                (stepper_.sum().seconds() - logged_exchange_) / steps);
      logged_exchange_ = stepper_.sum().seconds();
    }
    write(event);
    progress_.loss_sum = progress_.gradient_norm_sum = 0;
    progress_.summed_steps = 0;
    progress_.logged_seconds = progress_.seconds;
  }

  /// Figures, snapshot and checkpoints of the current step, by the first process; the others wait
  /// for what it found.
  void validate() {
    if (writes()) validate_and_save();
    progress_.validated_step = progress_.step;
    const std::string what = text_of_first(run_.processes, not_finite_);
    if (!what.empty()) stop_not_finite(progress_.step, what);
  }

  void validate_and_save() {
    const train::Metrics metrics = evaluate(run_.task, data::Split::kValidation);
    if (const std::string what = what_is_not_finite(metrics); !what.empty()) {
      return stop_not_finite(progress_.step, what);
    }
    progress_.validated_step = progress_.step;
    const bool best = note_best(metrics);
    Event event{"validation", progress_.step, {{"seconds", progress_.seconds}}};
    event.add(metrics);
    event.fields.emplace_back("best", best);
    write(event);
    save_snapshot();
    save();
    if (best) save_to(folder().best());
  }

  /// Whether this validation is the best so far; the first one is.
  bool note_best(const train::Metrics& metrics) {
    const BestRule rule = run_.task.best_rule();
    const double value = figure(metrics, rule.metric);
    const bool better =
        rule.higher_is_better ? value > progress_.best_value : value < progress_.best_value;
    if (progress_.best_step != 0 && !better) return false;
    progress_.best_step = progress_.step;
    progress_.best_value = value;
    return true;
  }

  void save_snapshot() {
    const torch::NoGradGuard no_grad;
    Snapshot snapshot = run_.task.snapshot(progress_.step);
    snapshot.metadata["step"] = std::to_string(progress_.step);
    snapshot.metadata["task"] = key_.task;
    const fs::path path = folder().snapshot(progress_.step);
    fs::create_directories(path.parent_path());
    save_tensors(path, snapshot.tensors, snapshot.metadata);
  }

  /// Writes last.safetensors; the metrics up to here are on the disk before it.
  void save() {
    last_save_ = Clock::now();
    saved_step_ = progress_.step;
    if (!writes()) return;
    log_->sync();
    save_to(folder().last());
  }

  void save_to(const fs::path& path) {
    save_checkpoint(path, key_, progress_, run_.task.module(), stepper_.optimizer(),
                    run_.task.checkpoint_metadata());
  }

  void stop_not_finite(std::int64_t step, std::string_view what) {
    not_finite_step_ = step;
    not_finite_ = what;
  }

  Outcome finish(Reason reason) {
    const bool budget_used = reason == Reason::kSteps || reason == Reason::kMinutes;
    if (budget_used && progress_.validated_step != progress_.step) validate();
    if (!not_finite_.empty()) return end_not_finite();
    Outcome outcome{reason, 0, progress_.step, {}, {}};
    if (!budget_used) {
      outcome.signal = stop_.signal;
      save();
    } else if (writes()) {
      outcome.test = test();
    }
    write_end(progress_.step, reason);
    return outcome;
  }

  /// The last checkpoint stays as it is.
  Outcome end_not_finite() {
    write_end(not_finite_step_, Reason::kNotFinite);
    Outcome outcome{Reason::kNotFinite, 0, progress_.step, {}, {}};
    if (!writes()) return outcome;
    outcome.message = "step " + std::to_string(not_finite_step_) + ": " + not_finite_ +
                      " is NaN or infinite; a smaller learning rate may help. The last good "
                      "checkpoint, of step " +
                      std::to_string(saved_step_) + ", is '" + folder().last().string() + "'";
    return outcome;
  }

  void write_end(std::int64_t step, Reason reason) {
    Event event{"end", step, {{"seconds", progress_.seconds}}};
    event.fields.emplace_back("reason", std::string(reason_name(reason)));
    write(event);
  }

  Event test() {
    Event event = evaluate_best(run_.task, folder(), run_.config_hash, data::Split::kTest);
    event.fields.emplace(event.fields.begin(), "seconds", progress_.seconds);
    write(event);
    const torch::NoGradGuard no_grad;
    run_.task.write_results(folder().results());
    return event;
  }

  [[nodiscard]] std::optional<double> seconds_budget() const {
    if (!options_.minutes) return {};
    return *options_.minutes * 60;
  }

  void write(const Event& event) {
    if (!writes()) return;
    log_->write(event);
    run_.console.event(event);
  }

  const TrainingRun& run_;
  const train::Options& options_;
  Stepper stepper_;
  CheckpointKey key_;
  Progress progress_;
  std::optional<train::MetricsLog> log_;
  StopWish stop_;               ///< of all processes
  double logged_exchange_ = 0;  ///< seconds of all-reduces at the last line of metrics
  std::string not_finite_;      ///< what was NaN or infinite; empty while all is well
  std::int64_t not_finite_step_ = 0;
  std::int64_t saved_step_ = 0;
  Clock::time_point last_save_;
};

}  // namespace

std::string_view reason_name(Outcome::Reason reason) {
  constexpr std::array<std::string_view, 4> kNames = {"steps", "minutes", "interrupt",
                                                      "not_finite"};
  return kNames[static_cast<std::size_t>(reason)];
}

void prepare_torch(const train::Options& options) {
  at::set_num_threads(options.threads);
  torch::manual_seed(options.seed);
}

Outcome run_training(const TrainingRun& run) { return Trainer(run).run(); }

train::Event evaluate_best(Task& task, const train::RunFolder& folder,
                           const std::string& config_hash, data::Split split) {
  const fs::path path = folder.best();
  base::require(fs::exists(path), "there is no '", path.string(),
                "': the run has had no validation yet");
  const Checkpoint checkpoint(path);
  check_key(checkpoint, path, std::string(task.name()), config_hash);
  checkpoint.load(task.module());
  Event event{std::string(data::split_name(split)), checkpoint.progress().step, {}};
  event.add(evaluate(task, split));
  return event;
}

}  // namespace pliant
