// tests/circuit/fuzz_test.cpp — what the fuzzers do, on files that are damaged in every small way
#include <doctest/doctest.h>

#include <span>
#include <string_view>
#include <vector>

#include "pliant/base/random.h"
#include "tests/circuit/fuzz/entries.h"
#include "tests/circuit/fuzz/small_files.h"

namespace pliant::circuit {
namespace {

using Bytes = std::vector<std::uint8_t>;
using Entry = void (*)(std::span<const std::uint8_t>);

Bytes bytes_of(std::string_view text) { return {text.begin(), text.end()}; }

/// Every truncation; every byte with every other value, in files that are not small with some.
void damage(const Entry& entry, const Bytes& file) {
  for (std::size_t size = 0; size <= file.size(); ++size) entry(std::span(file).first(size));
  const int step = file.size() <= 64 ? 1 : 63;
  Bytes spoilt = file;
  for (std::size_t at = 0; at < file.size(); ++at) {
    for (int flip = 1; flip < 256; flip += step) {
      spoilt[at] = static_cast<std::uint8_t>(file[at] ^ flip);
      entry(spoilt);
    }
    spoilt[at] = file[at];
  }
}

/// The begin of one file and the end of another, with a byte drawn anew.
void splice(const Entry& entry, const std::vector<Bytes>& files, int rounds) {
  base::Random random(1, 0, 0);
  for (int round = 0; round < rounds; ++round) {
    const Bytes& first = files[random.below(static_cast<std::uint32_t>(files.size()))];
    const Bytes& second = files[random.below(static_cast<std::uint32_t>(files.size()))];
    const std::size_t begin = random.below(static_cast<std::uint32_t>(first.size()) + 1);
    const std::size_t end = random.below(static_cast<std::uint32_t>(second.size()) + 1);
    Bytes bytes(first.begin(), first.begin() + static_cast<std::ptrdiff_t>(begin));
    bytes.insert(bytes.end(), second.begin() + static_cast<std::ptrdiff_t>(end), second.end());
    if (!bytes.empty()) {
      bytes[random.below(static_cast<std::uint32_t>(bytes.size()))] =
          static_cast<std::uint8_t>(random.next());
    }
    entry(bytes);
  }
}

TEST_CASE("a damaged .plc is refused or a circuit") {
  const std::vector<Bytes> files = small_files("plc");
  for (const Bytes& file : files) damage(fuzz_plc, file);
  splice(fuzz_plc, files, 10'000);
}

TEST_CASE("a damaged AIGER file is refused or a circuit") {
  const std::vector<Bytes> files = small_files("aiger");
  for (const Bytes& file : files) damage(fuzz_aiger, file);
  splice(fuzz_aiger, files, 2000);
}

TEST_CASE("a damaged BLIF file is refused or a circuit") {
  const std::vector<Bytes> files = small_files("blif");
  for (const Bytes& file : files) damage(fuzz_blif, file);
  splice(fuzz_blif, files, 4000);
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
