// pliant/circuit/truth_table.h — functions of up to six bits as words of 64 (no torch)
#pragma once

#include <array>
#include <bit>
#include <cstdint>

namespace pliant::circuit {

/// The most inputs of a node: a hardware table has six.
inline constexpr int kMaxFanIn = 6;

/// A function of k ≤ 6 bits: bit `address` is its value where input i is bit i of `address`. Bits
/// from 2^k on are 0. (The order of the field's tools: berkeley-abc, kitty. A gate's number in
/// pliant/logic/gate.h counts inputs and entries from the other end.)
using TruthTable = std::uint64_t;

/// The entries of a table of k inputs: all ones.
constexpr TruthTable table_mask(int inputs) {
  return inputs >= kMaxFanIn ? ~TruthTable{0} : (TruthTable{1} << (1U << inputs)) - 1;
}

/// The table that is input i, for i < 6, to be masked.
inline constexpr std::array<TruthTable, kMaxFanIn> kProjection = {
    0xAAAAAAAAAAAAAAAAU, 0xCCCCCCCCCCCCCCCCU, 0xF0F0F0F0F0F0F0F0U,
    0xFF00FF00FF00FF00U, 0xFFFF0000FFFF0000U, 0xFFFFFFFF00000000U};

/// Where input i is 0: those entries, repeated where it is 1.
constexpr TruthTable cofactor0(TruthTable table, int i) {
  const TruthTable kept = table & ~kProjection[static_cast<std::size_t>(i)];
  return kept | (kept << (1U << i));
}

/// Where input i is 1: those entries, repeated where it is 0.
constexpr TruthTable cofactor1(TruthTable table, int i) {
  const TruthTable kept = table & kProjection[static_cast<std::size_t>(i)];
  return kept | (kept >> (1U << i));
}

/// Whether the function depends on input i.   @param inputs  of the table
constexpr bool depends_on(TruthTable table, int inputs, int i) {
  return ((cofactor0(table, i) ^ cofactor1(table, i)) & table_mask(inputs)) != 0;
}

/// How many inputs the function depends on.   @param inputs  of the table
constexpr int support_size(TruthTable table, int inputs) {
  int count = 0;
  for (int i = 0; i < inputs; ++i) count += depends_on(table, inputs, i) ? 1 : 0;
  return count;
}

/// The same function as one of six inputs, which does not depend on those from `inputs` on.
constexpr TruthTable widened(TruthTable table, int inputs) {
  for (int i = inputs; i < kMaxFanIn; ++i) table |= table << (1U << i);
  return table;
}

/// The table with input i inverted.
constexpr TruthTable flip_input(TruthTable table, int i) {
  const TruthTable high = table & kProjection[static_cast<std::size_t>(i)];
  const TruthTable low = table & ~kProjection[static_cast<std::size_t>(i)];
  return (high >> (1U << i)) | (low << (1U << i));
}

/// The table with its inputs i and j exchanged.
constexpr TruthTable swap_inputs(TruthTable table, int i, int j) {
  const TruthTable x = kProjection[static_cast<std::size_t>(i)];
  const TruthTable y = kProjection[static_cast<std::size_t>(j)];
  const unsigned up = 1U << i;
  const unsigned down = 1U << j;
  const TruthTable same = table & ~(x ^ y);
  const TruthTable first = table & x & ~y;   // input i is 1, j is 0
  const TruthTable second = table & ~x & y;  // input j is 1, i is 0
  return same | (down >= up ? (first << (down - up)) | (second >> (down - up))
                            : (first >> (up - down)) | (second << (up - down)));
}

/// The table without input i, which it does not depend on: the inputs behind i move up.
/// @param inputs  of the table
constexpr TruthTable drop_input(TruthTable table, int inputs, int i) {
  for (int j = i; j + 1 < inputs; ++j) table = swap_inputs(table, j, j + 1);
  return table & table_mask(inputs - 1);
}

/// The table where input j is input i: it does not depend on j any more.
constexpr TruthTable merge_inputs(TruthTable table, int i, int j) {
  const TruthTable x = kProjection[static_cast<std::size_t>(i)];
  return (cofactor0(table, j) & ~x) | (cofactor1(table, j) & x);
}

/// The function at words of 64 assignments each.   @param x  (inputs), a word for each input
constexpr std::uint64_t apply_table(TruthTable table, int inputs, const std::uint64_t* x) {
  std::array<std::uint64_t, 1U << (kMaxFanIn - 1)> level{};
  if (inputs == 0) return 0 - (table & 1);
  // Entries become words, folded input by input from the first.
  const unsigned half = 1U << (inputs - 1);
  for (unsigned e = 0; e < half; ++e) {
    const std::uint64_t low = 0 - ((table >> (2 * e)) & 1);
    const std::uint64_t high = 0 - ((table >> (2 * e + 1)) & 1);
    level[e] = low ^ (x[0] & (low ^ high));
  }
  for (int i = 1; i < inputs; ++i) {
    for (unsigned e = 0; e < half >> i; ++e)
      level[e] = level[2 * e] ^ (x[i] & (level[2 * e] ^ level[2 * e + 1]));
  }
  return level[0];
}

}  // namespace pliant::circuit
