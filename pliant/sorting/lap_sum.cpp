// pliant/sorting/lap_sum.cpp — sums of Laplace distributions by recursions along the sorted row (no
// torch)
#include "pliant/sorting/lap_sum.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

#include "pliant/base/aligned.h"
#include "pliant/math/choice.h"

namespace pliant::sorting {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

/// Rows that are worth a thread's waking: about 20 µs.
std::size_t grain(std::size_t n) { return 1 + 2000 / (n + 10); }

/// Where the distributions of a row stand: u_i = β·(x_i − anchor) + offset is β·(x_i − b), exact
/// even where b − anchor is too small a part of b.
struct Threshold {
  double anchor = 0;
  double offset = 0;

  [[nodiscard]] bool is_finite() const { return std::isfinite(offset); }
};

/// One row, its finite numbers x_0 >= x_1 >= …, and what the distributions of one side sum to at
/// each; with memory that serves all rows of a call.
template <class T>
class LapRow {
 public:
  explicit LapRow(const LapArgs<T>& args)
      : args_(args),
        x_(args.rows.n),
        decay_(args.rows.n),
        above_(args.rows.n),
        below_(args.rows.n) {}

  /// Reads a row.   @returns false if it has a NaN: nothing else is then defined
  bool read(std::size_t row) {
    const std::size_t n = args_.rows.n;
    const T* x = args_.rows.x + row * n;
    order_ = args_.rows.order + row * n;
    if (std::isnan(x[order_[n - 1]])) return false;
    const auto is_low = [x](std::int32_t i) { return x[i] == -kInfinity; };
    const auto is_not_high = [x](std::int32_t i) { return x[i] < kInfinity; };
    const std::int32_t* first = std::partition_point(order_, order_ + n, is_low);
    const std::int32_t* last = std::partition_point(first, order_ + n, is_not_high);
    low_ = static_cast<std::size_t>(first - order_);
    finite_ = static_cast<std::size_t>(last - first);
    high_ = n - low_ - finite_;
    for (std::size_t j = 0; j < finite_; ++j) x_[j] = static_cast<double>(x[item(j)]);
    add_up();
    return true;
  }

  [[nodiscard]] std::size_t low() const { return low_; }        ///< −inf
  [[nodiscard]] std::size_t finite() const { return finite_; }  ///< neither
  [[nodiscard]] std::size_t high() const { return high_; }      ///< +inf
  [[nodiscard]] double x(std::size_t j) const { return x_[j]; }
  /// The place in the row of the j-th largest finite number.
  [[nodiscard]] std::size_t item(std::size_t j) const {
    return static_cast<std::size_t>(order_[low_ + finite_ - 1 - j]);
  }

  /// fn(place) for the −inf, and for the +inf.
  template <class Fn>
  void for_low(const Fn& fn) const {
    std::for_each(order_, order_ + low_, fn);
  }
  template <class Fn>
  void for_high(const Fn& fn) const {
    std::for_each(order_ + low_ + finite_, order_ + args_.rows.n, fn);
  }

  /// 2·Σ_{i > j} F(β·(x_i − x_j)) + 1, of the finite numbers; and Σ_{i < j} 2·(1 − F) + 1.
  [[nodiscard]] double below(std::size_t j) const { return below_[j]; }
  [[nodiscard]] double above(std::size_t j) const { return above_[j]; }
  /// exp(−β·(x_j − x_{j + 1})).
  [[nodiscard]] double decay(std::size_t j) const { return decay_[j]; }

