// pliant/circuit/c_frame.cpp — what stands around the gates in generated C (no torch)
#include "pliant/circuit/c_frame.h"

#include <algorithm>
#include <bit>
#include <cstdio>

namespace pliant::circuit {
namespace {

// In all texts: @ begins a name, ` a macro's name.

constexpr std::string_view kWordType = R"(
#include <stddef.h>
#include <stdint.h>

/* Examples of a word: 64 is standard C, more are vectors of gcc and clang. */
#ifndef `LANES
#define `LANES $LANES
#endif
)";

constexpr std::string_view kDeclarations = R"(
#if `LANES == 64
typedef uint64_t @word;
#elif defined(__GNUC__)
typedef uint64_t @word __attribute__((vector_size(`LANES / 8)));
#else
#error "`LANES other than 64 needs the vectors of gcc or clang"
#endif

/* The bits of the last stage, `OUTPUTS words, of `LANES examples at once: bit s of in[i] is input i
   of example s. work: `WORK words. */
void @bits(const @word *in, @word *out, @word *work);
)";

constexpr std::string_view kScores = R"(
/* $WHAT: (n, $WIDTH). Writes scores, (n, `SCORES). */
int @scores$KIND(const $TYPE *$FROM, int *scores, size_t n);
)";

constexpr std::string_view kLabels = R"(
/* The same, but writes labels, (n): the class of the largest score, the first of equal ones. */
int @classify$KIND(const $TYPE *$FROM, int *labels, size_t n);
)";

constexpr std::string_view kPrivate = R"(
#include <stdlib.h>
#include <string.h>

#if defined(__cplusplus)
#if defined(__GNUC__) || defined(_MSC_VER)
#define `RESTRICT __restrict
#else
#define `RESTRICT
#endif
#define `ZERO (@word())
#else
#define `RESTRICT restrict
#define `ZERO ((@word){0})
#endif

)";

constexpr std::string_view kBlock = R"(
/* What one block of examples needs. */
typedef struct @space {
  @word in[`INPUTS + (`INPUTS == 0)];
  @word out[`OUTPUTS + (`OUTPUTS == 0)];
  @word work[`WORK + (`WORK == 0)];
  @word planes[`PLANES];
  unsigned char octets[8 * `INPUTS + 1]; /* (8, `INPUTS): eight examples a byte */
} @space;

/* Word number lane of each input, of 64 examples, from their octets. (Functions get the arrays that
   they work on, not the block: gcc 12.2 at -O1 takes a function that reads one array of a struct
   and writes another for one without effect.) */
static void @gather(const unsigned char *octets, @word *in, size_t lane) {
  int i, j;
  for (i = 0; i < `INPUTS; ++i) {
    uint64_t w = 0;
    for (j = 0; j < 8; ++j) w |= (uint64_t)octets[j * `INPUTS + i] << (8 * j);
    memcpy((unsigned char *)(in + i) + 8 * lane, &w, sizeof w);
  }
}

/* Word number lane of a row. */
static uint64_t @lane_of(const @word *row, size_t lane) {
  uint64_t w;
  memcpy(&w, (const unsigned char *)row + 8 * lane, sizeof w);
  return w;
}
)";

constexpr std::string_view kRawScores = R"(
static void @write_scores(const @word *out, size_t lane, int *to, size_t count) {
  int o;
  size_t s;
  for (o = 0; o < `OUTPUTS; ++o) {
    const uint64_t w = @lane_of(out + o, lane);
    for (s = 0; s < count; ++s) to[s * `SCORES + (size_t)o] = (int)(w >> s & 1);
  }
}
)";

constexpr std::string_view kSums = R"(
/* low + a + b is low + 2 high, bit by bit. */
#define `ADD(high, low, a, b)                    \
  do {                                           \
    const @word t = (low) ^ (a);                 \
    (high) = ((low) & (a)) | (t & (b));          \
    (low) = t ^ (b);                             \
  } while (0)

