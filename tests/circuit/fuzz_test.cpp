// tests/circuit/fuzz_test.cpp — what the fuzzers do, on files that are damaged in every small way
#include <doctest/doctest.h>

#include <string_view>
#include <vector>

#include "tests/circuit/fuzz/entries.h"
#include "tests/circuit/fuzz/small_files.h"
#include "tests/damage.h"

namespace pliant::circuit {
namespace {

using tests::Bytes;
using tests::damage;
using tests::splice;

Bytes bytes_of(std::string_view text) { return {text.begin(), text.end()}; }

TEST_CASE("a damaged .plc is refused or a circuit") {
  const std::vector<Bytes> files = small_files("plc");
  for (const Bytes& file : files) damage(file, fuzz_plc);
  splice(files, 10'000, fuzz_plc);
}

TEST_CASE("a damaged AIGER file is refused or a circuit") {
  const std::vector<Bytes> files = small_files("aiger");
  for (const Bytes& file : files) damage(file, fuzz_aiger);
  splice(files, 2000, fuzz_aiger);
}

TEST_CASE("a damaged BLIF file is refused or a circuit") {
  const std::vector<Bytes> files = small_files("blif");
  for (const Bytes& file : files) damage(file, fuzz_blif);
  splice(files, 4000, fuzz_blif);
}

TEST_CASE("what the fuzzers have found") {
  // A table that depended on an input only until two others were seen to be one, and zeros whose
  // table was read as that of ones: written again, the text was another.
  fuzz_blif(
      bytes_of(".inputs x0 x1 x2\n.outputs y0\n.names x1 n0\n0 1\n.names n1\n1\n"
               ".names x0 x2 n0 n2\n100 0\n001 0\n.names x0 x1 n1 n3\n-11 1\n0-1 1\n01- 1\n"
               ".names n3 y0\n0 1\n.end\n"));
}

}  // namespace
}  // namespace pliant::circuit