  /// Where the finite numbers have mass k − high in sum.
  [[nodiscard]] Threshold solve(double k) const {
    const double mass = k - static_cast<double>(high_);
    if (!(mass > 0)) return {0, -kInfinity};
    if (!(mass < static_cast<double>(finite_))) return {0, kInfinity};
    const std::size_t between = count_up_to(mass);
    const double rest = mass - static_cast<double>(between);
    const double up = between > 0 ? above_[between - 1] : 0;
    const double down = between < finite_ ? below_[between] : 0;
    // With z = exp(β·(x_{between − 1} − b)), the equation of b is down·decay·z² − 2·rest·z = up.
    const double decay = between > 0 && between < finite_ ? decay_[between - 1] : 0;
    const double root = std::sqrt(rest * rest + up * down * decay);
    if (rest > 0) return {x_[between], -std::log(down / (rest + root))};
    if (rest < 0) return {x_[between - 1], std::log(up / (root - rest))};
    const double gap = std::min(args_.steepness * (x_[between - 1] - x_[between]),
                                std::numeric_limits<double>::max());
    return {x_[between - 1], 0.5 * (gap + std::log(up / down))};
  }

  /// u[j] of every finite number.
  void arguments(const Threshold& at, double* u) const {
    for (std::size_t j = 0; j < finite_; ++j)
      u[j] = args_.steepness * (x_[j] - at.anchor) + at.offset;
  }

 private:
  void add_up() {
    const std::size_t gaps = finite_ == 0 ? 0 : finite_ - 1;
    for (std::size_t j = 0; j < gaps; ++j) decay_[j] = -args_.steepness * (x_[j] - x_[j + 1]);
    math::exp_minus(decay_.data(), gaps, 0.0, decay_.data());
    double sum = 0;
    for (std::size_t j = 0; j < finite_; ++j)
      above_[j] = sum = 1 + (j == 0 ? 0 : decay_[j - 1] * sum);
    for (std::size_t j = finite_; j-- > 0;)
      below_[j] = sum = 1 + (j + 1 == finite_ ? 0 : decay_[j] * sum);
  }

  /// How many x_j, from the largest, have at most this mass: Σ_i F(β·(x_i − x_j)).
  [[nodiscard]] std::size_t count_up_to(double mass) const {
    std::size_t from = 0, to = finite_;
    while (from < to) {
      const std::size_t j = from + (to - from) / 2;
      const double at = static_cast<double>(j) + 0.5 * (1 - above_[j] + below_[j]);
      (at <= mass ? from : to) = at <= mass ? j + 1 : j;
    }
    return from;
  }

  const LapArgs<T>& args_;
  base::AlignedArray<double> x_, decay_, above_, below_;
  const std::int32_t* order_ = nullptr;
  std::size_t low_ = 0, finite_ = 0, high_ = 0;
};

/// Weights of the numbers at a threshold, with memory that serves all.
class LapWeights {
 public:
  explicit LapWeights(std::size_t n) : u_(n), q_(n) {}

  /// q_j = f(u_j)/Σ f, and f(u_j) = total()·q_j, f the density.
  template <class T>
  void set(const LapRow<T>& row, const Threshold& at) {
    row.arguments(at, u_.data());
    for (std::size_t j = 0; j < row.finite(); ++j) q_[j] = -std::abs(u_[j]);
    total_ = 0.5 * std::exp(math::soft_argmax(q_.data(), row.finite(), q_.data()));
  }
  [[nodiscard]] double u(std::size_t j) const { return u_[j]; }
  [[nodiscard]] double q(std::size_t j) const { return q_[j]; }
  [[nodiscard]] double total() const { return total_; }

