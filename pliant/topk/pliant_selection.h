/* pliant/topk/pliant_selection.h — sorting and selection networks as circuits, from C (no torch)
 *
 * For C89 and later, as pliant/circuit/pliant_circuit.h, whose conventions hold here. */
#ifndef PLIANT_TOPK_PLIANT_SELECTION_H
#define PLIANT_TOPK_PLIANT_SELECTION_H

#include "pliant/circuit/pliant_circuit.h"

/* NOLINTBEGIN(modernize-*, readability-identifier-naming): it is C. */
#ifdef __cplusplus
extern "C" {
#endif

/* Flags of pliant_circuit_sorting. */
#define PLIANT_SIGNED 1u /* two's complement */
#define PLIANT_PLACES \
  2u /* also the place at which each number came in, of equal ones the lower first */

/* The circuit that sorts `size` numbers of `bits` bits, or gives the `largest` of them, ascending.
 * network  "batcher", "bitonic", "odd_even", "splitter_selection"; the text of an error lists all
 * size     1 … 2^20
 * largest  1 … size; 0: all
 * bits     1 … 64
 * flags    of those above, or 0
 * circuit  written; for pliant_circuit_free. Input bit w bits + i is bit i of number w, counted
 * from the least significant; outputs are in the same order, with PLIANT_PLACES then the places.
 * PLIANT_BAD_ARGUMENT: a number is out of its range, the network is unknown, or the circuit would
 * have 2^30 signals. */
int pliant_circuit_sorting(const char* network, unsigned size, unsigned largest, unsigned bits,
                           unsigned flags, pliant_circuit** circuit);

#ifdef __cplusplus
}
#endif
/* NOLINTEND(modernize-*, readability-identifier-naming) */
#endif
