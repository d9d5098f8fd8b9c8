// pliant/circuit/run/execute.cpp — nodes by function, carry-save counters, bit-sliced argmax (no
// torch)
#include "pliant/circuit/run/execute.h"

#include <algorithm>
#include <array>
#include <bit>
#include <utility>

#include "pliant/base/errors.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "pliant/circuit/run/execute.cpp"
#include "pliant/base/simd.h"
// After simd.h, which re-reads this file for every target.
#include "pliant/circuit/run/counter-inl.h"
#include "pliant/circuit/run/table_vector-inl.h"

HWY_BEFORE_NAMESPACE();
namespace pliant::circuit::HWY_NAMESPACE {
namespace {

/// A node on rows of `units` units. Operands are loaded before the result is stored: it may take
/// their place. Operands that a function has not are its first: they are not looked at.
template <int fan_in, unsigned table, std::size_t units>
HWY_INLINE void run_node(std::uint64_t* rows, std::size_t first, std::size_t second,
                         std::size_t third, std::size_t target) {
  const Words d;
  constexpr std::size_t kVectors = units * kUnitWords / hn::MaxLanes(d);
  const std::uint64_t* x0 = rows + first;
  const std::uint64_t* x1 = fan_in > 1 ? rows + second : x0;
  const std::uint64_t* x2 = fan_in > 2 ? rows + third : x0;
  Word of[kVectors];
  HWY_UNROLL(8)
  for (std::size_t v = 0; v < kVectors; ++v) {
    const std::size_t w = v * hn::MaxLanes(d);
    of[v] =
        at_words<fan_in, table>(d, hn::Load(d, x0 + w), hn::Load(d, x1 + w), hn::Load(d, x2 + w));
  }
  HWY_UNROLL(8)
  for (std::size_t v = 0; v < kVectors; ++v)
    hn::Store(of[v], d, rows + target + v * hn::MaxLanes(d));
}

#if HWY_TARGET <= HWY_AVX3
/// Four numbers as they are loaded: as a vector, where the compiler would rather load each.
HWY_INLINE __m128i vector_at(const void* numbers) {
  __m128i vector = _mm_loadu_si128(static_cast<const __m128i*>(numbers));
  asm("" : "+v"(vector));
  return vector;
}

struct FourNumbers {
  std::uint64_t a, b, c, d;
};
HWY_INLINE FourNumbers numbers_of(__m128i four) {
  const auto low = static_cast<std::uint64_t>(_mm_cvtsi128_si64(four));
  const auto high = static_cast<std::uint64_t>(_mm_extract_epi64(four, 1));
  return {static_cast<std::uint32_t>(low), low >> 32, static_cast<std::uint32_t>(high), high >> 32};
}

template <int fan_in, unsigned table, std::size_t units>
HWY_INLINE void run_node(std::uint64_t* rows, __m128i node) {
  const FourNumbers at = numbers_of(node);
  run_node<fan_in, table, units>(rows, at.a, at.b, at.c, at.d);
}
#endif

/// The nodes [begin, end) of one function.
template <int fan_in, unsigned table, std::size_t units>
void run_nodes(const NodeRows* begin, const NodeRows* end, std::uint64_t* rows) {
#if HWY_TARGET <= HWY_AVX3
  constexpr void (*run)(std::uint64_t*, __m128i) = run_node<fan_in, table, units>;
  for (; end - begin >= 4; begin += 4) {
    const __m512i four = _mm512_loadu_si512(begin);
    run(rows, _mm512_castsi512_si128(four));
    run(rows, _mm512_extracti32x4_epi32(four, 1));
    run(rows, _mm512_extracti32x4_epi32(four, 2));
    run(rows, _mm512_extracti32x4_epi32(four, 3));
  }
  for (; begin != end; ++begin) run(rows, vector_at(begin));
#else
  for (; begin != end; ++begin) {
    const auto [first, second, third] = begin->sources;
    run_node<fan_in, table, units>(rows, first, second, third, begin->target);
  }
#endif
}

using RunNodes = void (*)(const NodeRows*, const NodeRows*, std::uint64_t*);

/// run_nodes by table; functions of three inputs by their ordered tables only.
template <int fan_in, std::size_t units, std::size_t... tables>
constexpr std::array<RunNodes, sizeof...(tables)> nodes_by_table(std::index_sequence<tables...>) {
  const auto one = []<std::size_t table>() -> RunNodes {
    if constexpr (fan_in == 3 && ordered_table(table) != table) {
      return nullptr;
    } else {
      return run_nodes<fan_in, static_cast<unsigned>(table), units>;
    }
  };
  return {one.template operator()<tables>()...};
}

/// Rows that are counted, one vector of each, four at a time.
class CountedRows {
 public:
  /// @param offsets  three more can be read
  HWY_INLINE CountedRows(const std::uint64_t* rows, const std::uint32_t* offsets)
      : rows_(rows), offsets_(offsets) {}

