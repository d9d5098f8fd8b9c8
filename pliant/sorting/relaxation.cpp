// pliant/sorting/relaxation.cpp — the list of relaxations, and batches of rows (no torch)
#include "pliant/sorting/relaxation.h"

#include <algorithm>
#include <cmath>

#include "pliant/base/errors.h"
#include "pliant/base/type_list.h"
#include "pliant/sorting/ordered_row.h"
#include "pliant/sorting/sinkhorn.h"

namespace pliant::sorting {
namespace {

using Relaxations = base::TypeList<NeuralSort, SoftSort, Sinkhorn>;

/// Rows that are worth a thread of their own: together about 20 µs.
template <class T>
std::size_t grain(const RelaxationArgs<T>& args) {
  return std::max<std::size_t>(1, 8192 / std::max<std::size_t>(1, args.n * args.count));
}

/// fn(row relaxation, b) for every row of the batch.
template <class T, class Fn>
void for_rows(const RelaxationArgs<T>& args, const base::Executor& executor, const Fn& fn) {
  executor(args.batch, grain(args), [&](std::size_t begin, std::size_t end) {
    const auto row = make_row_relaxation<T>(args.options, args.n, args.first, args.count);
    for (std::size_t b = begin; b < end; ++b) {
      if (args.steepness != nullptr) row->set_steepness(args.steepness[b]);
      fn(*row, b);
    }
  });
}

}  // namespace

const std::vector<Relaxation>& relaxations() {
  static const std::vector<Relaxation> all = []<class... Rs>(base::TypeList<Rs...>) {
    return std::vector<Relaxation>{
        {Rs::name, Rs::formula, Rs::source, Rs::cost, Rs::doubly_stochastic, Rs::monotone}...};
  }(Relaxations{});
  return all;
}

int relaxation_index(std::string_view name) {
  return base::index_of(Relaxations{}, name, "relaxation");
}

void check(const RelaxationOptions& options, std::string_view caller) {
  base::require(options.method >= 0 && options.method < Relaxations::size, caller,
                ": there is no relaxation number ", options.method);
  base::require(options.steepness > 0 && std::isfinite(options.steepness), caller,
                ": steepness must be > 0 and finite, got ", options.steepness);
  base::require(options.power > 0 && std::isfinite(options.power), caller,
                ": power must be > 0 and finite, got ", options.power);
  base::require(options.tolerance > 0, caller, ": tolerance must be > 0, got ", options.tolerance);
  base::require(options.iterations > 0, caller, ": iterations must be > 0, got ",
                options.iterations);
}

template <class T>
std::unique_ptr<RowRelaxation<T>> make_row_relaxation(const RelaxationOptions& options,
                                                      std::size_t n, std::size_t first,
                                                      std::size_t count) {
  std::unique_ptr<RowRelaxation<T>> row;
  base::visit(Relaxations{}, options.method, [&]<class R>(R) {
    row = std::make_unique<typename R::template Row<T>>(options, n, first, count);
  });
  return row;
}

template <class T>
void relaxed_permutation(const RelaxationArgs<T>& args, T* columns,
                         const base::Executor& executor) {
  for_rows(args, executor, [&](RowRelaxation<T>& row, std::size_t b) {
    row.forward(args.x + b * args.n, columns + b * args.n * args.count);
  });
}

template <class T>
void relaxed_permutation_backward(const RelaxationArgs<T>& args, const T* columns,
                                  const T* grad_columns, T* grad_x, double* grad_steepness,
                                  const base::Executor& executor) {
  const std::size_t size = args.n * args.count;
  for_rows(args, executor, [&](RowRelaxation<T>& row, std::size_t b) {
    if (columns != nullptr) {
      row.recall(args.x + b * args.n, columns + b * size);
    } else {
      row.forward(args.x + b * args.n, nullptr);
    }
    double sum = 0;
    row.backward(grad_columns + b * size, grad_x + b * args.n,
                 grad_steepness != nullptr ? &sum : nullptr);
    if (grad_steepness != nullptr) grad_steepness[b] = sum;
  });
}

template std::unique_ptr<RowRelaxation<float>> make_row_relaxation(const RelaxationOptions&,
                                                                   std::size_t, std::size_t,
                                                                   std::size_t);
template std::unique_ptr<RowRelaxation<double>> make_row_relaxation(const RelaxationOptions&,
                                                                    std::size_t, std::size_t,
                                                                    std::size_t);
template void relaxed_permutation(const RelaxationArgs<float>&, float*, const base::Executor&);
template void relaxed_permutation(const RelaxationArgs<double>&, double*, const base::Executor&);
template void relaxed_permutation_backward(const RelaxationArgs<float>&, const float*, const float*,
                                           float*, double*, const base::Executor&);
template void relaxed_permutation_backward(const RelaxationArgs<double>&, const double*,
                                           const double*, double*, double*, const base::Executor&);

}  // namespace pliant::sorting
