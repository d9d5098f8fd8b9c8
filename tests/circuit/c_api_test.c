// tests/circuit/c_api_test.c — the C interface as a C program meets it: compiled as C99, pedantic
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pliant/circuit/pliant_circuit.h"

static int failures = 0;

static void check(int right, const char* what, int line) {
  if (right) return;
  ++failures;
  printf("line %d: %s; last error: %s\n", line, what, pliant_circuit_error());
}
#define CHECK(expression) check((expression) != 0, #expression, __LINE__)
#define CHECK_ERROR(status, call, text)                 \
  do {                                                  \
    CHECK((call) == (status));                          \
    CHECK(strcmp(pliant_circuit_error(), (text)) == 0); \
  } while (0)

enum { kInputs = 3, kNodes = 3, kOutputs = 4 };

/* x0 AND x1, x1 XOR x2, and the majority of all three; two classes of two bits:
 * class 0: the AND and NOT the XOR, bias 2; class 1: the majority and x2 */
static pliant_circuit* small_circuit(int with_encoder) {
  const uint8_t fan_in[kNodes] = {2, 2, 3};
  const uint64_t tables[kNodes] = {0x8, 0x6, 0xE8};
  const uint32_t sources[] = {0, 1, 1, 2, 0, 1, 2};
  const uint32_t literals[kOutputs] = {2 * 3, 2 * 4 + 1, 2 * 5, 2 * 2};
  const int32_t biases[2] = {2, 0};
  const char* const names[2] = {"even", "odd"};
  const uint32_t feature[kInputs] = {0, 1, 1};
  const double threshold[kInputs] = {0.5, 0.25, 0.75};
  pliant_circuit_builder* builder = NULL;
  pliant_circuit* circuit = NULL;
  CHECK(pliant_circuit_builder_new(&builder) == PLIANT_OK);
  if (with_encoder) {
    CHECK(pliant_circuit_builder_encoder(builder, kInputs, 2, feature, threshold, 255) == 0);
  } else {
    CHECK(pliant_circuit_builder_encoder(builder, kInputs, 0, NULL, NULL, 0) == PLIANT_OK);
  }
  CHECK(pliant_circuit_builder_stage(builder, kInputs, kNodes, fan_in, tables, sources, kOutputs,
                                     literals, 1, NULL) == PLIANT_OK);
  CHECK(pliant_circuit_builder_sums(builder, 2, NULL, biases, names, 4.0) == PLIANT_OK);
  CHECK(pliant_circuit_build(builder, &circuit) == PLIANT_OK);
  pliant_circuit_builder_free(builder);
  return circuit;
}

/* Scores of all eight inputs by hand: x0, x1, x2 are bits 0, 1, 2 of the example's number. */
static const int32_t kScores[8][2] = {{3, 0}, {3, 0}, {2, 0}, {3, 1},
                                      {2, 1}, {2, 2}, {3, 2}, {4, 2}};

static void test_running(const pliant_circuit* circuit) {
  uint8_t bits[8][kInputs];
  uint64_t packed[kInputs] = {0xAA, 0xCC, 0xF0};
  int32_t scores[8][2], labels[8];
  unsigned threads;
  int e, i;
  for (e = 0; e < 8; ++e)
    for (i = 0; i < kInputs; ++i) bits[e][i] = (uint8_t)(((e >> i) & 1) * 7);
  for (threads = 0; threads < 3; ++threads) {
    memset(scores, 0xFF, sizeof scores);
    CHECK(pliant_circuit_run(circuit, PLIANT_BITS, bits, 8, kInputs, threads, &scores[0][0]) == 0);
    CHECK(memcmp(scores, kScores, sizeof scores) == 0);
    memset(scores, 0xFF, sizeof scores);
    CHECK(pliant_circuit_run(circuit, PLIANT_PACKED, packed, 8, 1, threads, &scores[0][0]) == 0);
    CHECK(memcmp(scores, kScores, sizeof scores) == 0);
    CHECK(pliant_circuit_classify(circuit, PLIANT_BITS, bits, 8, kInputs, threads, labels) == 0);
    for (e = 0; e < 8; ++e) CHECK(labels[e] == (kScores[e][1] > kScores[e][0] ? 1 : 0));
  }
  CHECK(pliant_circuit_run(circuit, PLIANT_BITS, NULL, 0, kInputs, 1, NULL) == PLIANT_OK);
  CHECK(pliant_circuit_prepare(circuit) == PLIANT_OK);
}

