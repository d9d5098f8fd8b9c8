// pliant/circuit/code/embedded_templates.h — the fixed text of C for microcontrollers (no torch)
#pragma once

#include <string_view>

namespace pliant::circuit {

// As in c_templates.h @ begins a name, ` a macro's name. No loop here only copies or clears memory:
// compilers would make it a call of memcpy or memset.

inline constexpr std::string_view kEmbeddedDeclarations = R"(
/* Bit s of a word is of example s. */
typedef uint32_t @word;

/* All that is written. */
typedef struct @space {
  @word in[`INPUTS + (`INPUTS == 0)];
  @word out[`OUTPUTS + (`OUTPUTS == 0)];
  @word work[`WORK + (`WORK == 0)];
  @word planes[`PLANES];
  @word label[`LABEL_PLANES];
  int32_t begins[`BEGINS];
} @space;

/* The bits of the last stage from the input bits, with `WORK words of scratch. */
void @bits(const @word *in, @word *out, @word *work);

/* n examples, 1 to 32: (n, `WIDTH) bytes. Writes scores, (n, `SCORES). */
int @scores(const unsigned char *x, int n, int32_t *scores, @space *space);
)";

inline constexpr std::string_view kEmbeddedClassify = R"(
/* The same, but writes labels, (n): the class of the largest score, the first of equal ones. */
int @classify(const unsigned char *x, int n, int32_t *labels, @space *space);
)";

/// The words of one example's bits. $BIT: whether bit b of example s is 1.
inline constexpr std::string_view kEmbeddedPack = R"(
static void @pack(const unsigned char *x, int n, @space *space) {
  int b, s;
  (void)x;
  (void)n;
  for (b = 0; b < `INPUTS; ++b) {
    const unsigned char *from = x;
    @word w = 0;
    for (s = 0; s < n; ++s, from += `WIDTH) w |= (@word)($BIT) << s;
    space->in[b] = w;
  }
}
)";

inline constexpr std::string_view kEmbeddedCrop = R"(
/* Where the crop of each picture begins; 0 if one has none. */
static int @crop(const unsigned char *x, int n, @space *space) {
  unsigned char full[$LARGER];
  int s, y, z, row, column;
  for (s = 0; s < n; ++s, x += `WIDTH) {
    for (y = 0; y < $HEIGHT; ++y) {
      unsigned char any = 0;
      for (z = 0; z < $WIDTH; ++z) any |= x[y * $WIDTH + z];
      full[y] = any;
    }
    row = @trim(full, $HEIGHT, $SIDE);
    for (y = 0; y < $WIDTH; ++y) {
      unsigned char any = 0;
      for (z = 0; z < $HEIGHT; ++z) any |= x[z * $WIDTH + y];
      full[y] = any;
    }
    column = @trim(full, $WIDTH, $SIDE);
    if (row < 0 || column < 0) return 0;
    space->begins[s] = row * $WIDTH + column;
  }
  return 1;
}
)";

inline constexpr std::string_view kEmbeddedSums = R"(
/* Scores of all classes above the least bias. */
static void @sum(const @word *out, @word *planes) {
  int c, k;
  for (c = 0; c < `CLASSES; ++c, planes += `SCORE_PLANES) {
    for (k = 0; k < `SCORE_PLANES; ++k) planes[k] = (@word)0 - (@offsets[c] >> k & 1);
    @count(out + @begins[c], @begins[c + 1] - @begins[c], planes);
  }
}

static void @write_scores(const @space *space, int n, int32_t *to) {
  int c, k, s;
  for (s = 0; s < n; ++s) {
    const @word *planes = space->planes;
    for (c = 0; c < `CLASSES; ++c, planes += `SCORE_PLANES) {
      uint32_t all = 0;
      for (k = 0; k < `SCORE_PLANES; ++k) all |= (planes[k] >> s & 1) << k;
      *to++ = (int32_t)(all + $LEAST);
    }
  }
}

/* The bits of each example's label: a later class wins only if its score is larger. The first class's
   planes become the best ones. */
static void @largest(@word *best, @word *label) {
  const @word *planes = best;
  int c, k;
  for (c = 0; c < `CLASSES; ++c) {
    @word more = c == 0 ? ~(@word)0 : 0;
    for (k = 0; k < `SCORE_PLANES && c > 0; ++k)
      more = (planes[k] & ~best[k]) | (~(planes[k] ^ best[k]) & more);
    for (k = 0; k < `SCORE_PLANES; ++k) best[k] ^= (best[k] ^ planes[k]) & more;
    for (k = 0; k < `LABEL_PLANES; ++k) {
      const @word one = (@word)0 - ((@word)c >> k & 1);
      label[k] ^= (label[k] ^ one) & more;
    }
    planes += `SCORE_PLANES;
  }
}

static void @write_labels(const @word *label, int n, int32_t *to) {
  int k, s;
  for (s = 0; s < n; ++s) {
    uint32_t all = 0;
    for (k = 0; k < `LABEL_PLANES; ++k) all |= (label[k] >> s & 1) << k;
    to[s] = (int32_t)all;
  }
}
)";

inline constexpr std::string_view kEmbeddedRawScores = R"(
static void @write_scores(const @space *space, int n, int32_t *to) {
  int o, s;
  for (s = 0; s < n; ++s) {
    for (o = 0; o < `OUTPUTS; ++o) *to++ = (int32_t)(space->out[o] >> s & 1);
  }
}
)";

inline constexpr std::string_view kEmbeddedRun = R"(
static int @run(const unsigned char *x, int n, @space *space) {
  if (n < 1 || n > 32) return 1;
$CROP  @pack(x, n, space);
  @bits(space->in, space->out, space->work);
$SUM  return 0;
}

int @scores(const unsigned char *x, int n, int32_t *scores, @space *space) {
  const int code = @run(x, n, space);
  if (code == 0) @write_scores(space, n, scores);
  return code;
}
)";

inline constexpr std::string_view kEmbeddedLabels = R"(
int @classify(const unsigned char *x, int n, int32_t *labels, @space *space) {
  const int code = @run(x, n, space);
  if (code == 0) {
    @largest(space->planes, space->label);
    @write_labels(space->label, n, labels);
  }
  return code;
}
)";

}  // namespace pliant::circuit