/* Adds a row at plane k: planes are the bits of numbers, one for each example. */
static void @add(@word *planes, int k, const @word *carry) {
  @word c = *carry;
  for (; k < `SCORE_PLANES; ++k) {
    const @word t = planes[k] & c;
    planes[k] ^= c;
    c = t;
  }
}

/* Adds each of the n rows, by carry-save adders of eight. */
static void @count(const @word *x, int n, @word *planes) {
  @word a, b, c, d, e, f, eight;
  for (; n >= 8; n -= 8, x += 8) {
    `ADD(a, planes[0], x[0], x[1]);
    `ADD(b, planes[0], x[2], x[3]);
    `ADD(c, planes[0], x[4], x[5]);
    `ADD(d, planes[0], x[6], x[7]);
    `ADD(e, planes[1], a, b);
    `ADD(f, planes[1], c, d);
    `ADD(eight, planes[2], e, f);
    @add(planes, 3, &eight);
  }
  for (; n > 0; --n, ++x) @add(planes, 0, x);
}

/* Scores of all classes above the least bias. */
static void @sum(const @word *out, @word *planes) {
  int c, k;
  for (c = 0; c < `CLASSES; ++c, planes += `SCORE_PLANES) {
    for (k = 0; k < `SCORE_PLANES; ++k) {
      planes[k] = `ZERO;
      if (@offsets[c] >> k & 1) planes[k] = ~planes[k];
    }
    if (@begins[c + 1] > @begins[c])
      @count(out + @begins[c], @begins[c + 1] - @begins[c], planes);
  }
}

static void @write_scores(const @word *planes, size_t lane, int *to, size_t count) {
  int c, k;
  size_t s;
  for (c = 0; c < `CLASSES; ++c, planes += `SCORE_PLANES) {
    uint64_t w[`SCORE_PLANES];
    for (k = 0; k < `SCORE_PLANES; ++k) w[k] = @lane_of(planes + k, lane);
    for (s = 0; s < count; ++s) {
      uint64_t all = 0;
      for (k = 0; k < `SCORE_PLANES; ++k) all |= (w[k] >> s & 1) << k;
      to[s * `SCORES + (size_t)c] = (int)((int64_t)all + $LEAST);
    }
  }
}

/* The bits of each example's label: a later class wins only if its score is larger. */
static void @largest(const @word *planes, @word *label) {
  @word best[`SCORE_PLANES];
  int c, k;
  for (k = 0; k < `SCORE_PLANES; ++k) best[k] = planes[k];
  for (k = 0; k < `LABEL_PLANES; ++k) label[k] = `ZERO;
  for (c = 1; c < `CLASSES; ++c) {
    @word more = `ZERO;
    planes += `SCORE_PLANES;
    for (k = 0; k < `SCORE_PLANES; ++k)
      more = (planes[k] & ~best[k]) | (~(planes[k] ^ best[k]) & more);
    for (k = 0; k < `SCORE_PLANES; ++k) best[k] ^= (best[k] ^ planes[k]) & more;
    for (k = 0; k < `LABEL_PLANES; ++k) {
      if (c >> k & 1)
        label[k] |= more;
      else
        label[k] &= ~more;
    }
  }
}

