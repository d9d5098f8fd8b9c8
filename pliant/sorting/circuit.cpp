// pliant/sorting/circuit.cpp — comparator networks hardened into circuits (no torch)
#include "pliant/sorting/circuit.h"

#include <bit>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "pliant/base/errors.h"
#include "pliant/circuit/words.h"

namespace pliant::sorting {
namespace {

using circuit::Literal;
using circuit::WordBuilder;
/// What a wire carries: its number's place in front as its lowest bits, if wanted; so equal numbers
/// are told apart by it.
using Wire = std::vector<Literal>;

std::vector<Wire> wires_of(int size, const HardeningOptions& options) {
  const std::size_t places = options.places ? static_cast<std::size_t>(place_bits(size)) : 0;
  std::vector<Wire> wires(static_cast<std::size_t>(size));
  circuit::Signal next = 0;
  for (std::size_t w = 0; w < wires.size(); ++w) {
    for (std::size_t i = 0; i < places; ++i)
      wires[w].push_back(((w >> i) & 1) != 0 ? WordBuilder::kTrue : WordBuilder::kFalse);
    for (int i = 0; i < options.bits; ++i) wires[w].emplace_back(next++);
    // Two's complement is in the order of the numbers where the sign counts the other way.
    if (options.is_signed) wires[w].back() = !wires[w].back();
  }
  return wires;
}

std::vector<std::string> names_of(int size, int bits) {
  std::vector<std::string> names;
  for (int w = 0; w < size; ++w) {
    for (int i = 0; i < bits; ++i)
      names.push_back("x[" + std::to_string(w) + "]." + std::to_string(i));
  }
  return names;
}

void compare_exchange(WordBuilder& builder, Wire& low, Wire& high) {
  const Literal exchanged = builder.less(high, low);
  for (std::size_t i = 0; i < low.size(); ++i) {
    const Literal x = low[i], y = high[i];
    low[i] = builder.select(exchanged, y, x);
    high[i] = builder.select(exchanged, x, y);
  }
}

}  // namespace

int place_bits(int size) { return std::bit_width(static_cast<unsigned>(size - 1)); }

circuit::Circuit circuit_of(const Network& network, const HardeningOptions& options, int wanted) {
  check_network(network.comparators, network.size, "circuit_of");
  base::require(1 <= options.bits && options.bits <= 64, "circuit_of: bits must be in 1 … 64, got ",
                options.bits);
  base::require(1 <= wanted && wanted <= network.size, "circuit_of: wanted must be in 1 … ",
                network.size, ", got ", wanted);
  const std::size_t inputs =
      static_cast<std::size_t>(network.size) * static_cast<std::size_t>(options.bits);
  base::require(inputs < circuit::kMostSignals, "circuit_of: ", network.size, " numbers of ",
                options.bits, " bits are 2^30 signals or more");
  WordBuilder builder(static_cast<std::uint32_t>(inputs));
  std::vector<Wire> wires = wires_of(network.size, options);
  for (const Comparator& comparator : network.comparators) {
    compare_exchange(builder, wires[static_cast<std::size_t>(comparator.low)],
                     wires[static_cast<std::size_t>(comparator.high)]);
  }
  const std::size_t places =
      options.places ? static_cast<std::size_t>(place_bits(network.size)) : 0;
  const auto first = static_cast<std::size_t>(network.size - wanted);
  std::vector<Literal> outputs;
  for (std::size_t w = first; w < wires.size(); ++w) {
    if (options.is_signed) wires[w].back() = !wires[w].back();
    outputs.insert(outputs.end(), wires[w].begin() + static_cast<std::ptrdiff_t>(places),
                   wires[w].end());
  }
  for (std::size_t w = first; w < wires.size(); ++w)
    outputs.insert(outputs.end(), wires[w].begin(),
                   wires[w].begin() + static_cast<std::ptrdiff_t>(places));
  circuit::Circuit made = builder.take(std::move(outputs), names_of(network.size, options.bits));
  circuit::remove_dead(made.cell());
  return made;
}

circuit::Circuit circuit_of(const Network& network, const HardeningOptions& options) {
  return circuit_of(network, options, network.size);
}

}  // namespace pliant::sorting
