// pliant/sorting/order.cpp — a stable radix sort of (number, place) pairs, byte by byte (no torch)
#include "pliant/sorting/order.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cmath>
#include <limits>
#include <type_traits>
#include <utility>

#include "pliant/base/aligned.h"
#include "pliant/base/errors.h"

namespace pliant::sorting {
namespace {

/// Up to here comparing neighbours is faster than counting bytes.
constexpr std::size_t kFew = 32;

/// Rows that are worth a thread's waking: about 20 µs.
std::size_t grain(std::size_t n) { return 1 + 2000 / (n + 10); }

/// The bits of a number, which order unsigned as the numbers do.
template <class T>
auto ascending_bits(T x) {
  using Bits = std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t>;
  constexpr Bits kSign = Bits{1} << (8 * sizeof(T) - 1);
  if (std::isnan(x)) return std::numeric_limits<Bits>::max();
  const Bits bits = std::bit_cast<Bits>(x + T{0});  // −0 becomes 0
  return (bits & kSign) != 0 ? static_cast<Bits>(~bits) : static_cast<Bits>(bits | kSign);
}

template <class T>
struct Entry {
  decltype(ascending_bits(T{})) key;
  std::uint32_t place;
};

/// Sorts rows of up to n numbers, with memory that serves them all.
template <class T>
class RowSort {
 public:
  explicit RowSort(std::size_t n) : n_(n), entries_(n), spare_(n) {}

  void sort(const T* x, std::int32_t* order) {
    Entry<T>* entries = entries_.data();
    for (std::size_t i = 0; i < n_; ++i)
      entries[i] = {ascending_bits(x[i]), static_cast<std::uint32_t>(i)};
    if (n_ <= kFew) {
      insert(entries);
    } else {
      entries = by_bytes(entries, spare_.data());
    }
    for (std::size_t r = 0; r < n_; ++r) order[r] = static_cast<std::int32_t>(entries[r].place);
  }

 private:
  static constexpr std::size_t kDigits = sizeof(T);
  static constexpr std::size_t kDigitValues = 256;
  using Counts = std::array<std::uint32_t, kDigitValues>;

  static std::size_t digit(const Entry<T>& entry, std::size_t d) {
    return (entry.key >> (8 * d)) & (kDigitValues - 1);
  }

  void insert(Entry<T>* entries) const {
    for (std::size_t i = 1; i < n_; ++i) {
      const Entry<T> moved = entries[i];
      std::size_t at = i;
      for (; at > 0 && moved.key < entries[at - 1].key; --at) entries[at] = entries[at - 1];
      entries[at] = moved;
    }
  }

  /// Which of the two arrays holds the sorted entries.
  Entry<T>* by_bytes(Entry<T>* from, Entry<T>* to) {
    for (Counts& counts : counts_) counts.fill(0);
    for (std::size_t i = 0; i < n_; ++i) {
      for (std::size_t d = 0; d < kDigits; ++d) ++counts_[d][digit(from[i], d)];
    }
    for (std::size_t d = 0; d < kDigits; ++d) {
      Counts& counts = counts_[d];
      if (counts[digit(from[0], d)] == n_) continue;  // all have the same byte
      std::uint32_t before = 0;
      for (std::uint32_t& count : counts) before += std::exchange(count, before);
      for (std::size_t i = 0; i < n_; ++i) to[counts[digit(from[i], d)]++] = from[i];
      std::swap(from, to);
    }
    return from;
  }

  std::size_t n_;
  base::AlignedArray<Entry<T>> entries_;
  base::AlignedArray<Entry<T>> spare_;
  std::array<Counts, kDigits> counts_;
};

/// Whether the numbers of a row ascend along its order, and the order stays within it.
template <class T>
bool ascends(const T* x, const std::int32_t* order, std::size_t n) {
  std::uint32_t largest = 0;  // a place below 0 is a large one
  for (std::size_t r = 0; r < n; ++r)
    largest = std::max(largest, static_cast<std::uint32_t>(order[r]));
  if (largest >= n) return false;
  const auto descends = [x](std::int32_t before, std::int32_t place) {
    return !(x[before] <= x[place]) && !std::isnan(x[place]);
  };
  return std::adjacent_find(order, order + n, descends) == order + n;
}

}  // namespace

template <class T>
void ascending_order(const T* x, std::size_t batch, std::size_t n, std::int32_t* order,
                     const base::Executor& executor) {
  executor(batch, grain(n), [&](std::size_t begin, std::size_t end) {
    RowSort<T> row_sort(n);
    for (std::size_t b = begin; b < end; ++b) row_sort.sort(x + b * n, order + b * n);
  });
}

template <class T>
void check_order(const OrderedRows<T>& rows, const char* caller, const base::Executor& executor) {
  std::atomic<bool> good{true};
  executor(rows.batch, grain(rows.n), [&](std::size_t begin, std::size_t end) {
    for (std::size_t b = begin; b < end; ++b) {
      if (!ascends(rows.x + b * rows.n, rows.order + b * rows.n, rows.n)) good = false;
    }
  });
  base::require(good, caller, ": order must be the ascending order of the rows of x, and is not");
}

template void ascending_order(const float*, std::size_t, std::size_t, std::int32_t*,
                              const base::Executor&);
template void ascending_order(const double*, std::size_t, std::size_t, std::int32_t*,
                              const base::Executor&);
template void check_order(const OrderedRows<float>&, const char*, const base::Executor&);
template void check_order(const OrderedRows<double>&, const char*, const base::Executor&);

}  // namespace pliant::sorting