static void test_encoder(void) {
  pliant_circuit* circuit = small_circuit(1);
  const uint8_t bytes[3][2] = {{0, 0}, {128, 64}, {255, 255}};             /* bits 000, 110, 111 */
  const float numbers[3][2] = {{0.5F, 0.25F}, {0.6F, 0.75F}, {9.0F, NAN}}; /* 000, 110, 100 */
  int32_t scores[3][2];
  CHECK(pliant_circuit_run(circuit, PLIANT_BYTES, bytes, 3, 2, 1, &scores[0][0]) == PLIANT_OK);
  CHECK(memcmp(scores[0], kScores[0], sizeof scores[0]) == 0);
  CHECK(memcmp(scores[1], kScores[3], sizeof scores[0]) == 0);
  CHECK(memcmp(scores[2], kScores[7], sizeof scores[0]) == 0);
  CHECK(pliant_circuit_run(circuit, PLIANT_NUMBERS, numbers, 3, 2, 1, &scores[0][0]) == 0);
  CHECK(memcmp(scores[0], kScores[0], sizeof scores[0]) == 0);
  CHECK(memcmp(scores[1], kScores[3], sizeof scores[0]) == 0);
  CHECK(memcmp(scores[2], kScores[1], sizeof scores[0]) == 0);
  CHECK_ERROR(PLIANT_BAD_ARGUMENT,
              pliant_circuit_run(circuit, PLIANT_BYTES, bytes, 3, 3, 1, &scores[0][0]),
              "width: the circuit needs 2 values an example, got 3");
  pliant_circuit_free(circuit);
}

static void test_describing(const pliant_circuit* circuit) {
  struct {
    pliant_circuit_info info;
    int behind;
  } guarded = {{0}, 42};
  char* name = NULL;
  guarded.info.size = sizeof guarded.info;
  CHECK(pliant_circuit_describe(circuit, &guarded.info) == PLIANT_OK);
  CHECK(guarded.info.size == sizeof guarded.info && guarded.behind == 42);
  CHECK(guarded.info.inputs == 3 && guarded.info.width == 3 && guarded.info.features == 0);
  CHECK(guarded.info.scores == 2 && guarded.info.classes == 2 && guarded.info.stages == 1);
  CHECK(guarded.info.nodes == 3 && guarded.info.depth == 1 && guarded.info.output_bits == 4);
  CHECK(guarded.info.fan_in[2] == 2 && guarded.info.fan_in[3] == 1 && guarded.info.fan_in[0] == 0);
  CHECK(guarded.info.live_inputs == 3 && guarded.info.tau == 4.0);
  /* A caller of an earlier version knows less of it. */
  memset(&guarded, 0xFF, sizeof guarded);
  guarded.info.size = 2 * sizeof(size_t);
  CHECK(pliant_circuit_describe(circuit, &guarded.info) == PLIANT_OK);
  CHECK(guarded.info.size == 2 * sizeof(size_t) && guarded.info.inputs == 3);
  CHECK(guarded.info.features == (size_t)-1);
  guarded.info.size = 0;
  CHECK(pliant_circuit_describe(circuit, &guarded.info) == PLIANT_BAD_ARGUMENT);
  CHECK(pliant_circuit_class_name(circuit, 1, &name) == PLIANT_OK && strcmp(name, "odd") == 0);
  pliant_circuit_free_memory(name);
  CHECK(pliant_circuit_input_name(circuit, 2, &name) == PLIANT_OK && strcmp(name, "x2") == 0);
  pliant_circuit_free_memory(name);
  CHECK_ERROR(PLIANT_BAD_ARGUMENT, pliant_circuit_class_name(circuit, 2, &name),
              "index: there are 2 classes, got 2");
  CHECK(pliant_circuit_input_name(circuit, 3, &name) == PLIANT_BAD_ARGUMENT);
}

