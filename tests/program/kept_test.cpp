// tests/program/kept_test.cpp — what a run keeps for the way back: the same bits as running again
#include <doctest/doctest.h>

#include <cstddef>
#include <string>
#include <vector>

#include "pliant/base/aligned.h"
#include "pliant/base/random.h"
#include "tests/program/programs.h"

namespace {

using namespace pliant;  // NOLINT(google-build-using-namespace)
using program::Options;
using program::Program;

constexpr std::size_t kBatch = 150;  // three tiles, the last not full

/// A loop that goes on as often as its numbers say, so that tiles go by other recordings.
constexpr const char* kCounts = R"(
program counts(x[n]) {
  var y = x[0]
  var count = 0
  while y > 0.5 {
    y = y - 1
    count = count + y * x[1]
  }
  return count
}
)";

/// Long enough for many segments.
constexpr const char* kIterates = R"(
program iterates(x[n]) {
  var y[n] = x
  for step in 0 .. 900 { y = y + 0.01 * exp(-y) * x[0] }
  return y
}
)";

std::vector<double> numbers(std::size_t n, std::uint64_t seed) {
  base::Random random(seed, 0, 0);
  std::vector<double> x(n);
  for (double& each : x) each = 4 * random.uniform();
  return x;
}

/// One input (batch, n), and what came of it.
struct Trial {
  Program program;
  Options options;
  std::size_t n;
  std::vector<double> x;
  std::vector<double> y = {}, gradient = {};
  base::AlignedArray<double> memory = {};
  std::size_t bytes = 0;

  [[nodiscard]] std::span<const std::byte> kept() const {
    return {reinterpret_cast<const std::byte*>(memory.data()), bytes};
  }

  void run(bool keeps) {
    const auto shapes = program::output_shapes(program, options, {{n}});
    y.assign(kBatch * test::count_of(shapes[0]), 0);
    const program::Array<const double> from[] = {{{n}, x.data()}};
    const program::Array<double> to[] = {{shapes[0], y.data()}};
    const program::Keep keep = [&](std::size_t wanted) {
      CHECK(bytes == 0);  // asked once
      memory = base::AlignedArray<double>((wanted + 7) / 8);
      bytes = wanted;
      return reinterpret_cast<std::byte*>(memory.data());
    };
    bytes = 0;
    program::run<double>(program, options, kBatch, from, to, base::serial_executor(),
                         keeps ? keep : program::Keep());
  }

  const std::vector<double>& back(std::span<const std::byte> before, double* scale = nullptr) {
    gradient.assign(x.size(), 0);
    const auto shapes = program::output_shapes(program, options, {{n}});
    std::vector<double> upstream(y.size());
    for (std::size_t i = 0; i < upstream.size(); ++i)
      upstream[i] = 1 + 0.1 * static_cast<double>(i % 7);
    const program::Array<const double> from[] = {{{n}, x.data()}};
    const program::Array<const double> above[] = {{shapes[0], upstream.data()}};
    const program::Array<double> to[] = {{{n}, gradient.data()}};
    program::run_backward<double>(program, options, kBatch, from, above, to, scale,
                                  base::serial_executor(), before);
    return gradient;
  }
};

Trial trial(const char* text, std::size_t n) {
  return {Program::parse(text), test::logistic(3), n, numbers(kBatch * n, 1)};
}

}  // namespace

TEST_CASE("what is kept gives the bits of running again, as often as it is used") {
  for (const char* text : {kCounts, kIterates}) {
    CAPTURE(text);
    Trial it = trial(text, 5);
    it.run(false);
    const auto plain = it.y, gradient = it.back({});
    it.run(true);
    CHECK(it.bytes > 0);
    CHECK(it.y == plain);
    CHECK(it.back(it.kept()) == gradient);
    CHECK(it.back(it.kept()) == gradient);
  }
}

TEST_CASE("what is kept is read: other numbers in it give another gradient") {
  Trial it = trial(kIterates, 5);
  it.run(true);
  const auto gradient = it.back(it.kept());
  double* const last = it.memory.data() + it.bytes / 8 - 1;
  for (double* at = last - 4000; at <= last; ++at) *at = 0.5;
  CHECK(it.back(it.kept()) != gradient);
}

TEST_CASE("memory that no such run left is not used") {
  Trial it = trial(kIterates, 5);
  it.run(false);
  const auto gradient = it.back({});
  it.run(true);
  // Part of it; another run's of the same size; noise.
  CHECK(it.back(it.kept().first(it.bytes - 64)) == gradient);
  CHECK(it.back(it.kept().first(64)) == gradient);
  it.program = Program::parse(kIterates);  // its recordings are others
  CHECK(it.back(it.kept()) == gradient);
  it.memory[0] = 0.1;
  CHECK(it.back(it.kept()) == gradient);
}

TEST_CASE("a learned scale runs again") {
  Trial it = trial(kCounts, 5);
  it.run(false);
  double plain = 0, found = 0;
  const auto gradient = it.back({}, &plain);
  it.run(true);
  CHECK(it.back(it.kept(), &found) == gradient);
  CHECK(found == plain);
  CHECK(found != 0);
}
