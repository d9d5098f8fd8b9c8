// tests/train/run_folder_test.cpp — making, locking and rewinding the folder of a run
#include "pliant/train/run_folder.h"

#include <doctest/doctest.h>

#include <fstream>
#include <stdexcept>
#include <system_error>

#include "tests/data/scratch_folder.h"

namespace pliant::train {
namespace {

void touch(const std::filesystem::path& path) {
  std::filesystem::create_directories(path.parent_path());
  std::ofstream(path) << "x";
}

}  // namespace

TEST_CASE("a new folder is made with what is above it") {
  const tests::ScratchFolder scratch;
  const RunFolder folder = RunFolder::create(scratch / "a" / "b");
  CHECK(std::filesystem::is_directory(scratch / "a" / "b"));
  CHECK(folder.snapshot(100).filename() == "step_00000100.safetensors");
}

TEST_CASE("a folder with any file of a run is not made again") {
  for (const char* file :
       {"config.toml", "metrics.jsonl", "last.safetensors", "best.safetensors"}) {
    CAPTURE(file);
    const tests::ScratchFolder scratch;
    touch(scratch / file);
    CHECK_THROWS_WITH_AS(RunFolder::create(scratch.path()),
                         doctest::Contains("holds a run already"), std::invalid_argument);
    CHECK(tests::count_files(scratch.path()) == 1);
  }
}

TEST_CASE("a folder that cannot be made is an error that names it") {
  const tests::ScratchFolder scratch;
  touch(scratch / "file");
  CHECK_THROWS_WITH_AS(RunFolder::create(scratch / "file" / "run"), doctest::Contains("file/run"),
                       std::system_error);
}

TEST_CASE("opening says what is missing") {
  const tests::ScratchFolder scratch;
  CHECK_THROWS_WITH_AS(RunFolder::open(scratch / "none"), doctest::Contains("there is no folder"),
                       std::invalid_argument);
  CHECK_THROWS_WITH_AS(RunFolder::open(scratch.path()),
                       doctest::Contains("there is no config.toml in it"), std::invalid_argument);
}

TEST_CASE("one process at a time writes to a run; others may read it") {
  const tests::ScratchFolder scratch;
  touch(scratch / "config.toml");
  {
    const RunFolder writer = RunFolder::open(scratch.path());
    CHECK_THROWS_WITH_AS(RunFolder::open(scratch.path()),
                         doctest::Contains("in use by another process"), std::invalid_argument);
    CHECK_NOTHROW(RunFolder::read(scratch.path()));
  }
  CHECK_NOTHROW(RunFolder::open(scratch.path()));
}

TEST_CASE("rewinding removes the snapshots of later steps") {
  const tests::ScratchFolder scratch;
  touch(scratch / "config.toml");
  const RunFolder folder = RunFolder::open(scratch.path());
  for (std::int64_t step : {9, 10, 100}) touch(folder.snapshot(step));
  folder.rewind(10);
  CHECK(std::filesystem::exists(folder.snapshot(9)));
  CHECK(std::filesystem::exists(folder.snapshot(10)));
  CHECK_FALSE(std::filesystem::exists(folder.snapshot(100)));
  folder.rewind(-1);
  CHECK_FALSE(std::filesystem::exists(folder.snapshot(9)));
}

TEST_CASE("removing a run leaves other files") {
  const tests::ScratchFolder scratch;
  for (const char* file : {"config.toml", "best.safetensors", "notes.txt"}) touch(scratch / file);
  RunFolder::remove_run(scratch.path());
  CHECK(tests::count_files(scratch.path()) == 1);
  CHECK(std::filesystem::exists(scratch / "notes.txt"));
}

}  // namespace pliant::train