 private:
  base::AlignedArray<double> u_, q_;
  double total_ = 0;
};

/// F at the finite numbers, and the shares of the infinite ones.
template <class T>
void write_mask(const LapRow<T>& row, double k, double* u, T* mask) {
  row.arguments(row.solve(k), u);
  const std::size_t finite = row.finite();
  for (std::size_t j = 0; j < finite; ++j) {
    mask[row.item(j)] = u[j] > 0 ? T{1} : T{0};
    u[j] = -std::abs(u[j]);
  }
  math::exp_minus(u, finite, 0.0, u);
  for (std::size_t j = 0; j < finite; ++j) {
    T& p = mask[row.item(j)];
    p = static_cast<T>(p > 0 ? 1 - 0.5 * u[j] : 0.5 * u[j]);
  }
  const auto share = [](double mass, std::size_t of) {
    return static_cast<T>(std::clamp(mass / static_cast<double>(of), 0.0, 1.0));
  };
  const auto above = static_cast<double>(row.high() + finite);
  row.for_high([&](std::int32_t i) { mask[i] = share(k, row.high()); });
  row.for_low([&](std::int32_t i) { mask[i] = share(k - above, row.low()); });
}

/// What the rows' work adds to: the steepness' gradient is summed in the order of the rows.
class SteepnessGradient {
 public:
  explicit SteepnessGradient(std::size_t batch) : of_row_(batch) {}
  double& operator[](std::size_t row) { return of_row_[row]; }
  void write(double* gradient) const {
    if (gradient != nullptr) *gradient = std::accumulate(of_row_.begin(), of_row_.end(), 0.0);
  }

 private:
  std::vector<double> of_row_;
};

/// work(number, row, weights, scratch) for every row that has no NaN, otherwise(number) for the
/// others.
/// @param masses  how many results a row has
template <class T, class Work, class Otherwise>
void for_rows(const LapArgs<T>& args, std::size_t masses, const base::Executor& executor,
              const Work& work, const Otherwise& otherwise) {
  executor(args.rows.batch, grain(args.rows.n * (1 + masses)),
           [&](std::size_t begin, std::size_t end) {
             LapRow<T> row(args);
             LapWeights weights(args.rows.n);
             base::AlignedArray<double> sums(args.rows.n);
             for (std::size_t b = begin; b < end; ++b) {
               if (row.read(b)) {
                 work(b, row, weights, sums.data());
               } else {
                 otherwise(b);
               }
             }
           });
}

template <class T>
void fill_nan(T* from, std::size_t count) {
  std::fill_n(from, count, static_cast<T>(kNaN));
}

/// The gradient of one result along the sorted finite numbers is added to, and what else there is
/// returned.
struct MassGradient {
  double k = 0;
  double steepness = 0;
};

/// Of one mask: w_j·(g_j − Σ q·g), w the density.
template <class T>
MassGradient mask_gradient(const LapRow<T>& row, const LapWeights& weights, double steepness,
                           const T* g, double* grad_sorted) {
  MassGradient gradient;
  for (std::size_t j = 0; j < row.finite(); ++j)
    gradient.k += weights.q(j) * static_cast<double>(g[row.item(j)]);
  for (std::size_t j = 0; j < row.finite(); ++j) {
    const double moved =
        weights.total() * weights.q(j) * (static_cast<double>(g[row.item(j)]) - gradient.k);
    grad_sorted[j] += steepness * moved;
    // They sum to 0, so that the shift changes nothing.
    gradient.steepness += moved * (row.x(j) - row.x(0));
  }
  return gradient;
}

/// Of one threshold: it moves with the mean of the numbers by q.
template <class T>
MassGradient threshold_gradient(const LapRow<T>& row, const LapWeights& weights, double steepness,
                                double g, double* grad_sorted) {
  double mean_u = 0;
  for (std::size_t j = 0; j < row.finite(); ++j) {
    grad_sorted[j] += g * weights.q(j);
    mean_u += weights.q(j) * weights.u(j);
  }
  return {-g / (steepness * weights.total()), g * mean_u / (steepness * steepness)};
}

/// The gradients of the sorted finite numbers, at their places; 0 for the infinite ones.
template <class T>
void scatter(const LapRow<T>& row, const double* grad_sorted, T* grad_x) {
  for (std::size_t j = 0; j < row.finite(); ++j)
    grad_x[row.item(j)] = static_cast<T>(grad_sorted[j]);
  row.for_low([&](std::int32_t i) { grad_x[i] = 0; });
  row.for_high([&](std::int32_t i) { grad_x[i] = 0; });
}

/// Where the gradients of lap_mask_backward and lap_threshold_backward go.
template <class T>
struct LapGradients {
  T* x;
  double* k;
  double* steepness;
};

/// of_mass(row, weights, index of the mass, sorted) → MassGradient, for every mass that has a
/// threshold.
template <class T, class OfMass>
void backward_of_masses(const LapArgs<T>& args, const LapMasses& masses, LapGradients<T> to,
                        const base::Executor& executor, const OfMass& of_mass) {
  const std::size_t n = args.rows.n, count = masses.count;
  SteepnessGradient of_steepness(args.rows.batch);
  for_rows(
      args, count, executor,
      [&](std::size_t b, const LapRow<T>& row, LapWeights& weights, double* sorted) {
        std::fill_n(sorted, row.finite(), 0.0);
        for (std::size_t c = b * count; c < (b + 1) * count; ++c) {
          MassGradient gradient;
          const Threshold at = row.solve(masses.k[c]);
          if (at.is_finite()) {
            weights.set(row, at);
            gradient = of_mass(row, weights, c, sorted);
          }
          to.k[c] = gradient.k;
          of_steepness[b] += gradient.steepness;
        }
        scatter(row, sorted, to.x + b * n);
      },
      [&](std::size_t b) {
        fill_nan(to.x + b * n, n);
        fill_nan(to.k + b * count, count);
        of_steepness[b] = kNaN;
      });
  of_steepness.write(to.steepness);
}

}  // namespace