static void @write_labels(const @word *label, size_t lane, int *to, size_t count) {
  int k;
  size_t s;
  for (s = 0; s < count; ++s) to[s] = 0;
  for (k = 0; k < `LABEL_PLANES; ++k) {
    const uint64_t w = @lane_of(label + k, lane);
    for (s = 0; s < count; ++s) to[s] |= (int)((w >> s & 1) << k);
  }
}
)";

constexpr std::string_view kFinish = R"(
/* Runs the block; writes scores if they are asked for, else labels. */
static void @finish(@space *block, int *scores, int *labels, size_t count) {
  size_t lane;
$LABEL_WORDS  @bits(block->in, block->out, block->work);
$SUM  for (lane = 0; 64 * lane < count; ++lane) {
    const size_t left = count - 64 * lane < 64 ? count - 64 * lane : 64;
$WRITE  }
}
)";

constexpr std::string_view kCrop = R"(
/* How many lines to trim at the beginning, so that `side` of `size` are left; -1 if too few are
   empty. Both ends give lines back alike, an odd one the beginning. */
static int @trim(const unsigned char *full, int size, int side) {
  const int wanted = size - side;
  int start = 0, end = 0;
  while (start < size / 2 && !full[start]) ++start;
  while (end < size / 2 && !full[size - 1 - end]) ++end;
  if (start + end < wanted) return -1;
  while (start + end >= wanted + 2) {
    start -= start > 0;
    end -= end > 0;
  }
  return start + end > wanted && start > 0 ? start - 1 : start;
}
)";

constexpr std::string_view kWindow = R"(
/* Moves *from to the picture's crop; 0 if it has none. */
static int @window$KIND(const $TYPE **from) {
  unsigned char rows[$HEIGHT] = {0}, columns[$WIDTH] = {0};
  int y, x;
  for (y = 0; y < $HEIGHT; ++y) {
    for (x = 0; x < $WIDTH; ++x) {
      const unsigned char full = (*from)[y * $WIDTH + x] != 0;
      rows[y] |= full;
      columns[x] |= full;
    }
  }
  y = @trim(rows, $HEIGHT, $SIDE);
  x = @trim(columns, $WIDTH, $SIDE);
  if (y < 0 || x < 0) return 0;
  *from += y * $WIDTH + x;
  return 1;
}
)";

constexpr std::string_view kPack = R"(
/* 64 examples, or those that are left, as word number lane of the inputs; 0 if one cannot be cropped. */
static int @pack$KIND(const $TYPE *from, size_t count, unsigned char *octets, @word *in, size_t lane) {
  size_t s;
  memset(octets, 0, 8 * `INPUTS);
  for (s = 0; s < count; ++s, from += $WIDTH) {
    unsigned char *octet = octets + s / 8 * `INPUTS;
    const $TYPE *x = from;
    int i;
$WINDOW    for (i = 0; i < `INPUTS; ++i)
      octet[i] = (unsigned char)(octet[i] | ($BIT) << (s % 8));
  }
$NEVER  @gather(octets, in, lane);
  return 1;
}

static int @run_block$KIND(const $TYPE *from, int *scores, int *labels, size_t count,
                      @space *block) {
  size_t lane;
  if (count < `LANES) memset(block->in, 0, sizeof block->in);
  for (lane = 0; 64 * lane < count; ++lane) {
    const size_t left = count - 64 * lane < 64 ? count - 64 * lane : 64;
    if (!@pack$KIND(from + 64 * lane * $WIDTH, left, block->octets, block->in, lane)) return 0;
  }
  @finish(block, scores, labels, count);
  return 1;
}

static int @run$KIND(const $TYPE *from, int *scores, int *labels, size_t n) {
  size_t done;
  int code = 0;
#if `BYTES <= 65536
  @space here;
  @space *block = &here;
#else
  void *memory = malloc(sizeof(@space) + sizeof(@word));
  @space *block;
  if (!memory) return 1;
  block = (@space *)((unsigned char *)memory + (-(uintptr_t)memory & (sizeof(@word) - 1)));
#endif
  for (done = 0; done < n && code == 0; done += `LANES) {
    const size_t count = n - done < `LANES ? n - done : `LANES;
    int *s = scores ? scores + done * `SCORES : scores;
    int *l = labels ? labels + done : labels;
    if (!@run_block$KIND(from + done * $WIDTH, s, l, count, block)) code = 2;
  }
#if `BYTES > 65536
  free(memory);
#endif
  return code;
}

int @scores$KIND(const $TYPE *$FROM, int *scores, size_t n) {
  return @run$KIND($FROM, scores, NULL, n);
}
)";

