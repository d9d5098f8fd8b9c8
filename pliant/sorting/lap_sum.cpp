// pliant/sorting/lap_sum.cpp — masks, thresholds and ranks of rows by sums of Laplace distributions
// (no torch)
#include "pliant/sorting/lap_sum.h"

#include <algorithm>
#include <limits>
#include <numeric>
#include <vector>

#include "pliant/base/aligned.h"
#include "pliant/sorting/laplace_row.h"

namespace pliant::sorting {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

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
  const std::size_t n = args.rows.n;
  executor(args.rows.batch, laplace_grain(n * (1 + masses)),
           [&](std::size_t begin, std::size_t end) {
             LaplaceRow row(n, args.steepness);
             LaplaceWeights weights(n);
             base::AlignedArray<double> sums(n);
             for (std::size_t b = begin; b < end; ++b) {
               if (row.read(args.rows.x + b * n, args.rows.order + b * n, n)) {
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
      [&](std::size_t b, const LaplaceRow& row, LaplaceWeights& weights, double* sorted) {
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
      [&](std::size_t b, const LaplaceRow& row, LaplaceWeights&, double* u) {
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
      [&](const LaplaceRow& row, const LaplaceWeights& weights, std::size_t c, double* sorted) {
        return add_mask_gradient(row, weights, grad_mask + c * args.rows.n, sorted);
      });
}

template <class T>
void lap_threshold(const LapArgs<T>& args, const LapMasses& masses, T* threshold,
                   const base::Executor& executor) {
  const std::size_t count = masses.count;
  for_rows(
      args, count, executor,
      [&](std::size_t b, const LaplaceRow& row, LaplaceWeights&, double*) {
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
      [&](const LaplaceRow& row, const LaplaceWeights& weights, std::size_t c, double* sorted) {
        return add_threshold_gradient(row, weights, static_cast<double>(grad_threshold[c]), sorted);
      });
}

template <class T>
void lap_rank(const LapArgs<T>& args, T* ranks, const base::Executor& executor) {
  const std::size_t n = args.rows.n;
  for_rows(
      args, 0, executor,
      [&](std::size_t b, const LaplaceRow& row, LaplaceWeights&, double*) {
        write_ranks(row, ranks + b * n);
      },
      [&](std::size_t b) { fill_nan(ranks + b * n, n); });
}

template <class T>
void lap_rank_backward(const LapArgs<T>& args, const T* grad_ranks, T* grad_x,
                       double* grad_steepness, const base::Executor& executor) {
  const std::size_t n = args.rows.n;
  SteepnessGradient of_steepness(args.rows.batch);
  const auto of_row = [&](std::size_t b, const LaplaceRow& row, LaplaceWeights&, double* sorted) {
    of_steepness[b] = rank_gradient(row, grad_ranks + b * n, sorted);
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
