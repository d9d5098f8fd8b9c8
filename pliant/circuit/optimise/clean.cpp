// pliant/circuit/optimise/clean.cpp — the linear walk: constants, inverters, hashing, biases, dead
// nodes (no torch)
#include <algorithm>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "pliant/circuit/optimise/passes.h"

namespace pliant::circuit {
namespace {

using Bits = std::span<const Literal>;

Bits bits_of(const std::vector<Literal>& bits, const ClassSums& sums, std::size_t c) {
  return Bits(bits).subspan(sums.begins[c], sums.begins[c + 1] - sums.begins[c]);
}

/// Bits of the classes anew: edit(class, its bits, kept) appends to `kept` those that stay.
template <class Edit>
void edit_classes(std::vector<Literal>& bits, ClassSums& sums, const Edit& edit) {
  std::vector<Literal> kept;
  kept.reserve(bits.size());
  std::uint32_t first = 0;
  for (std::size_t c = 0; c < sums.classes(); ++c) {
    const std::uint32_t last = sums.begins[c + 1];
    edit(c, Bits(bits).subspan(first, last - first), kept);
    sums.begins[c + 1] = static_cast<std::uint32_t>(kept.size());
    first = last;
  }
  bits = std::move(kept);
}

/// Constants, and pairs of x and ¬x, which are 1 together, go into the biases.
void fold_biases(const Builder& builder, std::vector<Literal>& bits, ClassSums& sums) {
  // By literal; all 0 again after each class.
  std::vector<std::uint32_t> counts(2 * std::size_t{builder.cell().signals()});
  std::vector<std::uint32_t> gone(counts.size());
  edit_classes(bits, sums, [&](std::size_t c, Bits of_class, std::vector<Literal>& kept) {
    for (const Literal bit : of_class) {
      if (builder.constant(bit)) {
        sums.biases[c] += builder.value(bit) ? 1 : 0;
      } else {
        ++counts[bit.code()];
      }
    }
    for (const Literal bit : of_class) {
      if (builder.constant(bit)) continue;
      const std::uint32_t pairs = std::min(counts[bit.code()], counts[(!bit).code()]);
      sums.biases[c] += static_cast<std::int32_t>(pairs);
      if (pairs > 0) gone[bit.code()] = gone[(!bit).code()] = pairs;
      counts[bit.code()] = counts[(!bit).code()] = 0;
    }
    for (const Literal bit : of_class) {
      if (builder.constant(bit)) continue;
      if (gone[bit.code()] == 0) {
        kept.push_back(bit);
      } else {
        --gone[bit.code()];
      }
    }
  });
}

/// What every class counts goes, as often as every class counts it.
void drop_equal_bits(const Builder& builder, std::vector<Literal>& bits, ClassSums& sums) {
  if (sums.classes() < 2) return;
  const auto code = [&](Literal bit) {  // kZero is no signal: it comes last
    return bit.signal() == Builder::kZero.signal()
               ? 2 * std::size_t{builder.cell().signals()} + (bit.inverted() ? 1 : 0)
               : bit.code();
  };
  std::vector<std::uint32_t> common(2 * std::size_t{builder.cell().signals()} + 2);
  std::vector<std::uint32_t> counts(common.size());
  for (const Literal bit : bits_of(bits, sums, 0)) ++common[code(bit)];
  for (std::size_t c = 1; c < sums.classes(); ++c) {
    for (const Literal bit : bits_of(bits, sums, c)) ++counts[code(bit)];
    for (const Literal bit : bits_of(bits, sums, 0))
      common[code(bit)] = std::min(common[code(bit)], counts[code(bit)]);
    for (const Literal bit : bits_of(bits, sums, c)) counts[code(bit)] = 0;
  }
  edit_classes(bits, sums, [&](std::size_t, Bits of_class, std::vector<Literal>& kept) {
    for (const Literal bit : of_class) counts[code(bit)] = common[code(bit)];
    for (const Literal bit : of_class) {
      if (counts[code(bit)] == 0) {
        kept.push_back(bit);
      } else {
        --counts[code(bit)];
      }
    }
  });
}

}  // namespace

void clean(Circuit& flat, const Cleaning& cleaning) {
  const Cell& cell = flat.cell();
  Builder builder(cell.inputs, cell.nodes.size(), cleaning.rules);
  std::vector<Literal> literals;
  literals.reserve(cell.signals());
  for (Signal i = 0; i < cell.inputs; ++i) literals.emplace_back(i);
  for (const Node& node : cell.nodes) literals.push_back(builder.add(node, literals));
  std::vector<Literal> outputs = outputs_of(cell, literals);
  if (cleaning.biases && flat.sums.classes() > 0) fold_biases(builder, outputs, flat.sums);
  if (cleaning.equal_bits) drop_equal_bits(builder, outputs, flat.sums);
  flat.cell() = builder.take(std::move(outputs));
  if (cleaning.dead) remove_dead(flat.cell());
}

}  // namespace pliant::circuit
