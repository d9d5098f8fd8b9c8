// pliant/circuit/run/pack.h — examples as rows of bits: thresholds, crops, transposes (no torch)
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "pliant/circuit/encoder.h"
#include "pliant/circuit/program.h"
#include "pliant/circuit/run/plan.h"

namespace pliant::circuit {

/// Numbers that are compared at a time: a word of bits.
inline constexpr std::size_t kPackWidth = 64;
/// Examples whose crops are found together, and that are compared by one pass after another.
inline constexpr std::size_t kPackedTogether = 8;

/// One comparison of up to 64 neighbouring numbers of an example, each with a threshold of its own.
struct PackPass {
  /// The first. Cropped numbers are counted where they stand in the whole picture, from the first
  /// of them on: they are compared there.
  std::uint32_t first = 0;
  /// Bit i is number i ≥ least[i] of bytes, if it is in `possible`, or number i > above[i] of
  /// float32.
  alignas(64) std::array<std::uint8_t, kPackWidth> least{};
  alignas(64) std::array<float, kPackWidth> above{};
  std::uint64_t possible = 0;
  std::uint64_t wanted = 0;                       ///< which have a row
  std::array<std::uint32_t, kPackWidth> slots{};  ///< of the rows
};

/// Where a crop begins among `size` rows or columns, by how many are empty at both ends.
struct Trim {
  int size = 0;
  int half = 0;  ///< more empty ones are not looked at
  /// (half + 1, half + 1), by those at the start and those at the end; −1: too few
  std::vector<std::int8_t> begin;
};

/// How the numbers of examples become rows: only those that something reads.
struct PackPlan {
  std::size_t width = 0;  ///< numbers of an example as it comes
  Crop crop;
  Trim rows, columns;  ///< of the crop
  std::vector<PackPass> passes;

  /// Words of comparisons of a unit: (passes, 64 examples, kUnitWords).
  [[nodiscard]] std::size_t mask_words() const;
};

/// Of raw features, bytes or numbers.
/// @param input_slots  as Plan has them
PackPlan plan_of_features(const Encoder& encoder, const std::vector<std::uint32_t>& input_slots);
/// Of the circuit's input bits, a byte each.
PackPlan plan_of_bits(const std::vector<std::uint32_t>& input_slots);

/// Writes one unit of the inputs' rows.
/// @param batch   not packed   @param plan  of what the batch is
/// @param first   the unit's first example   @param count  1 … kUnit
/// @param masks   mask_words(), scratch, aligned to 64 bytes
/// @param row     words of a row   @param rows  the unit's words of the first row
/// @throws std::invalid_argument that names the example whose picture cannot be cropped
void pack_unit(const PackPlan& plan, const Batch& batch, std::size_t first, std::size_t count,
               std::uint64_t* masks, std::size_t row, std::uint64_t* rows);

/// The words of comparisons of one example.
/// @param words  (passes), written   @throws as pack_unit
void pack_example(const PackPlan& plan, const Batch& batch, std::size_t example,
                  std::uint64_t* words);

}  // namespace pliant::circuit