static void test_refusals(const pliant_circuit* circuit) {
  int32_t scores[2];
  const uint8_t bits[3] = {0, 0, 0};
  CHECK_ERROR(PLIANT_BAD_ARGUMENT, pliant_circuit_run(NULL, PLIANT_BITS, bits, 1, 3, 1, scores),
              "circuit: a pointer is needed, got null");
  CHECK_ERROR(PLIANT_BAD_ARGUMENT, pliant_circuit_run(circuit, PLIANT_BITS, NULL, 1, 3, 1, scores),
              "examples: a pointer is needed, got null");
  CHECK_ERROR(PLIANT_BAD_ARGUMENT, pliant_circuit_run(circuit, PLIANT_BITS, bits, 1, 3, 1, NULL),
              "scores: a pointer is needed, got null");
  CHECK_ERROR(PLIANT_BAD_ARGUMENT, pliant_circuit_run(circuit, 9, bits, 1, 3, 1, scores),
              "kind: bytes (0), numbers (1), bits (2) or packed (3) is possible, got 9");
  CHECK_ERROR(PLIANT_BAD_ARGUMENT,
              pliant_circuit_run(circuit, PLIANT_BITS, bits, 1, 3, 1025, scores),
              "threads: at most 1024 are possible (0: one a core), got 1025");
  CHECK_ERROR(PLIANT_BAD_ARGUMENT, pliant_circuit_run(circuit, PLIANT_BYTES, bits, 1, 3, 1, scores),
              "run: the circuit has no encoder of numbers, give it bits");
  CHECK_ERROR(PLIANT_BAD_ARGUMENT,
              pliant_circuit_run(circuit, PLIANT_PACKED, bits, 65, 1, 1, scores),
              "width: the circuit needs 2 words a row, got 1");
}

static void test_files(const pliant_circuit* circuit) {
  const char* const path = "c_api_test.plc"; /* in the build's folder */
  unsigned char *bytes = NULL, *again = NULL;
  size_t size = 0, size_again = 0;
  pliant_circuit* loaded = NULL;
  CHECK(pliant_circuit_bytes(circuit, &bytes, &size) == PLIANT_OK && size > 0);
  CHECK(pliant_circuit_save(circuit, path) == PLIANT_OK);
  CHECK(pliant_circuit_load(path, &loaded) == PLIANT_OK);
  CHECK(pliant_circuit_bytes(loaded, &again, &size_again) == PLIANT_OK);
  CHECK(size == size_again && memcmp(bytes, again, size) == 0);
  test_running(loaded);
  pliant_circuit_free_memory(again);
  pliant_circuit_free(loaded);
  loaded = NULL;
  CHECK(pliant_circuit_parse(bytes, size, NULL, &loaded) == PLIANT_OK);
  test_running(loaded);
  pliant_circuit_free(loaded);
  loaded = NULL;
  CHECK(pliant_circuit_parse(bytes, size - 1, "half", &loaded) == PLIANT_BAD_ARGUMENT);
  CHECK(strncmp(pliant_circuit_error(), "half", 4) == 0 && loaded == NULL);
  CHECK(pliant_circuit_error_number() == 0);
  CHECK(pliant_circuit_parse(NULL, 0, NULL, &loaded) == PLIANT_BAD_ARGUMENT);
  CHECK(pliant_circuit_load("nowhere/a.plc", &loaded) == PLIANT_SYSTEM_ERROR);
  CHECK(strstr(pliant_circuit_error(), "nowhere/a.plc") != NULL && loaded == NULL);
  CHECK(pliant_circuit_error_number() == ENOENT);
  CHECK(pliant_circuit_save(circuit, "nowhere/a.plc") == PLIANT_SYSTEM_ERROR);
  CHECK_ERROR(PLIANT_BAD_ARGUMENT, pliant_circuit_load(NULL, &loaded),
              "path: a pointer is needed, got null");
  pliant_circuit_free_memory(bytes);
  remove(path);
}

