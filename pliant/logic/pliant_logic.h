/* pliant/logic/pliant_logic.h — trained networks as circuits, from C (no torch)
 *
 * For C89 and later, as pliant/circuit/pliant_circuit.h, whose conventions hold here. */
#ifndef PLIANT_LOGIC_PLIANT_LOGIC_H
#define PLIANT_LOGIC_PLIANT_LOGIC_H

#include "pliant/circuit/pliant_circuit.h"

/* NOLINTBEGIN(modernize-*, readability-identifier-naming): it is C. */
#ifdef __cplusplus
extern "C" {
#endif

/* The circuit of a trained network, which computes what the network does in eval mode, bit for bit.
 * file      a safetensors file whose metadata entry "network" describes the network
 *           (pliant/logic/description.h): a checkpoint of `pliant train logic`, or what a program
 *           has written of its own model
 * size      its bytes
 * name      begins the texts of errors; null: "network"
 * circuit   written; for pliant_circuit_free
 * PLIANT_BAD_ARGUMENT: the file is damaged, or describes no network, or one that does not fit; the
 * text names the layer. */
int pliant_circuit_from_network(const void* file, size_t size, const char* name,
                                pliant_circuit** circuit);

#ifdef __cplusplus
}
#endif
/* NOLINTEND(modernize-*, readability-identifier-naming) */
#endif
