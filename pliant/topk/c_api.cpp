// pliant/topk/c_api.cpp — sorting and selection networks as circuits, from C (no torch)
#include "pliant/circuit/c/c_api.h"

#include <memory>

#include "pliant/base/errors.h"
#include "pliant/sorting/circuit.h"
#include "pliant/topk/pliant_selection.h"
#include "pliant/topk/selection.h"

int pliant_circuit_sorting(const char* network, unsigned size, unsigned largest, unsigned bits,
                           unsigned flags, pliant_circuit** circuit) {
  namespace base = pliant::base;
  return pliant::circuit::guarded([&] {
    pliant::circuit::require_pointer(network, "network");
    pliant::circuit::require_pointer(circuit, "circuit");
    base::require(1 <= size && size <= 1U << 20, "size: must be 1 … 2^20, got ", size);
    base::require(largest <= size, "largest: must be at most the ", size, " numbers, got ",
                  largest);
    base::require(bits <= 64, "bits: must be 1 … 64, got ", bits);
    base::require((flags & ~(PLIANT_SIGNED | PLIANT_PLACES)) == 0, "flags: unknown, got ", flags);
    const int count = static_cast<int>(size);
    const int wanted = largest == 0 ? count : static_cast<int>(largest);
    const auto comparators = pliant::selection::make_selection(network, count, wanted);
    const pliant::sorting::HardeningOptions options = {.bits = static_cast<int>(bits),
                                                       .is_signed = (flags & PLIANT_SIGNED) != 0,
                                                       .places = (flags & PLIANT_PLACES) != 0};
    *circuit =
        std::make_unique<pliant_circuit>(pliant::sorting::circuit_of(comparators, options, wanted))
            .release();
  });
}
