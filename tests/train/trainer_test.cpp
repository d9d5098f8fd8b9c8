// tests/train/trainer_test.cpp — the training loop on the smallest task
#include "pliant/train/torch/trainer.h"

#include <doctest/doctest.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "pliant/base/file.h"
#include "pliant/base/torch/communicator.h"
#include "pliant/train/torch/checkpoint.h"
#include "tests/data/scratch_folder.h"
#include "tests/train/line_task.h"

namespace pliant {
namespace {

namespace fs = std::filesystem;

train::Options line_options(std::int64_t steps) {
  train::Options options;
  options.batch = 8;
  options.learning_rate = 0.05;
  options.steps = steps;
  options.validate_every = 20;
  options.log_every = 15;
  options.threads = 1;
  train::settle(options);
  return options;
}

struct Setting {
  train::Options options;
  std::string hash = "same";
  std::int64_t bad_step = 0;
};

/// Trains from the folder's last checkpoint, or from the beginning.
Outcome train_line(const fs::path& path, const Setting& setting) {
  const train::RunFolder folder = fs::exists(path / "config.toml") ? train::RunFolder::open(path)
                                                                   : train::RunFolder::create(path);
  prepare_torch(setting.options);
  tests::LineTask task;
  task.bad_step = setting.bad_step;
  train::Console console(train::Console::Mode::kQuiet);
  const auto processes = single_process();
  const std::string config = "steps=1\n";
  return run_training({task, setting.options, &folder, config, setting.hash, *processes, console});
}

std::vector<nlohmann::json> metrics_of(const fs::path& run) {
  std::vector<nlohmann::json> events;
  std::ifstream file(run / "metrics.jsonl");
  for (std::string line; std::getline(file, line);) {
    nlohmann::json event = nlohmann::json::parse(line);
    event.erase("seconds");
    event.erase("samples_per_second");
    events.push_back(event);
  }
  return events;
}

/// The tensors of a checkpoint as bytes by name.
std::map<std::string, std::string> bytes_of(const fs::path& path) {
  std::map<std::string, std::string> bytes;
  const auto file = data::SafetensorsFile::open(path);
  for (const auto& [name, view] : file.tensors()) {
    bytes[name] = std::string(static_cast<const char*>(view.data), view.bytes);
  }
  return bytes;
}

}  // namespace

TEST_CASE("a training goes to its budget, validates, keeps the best and tests it") {
  const tests::ScratchFolder scratch;
  const fs::path run = scratch / "run";
  const Outcome outcome = train_line(run, {line_options(50)});
  CHECK(outcome.reason == Outcome::Reason::kSteps);
  CHECK(outcome.step == 50);
  std::vector<std::string> events;
  for (const auto& event : metrics_of(run)) {
    events.push_back(event["event"].get<std::string>() + " " + event["step"].dump());
  }
  CHECK(events == std::vector<std::string>{"start 0", "train 15", "validation 20", "train 30",
                                           "validation 40", "train 45", "validation 50", "test 50",
                                           "end 50"});
  CHECK(fs::exists(run / "snapshots" / "step_00000040.safetensors"));
  CHECK(bytes_of(run / "best.safetensors") == bytes_of(run / "last.safetensors"));
  CHECK(metrics_of(run).back()["reason"] == "steps");
}

TEST_CASE("results are those of the best checkpoint, and none if a number was not finite") {
  const tests::ScratchFolder scratch;
  train_line(scratch / "whole", {line_options(50)});
  float written = 0;
  std::ifstream(scratch / "whole" / "results" / "line.txt") >> written;
  const std::string best = bytes_of(scratch / "whole" / "best.safetensors")["model/weight"];
  float expected = 0;
  std::memcpy(&expected, best.data(), sizeof expected);
  CHECK(written == doctest::Approx(expected));
  train_line(scratch / "bad", {line_options(50), "same", 30});
  CHECK_FALSE(fs::exists(scratch / "bad" / "results"));
}

TEST_CASE("a training that was stopped goes on to the same bits and metrics") {
  const tests::ScratchFolder scratch;
  train_line(scratch / "whole", {line_options(70)});
  train_line(scratch / "parts", {line_options(20)});
  train_line(scratch / "parts", {line_options(40)});
  train_line(scratch / "parts", {line_options(70)});
  CHECK(bytes_of(scratch / "whole" / "last.safetensors") ==
        bytes_of(scratch / "parts" / "last.safetensors"));
  CHECK(metrics_of(scratch / "whole") == metrics_of(scratch / "parts"));
}

TEST_CASE("a process that died between the last and the best checkpoint loses nothing") {
  const tests::ScratchFolder scratch;
  const fs::path run = scratch / "run";
  train_line(run, {line_options(20)});
  const auto best = bytes_of(run / "best.safetensors");
  SUBCASE("the first best one was missing") { fs::remove(run / "best.safetensors"); }
  SUBCASE("an older one was there") {
    data::write_safetensors(run / "best.safetensors", {}, {{"step", "1"}});
  }
  train_line(run, {line_options(20)});
  CHECK(bytes_of(run / "best.safetensors") == best);
}

TEST_CASE("NaN ends the training at its step, and the last checkpoint stays") {
  const tests::ScratchFolder scratch;
  const fs::path run = scratch / "run";
  const Outcome outcome = train_line(run, {line_options(50), "same", /*bad_step=*/33});
  CHECK(outcome.reason == Outcome::Reason::kNotFinite);
  CHECK(outcome.message.find("step 33: an output of the network is NaN or infinite") == 0);
  CHECK(outcome.message.find("of step 20") != std::string::npos);
  CHECK(Checkpoint(run / "last.safetensors").progress().step == 20);
  const auto end = metrics_of(run).back();
  CHECK(end["reason"] == "not_finite");
  CHECK(end["step"] == 33);
}

TEST_CASE("a run goes on with its own options and data only") {
  const tests::ScratchFolder scratch;
  const fs::path run = scratch / "run";
  train_line(run, {line_options(20)});
  const auto before = base::read_file(run / "last.safetensors");
  CHECK_THROWS_WITH_AS(train_line(run, {line_options(40), "other"}),
                       doctest::Contains("made with other options"), std::invalid_argument);
  fs::resize_file(run / "last.safetensors", 100);
  CHECK_THROWS_AS(train_line(run, {line_options(40)}), std::invalid_argument);
  fs::remove(run / "last.safetensors");
  CHECK_THROWS_WITH_AS(train_line(run, {line_options(40)}), doctest::Contains("the run is damaged"),
                       std::invalid_argument);
}

TEST_CASE("a training stops after its minutes, and they count over a resume") {
  const tests::ScratchFolder scratch;
  const fs::path run = scratch / "run";
  train::Options options = line_options(1);
  options.steps.reset();
  options.minutes = 0.2 / 60;
  const Outcome outcome = train_line(run, {options});
  CHECK(outcome.reason == Outcome::Reason::kMinutes);
  CHECK(train_line(run, {options}).step == outcome.step);
}

}  // namespace pliant