static void test_simplifying(const pliant_circuit* circuit) {
  pliant_circuit* simple = NULL;
  char* report = NULL;
  CHECK(pliant_circuit_simplify(circuit, PLIANT_DEFAULT_PASSES, 3, 1000, &simple, &report) == 0);
  CHECK(report[0] == '[' && strstr(report, "\"pass\": \"constants\"") != NULL);
  CHECK(strstr(report, "\"before\": {\"nodes\": 3, ") != NULL);
  test_running(simple);
  pliant_circuit_free_memory(report);
  pliant_circuit_free(simple);
  simple = NULL;
  CHECK(pliant_circuit_simplify(circuit, 0, 0, 0, &simple, NULL) == PLIANT_OK);
  test_running(simple);
  pliant_circuit_free(simple);
  simple = NULL;
  CHECK_ERROR(PLIANT_BAD_ARGUMENT, pliant_circuit_simplify(circuit, 1024, 3, 0, &simple, NULL),
              "passes: unknown flags 1024");
  CHECK(pliant_circuit_simplify(circuit, 0, 7, 0, &simple, NULL) == PLIANT_BAD_ARGUMENT);
  CHECK(pliant_circuit_simplify(circuit, 0, 1, 0, &simple, NULL) == PLIANT_BAD_ARGUMENT);
  CHECK(pliant_circuit_simplify(circuit, 0, 3, 0x80000000U, &simple, NULL) == PLIANT_BAD_ARGUMENT);
  CHECK(simple == NULL);
}

static void test_exporting(const pliant_circuit* circuit) {
  const char* const formats[] = {"c", "c++", "verilog", "blif", "aiger", "aag"};
  const char* const holds[] = {"net_scores", "namespace net", "module net_top",
                               ".names",     "aig ",          "aag "};
  pliant_circuit_export_options options;
  char* text = NULL;
  size_t size = 0, i;
  memset(&options, 0, sizeof options);
  options.size = sizeof options;
  options.name = "net";
  for (i = 0; i < sizeof formats / sizeof formats[0]; ++i) {
    CHECK(pliant_circuit_export(circuit, formats[i], &options, &text, &size) == PLIANT_OK);
    CHECK(size > 0 && text[size] == 0 && strstr(text, holds[i]) != NULL);
    pliant_circuit_free_memory(text);
    CHECK(pliant_circuit_export(circuit, formats[i], NULL, &text, NULL) == PLIANT_OK);
    pliant_circuit_free_memory(text);
  }
  CHECK_ERROR(PLIANT_BAD_ARGUMENT, pliant_circuit_export(circuit, "vhdl", NULL, &text, &size),
              "unknown format 'vhdl'; there are: c, c++, c-embedded, verilog, blif, "
              "aiger, aag, onnx");
  options.name = "1";
  CHECK(pliant_circuit_export(circuit, "c", &options, &text, &size) == PLIANT_BAD_ARGUMENT);
  options.size = 1;
  CHECK(pliant_circuit_export(circuit, "c", &options, &text, &size) == PLIANT_BAD_ARGUMENT);
}