template <class T>
void lap_mask(const LapArgs<T>& args, const LapMasses& masses, T* mask,
              const base::Executor& executor) {
  const std::size_t n = args.rows.n, count = masses.count;
  for_rows(
      args, count, executor,
      [&](std::size_t b, const LapRow<T>& row, LapWeights&, double* u) {
        for (std::size_t c = b * count; c < (b + 1) * count; ++c)
          write_mask(row, masses.k[c], u, mask + c * n);
      },
      [&](std::size_t b) { fill_nan(mask + b * count * n, count * n); });
}

template <class T>
void lap_mask_backward(const LapArgs<T>& args, const LapMasses& masses, const T* grad_mask,
                       T* grad_x, double* grad_k, double* grad_steepness,
                       const base::Executor& executor) {
  backward_of_masses<T>(
      args, masses, {grad_x, grad_k, grad_steepness}, executor,
      [&](const LapRow<T>& row, const LapWeights& weights, std::size_t c, double* sorted) {
        return mask_gradient(row, weights, args.steepness, grad_mask + c * args.rows.n, sorted);
      });
}

template <class T>
void lap_threshold(const LapArgs<T>& args, const LapMasses& masses, T* threshold,
                   const base::Executor& executor) {
  const std::size_t count = masses.count;
  for_rows(
      args, count, executor,
      [&](std::size_t b, const LapRow<T>& row, LapWeights&, double*) {
        for (std::size_t c = b * count; c < (b + 1) * count; ++c) {
          const Threshold at = row.solve(masses.k[c]);
          threshold[c] = static_cast<T>(at.anchor - at.offset / args.steepness);
        }
      },
      [&](std::size_t b) { fill_nan(threshold + b * count, count); });
}

template <class T>
void lap_threshold_backward(const LapArgs<T>& args, const LapMasses& masses,
                            const T* grad_threshold, T* grad_x, double* grad_k,
                            double* grad_steepness, const base::Executor& executor) {
  backward_of_masses<T>(
      args, masses, {grad_x, grad_k, grad_steepness}, executor,
      [&](const LapRow<T>& row, const LapWeights& weights, std::size_t c, double* sorted) {
        return threshold_gradient(row, weights, args.steepness,
                                  static_cast<double>(grad_threshold[c]), sorted);
      });
}