constexpr std::string_view kClassify = R"(
int @classify$KIND(const $TYPE *$FROM, int *labels, size_t n) {
  return @run$KIND($FROM, NULL, labels, n);
}
)";

/// Every occurrence of `what` replaced.
std::string replaced(std::string text, std::string_view what, std::string_view by) {
  for (std::size_t at = text.find(what); at != std::string::npos;
       at = text.find(what, at + by.size()))
    text.replace(at, what.size(), by);
  return text;
}
std::string replaced(std::string_view text, std::string_view what, std::string_view by) {
  return replaced(std::string(text), what, by);
}

/// One way to give examples.
struct Source {
  std::string_view kind;  ///< suffix of names
  std::string_view type;
  std::string_view from;  ///< name of the argument
  std::string_view what;
};
constexpr Source kBits = {"", "unsigned char", "bits", "Input bits of examples, 0 or not 0"};
constexpr Source kBytes = {"_bytes", "unsigned char", "features", "Raw features of examples"};
constexpr Source kNumbers = {"_numbers", "float", "features", "Raw features of examples"};

std::vector<Source> sources_of(const Circuit& circuit) {
  if (!circuit.encoder.has_features()) return {kBits};
  return {kBits, kBytes, kNumbers};
}

std::string for_source(std::string_view text, const Source& source, std::string_view width) {
  std::string result = replaced(text, "$KIND", source.kind);
  result = replaced(std::move(result), "$TYPE", source.type);
  result = replaced(std::move(result), "$FROM", source.from);
  result = replaced(std::move(result), "$WHAT", source.what);
  return replaced(std::move(result), "$WIDTH", width);
}

std::string_view width_of(const Source& source) {
  return source.kind.empty() ? "`INPUTS" : "`WIDTH";
}

std::string define(std::string_view name, std::size_t value) {
  return "#define `" + std::string(name) + ' ' + std::to_string(value) + '\n';
}

std::string comment(const Circuit& circuit, const CodeOptions& options, std::size_t nodes) {
  const Encoder& encoder = circuit.encoder;
  std::string text = "/* " + options.name + ": a logic circuit, generated by pliant.\n\n   " +
                     std::to_string(encoder.inputs) + " input bits, " + std::to_string(nodes) +
                     " gates, " + std::to_string(circuit.output_bits()) + " bits in the last stage";
  if (circuit.sums.classes() > 0)
    text += ", summed for " + std::to_string(circuit.sums.classes()) + " classes";
  text += ".\n";
  if (encoder.has_features()) {
    text += "   A bit is 1 where one of " + std::to_string(encoder.features) +
            " numbers is above a threshold; a byte stands for byte / " +
            std::to_string(encoder.byte_maximum) + ".\n";
  }
  const Crop& crop = encoder.crop;
  if (crop.height > 0) {
    text += "   The numbers are the crop of " + std::to_string(crop.side) + " x " +
            std::to_string(crop.side) + " of a picture of " + std::to_string(crop.height) + " x " +
            std::to_string(crop.width) + ".\n";
  }
  return text +
         "   Functions return 0; 1: no memory; 2: a picture cannot be cropped. Any number of "
         "threads\n"
         "   may call them. Define `DECLARATIONS to include the declarations alone. */\n";
}

std::string planes_code(const ClassSums& sums) {
  const ScorePlanes planes = score_planes(sums);
  return "\nstatic const int @begins[] =\n    " + number_list(sums.begins) +
         ";\nstatic const uint64_t @offsets[] = /* of biases above the least */\n    " +
         number_list(planes.offsets) + ";\n" +
         replaced(kSums, "$LEAST", "INT64_C(" + std::to_string(planes.least) + ')');
}

