// tests/damage.h — files that are damaged in every small way, for readers that must survive them
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "pliant/base/random.h"

namespace pliant::tests {

using Bytes = std::vector<std::uint8_t>;

/// Calls entry(bytes) for every truncation, the whole file included, and for every byte with every
/// other value; in files of more than 64 bytes with 5 of them, and in files of more than 2 KiB for
/// 2,048 bytes and truncations spread over them.
template <class Entry>
void damage(const Bytes& file, const Entry& entry) {
  const std::size_t every = file.size() / 2048 + 1;
  for (std::size_t size = 0; size < file.size(); size += every) entry(std::span(file).first(size));
  entry(std::span(file));
  const int step = file.size() <= 64 ? 1 : 63;
  Bytes spoilt = file;
  for (std::size_t at = 0; at < file.size(); at += every) {
    for (int flip = 1; flip < 256; flip += step) {
      spoilt[at] = static_cast<std::uint8_t>(file[at] ^ flip);
      entry(std::span<const std::uint8_t>(spoilt));
    }
    spoilt[at] = file[at];
  }
}

/// Calls entry(bytes) for the begin of one file and the end of another, with a byte drawn anew.
template <class Entry>
void splice(const std::vector<Bytes>& files, int rounds, const Entry& entry) {
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
    entry(std::span<const std::uint8_t>(bytes));
  }
}

}  // namespace pliant::tests
