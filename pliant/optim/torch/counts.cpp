// pliant/optim/torch/counts.cpp — what became of the gradients of a conditioned layer
#include "pliant/optim/torch/counts.h"

#include <atomic>
#include <mutex>
#include <unordered_map>

namespace pliant {
namespace {

/// All records of the process.
struct Records {
  std::mutex mutex;
  std::unordered_map<std::int64_t, ConditioningCounts> counts;
  std::atomic<std::int64_t> last = 0;

  static Records& all() {
    static Records records;
    return records;
  }
};

}  // namespace

std::string_view conditioning_name(std::size_t index) {
  constexpr std::array<std::string_view, static_cast<std::size_t>(Conditioning::kCount)> kNames = {
      "conditioned",      "shared_factor",    "double_precision", "plain_by_cost",
      "plain_by_damping", "plain_not_finite", "rounded_gram",     "unrounded_gram"};
  return kNames[index];
}

std::int64_t new_conditioning_record() { return ++Records::all().last; }

void note_conditioning(std::int64_t record, Conditioning what) {
  if (record == 0) return;
  Records& records = Records::all();
  const std::lock_guard lock(records.mutex);
  ++records.counts[record][static_cast<std::size_t>(what)];
}

ConditioningCounts conditioning_counts(std::int64_t record) {
  Records& records = Records::all();
  const std::lock_guard lock(records.mutex);
  const auto found = records.counts.find(record);
  return found == records.counts.end() ? ConditioningCounts{} : found->second;
}

}  // namespace pliant
