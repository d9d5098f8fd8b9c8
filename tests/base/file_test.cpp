// tests/base/file_test.cpp — replace_file: whole or not at all, through failures and kills
#include "pliant/base/file.h"

#include <doctest/doctest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <fstream>
#include <string>
#include <system_error>
#include <thread>

#include "tests/data/scratch_folder.h"

namespace pliant::base {
namespace {

using Bytes = std::vector<std::uint8_t>;
using doctest::Contains;
using tests::count_files;

void replace(const std::filesystem::path& path, const Bytes& bytes) {
  const std::array<std::span<const std::uint8_t>, 1> parts = {bytes};
  replace_file(path, parts);
}

TEST_CASE("parts are written one after another, and replace what was there") {
  const tests::ScratchFolder folder;
  const Bytes first = {1, 2};
  const Bytes second = {3};
  const std::array<std::span<const std::uint8_t>, 3> parts = {first, {}, second};
  replace_file(folder / "f", parts);
  CHECK(read_file(folder / "f") == Bytes{1, 2, 3});
  replace(folder / "f", {});
  CHECK(read_file(folder / "f").empty());
  CHECK(count_files(folder.path()) == 1);
}

TEST_CASE("a path without a folder means the current one") {
  const tests::ScratchFolder folder;
  const auto before = std::filesystem::current_path();
  std::filesystem::current_path(folder.path());
  replace("here", {9});
  std::filesystem::current_path(before);
  CHECK(read_file(folder / "here") == Bytes{9});
}

TEST_CASE("a temporary that a killed process left is harmless, however long") {
  const tests::ScratchFolder folder;
  replace(folder / "f", {1});
  std::ofstream(folder / "f.tmp") << std::string(1000, 'x');  // Between write and rename: killed.
  CHECK(read_file(folder / "f") == Bytes{1});
  replace(folder / "f", {2});
  CHECK(read_file(folder / "f") == Bytes{2});
  CHECK(count_files(folder.path()) == 1);
}

TEST_CASE("a full disk leaves the old file, no temporary, and an error with path and reason") {
  const tests::ScratchFolder folder;
  replace(folder / "f", {1, 2, 3});
  // A limit on the size of files stands for the full disk: the write comes short, then fails.
  const auto old_handler = signal(SIGXFSZ, SIG_IGN);
  rlimit old_limit{};
  getrlimit(RLIMIT_FSIZE, &old_limit);
  rlimit limit = old_limit;
  limit.rlim_cur = 1000;
  setrlimit(RLIMIT_FSIZE, &limit);
  std::string message;
  try {
    replace(folder / "f", Bytes(5000, 7));
  } catch (const std::system_error& error) {
    message = error.what();
  }
  setrlimit(RLIMIT_FSIZE, &old_limit);
  signal(SIGXFSZ, old_handler);
  CHECK(message == "cannot write '" + (folder / "f").string() + "': File too large");
  CHECK(read_file(folder / "f") == Bytes{1, 2, 3});
  CHECK(count_files(folder.path()) == 1);
}

TEST_CASE("folders that are not there, not folders, or in the way") {
  const tests::ScratchFolder folder;
  CHECK_THROWS_WITH_AS(replace(folder / "none/f", {1}),
                       Contains("none/f': No such file or directory"), std::system_error);
  replace(folder / "f", {1});
  CHECK_THROWS_WITH_AS(replace(folder / "f/g", {1}), Contains("Not a directory"),
                       std::system_error);
  std::filesystem::create_directory(folder / "d");
  CHECK_THROWS_WITH_AS(replace(folder / "d", {1}), Contains("cannot replace"), std::system_error);
  CHECK(count_files(folder.path()) == 2);
}

TEST_CASE("kill -9 at any moment leaves the old bytes or the new ones") {
  const tests::ScratchFolder folder;
  const std::filesystem::path path = folder / "f";
  replace(path, Bytes(300'000, 0));
  for (int round = 0; round < 15; ++round) {
    const pid_t child = fork();
    if (child == 0) {
      for (std::uint8_t value = 1;; ++value) replace(path, Bytes(300'000, value));
    }
    std::this_thread::sleep_for(std::chrono::microseconds(500 + 1700 * round));
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
    const Bytes now = read_file(path);
    REQUIRE(now.size() == 300'000);
    CHECK(now == Bytes(300'000, now.front()));
  }
  replace(path, {1});
  CHECK(count_files(folder.path()) == 1);
}

TEST_CASE("threads that replace the same file take turns") {
  const tests::ScratchFolder folder;
  std::vector<std::thread> writers;
  for (std::uint8_t w = 0; w < 4; ++w) {
    writers.emplace_back([&, w] {
      for (int i = 0; i < 30; ++i) replace(folder / "f", Bytes(20'000, w));
    });
  }
  for (std::thread& writer : writers) writer.join();
  const Bytes now = read_file(folder / "f");
  CHECK(now == Bytes(20'000, now.front()));
  CHECK(count_files(folder.path()) == 1);
}

}  // namespace
}  // namespace pliant::base
