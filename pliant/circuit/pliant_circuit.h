/* pliant/circuit/pliant_circuit.h — circuits from C: make, load, run, describe (no torch)
 *
 * For C89 and later, C++, and whatever else calls C. A circuit is made once, never changes, and may
 * be run by any number of threads at once. Nothing here throws or ends the process, and nothing but
 * pliant_circuit_free and pliant_circuit_builder_free gives back what they are given.
 *
 * A function that returns a status returns PLIANT_OK or what went wrong, and then
 * pliant_circuit_error() is a text that says what was expected and what came. Where it fails, its
 * results are not written, but for scores and labels, of which some may be. A null pointer where
 * one is not allowed is PLIANT_BAD_ARGUMENT. Texts are UTF-8, ended by a zero byte.
 *
 * The interface is stable: functions are added, none changes; a structure grows at its end, and its
 * first member `size` says how much of it the caller knows. */
#ifndef PLIANT_CIRCUIT_PLIANT_CIRCUIT_H
#define PLIANT_CIRCUIT_PLIANT_CIRCUIT_H

#include <stddef.h>
#include <stdint.h>

/* NOLINTBEGIN(modernize-*, readability-identifier-naming): it is C. */
#ifdef __cplusplus
extern "C" {
#endif

/* The version of this interface. It grows with each addition; a library of a later one serves
 * callers of an earlier one. */
#define PLIANT_CIRCUIT_ABI 3
/* The version that the loaded library has: PLIANT_CIRCUIT_ABI at its build. */
unsigned pliant_circuit_abi(void);
/* The version of the library, "0.1.0". Lives as long as the program. */
const char* pliant_circuit_version(void);

/* What a function returns: a status. */
#define PLIANT_OK 0
#define PLIANT_BAD_ARGUMENT 1 /* an argument, a file's content or an example is not right */
#define PLIANT_SYSTEM_ERROR 2 /* a file cannot be read or written, a thread cannot be started */
#define PLIANT_NO_MEMORY 3
#define PLIANT_INTERNAL_ERROR 4 /* a mistake of the library */

/* The text of this thread's last error, "" if there was none; valid until its next one. */
const char* pliant_circuit_error(void);
/* The errno of a last error that was PLIANT_SYSTEM_ERROR, such as ENOENT; 0 of others. */
int pliant_circuit_error_number(void);

/* A trained network as a circuit, ready to run. */
typedef struct pliant_circuit pliant_circuit;

/* Gives the circuit back; nobody may be running it. Null is allowed. */
void pliant_circuit_free(pliant_circuit* circuit);

/* Gives back a text or bytes that a function here has made. Null is allowed. */
void pliant_circuit_free_memory(void* memory);

/* ==== Files */

/* The circuit of a .plc file, or of its bytes in memory, which are copied.
 * name   what error texts call the bytes; null: "memory"
 * PLIANT_BAD_ARGUMENT: it is damaged or no circuit; the text has the byte and the reason.
 * PLIANT_SYSTEM_ERROR: the file cannot be read. */
int pliant_circuit_load(const char* path, pliant_circuit** circuit);
int pliant_circuit_parse(const void* bytes, size_t size, const char* name,
                         pliant_circuit** circuit);

/* Replaces the file: whoever reads it sees the old circuit or the new one, never a mixture. */
int pliant_circuit_save(const pliant_circuit* circuit, const char* path);
/* The bytes of such a file, for pliant_circuit_free_memory. Equal circuits have equal bytes. */
int pliant_circuit_bytes(const pliant_circuit* circuit, unsigned char** bytes, size_t* size);

/* ==== Running */

/* What the examples are, in memory of the caller: `count` rows of `width` values, or packed words.
 * Where the circuit has features, an example is `width` numbers of the info; else only bits. */
#define PLIANT_BYTES 0   /* uint8_t (count, width): features such as pixels, see byte_maximum */
#define PLIANT_NUMBERS 1 /* float (count, width): features; what is no number exceeds nothing */
#define PLIANT_BITS 2    /* uint8_t (count, inputs): input bits, 0 or anything else for 1 */
/* uint64_t (inputs, width), width = (count + 63) / 64 words: bit s of word w of row i is input bit
 * i of example 64 w + s. What stands beyond the last example is not looked at. */
#define PLIANT_PACKED 3

/* The scores of each example: of a class, its bias and how many of its bits are 1; in a circuit
 * without classes the output bits, 0 or 1.
 * examples   of `kind`, aligned as its type; may be null if count is 0
 * width      as above: it must be the circuit's, and is checked before any work
 * threads    1: the calling thread alone; 0: as many as there are cores; at most 1024. Results do
 *            not depend on it. Callers that use more than one thread at once share a pool of them.
 * scores     int32_t (count, scores of the info), written
 * Cost: the first run of a circuit makes it ready (pliant_circuit_prepare); a batch of 512 examples
 * or more is the fastest an example, one example the fastest a call. */
int pliant_circuit_run(const pliant_circuit* circuit, int kind, const void* examples, size_t count,
                       size_t width, unsigned threads, int32_t* scores);

/* The output bits of each example of a circuit without classes, packed as PLIANT_PACKED has inputs:
 * where results are read bit by bit, pliant_circuit_run takes longer to write its numbers.
 * rows     uint64_t (output bits, (count + 63) / 64), written; bits beyond the last example are 0.
 *          A circuit with classes is PLIANT_BAD_ARGUMENT. */
int pliant_circuit_run_packed(const pliant_circuit* circuit, int kind, const void* examples,
                              size_t count, size_t width, unsigned threads, uint64_t* rows);

/* The label of each example: the class of its largest score, the first of equal ones.
 * labels   int32_t (count), written. A circuit without classes is PLIANT_BAD_ARGUMENT. */
int pliant_circuit_classify(const pliant_circuit* circuit, int kind, const void* examples,
                            size_t count, size_t width, unsigned threads, int32_t* labels);

/* Makes the circuit ready to run now, so that the first run need not. */
int pliant_circuit_prepare(const pliant_circuit* circuit);

/* ==== Describing */

typedef struct pliant_circuit_info {
  size_t size;        /* set by the caller: sizeof(pliant_circuit_info); written: what was filled */
  size_t inputs;      /* input bits */
  size_t features;    /* numbers that the thresholds read, after cropping; 0: examples are bits */
  size_t width;       /* numbers of an example as it comes; the input bits where features is 0 */
  size_t scores;      /* numbers of a result: classes, or output bits where there are none */
  size_t classes;     /* 0: the output bits are the result */
  size_t stages;      /* as the circuit is described: layers of cells, each placed many times */
  size_t nodes;       /* of the flat circuit, in which each placement has its own */
  size_t fan_in[7];   /* of these, how many have 0 ... 6 inputs */
  size_t depth;       /* nodes on the longest path */
  size_t output_bits; /* of the last stage: what is summed, or is the result */
  size_t live_inputs; /* input bits that are read */
  size_t byte_maximum; /* a byte stands for byte / byte_maximum; 0 where features is 0 */
  size_t channels;     /* the features as a picture (channels, height, width); 0: they are none */
  size_t height;
  size_t picture_width;
  size_t crop_height; /* of the picture as it comes, of which side x side are left; 0: all are */
  size_t crop_width;
  size_t crop_side;
  double tau; /* the trained network's scores are these divided by tau */
} pliant_circuit_info;

/* What the circuit is.   Cost: linear in its nodes at the first call, nothing later */
int pliant_circuit_describe(const pliant_circuit* circuit, pliant_circuit_info* info);

/* A copy of a name, for pliant_circuit_free_memory: of class `index`, null if the classes have no
 * names; of input bit `index`, such as "pixel[3,14]>127" or "x12". */
int pliant_circuit_class_name(const pliant_circuit* circuit, size_t index, char** name);
int pliant_circuit_input_name(const pliant_circuit* circuit, size_t index, char** name);

/* ==== Taking apart: the arrays that the functions under "Building" take. Since interface 2 */

/* How long a stage's arrays are. */
typedef struct pliant_circuit_stage_info {
  size_t size; /* set by the caller: sizeof(pliant_circuit_stage_info); written: what was filled */
  size_t inputs; /* of the cell */
  size_t nodes;
  size_t sources; /* signals that the nodes read, all together */
  size_t outputs;
  size_t placements;
} pliant_circuit_stage_info;

/* stage   below the info's `stages` */
int pliant_circuit_describe_stage(const pliant_circuit* circuit, size_t stage,
                                  pliant_circuit_stage_info* info);

/* Copies of a stage's arrays, as pliant_circuit_builder_stage takes them; a null pointer where one
 * is not wanted.
 * fan_in    (nodes)      tables     (nodes)
 * sources   (sources)    literals   (outputs)    wires   (placements, inputs) */
int pliant_circuit_copy_stage(const pliant_circuit* circuit, size_t stage, uint8_t* fan_in,
                              uint64_t* tables, uint32_t* sources, uint32_t* literals,
                              uint32_t* wires);

/* Copies of the encoder's arrays, null where one is not wanted. Where features is 0 there are none,
 * and nothing is written.
 * feature   (inputs)     threshold   (inputs) */
int pliant_circuit_copy_encoder(const pliant_circuit* circuit, uint32_t* feature,
                                double* threshold);

/* A copy of the name of feature `index` (of input bit `index` where features is 0), for
 * pliant_circuit_free_memory; null if they have no names. */
int pliant_circuit_feature_name(const pliant_circuit* circuit, size_t index, char** name);

/* Copies of the sums' arrays, null where one is not wanted. A circuit without classes is
 * PLIANT_BAD_ARGUMENT.
 * begins    (classes + 1)    biases   (classes) */
int pliant_circuit_copy_sums(const pliant_circuit* circuit, uint32_t* begins, int32_t* biases);

/* ==== Building */

/* A circuit that is being described. One thread at a time. */
typedef struct pliant_circuit_builder pliant_circuit_builder;

int pliant_circuit_builder_new(pliant_circuit_builder** builder);
void pliant_circuit_builder_free(pliant_circuit_builder* builder);

/* How many input bits there are, and which: bit b is 1 where number feature[b] of an example is
 * above threshold[b].
 * features       numbers of an example, after cropping; 0: examples are bits, and `feature` and
 *                `threshold` are null
 * feature        (inputs), each below features      threshold   (inputs), finite
 * byte_maximum   a byte stands for byte / byte_maximum in float; 255 for pixels in 0 ... 1 */
int pliant_circuit_builder_encoder(pliant_circuit_builder* builder, uint32_t inputs,
                                   uint32_t features, const uint32_t* feature,
                                   const double* threshold, uint32_t byte_maximum);
/* The features are a picture (channels, height, width), row by row. */
int pliant_circuit_builder_picture(pliant_circuit_builder* builder, uint32_t channels,
                                   uint32_t height, uint32_t width);
/* Examples are pictures of height x width, each at most 64, of which rows and columns of zeros are
 * trimmed at the borders until side x side are left: these are the features. */
int pliant_circuit_builder_crop(pliant_circuit_builder* builder, uint32_t height, uint32_t width,
                                uint32_t side);
/* Names of the features, or of the input bits where there are none.   names   (count) */
int pliant_circuit_builder_feature_names(pliant_circuit_builder* builder, size_t count,
                                         const char* const* names);

/* The next stage: a cell, which is a network of nodes, at `placements` places. The signals of a
 * cell are numbered: its inputs first, then its nodes. Output o at place p becomes bit
 * o * placements + p of the stage.
 * inputs, nodes, outputs   how many the cell has
 * fan_in     (nodes), 0 ... 6: how many signals a node reads; 0: it is a constant
 * tables     (nodes): bit a of the table is the node's value where its input i is bit i of a;
 *            bits from 2^fan_in on are 0
 * sources    (sum of fan_in), node by node: the signals that it reads, all before it
 * literals   (outputs): 2 * signal, and 1 more where the output is the complement
 * wires      (placements, inputs): which bit of the stage before (of the encoder's for the first)
 *            an input is at a place, PLIANT_ZERO for a constant 0; null, where there is one
 *            placement: bits 0 ... inputs - 1
 * Arrays of no elements may be null. What is wrong with signals, tables and wires is said by
 * pliant_circuit_build. */
#define PLIANT_ZERO 0xFFFFFFFFU
int pliant_circuit_builder_stage(pliant_circuit_builder* builder, uint32_t inputs, size_t nodes,
                                 const uint8_t* fan_in, const uint64_t* tables,
                                 const uint32_t* sources, size_t outputs, const uint32_t* literals,
                                 uint32_t placements, const uint32_t* wires);

/* The score of class c is biases[c] and the number of ones among the last stage's bits from
 * begins[c] to before begins[c + 1]. Without this call the bits are the result.
 * classes   at least 1
 * begins    (classes + 1), ascending from 0 to all bits; null: as many bits for each class
 * biases    (classes); null: 0        names   (classes); null: none
 * tau       > 0; the trained network's scores are these divided by tau */
int pliant_circuit_builder_sums(pliant_circuit_builder* builder, size_t classes,
                                const uint32_t* begins, const int32_t* biases,
                                const char* const* names, double tau);

/* The circuit as described so far, which is checked. The builder stays as it is.
 * PLIANT_BAD_ARGUMENT: the text says what is wrong and at which node, stage, bit or class. */
int pliant_circuit_build(const pliant_circuit_builder* builder, pliant_circuit** circuit);

/* ==== Simplifying */

/* Which passes run (pliant/circuit/optimise.h); what the circuit computes stays the same, but for
 * what stands here. */
#define PLIANT_CONSTANTS 1U /* constants and wires go through */
#define PLIANT_INVERTERS 2U /* inverters go into tables */
#define PLIANT_HASHING 4U   /* equal nodes become one */
#define PLIANT_BIASES 8U    /* constant bits of a class become its bias */
#define PLIANT_DEAD 16U     /* nodes that no output depends on are removed */
/* Bits that every class counts are counted by none: labels stay, scores change by one number. */
#define PLIANT_EQUAL_BITS 32U
/* Results change for input bits that no example has (x > 2 without x > 1). */
#define PLIANT_IMPLICATIONS 64U
#define PLIANT_WINDOWS 128U /* values that cannot come together make tables simpler */
#define PLIANT_SWEEP 256U   /* nodes that are proved to compute the same become one */
/* Of the mapping (lut): the least depth first, then the fewest nodes. */
#define PLIANT_SHALLOW 512U
#define PLIANT_DEFAULT_PASSES \
  (PLIANT_CONSTANTS | PLIANT_INVERTERS | PLIANT_HASHING | PLIANT_BIASES | PLIANT_DEAD)

/* The same function in fewer nodes, as a new circuit, flat.
 * passes            of those above: PLIANT_DEFAULT_PASSES
 * lut               nodes are covered by ones of at most so many inputs, 2 ... 6; 0: they are not.
 *                   3 is what CPUs run, 6 what FPGAs have
 * sweep_conflicts   when the proof of a sweep gives up: 1000; at most 2^31 - 1
 * report            null, or written: what each pass did, as JSON for pliant_circuit_free_memory:
 *                   [{"pass": text, "seconds": s, "before": sizes, "after": sizes}, ...], sizes
 *                   {"nodes": n, "depth": n, "output_bits": n, "live_inputs": n} */
int pliant_circuit_simplify(const pliant_circuit* circuit, unsigned passes, unsigned lut,
                            unsigned sweep_conflicts, pliant_circuit** simplified, char** report);

/* ==== Exporting */

/* How a circuit is written; what is 0 is as a program that knows nothing of it would have it. */
typedef struct pliant_circuit_export_options {
  size_t size;      /* set by the caller: sizeof(pliant_circuit_export_options) */
  const char* name; /* what names in the text begin with, an identifier; null: "circuit" */
  size_t lanes;     /* of C: examples of a word, 64 ... 4096, a power of two; of ONNX: 64, or
                       1 for bools; 0: 64 */
  size_t nodes_per_function; /* of C: at most; 0: the library's choice */
  int pipelined;             /* of Verilog: not 0: registers, one example a clock */
  size_t pipeline_depth;     /* of them: levels of nodes between two; 0: 1 */
  size_t sum_depth;          /* of them: additions or comparisons between two; 0: any number */
  size_t stream_bits;        /* of Verilog: not 0: also NAME_stream, with words of so many bits */
  const char* input; /* of ONNX: "bytes", "numbers" or "bits"; null: bytes if there are features */
} pliant_circuit_export_options;

/* The circuit in another language.
 * format    "c", "c++", "c-embedded" (for microcontrollers), "verilog", "blif", "aiger" (binary),
 * "aag" (AIGER as text) or "onnx" options   null: all 0 bytes     written, for
 * pliant_circuit_free_memory; a zero byte stands behind them size      written: how many, without
 * that; may be null */
int pliant_circuit_export(const pliant_circuit* circuit, const char* format,
                          const pliant_circuit_export_options* options, char** bytes, size_t* size);

#ifdef __cplusplus
}
#endif
/* NOLINTEND(modernize-*, readability-identifier-naming) */
#endif
