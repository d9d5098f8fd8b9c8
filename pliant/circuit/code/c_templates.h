// pliant/circuit/code/c_templates.h — the fixed text of generated C: packing, sums, labels, entry
// points (no torch)
#pragma once

#include <string_view>

namespace pliant::circuit {

// In all texts: @ begins a name, ` a macro's name.

inline constexpr std::string_view kDeclarations = R"(
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

inline constexpr std::string_view kScores = R"(
/* $WHAT: (n, $WIDTH). Writes scores, (n, `SCORES). */
int @scores$KIND(const $TYPE *$FROM, int *scores, size_t n);
)";

inline constexpr std::string_view kLabels = R"(
/* The same, but writes labels, (n): the class of the largest score, the first of equal ones. */
int @classify$KIND(const $TYPE *$FROM, int *labels, size_t n);
)";

inline constexpr std::string_view kBlock = R"(
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

inline constexpr std::string_view kRawScores = R"(
static void @write_scores(const @word *out, size_t lane, int *to, size_t count) {
  int o;
  size_t s;
  for (o = 0; o < `OUTPUTS; ++o) {
    const uint64_t w = @lane_of(out + o, lane);
    for (s = 0; s < count; ++s) to[s * `SCORES + (size_t)o] = (int)(w >> s & 1);
  }
}
)";

inline constexpr std::string_view kAdders = R"(
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
)";

inline constexpr std::string_view kSums = R"(
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

inline constexpr std::string_view kFinish = R"(
/* Runs the block; writes scores if they are asked for, else labels. */
static void @finish(@space *block, int *scores, int *labels, size_t count) {
  size_t lane;
$LABEL_WORDS  @bits(block->in, block->out, block->work);
$SUM  for (lane = 0; 64 * lane < count; ++lane) {
    const size_t left = count - 64 * lane < 64 ? count - 64 * lane : 64;
$WRITE  }
}
)";

inline constexpr std::string_view kCrop = R"(
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

inline constexpr std::string_view kWindow = R"(
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

inline constexpr std::string_view kPack = R"(
/* 64 examples, or those that are left, as word number lane of the inputs; 0 if one cannot be cropped. */
static int @pack$KIND(const $TYPE *from, size_t count, unsigned char *octets, @word *in, size_t lane) {
  size_t s;
  memset(octets, 0, 8 * `INPUTS);
  for (s = 0; s < count; ++s, from += $WIDTH) {
    unsigned char *octet = octets + s / 8 * `INPUTS;
    const unsigned char bit = (unsigned char)(1 << (s % 8));
    const $TYPE *x = from;
    int i, j;
$WINDOW    for (i = 0; i < `INPUTS; i += $LENGTH) {
      const $TYPE *row = x + i / $LENGTH * $STRIDE;
      for (j = 0; j < $LENGTH; ++j) octet[i + j] |= $BIT ? bit : 0;
    }
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

inline constexpr std::string_view kClassify = R"(
int @classify$KIND(const $TYPE *$FROM, int *labels, size_t n) {
  return @run$KIND($FROM, NULL, labels, n);
}
)";

}  // namespace pliant::circuit