std::string finish_code(bool classes) {
  std::string text = replaced(kFinish, "$LABEL_WORDS",
                              classes ? "  @word label[`LABEL_PLANES];\n" : "  (void)labels;\n");
  text = replaced(
      std::move(text), "$SUM",
      classes ? "  @sum(block->out, block->planes);\n  @largest(block->planes, label);\n" : "");
  return replaced(
      std::move(text), "$WRITE",
      classes ? "    if (scores)\n"
                "      @write_scores(block->planes, lane, scores + 64 * lane * `SCORES, left);\n"
                "    else\n"
                "      @write_labels(label, lane, labels + 64 * lane, left);\n"
              : "    @write_scores(block->out, lane, scores + 64 * lane * `SCORES, left);\n");
}

/// Where each bit finds its number, and above what it is 1.
struct EncoderTables {
  std::string text;
  std::string x;      ///< a bit's number
  std::string never;  ///< statements that clear the bits that no byte sets
};

EncoderTables encoder_tables(const Encoder& encoder) {
  std::vector<std::size_t> place;
  std::vector<int> least;
  std::vector<std::size_t> never;
  std::string above = "{";
  bool in_order = true;
  for (std::size_t b = 0; b < encoder.inputs; ++b) {
    const std::size_t feature = encoder.feature[b];
    const Crop& crop = encoder.crop;
    place.push_back(crop.height == 0 ? feature
                                     : feature / crop.side * crop.width + feature % crop.side);
    in_order = in_order && place.back() == b;
    const int byte = byte_threshold(encoder, b) + 1;
    if (byte > 255) never.push_back(b);
    least.push_back(std::min(byte, 255));
    char number[40];
    std::snprintf(number, sizeof number, "%.17g", encoder.threshold[b]);
    above += (b == 0 ? "" : (b % 8 == 0 ? ",\n    " : ", ")) + std::string(number);
  }
  EncoderTables tables;
  tables.x = in_order ? "x[i]" : "x[@place[i]]";
  if (encoder.inputs == 0) return tables;
  if (!in_order) {
    tables.text += "\nstatic const uint32_t @place[] = /* of each bit's number */\n    " +
                   number_list(place) + ";\n";
  }
  tables.text += "static const unsigned char @least[] = /* byte that sets the bit */\n    " +
                 number_list(least) + ";\nstatic const double @above[] =\n    " + above + "};\n";
  if (!never.empty()) {
    tables.text += "static const int @never[] = /* bits that no byte sets */\n    " +
                   number_list(never) + ";\n";
    tables.never = "  for (s = 0; s < " + std::to_string(never.size()) +
                   "; ++s) {\n    int j;\n    for (j = 0; j < 8; ++j) "
                   "octets[j * `INPUTS + @never[s]] = 0;\n  }\n";
  }
  return tables;
}

/// Packing from one source, and its entry points.
std::string source_code(const Circuit& circuit, const Source& source, const EncoderTables& tables) {
  const Crop& crop = circuit.encoder.crop;
  const bool bits = source.kind.empty();
  const bool crops = !bits && crop.height > 0;
  std::string text;
  if (crops) {
    text = replaced(kWindow, "$HEIGHT", std::to_string(crop.height));
    text = replaced(std::move(text), "$WIDTH", std::to_string(crop.width));
    text = replaced(std::move(text), "$SIDE", std::to_string(crop.side));
  }
  std::string pack =
      replaced(kPack, "$WINDOW", crops ? "    if (!@window$KIND(&x)) return 0;\n" : "");
  std::string bit = "x[i] != 0";
  if (!bits && circuit.encoder.inputs > 0)
    bit = source.type == kNumbers.type ? "(double)" + tables.x + " > @above[i]"
                                       : tables.x + " >= @least[i]";
  pack = replaced(std::move(pack), "$BIT", bit);
  pack = replaced(std::move(pack), "$NEVER",
                  source.kind == kBytes.kind ? std::string_view(tables.never) : "");
  if (circuit.sums.classes() > 0) pack += kClassify;
  return for_source(text + pack, source, width_of(source));
}

}  // namespace