  HWY_INLINE void operator()(std::size_t i, Word* x) const {
#if HWY_TARGET <= HWY_AVX3
    const auto [a, b, c, d] = numbers_of(vector_at(offsets_ + i));
    x[0] = at(a);
    x[1] = at(b);
    x[2] = at(c);
    x[3] = at(d);
#else
    for (std::size_t k = 0; k < 4; ++k) x[k] = at(offsets_[i + k]);
#endif
  }

 private:
  HWY_INLINE Word at(std::size_t offset) const { return hn::Load(Words(), rows_ + offset); }

  const std::uint64_t* rows_;
  const std::uint32_t* offsets_;
};

void count_rows(const BlockPlan& plan, const Step& step, const std::uint64_t* rows,
                std::uint64_t* counters) {
  const Words d;
  const std::size_t row = plan.row();
  for (std::size_t w = 0; w < row; w += hn::MaxLanes(d)) {
    Counter counter(d, counters + step.what * plan.planes * row + w, plan.planes, row);
    counter.add(step.count, CountedRows(rows + w, plan.counted.data() + step.begin));
  }
}

template <std::size_t units>
void run_all(const BlockPlan& plan, std::uint64_t* rows, std::uint64_t* counters) {
  static constexpr auto kConstants = nodes_by_table<0, units>(std::make_index_sequence<2>());
  static constexpr auto kOne = nodes_by_table<1, units>(std::make_index_sequence<4>());
  static constexpr auto kTwo = nodes_by_table<2, units>(std::make_index_sequence<16>());
  static constexpr auto kThree = nodes_by_table<3, units>(std::make_index_sequence<256>());
  static constexpr std::array<const RunNodes*, 4> kBy = {kConstants.data(), kOne.data(),
                                                         kTwo.data(), kThree.data()};
  for (const Step& step : plan.steps) {
    if (step.fan_in == Step::kCount) {
      count_rows(plan, step, rows, counters);
    } else {
      const NodeRows* nodes = plan.nodes.data() + step.begin;
      kBy[static_cast<std::size_t>(step.fan_in)][step.what](nodes, nodes + step.count, rows);
    }
  }
}

void run_steps_here(const BlockPlan& plan, std::uint64_t* rows, std::uint64_t* counters) {
  for (std::size_t c = 0; c < plan.classes; ++c) {
    for (std::size_t p = 0; p < plan.planes; ++p) {
      std::uint64_t* plane = counters + (c * plan.planes + p) * plan.row();
      std::fill_n(plane, plan.row(), 0 - std::uint64_t{(plan.start[c] >> p) & 1U});
    }
  }
  if (plan.units == 1) {
    run_all<1>(plan, rows, counters);
  } else if (plan.units == 2) {
    run_all<2>(plan, rows, counters);
  } else {
    run_all<4>(plan, rows, counters);
  }
}

/// Bits of a word as zeros and ones times `weight`, added to 64 numbers.
void add_plane(std::uint64_t word, std::int32_t weight, std::int32_t* numbers) {
  const hn::ScalableTag<std::int32_t> d;
  const std::size_t lanes = hn::Lanes(d);
  const auto bit = hn::Shl(hn::Set(d, 1), hn::Iota(d, 0));
  for (std::size_t i = 0; i < 64; i += lanes) {
    const auto bits = hn::Set(d, static_cast<std::int32_t>(word >> i));
    const auto on = hn::TestBit(bits, bit);
    const auto now = hn::Load(d, numbers + i);
    hn::Store(hn::Add(now, hn::IfThenElseZero(on, hn::Set(d, weight))), d, numbers + i);
  }
}

void numbers_of_planes(const std::uint64_t* planes, std::size_t count, std::size_t row,
                       std::int32_t start, std::int32_t* numbers) {
  for (std::size_t w = 0; w < row; ++w) {
    std::int32_t* here = numbers + w * 64;
    std::fill_n(here, 64, start);
    for (std::size_t p = 0; p < count; ++p)
      add_plane(planes[p * row + w], static_cast<std::int32_t>(1U << p), here);
  }
}

void scores_here(const BlockPlan& plan, const std::uint64_t* counters, std::int32_t* scores) {
  const std::size_t row = plan.row();
  for (std::size_t c = 0; c < plan.classes; ++c)
    numbers_of_planes(counters + c * plan.planes * row, plan.planes, row, plan.least,
                      scores + c * row * 64);
}

/// Compares the planes of two numbers from the highest: where `b` is larger.
HWY_INLINE Word larger(const std::uint64_t* a, const std::uint64_t* b, std::size_t planes,
                       std::size_t row) {
  const Words d;
  Word above = hn::Zero(d);
  // From the lowest plane up, the last difference decides: above = b ∧ ¬a ∨ (b ≡ a) ∧ above.
  for (std::size_t p = 0; p < planes; ++p)
    above = at_words<3, 0xD4>(d, hn::Load(d, a + p * row), hn::Load(d, b + p * row), above);
  return above;
}

void labels_here(const BlockPlan& plan, const std::uint64_t* counters, std::uint64_t* scratch,
                 std::int32_t* labels) {
  const Words d;
  const std::size_t row = plan.row();
  const std::size_t planes = plan.planes;
  std::uint64_t* best = scratch;
  std::uint64_t* label = scratch + planes * row;
  std::copy_n(counters, planes * row, best);
  std::fill_n(label, plan.label_planes * row, 0);
  for (std::size_t c = 1; c < plan.classes; ++c) {
    const std::uint64_t* score = counters + c * planes * row;
    for (std::size_t w = 0; w < row; w += hn::MaxLanes(d)) {
      const Word above = larger(best + w, score + w, planes, row);
      for (std::size_t p = 0; p < planes; ++p) {
        const std::size_t at = p * row + w;
        hn::Store(at_words<3, 0xCA>(d, hn::Load(d, best + at), hn::Load(d, score + at), above), d,
                  best + at);
      }
      for (std::size_t p = 0; p < plan.label_planes; ++p) {
        const std::size_t at = p * row + w;
        const Word now = hn::Load(d, label + at);
        hn::Store(((c >> p) & 1) != 0 ? hn::Or(now, above) : hn::AndNot(above, now), d, label + at);
      }
    }
  }
  numbers_of_planes(label, plan.label_planes, row, 0, labels);
}

}  // namespace
}  // namespace pliant::circuit::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace pliant::circuit {
namespace {

HWY_EXPORT(run_steps_here);
HWY_EXPORT(labels_here);
HWY_EXPORT(scores_here);

}  // namespace

