// examples/c/circuit.c — a circuit from C: which of two pixels is brighter, and the file that keeps
// it
#include <stdio.h>

#include "pliant/circuit/pliant_circuit.h"

int main(void) {
  // Bits 0, 1, 2: the left pixel is above 1/4, 1/2, 3/4; bits 3, 4, 5: the right one.
  const uint32_t feature[] = {0, 0, 0, 1, 1, 1};
  const double threshold[] = {0.25, 0.5, 0.75, 0.25, 0.5, 0.75};
  // For each threshold: left AND NOT right, of class 0; right AND NOT left, of class 1.
  const uint8_t fan_in[] = {2, 2, 2, 2, 2, 2};
  const uint64_t tables[] = {2, 2, 2, 4, 4, 4};
  const uint32_t sources[] = {0, 3, 1, 4, 2, 5, 0, 3, 1, 4, 2, 5};
  const uint32_t outputs[] = {12, 14, 16, 18, 20, 22};  // signals 6 … 11, not inverted
  const char* const names[] = {"left", "right"};
  pliant_circuit_builder* builder = NULL;
  pliant_circuit* circuit = NULL;
  const int failed =
      pliant_circuit_builder_new(&builder) ||
      pliant_circuit_builder_encoder(builder, 6, 2, feature, threshold, 255) ||
      pliant_circuit_builder_stage(builder, 6, 6, fan_in, tables, sources, 6, outputs, 1, NULL) ||
      pliant_circuit_builder_sums(builder, 2, NULL, NULL, names, 1.0) ||
      pliant_circuit_build(builder, &circuit) || pliant_circuit_save(circuit, "brighter.plc");
  pliant_circuit_builder_free(builder);

  const unsigned char pixels[3][2] = {{200, 10}, {90, 100}, {0, 255}};
  int32_t labels[3];
  if (failed || pliant_circuit_classify(circuit, PLIANT_BYTES, pixels, 3, 2, 1, labels)) {
    fprintf(stderr, "error: %s\n", pliant_circuit_error());
    return 1;
  }
  for (int i = 0; i < 3; ++i)
    printf("%d and %d: %s\n", pixels[i][0], pixels[i][1], names[labels[i]]);
  pliant_circuit_free(circuit);
  return 0;
}