ScorePlanes score_planes(const ClassSums& sums) {
  ScorePlanes result;
  result.least = *std::min_element(sums.biases.begin(), sums.biases.end());
  for (std::size_t c = 0; c < sums.classes(); ++c) {
    result.offsets.push_back(static_cast<std::uint64_t>(sums.biases[c] - result.least));
    const std::uint64_t most = result.offsets.back() + sums.begins[c + 1] - sums.begins[c];
    result.planes = std::max(result.planes, static_cast<int>(std::bit_width(most)));
  }
  return result;
}

int label_bits(const ClassSums& sums) {
  return std::max(1, static_cast<int>(std::bit_width(sums.classes() - 1)));
}

std::string with_names(std::string_view text, const CodeOptions& options) {
  const std::string macro = options.name + '_';
  const std::string_view name = options.language == CodeLanguage::kC ? macro : "";
  std::string result;
  result.reserve(text.size() * 5 / 4);
  for (const char c : text) {
    if (c == '@') {
      result += name;
    } else if (c == '`') {
      result += macro;
    } else {
      result += c;
    }
  }
  return result;
}

std::string c_head(const Circuit& circuit, const CodeOptions& options, std::size_t nodes,
                   std::size_t work) {
  const bool classes = circuit.sums.classes() > 0;
  const bool c = options.language == CodeLanguage::kC;
  const auto planes = static_cast<std::size_t>(classes ? score_planes(circuit.sums).planes : 1);
  std::string text = comment(circuit, options, nodes) + "#ifndef `DECLARED\n#define `DECLARED\n" +
                     replaced(kWordType, "$LANES", std::to_string(options.lanes)) + '\n' +
                     define("INPUTS", circuit.input_bits()) +
                     define("WIDTH", circuit.encoder.width()) +
                     define("CLASSES", circuit.sums.classes()) +
                     define("SCORES", circuit.scores()) + define("OUTPUTS", circuit.output_bits()) +
                     define("WORK", work) + define("SCORE_PLANES", planes);
  if (classes) text += define("LABEL_PLANES", static_cast<std::size_t>(label_bits(circuit.sums)));
  text +=
      "#define `PLANES (" + std::to_string(std::max<std::size_t>(circuit.sums.classes(), 1)) +
      " * `SCORE_PLANES)\n#define `BYTES \\\n  ((`INPUTS + `OUTPUTS + `WORK + `PLANES) * (`LANES / "
      "8) + 8 * `INPUTS)\n\n";
  text += c ? "#ifdef __cplusplus\nextern \"C\" {\n#endif\n" : "namespace " + options.name + " {\n";
  text += kDeclarations;
  for (const Source& source : sources_of(circuit)) {
    text += for_source(kScores, source, width_of(source));
    if (classes) text += for_source(kLabels, source, width_of(source));
  }
  text += c ? "\n#ifdef __cplusplus\n}\n#endif\n" : "\n}  // namespace\n";
  text += "#endif /* `DECLARED */\n\n#ifndef `DECLARATIONS\n";
  text += kPrivate;
  if (!c) text += "namespace " + options.name + " {\n\n";
  return with_names(text, options);
}

std::string c_foot(const Circuit& circuit, const CodeOptions& options) {
  const bool classes = circuit.sums.classes() > 0;
  std::string text(kBlock);
  text += classes ? planes_code(circuit.sums) : std::string(kRawScores);
  text += finish_code(classes);
  if (circuit.encoder.crop.height > 0) text += kCrop;
  EncoderTables tables;
  if (circuit.encoder.has_features()) tables = encoder_tables(circuit.encoder);
  text += tables.text;
  for (const Source& source : sources_of(circuit)) text += source_code(circuit, source, tables);
  if (options.language == CodeLanguage::kCpp) text += "\n}  // namespace " + options.name + '\n';
  return with_names(text + "\n#endif /* `DECLARATIONS */\n", options);
}

}  // namespace pliant::circuit
