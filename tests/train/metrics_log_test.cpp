// tests/train/metrics_log_test.cpp — metrics.jsonl, written and rewound
#include "pliant/train/metrics_log.h"

#include <doctest/doctest.h>

#include <fstream>
#include <limits>
#include <sstream>

#include "tests/data/scratch_folder.h"

namespace pliant::train {
namespace {

std::string read(const std::filesystem::path& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

void append(const std::filesystem::path& path, const std::string& text) {
  std::ofstream(path, std::ios::app) << text;
}

}  // namespace

TEST_CASE("an event is one flat JSON object, its fields in order") {
  Event event{"validation", 20, {{"seconds", 1.5}, {"best", true}}};
  event.add({{"exact", 0.25}});
  event.fields.emplace_back("reason", std::string("a \"b\""));
  event.fields.emplace_back("threads", std::int64_t{2});
  CHECK(to_json(event) ==
        R"({"event":"validation","step":20,"seconds":1.5,"best":true,"exact":0.25,)"
        R"("reason":"a \"b\"","threads":2})");
}

TEST_CASE("numbers that JSON has not are texts") {
  const double inf = std::numeric_limits<double>::infinity();
  const Event event{
      "train", 1, {{"a", std::numeric_limits<double>::quiet_NaN()}, {"b", -inf}, {"c", inf}}};
  CHECK(to_json(event) == R"({"event":"train","step":1,"a":"nan","b":"-inf","c":"inf"})");
}

TEST_CASE("rewinding keeps the lines up to the step, and drops what ends a run and a torn line") {
  const tests::ScratchFolder scratch;
  const auto path = scratch / "metrics.jsonl";
  {
    MetricsLog log(path);
    log.write({"start", 0, {}});
    log.write({"train", 10, {}});
    log.write({"train", 20, {}});
    log.write({"test", 10, {}});
    log.write({"end", 10, {}});
    log.sync();
  }
  append(path, R"({"event":"trai)");
  rewind_metrics(path, 10);
  const std::string kept = "{\"event\":\"start\",\"step\":0}\n{\"event\":\"train\",\"step\":10}\n";
  CHECK(read(path) == kept);
  MetricsLog(path).write({"train", 20, {}});
  CHECK(read(path) == kept + "{\"event\":\"train\",\"step\":20}\n");
}

TEST_CASE("rewinding before the start leaves an empty file, and no file where there is none") {
  const tests::ScratchFolder scratch;
  const auto path = scratch / "metrics.jsonl";
  rewind_metrics(path, 10);
  CHECK_FALSE(std::filesystem::exists(path));
  MetricsLog(path).write({"start", 0, {}});
  rewind_metrics(path, -1);
  CHECK(read(path).empty());
}

TEST_CASE("a line that is no event is an error with its number, and the file stays") {
  const tests::ScratchFolder scratch;
  const auto path = scratch / "metrics.jsonl";
  const std::string text = "{\"event\":\"start\",\"step\":0}\nhello\n";
  append(path, text);
  CHECK_THROWS_WITH_AS(rewind_metrics(path, 5),
                       doctest::Contains("metrics.jsonl:2: not an event of a run"),
                       std::invalid_argument);
  CHECK(read(path) == text);
}

TEST_CASE("a log in a folder that is not there is an error that names it") {
  const tests::ScratchFolder scratch;
  CHECK_THROWS_WITH_AS(MetricsLog(scratch / "none" / "metrics.jsonl"),
                       doctest::Contains("none/metrics.jsonl"), std::system_error);
}

}  // namespace pliant::train
