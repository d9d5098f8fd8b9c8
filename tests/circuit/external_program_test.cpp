// tests/circuit/external_program_test.cpp — programs that are missing, fail, talk a lot or hang
#include "pliant/circuit/proof/external_program.h"

#include <doctest/doctest.h>

#include <chrono>
#include <csignal>

namespace pliant::circuit {
namespace {

TEST_CASE("output and exit code of a program") {
  const ProgramResult result = run_program({"sh", "-c", "echo one; echo two >&2; exit 3"}, 10);
  CHECK(result.found);
  CHECK_FALSE(result.timed_out);
  CHECK(result.code == 3);
  CHECK(result.output == "one\ntwo\n");
}

TEST_CASE("arguments reach the program as they are") {
  CHECK(run_program({"printf", "%s|", "a b", "$HOME", "'", ""}, 10).output == "a b|$HOME|'||");
}

TEST_CASE("a program that is not there") {
  CHECK_FALSE(run_program({"no-such-program-here"}, 10).found);
}

TEST_CASE("where children's exit codes are thrown away, no program is said to have succeeded") {
  auto* const kept = std::signal(SIGCHLD, SIG_IGN);
  const ProgramResult result = run_program({"sh", "-c", "exit 3"}, 10);
  std::signal(SIGCHLD, kept);
  CHECK(result.found);
  CHECK(result.code == -1);
}

TEST_CASE("a program that hangs is ended with what it has started") {
  const auto start = std::chrono::steady_clock::now();
  const ProgramResult result = run_program({"sh", "-c", "echo begun; sleep 60 & sleep 60"}, 0.3);
  CHECK(result.timed_out);
  CHECK(result.output == "begun\n");
  CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(20));
  // One that has closed its streams is waited for no longer.
  CHECK(run_program({"sh", "-c", "exec >&- 2>&-; sleep 60"}, 0.3).timed_out);
}

TEST_CASE("long output is cut") {
  const ProgramResult result = run_program({"sh", "-c", "yes | head -c 3000000"}, 30);
  CHECK(result.code == 0);
  CHECK(result.output.size() == std::size_t{1} << 20);
}

TEST_CASE("a temporary folder goes away with its files") {
  std::filesystem::path path;
  {
    const TemporaryFolder folder;
    path = folder.path();
    folder.write("a", "text");
    CHECK(run_program({"cat", "a"}, 10, path).output == "text");
  }
  CHECK_FALSE(std::filesystem::exists(path));
}

TEST_CASE("a program's path is where it is run from, and empty if it is not there") {
  const auto shell = program_path("sh");
  CHECK(shell.filename() == "sh");
  CHECK(run_program({shell.string(), "-c", "echo here"}, 10).output == "here\n");
  CHECK(program_path(shell.string()) == shell);
  CHECK(program_path("no-such-program-here").empty());
  CHECK(program_path("/").empty());
  CHECK(program_path("").empty());
  const TemporaryFolder folder;
  CHECK(program_path(folder.write("text", "not to be run").string()).empty());
}

}  // namespace
}  // namespace pliant::circuit
