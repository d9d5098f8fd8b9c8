// pliant/train/torch/trainer.cpp — the training loop that all tasks use
#include "pliant/train/torch/trainer.h"

#include <torch/torch.h>

#include <array>
#include <chrono>
#include <cmath>
#include <optional>

#include "pliant/base/errors.h"
#include "pliant/base/random.h"
#include "pliant/base/simd_target.h"
#include "pliant/base/version.h"
#include "pliant/data/file.h"
#include "pliant/train/interrupt.h"
#include "pliant/train/schedule.h"
#include "pliant/train/torch/checkpoint.h"
#include "pliant/train/torch/processes.h"
#include "pliant/train/torch/task.h"

namespace pliant {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;
using train::Event;

constexpr std::chrono::seconds kCheckpointInterval{60};

NamedTensors trained_parameters(const torch::nn::Module& module) {
  NamedTensors all;
  for (const auto& item : module.named_parameters()) {
    if (item.value().requires_grad()) all.emplace_back(item.key(), item.value());
  }
  return all;
}

std::int64_t count_numbers(const NamedTensors& tensors) {
  std::int64_t count = 0;
  for (const auto& [_, tensor] : tensors) count += tensor.numel();
  return count;
}

double figure(const train::Metrics& metrics, std::string_view name) {
  for (const auto& [metric, value] : metrics) {
    if (metric == name) return value;
  }
  base::fail("the task's validation has no figure '", name, "'");
}

/// The name of the first figure that is NaN or infinite.
std::optional<std::string> not_finite(const train::Metrics& metrics) {
  for (const auto& [metric, value] : metrics) {
    if (!std::isfinite(value)) return metric;
  }
  return {};
}

/// What a task draws from torch's own generator in a step depends on the seed and the step alone.
void seed_step(std::uint64_t seed, std::int64_t step) {
  base::Random random(seed, static_cast<std::uint64_t>(step), 0);
  const std::uint64_t high = random.next();
  torch::manual_seed((high << 32) | random.next());
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
        parameters_(trained_parameters(run.task.module())),
        optimizer_(options_.optimizer, parameters_),
        learning_rate_(train::learning_rate_schedule(options_)),
        key_{std::string(run.task.name()), options_.seed, run.config_hash} {
    base::require(options_.batch % run.processes.world() == 0, "batch must be a multiple of the ",
                  run.processes.world(), " processes, got ", options_.batch);
  }

  Outcome run() {
    const bool resumed = restore();
    run_.folder.rewind(progress_.step);
    log_.emplace(run_.folder.metrics());
    if (!resumed) {
      start();
      save();
    }
    last_save_ = Clock::now();
    const train::InterruptRequest interrupt;
    while (!(reason_ = stop_reason())) advance();
    return finish();
  }

 private:
  using Reason = Outcome::Reason;

  [[nodiscard]] bool writes() const { return run_.processes.rank() == 0; }

  /// Loads the last checkpoint; false where there is none.
  bool restore() {
    const fs::path last = run_.folder.last();
    if (!fs::exists(last)) {
      base::require(!fs::exists(run_.folder.best()), "there is no '", last.string(),
                    "', but a best.safetensors beside it: the run is damaged");
      return false;
    }
    const Checkpoint checkpoint(last);
    check_key(checkpoint, last, key_.task, key_.config_hash);
    checkpoint.load(run_.task.module(), optimizer_);
    progress_ = checkpoint.progress();
    saved_step_ = progress_.step;
    // The process may have died between the two files of a best validation.
    if (progress_.best_step == progress_.step && progress_.step > 0) save_to(run_.folder.best());
    return true;
  }

  void start() {
    Event event{"start", 0, {}};
    event.fields = {{"task", key_.task},
                    {"version", std::string(base::version())},
                    {"threads", static_cast<std::int64_t>(at::get_num_threads())},
                    {"simd", base::simd_target()},
                    {"parameters", count_numbers(parameters_)}};
    write(event);
  }

  [[nodiscard]] std::optional<Reason> stop_reason() const {
    if (!message_.empty()) return Reason::kNotFinite;
    if (train::InterruptRequest::signal() != 0) return Reason::kInterrupt;
    if (options_.steps && progress_.step >= *options_.steps) return Reason::kSteps;
    if (options_.minutes && progress_.seconds >= *options_.minutes * 60) return Reason::kMinutes;
    return {};
  }

  /// One step, and what is due after it.
  void advance() {
    const auto before = Clock::now();
    const bool good = step();
    progress_.seconds += std::chrono::duration<double>(Clock::now() - before).count();
    if (!good) return;
    if (progress_.step % options_.log_every == 0) log_training();
    if (progress_.step % *options_.validate_every == 0) {
      validate();
    } else if (Clock::now() - last_save_ >= kCheckpointInterval) {
      save();
    }
    run_.console.progress(
        {progress_.step, options_.steps, progress_.seconds, seconds_budget(), last_loss_});
  }

  /// Updates the parameters; false, and they are as they were, if a number is not finite.
  bool step() {
    const std::int64_t now = progress_.step + 1;
    const std::int64_t share = options_.batch / run_.processes.world();
    seed_step(options_.seed, now);
    run_.task.module().train();
    optimizer_.zero_grad();
    const BatchLoss batch =
        run_.task.loss({options_.seed, now, run_.processes.rank() * share, share});
    batch.loss.backward();
    average_gradients();
    const double norm = gradient_norm();
    last_loss_ = batch.loss.item<double>();
    if (!at::isfinite(batch.outputs.detach()).all().item<bool>()) {
      return stop_not_finite(now, "an output of the network");
    }
    if (!std::isfinite(last_loss_)) return stop_not_finite(now, "the loss");
    if (!std::isfinite(norm)) return stop_not_finite(now, "the gradient");
    optimizer_.step(learning_rate_.at(now));
    progress_.step = now;
    progress_.loss_sum += last_loss_;
    progress_.gradient_norm_sum += norm;
    ++progress_.summed_steps;
    return true;
  }

  bool stop_not_finite(std::int64_t step, const std::string& what) {
    message_ = "step " + std::to_string(step) + ": " + what +
               " is NaN or infinite (a smaller learning rate may help); the last good checkpoint, "
               "of step " +
               std::to_string(saved_step_) + ", is '" + run_.folder.last().string() + "'";
    return false;
  }

  void average_gradients() {
    if (run_.processes.world() == 1) return;
    for (const auto& [_, parameter] : parameters_) {
      if (!parameter.grad().defined()) continue;
      run_.processes.all_reduce(parameter.grad());
      parameter.mutable_grad().div_(run_.processes.world());
    }
  }

  [[nodiscard]] double gradient_norm() const {
    double sum = 0;
    for (const auto& [_, parameter] : parameters_) {
      if (!parameter.grad().defined()) continue;
      const double norm = parameter.grad().norm().item<double>();
      sum += norm * norm;
    }
    return std::sqrt(sum);
  }

  void log_training() {
    const auto steps = static_cast<double>(progress_.summed_steps);
    const double seconds = progress_.seconds - progress_.logged_seconds;
    Event event{"train", progress_.step, {}};
    event.fields = {{"seconds", progress_.seconds},
                    {"loss", progress_.loss_sum / steps},
                    {"gradient_norm", progress_.gradient_norm_sum / steps},
                    {"samples_per_second", steps * options_.batch / seconds}};
    write(event);
    progress_.loss_sum = progress_.gradient_norm_sum = 0;
    progress_.summed_steps = 0;
    progress_.logged_seconds = progress_.seconds;
  }

  /// Figures, snapshot and checkpoints of the current step.
  void validate() {
    const train::Metrics metrics = evaluate(run_.task, data::Split::kValidation);
    if (const auto bad = not_finite(metrics)) {
      stop_not_finite(progress_.step, "the validation's " + *bad);
      return;
    }
    const BestRule rule = run_.task.best_rule();
    const double value = figure(metrics, rule.metric);
    const bool best =
        progress_.best_step == 0 ||
        (rule.higher_is_better ? value > progress_.best_value : value < progress_.best_value);
    Event event{"validation", progress_.step, {{"seconds", progress_.seconds}}};
    event.add(metrics);
    event.fields.emplace_back("best", best);
    write(event);
    save_snapshot();
    progress_.validated_step = progress_.step;
    if (best) {
      progress_.best_step = progress_.step;
      progress_.best_value = value;
    }
    save();
    if (best && writes()) save_to(run_.folder.best());
  }

  void save_snapshot() {
    if (!writes()) return;
    const torch::NoGradGuard no_grad;
    Snapshot snapshot = run_.task.snapshot(progress_.step);
    snapshot.metadata["step"] = std::to_string(progress_.step);
    snapshot.metadata["task"] = key_.task;
    const fs::path path = run_.folder.snapshot(progress_.step);
    fs::create_directories(path.parent_path());
    save_tensors(path, snapshot.tensors, snapshot.metadata);
  }

  /// Writes last.safetensors; the metrics up to here are on the disk before it.
  void save() {
    last_save_ = Clock::now();
    saved_step_ = progress_.step;
    if (!writes()) return;
    log_->sync();
    save_to(run_.folder.last());
  }

  void save_to(const fs::path& path) const {
    save_checkpoint(path, key_, progress_, run_.task.module(), optimizer_);
  }

  Outcome finish() {
    Outcome outcome;
    const bool budget_used = *reason_ == Reason::kSteps || *reason_ == Reason::kMinutes;
    if (budget_used && progress_.validated_step != progress_.step) validate();
    if (!message_.empty()) reason_ = Reason::kNotFinite;
    if (reason_ == Reason::kInterrupt) {
      outcome.signal = train::InterruptRequest::signal();
      save();
    } else if (budget_used && message_.empty()) {
      outcome.test = test();
    }
    Event event{"end", progress_.step, {{"seconds", progress_.seconds}}};
    event.fields.emplace_back("reason", std::string(reason_name(*reason_)));
    write(event);
    outcome.reason = *reason_;
    outcome.step = progress_.step;
    outcome.message = message_;
    return outcome;
  }

  train::Event test() {
    Event event = evaluate_best(run_.task, run_.folder, run_.config_hash, data::Split::kTest);
    event.fields.emplace(event.fields.begin(), "seconds", progress_.seconds);
    write(event);
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
  NamedTensors parameters_;
  Optimizer optimizer_;
  train::Schedule learning_rate_;
  CheckpointKey key_;
  Progress progress_;
  std::optional<train::MetricsLog> log_;
  std::optional<Reason> reason_;
  std::string message_;  ///< what was not finite
  double last_loss_ = 0;
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
