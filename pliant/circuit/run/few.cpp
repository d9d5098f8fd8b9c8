// pliant/circuit/run/few.cpp — nodes side by side, operands gathered (no torch)
#include "pliant/circuit/run/few.h"

#include <algorithm>
#include <array>
#include <bit>
#include <utility>

#include "pliant/base/errors.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "pliant/circuit/run/few.cpp"
#include "pliant/base/simd.h"
// After simd.h, which re-reads this file for every target.
#include "pliant/circuit/run/counter-inl.h"
#include "pliant/circuit/run/table_vector-inl.h"

HWY_BEFORE_NAMESPACE();
namespace pliant::circuit::HWY_NAMESPACE {
namespace {

/// Signals' words side by side.
using Lanes = hn::CappedTag<std::uint32_t, 16>;
constexpr std::size_t kLanes = hn::MaxLanes(Lanes());

/// Signals at places[0 … kLanes − 1].
HWY_INLINE hn::Vec<Lanes> gather(const std::uint32_t* signals, const std::int32_t* places) {
  const hn::RebindToSigned<Lanes> d;
  return hn::GatherIndex(Lanes(), signals, hn::LoadU(d, places));
}

/// The nodes [begin, end) of one function; what is written beyond them is computed later.
template <int fan_in, unsigned table>
void run_nodes(const FewPlan& plan, std::size_t begin, std::size_t end, std::uint32_t* signals) {
  const Lanes d;
  for (std::size_t i = begin; i < end; i += kLanes) {
    hn::Vec<Lanes> x[3];
    for (int k = 0; k < 3; ++k)
      x[k] = k < fan_in ? gather(signals, plan.sources[k].data() + i) : hn::Zero(d);
    hn::StoreU(at_words<fan_in, table>(d, x[0], x[1], x[2]), d, signals + plan.first + i);
  }
}

using RunNodes = void (*)(const FewPlan&, std::size_t, std::size_t, std::uint32_t*);

template <int fan_in, std::size_t... tables>
constexpr std::array<RunNodes, sizeof...(tables)> nodes_by_table(std::index_sequence<tables...>) {
  const auto one = []<std::size_t table>() -> RunNodes {
    if constexpr (fan_in == 3 && ordered_table(table) != table) {
      return nullptr;
    } else {
      return run_nodes<fan_in, static_cast<unsigned>(table)>;
    }
  };
  return {one.template operator()<tables>()...};
}

void run_few_here(const FewPlan& plan, std::uint32_t* signals) {
  static constexpr auto kConstants = nodes_by_table<0>(std::make_index_sequence<2>());
  static constexpr auto kOne = nodes_by_table<1>(std::make_index_sequence<4>());
  static constexpr auto kTwo = nodes_by_table<2>(std::make_index_sequence<16>());
  static constexpr auto kThree = nodes_by_table<3>(std::make_index_sequence<256>());
  static constexpr std::array<const RunNodes*, 4> kBy = {kConstants.data(), kOne.data(),
                                                         kTwo.data(), kThree.data()};
  for (const Step& step : plan.steps) {
    if (step.fan_in == Step::kCount) continue;
    kBy[static_cast<std::size_t>(step.fan_in)][step.what](plan, step.begin, step.begin + step.count,
                                                          signals);
  }
}

/// Lane by lane, the numbers whose bit planes have bit `example`, added up.
std::int32_t sum_of_planes(const std::uint32_t* planes, std::size_t count, int example) {
  const Lanes d;
  const auto one = hn::Set(d, 1);
  auto sum = hn::Zero(d);
  for (std::size_t p = count; p-- > 0;) {
    const auto bits = hn::And(hn::ShiftRightSame(hn::Load(d, planes + p * kLanes), example), one);
    sum = hn::Add(hn::Add(sum, sum), bits);
  }
  return static_cast<std::int32_t>(hn::GetLane(hn::SumOfLanes(d, sum)));
}

/// Vectors of signals that are counted, four at a time.
class CountedLanes {
 public:
  /// @param places  three vectors more can be read
  HWY_INLINE CountedLanes(const std::uint32_t* signals, const std::int32_t* places)
      : signals_(signals), places_(places) {}

  HWY_INLINE void operator()(std::size_t i, hn::Vec<Lanes>* x) const {
    for (std::size_t k = 0; k < 4; ++k) x[k] = gather(signals_, places_ + (i + k) * kLanes);
  }

 private:
  const std::uint32_t* signals_;
  const std::int32_t* places_;
};

void count_few_here(const FewPlan& plan, const std::uint32_t* signals, std::uint32_t* planes,
                    std::size_t count, std::size_t classes, std::int32_t* scores) {
  for (const Step& step : plan.steps) {
    if (step.fan_in != Step::kCount) continue;
    std::fill_n(planes, plan.planes * kLanes, 0U);
    Counter counter(Lanes(), planes, plan.planes, kLanes);
    counter.add(step.count / kLanes, CountedLanes(signals, plan.counted.data() + step.begin));
    for (std::size_t s = 0; s < count; ++s)
      scores[s * classes + step.what] += sum_of_planes(planes, plan.planes, static_cast<int>(s));
  }
}

}  // namespace
}  // namespace pliant::circuit::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace pliant::circuit {
namespace {

HWY_EXPORT(run_few_here);
HWY_EXPORT(count_few_here);

/// Lanes of the widest target: lists are padded to that many.
constexpr std::size_t kPadding = 16;

}  // namespace

FewPlan make_few_plan(const Plan& plan) {
  FewPlan few;
  base::require(plan.slots + 2 * kPadding < std::size_t{1} << 31, "circuit: ", plan.slots,
                " signals are too many to run");
  few.first = plan.slots - plan.targets.size();
  for (std::size_t k = 0; k < kExecutedFanIn; ++k) {
    few.sources[k].assign(plan.sources[k].begin(), plan.sources[k].end());
    few.sources[k].resize(few.sources[k].size() + kPadding);
  }
  few.zeros = plan.slots + kPadding;  // beyond what the last node's vector writes
  few.words = few.zeros + kPadding;
  std::size_t most = 0;
  for (const Step& step : plan.steps) {
    few.steps.push_back(step);
    if (step.fan_in != Step::kCount) continue;
    Step& padded = few.steps.back();
    padded.begin = static_cast<std::uint32_t>(few.counted.size());
    const auto begin = plan.counted.begin() + step.begin;
    few.counted.insert(few.counted.end(), begin, begin + step.count);
    padded.count = static_cast<std::uint32_t>((step.count + kPadding - 1) / kPadding * kPadding);
    few.counted.resize(padded.begin + padded.count, static_cast<std::int32_t>(few.zeros));
    most = std::max<std::size_t>(most, padded.count);
  }
  few.counted.resize(few.counted.size() + 3 * kPadding, static_cast<std::int32_t>(few.zeros));
  // Of the narrowest target: one lane counts all.
  few.planes = std::max<std::size_t>(1, std::bit_width(most));
  return few;
}

void run_few(const FewPlan& plan, std::uint32_t* signals) {
  HWY_DYNAMIC_DISPATCH(run_few_here)(plan, signals);
}
void count_few(const FewPlan& plan, const std::uint32_t* signals, std::uint32_t* planes,
               std::size_t count, std::size_t classes, std::int32_t* scores) {
  HWY_DYNAMIC_DISPATCH(count_few_here)(plan, signals, planes, count, classes, scores);
}

}  // namespace pliant::circuit
#endif