/* Each stage reads the one before; the second is placed twice, once over a constant 0. */
static void test_placements(void) {
  const uint8_t fan_in[1] = {2};
  const uint64_t xnor[1] = {0x9};
  const uint32_t sources[2] = {0, 1}, node[1] = {4}, both[2] = {0, 2};
  const uint32_t wires[4] = {1, 0, 0, PLIANT_ZERO};
  const uint8_t bits[2] = {1, 0};
  int32_t outputs[2] = {-1, -1};
  pliant_circuit_builder* builder = NULL;
  pliant_circuit* circuit = NULL;
  pliant_circuit_info info;
  CHECK(pliant_circuit_builder_new(&builder) == PLIANT_OK);
  CHECK(pliant_circuit_build(builder, &circuit) == PLIANT_BAD_ARGUMENT && circuit == NULL);
  CHECK(pliant_circuit_builder_encoder(builder, 2, 0, NULL, NULL, 0) == PLIANT_OK);
  CHECK(pliant_circuit_builder_stage(builder, 2, 0, NULL, NULL, NULL, 2, both, 1, NULL) == 0);
  CHECK_ERROR(PLIANT_BAD_ARGUMENT,
              pliant_circuit_builder_stage(builder, 2, 1, fan_in, xnor, sources, 1, node, 2, NULL),
              "wires: 2 placements need them, got null");
  CHECK(pliant_circuit_builder_stage(builder, 2, 1, fan_in, xnor, sources, 1, node, 2, wires) == 0);
  CHECK(pliant_circuit_build(builder, &circuit) == PLIANT_OK);
  CHECK(pliant_circuit_run(circuit, PLIANT_BITS, bits, 1, 2, 1, outputs) == PLIANT_OK);
  CHECK(outputs[0] == 0 && outputs[1] == 0); /* XNOR(0, 1), XNOR(1, 0) */
  info.size = sizeof info;
  CHECK(pliant_circuit_describe(circuit, &info) == PLIANT_OK);
  CHECK(info.stages == 2 && info.nodes == 3 && info.fan_in[0] == 1 && info.fan_in[2] == 2);
  CHECK_ERROR(PLIANT_BAD_ARGUMENT,
              pliant_circuit_classify(circuit, PLIANT_BITS, bits, 1, 2, 1, outputs),
              "classify: the circuit has no classes, run it");
  pliant_circuit_free(circuit);
  pliant_circuit_builder_free(builder);
}

static void test_bad_builds(void) {
  const uint8_t seven[1] = {7}, two[1] = {2};
  const uint64_t table[1] = {0x6};
  const uint32_t sources[2] = {0, 5}, out[1] = {2};
  const char* const names[2] = {"one", NULL};
  pliant_circuit_builder* builder = NULL;
  pliant_circuit* circuit = NULL;
  CHECK(pliant_circuit_builder_new(&builder) == PLIANT_OK);
  CHECK(pliant_circuit_builder_encoder(builder, 1, 0, NULL, NULL, 0) == PLIANT_OK);
  CHECK_ERROR(PLIANT_BAD_ARGUMENT,
              pliant_circuit_builder_stage(builder, 1, 1, seven, table, sources, 1, out, 1, NULL),
              "fan_in: 0 \xE2\x80\xA6 6 are possible, node 0 has 7");
  CHECK_ERROR(PLIANT_BAD_ARGUMENT, pliant_circuit_builder_feature_names(builder, 2, names),
              "names: 1: a pointer is needed, got null");
  CHECK_ERROR(PLIANT_BAD_ARGUMENT, pliant_circuit_builder_sums(builder, 0, NULL, NULL, NULL, 1),
              "classes: at least 1 and fewer than 2^30 are possible, got 0");
  CHECK(pliant_circuit_builder_stage(builder, 1, 1, two, table, sources, 1, out, 1, NULL) == 0);
  CHECK_ERROR(PLIANT_BAD_ARGUMENT, pliant_circuit_build(builder, &circuit),
              "circuit: node 0 of stage 0 reads signal 5, which does not stand before it "
              "(there are 1)");
  CHECK(circuit == NULL);
  pliant_circuit_builder_free(builder);
}