template <class T>
void lap_rank(const LapArgs<T>& args, T* ranks, const base::Executor& executor) {
  const std::size_t n = args.rows.n;
  for_rows(
      args, 0, executor,
      [&](std::size_t b, const LapRow<T>& row, LapWeights&, double*) {
        T* to = ranks + b * n;
        const std::size_t finite = row.finite(), below = row.low() + finite;
        for (std::size_t j = 0; j < finite; ++j) {
          const auto hard = static_cast<double>(below - j);
          to[row.item(j)] = static_cast<T>(hard + 0.5 * (row.above(j) - row.below(j)));
        }
        const auto middle = [](std::size_t ties) { return 0.5 * static_cast<double>(ties + 1); };
        row.for_low([&](std::int32_t i) { to[i] = static_cast<T>(middle(row.low())); });
        row.for_high([&](std::int32_t i) {
          to[i] = static_cast<T>(static_cast<double>(below) + middle(row.high()));
        });
      },
      [&](std::size_t b) { fill_nan(ranks + b * n, n); });
}

template <class T>
void lap_rank_backward(const LapArgs<T>& args, const T* grad_ranks, T* grad_x,
                       double* grad_steepness, const base::Executor& executor) {
  const std::size_t n = args.rows.n;
  SteepnessGradient of_steepness(args.rows.batch);
  // With f_ij the densities of the differences, the gradient of x_i is β·Σ_j f_ij·(g_i − g_j).
  const auto of_row = [&](std::size_t b, const LapRow<T>& row, LapWeights&, double* sorted) {
    const std::size_t finite = row.finite();
    const auto g = [&](std::size_t j) {
      return static_cast<double>(grad_ranks[b * n + row.item(j)]);
    };
    double sum = 0;
    for (std::size_t j = 0; j < finite; ++j) {
      sum = g(j) + (j == 0 ? 0 : row.decay(j - 1) * sum);
      sorted[j] = g(j) * (row.above(j) + row.below(j)) - sum;
    }
    for (std::size_t j = finite; j-- > 0;) {
      sum = g(j) + (j + 1 == finite ? 0 : row.decay(j) * sum);
      sorted[j] = 0.5 * (sorted[j] - sum);
      of_steepness[b] += sorted[j] * (row.x(j) - row.x(0));
      sorted[j] *= args.steepness;
    }
    scatter(row, sorted, grad_x + b * n);
  };
  for_rows(args, 0, executor, of_row, [&](std::size_t b) {
    fill_nan(grad_x + b * n, n);
    of_steepness[b] = kNaN;
  });
  of_steepness.write(grad_steepness);
}

template void lap_mask(const LapArgs<float>&, const LapMasses&, float*, const base::Executor&);
template void lap_mask(const LapArgs<double>&, const LapMasses&, double*, const base::Executor&);
template void lap_mask_backward(const LapArgs<float>&, const LapMasses&, const float*, float*,
                                double*, double*, const base::Executor&);
template void lap_mask_backward(const LapArgs<double>&, const LapMasses&, const double*, double*,
                                double*, double*, const base::Executor&);
template void lap_threshold(const LapArgs<float>&, const LapMasses&, float*, const base::Executor&);
template void lap_threshold(const LapArgs<double>&, const LapMasses&, double*,
                            const base::Executor&);
template void lap_threshold_backward(const LapArgs<float>&, const LapMasses&, const float*, float*,
                                     double*, double*, const base::Executor&);
template void lap_threshold_backward(const LapArgs<double>&, const LapMasses&, const double*,
                                     double*, double*, double*, const base::Executor&);
template void lap_rank(const LapArgs<float>&, float*, const base::Executor&);
template void lap_rank(const LapArgs<double>&, double*, const base::Executor&);
template void lap_rank_backward(const LapArgs<float>&, const float*, float*, double*,
                                const base::Executor&);
template void lap_rank_backward(const LapArgs<double>&, const double*, double*, double*,
                                const base::Executor&);

}  // namespace pliant::sorting