BlockPlan make_block_plan(const Plan& plan, const ClassSums& sums, std::size_t units) {
  BlockPlan block;
  block.units = units;
  base::require(plan.slots < (std::size_t{1} << 32) / block.row(), "circuit: ", plan.slots,
                " rows are live at a time, too many to run");
  block.steps = plan.steps;
  const auto offset = [row = static_cast<std::uint32_t>(block.row())](std::uint32_t slot) {
    return slot * row;
  };
  const auto& [first, second, third] = plan.sources;
  for (std::size_t i = 0; i < plan.targets.size(); ++i)
    block.nodes.push_back({.sources = {offset(first[i]), offset(second[i]), offset(third[i])},
                           .target = offset(plan.targets[i])});
  block.counted.resize(plan.counted.size() + 3);  // four are read at a time
  std::ranges::transform(plan.counted, block.counted.begin(), offset);
  block.classes = sums.classes();
  if (block.classes == 0) return block;
  block.least = *std::min_element(sums.biases.begin(), sums.biases.end());
  std::int64_t most = 0;
  for (std::size_t c = 0; c < block.classes; ++c) {
    const std::int64_t start = std::int64_t{sums.biases[c]} - block.least;
    block.start.push_back(static_cast<std::uint32_t>(start));
    most = std::max(most, start + sums.begins[c + 1] - sums.begins[c]);
  }
  block.planes = std::max<std::size_t>(1, std::bit_width(static_cast<std::uint64_t>(most)));
  block.label_planes = std::bit_width(block.classes - 1);
  return block;
}

void run_steps(const BlockPlan& plan, std::uint64_t* rows, std::uint64_t* counters) {
  HWY_DYNAMIC_DISPATCH(run_steps_here)(plan, rows, counters);
}
void labels_of(const BlockPlan& plan, const std::uint64_t* counters, std::uint64_t* scratch,
               std::int32_t* labels) {
  HWY_DYNAMIC_DISPATCH(labels_here)(plan, counters, scratch, labels);
}
void scores_of(const BlockPlan& plan, const std::uint64_t* counters, std::int32_t* scores) {
  HWY_DYNAMIC_DISPATCH(scores_here)(plan, counters, scores);
}

}  // namespace pliant::circuit
#endif