static void test_taking_apart(const pliant_circuit* circuit) {
  struct {
    pliant_circuit_stage_info info;
    int behind;
  } stage = {{0}, 42};
  uint8_t fan_in[kNodes];
  uint64_t tables[kNodes];
  uint32_t sources[7], literals[kOutputs], wires[kInputs], begins[3], feature[kInputs] = {9, 9, 9};
  double threshold[kInputs];
  int32_t biases[2];
  char* name = NULL;
  pliant_circuit* encoded = small_circuit(1);
  const uint8_t right_fan_in[kNodes] = {2, 2, 3};
  const uint64_t right_tables[kNodes] = {0x8, 0x6, 0xE8};
  const uint32_t right_sources[7] = {0, 1, 1, 2, 0, 1, 2};
  const uint32_t right_literals[kOutputs] = {6, 9, 10, 4};
  stage.info.size = sizeof stage.info;
  CHECK(pliant_circuit_describe_stage(circuit, 0, &stage.info) == PLIANT_OK);
  CHECK(stage.info.size == sizeof stage.info && stage.behind == 42);
  CHECK(stage.info.inputs == 3 && stage.info.nodes == 3 && stage.info.sources == 7);
  CHECK(stage.info.outputs == 4 && stage.info.placements == 1);
  CHECK(pliant_circuit_copy_stage(circuit, 0, fan_in, tables, sources, literals, wires) == 0);
  CHECK(memcmp(fan_in, right_fan_in, sizeof fan_in) == 0);
  CHECK(memcmp(tables, right_tables, sizeof tables) == 0);
  CHECK(memcmp(sources, right_sources, sizeof sources) == 0);
  CHECK(memcmp(literals, right_literals, sizeof literals) == 0);
  CHECK(wires[0] == 0 && wires[1] == 1 && wires[2] == 2);
  CHECK(pliant_circuit_copy_stage(circuit, 0, NULL, NULL, NULL, NULL, NULL) == PLIANT_OK);
  CHECK(pliant_circuit_copy_sums(circuit, begins, biases) == PLIANT_OK);
  CHECK(begins[0] == 0 && begins[1] == 2 && begins[2] == 4 && biases[0] == 2 && biases[1] == 0);
  /* Bits have no thresholds and, here, no names. */
  CHECK(pliant_circuit_copy_encoder(circuit, feature, NULL) == PLIANT_OK && feature[0] == 9);
  CHECK(pliant_circuit_copy_encoder(encoded, feature, threshold) == PLIANT_OK);
  CHECK(feature[0] == 0 && feature[1] == 1 && feature[2] == 1);
  CHECK(threshold[0] == 0.5 && threshold[1] == 0.25 && threshold[2] == 0.75);
  CHECK(pliant_circuit_feature_name(encoded, 1, &name) == PLIANT_OK && name == NULL);
  CHECK_ERROR(PLIANT_BAD_ARGUMENT, pliant_circuit_feature_name(encoded, 2, &name),
              "index: there are 2 features, got 2");
  CHECK_ERROR(PLIANT_BAD_ARGUMENT, pliant_circuit_describe_stage(circuit, 1, &stage.info),
              "stage: there are 1, got 1");
  stage.info.size = 0;
  CHECK(pliant_circuit_describe_stage(circuit, 0, &stage.info) == PLIANT_BAD_ARGUMENT);
  CHECK(pliant_circuit_copy_stage(NULL, 0, NULL, NULL, NULL, NULL, NULL) == PLIANT_BAD_ARGUMENT);
  pliant_circuit_free(encoded);
}

int main(void) {
  pliant_circuit* circuit = small_circuit(0);
  CHECK(pliant_circuit_abi() >= PLIANT_CIRCUIT_ABI);
  CHECK(strchr(pliant_circuit_version(), '.') != NULL);
  CHECK(strcmp(pliant_circuit_error(), "") == 0);
  test_running(circuit);
  test_encoder();
  test_describing(circuit);
  test_taking_apart(circuit);
  test_refusals(circuit);
  test_files(circuit);
  test_simplifying(circuit);
  test_exporting(circuit);
  test_placements();
  test_bad_builds();
  pliant_circuit_free(circuit);
  pliant_circuit_free(NULL);
  pliant_circuit_builder_free(NULL);
  pliant_circuit_free_memory(NULL);
  if (failures == 0) printf("all as it should be\n");
  return failures == 0 ? 0 : 1;
}
