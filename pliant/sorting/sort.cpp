// pliant/sorting/sort.cpp — the kernels of relaxed sorting, each a pass over keys and columns (no
// torch)
#include "pliant/sorting/sort.h"

#include "pliant/sorting/columns.h"
#include "pliant/sorting/run.h"

namespace pliant::sorting {
namespace {

Order order_of(Direction direction) {
  return direction == Direction::kToRanks ? Order::kForward : Order::kReverse;
}

}  // namespace

template <class T>
void sort_values(const SortArgs<T>& args, T* values, const base::Executor& executor) {
  Run<T>(args, {.values = values})(executor);
}

template <class T>
void sort_values_backward(const SortArgs<T>& args, const T* grad_values, T* grad_x,
                          double* grad_parameters, const base::Executor& executor) {
  Run<T>(args, {.backward = true,
                .grad_values = grad_values,
                .grad_x = grad_x,
                .grad_parameters = grad_parameters})(executor);
}

template <class T>
void sort(const SortArgs<T>& args, T* values, T* permutation, const base::Executor& executor) {
  PermutationColumns<T> columns(args.batch, args.n, permutation, nullptr);
  Run<T>(args, {.columns = &columns, .values = values})(executor);
}

template <class T>
void sort_backward(const SortArgs<T>& args, const T* grad_values, const T* grad_permutation,
                   T* grad_x, double* grad_parameters, const base::Executor& executor) {
  PermutationColumns<T> columns(args.batch, args.n, nullptr, grad_permutation);
  Run<T>(args, {.columns = grad_permutation != nullptr ? &columns : nullptr,
                .backward = true,
                .grad_values = grad_values,
                .grad_x = grad_x,
                .grad_parameters = grad_parameters})(executor);
}

template <class T>
void sort_apply(const SortArgs<T>& args, Direction direction, std::size_t columns, const T* payload,
                T* out, const base::Executor& executor) {
  PayloadColumns<T> all(args.batch, args.n, columns, payload, out, nullptr, nullptr);
  Run<T>(args, {.columns = &all, .order = order_of(direction)})(executor);
}

template <class T>
void sort_apply_backward(const SortArgs<T>& args, Direction direction, std::size_t columns,
                         const T* payload, const T* grad_out, T* grad_x, T* grad_payload,
                         double* grad_parameters, const base::Executor& executor) {
  PayloadColumns<T> all(args.batch, args.n, columns, payload, nullptr, grad_out, grad_payload);
  Run<T>(args, {.columns = &all,
                .order = order_of(direction),
                .backward = true,
                .grad_x = grad_x,
                .grad_parameters = grad_parameters})(executor);
}

template <class T>
void sort_loss(const SortArgs<T>& args, Loss kind, LossTarget target, T* loss,
               const base::Executor& executor) {
  LossColumns<T> columns(args.batch, args.n, kind, target, nullptr);
  Run<T>(args, {.columns = &columns})(executor);
  columns.write_loss(loss);
}

template <class T>
void sort_loss_backward(const SortArgs<T>& args, Loss kind, LossTarget target, const T* grad_loss,
                        T* grad_x, double* grad_parameters, const base::Executor& executor) {
  LossColumns<T> columns(args.batch, args.n, kind, target, grad_loss);
  Run<T>(args, {.columns = &columns,
                .backward = true,
                .grad_x = grad_x,
                .grad_parameters = grad_parameters})(executor);
}

template <class T>
std::size_t scratch_bytes(const SortArgs<T>& args) {
  return Run<T>(args, {}).scratch();
}

template void sort_values(const SortArgs<float>&, float*, const base::Executor&);
template void sort_values(const SortArgs<double>&, double*, const base::Executor&);
template void sort_values_backward(const SortArgs<float>&, const float*, float*, double*,
                                   const base::Executor&);
template void sort_values_backward(const SortArgs<double>&, const double*, double*, double*,
                                   const base::Executor&);
template void sort(const SortArgs<float>&, float*, float*, const base::Executor&);
template void sort(const SortArgs<double>&, double*, double*, const base::Executor&);
template void sort_backward(const SortArgs<float>&, const float*, const float*, float*, double*,
                            const base::Executor&);
template void sort_backward(const SortArgs<double>&, const double*, const double*, double*, double*,
                            const base::Executor&);
template void sort_apply(const SortArgs<float>&, Direction, std::size_t, const float*, float*,
                         const base::Executor&);
template void sort_apply(const SortArgs<double>&, Direction, std::size_t, const double*, double*,
                         const base::Executor&);
template void sort_apply_backward(const SortArgs<float>&, Direction, std::size_t, const float*,
                                  const float*, float*, float*, double*, const base::Executor&);
template void sort_apply_backward(const SortArgs<double>&, Direction, std::size_t, const double*,
                                  const double*, double*, double*, double*, const base::Executor&);
template void sort_loss(const SortArgs<float>&, Loss, LossTarget, float*, const base::Executor&);
template void sort_loss(const SortArgs<double>&, Loss, LossTarget, double*, const base::Executor&);
template void sort_loss_backward(const SortArgs<float>&, Loss, LossTarget, const float*, float*,
                                 double*, const base::Executor&);
template void sort_loss_backward(const SortArgs<double>&, Loss, LossTarget, const double*, double*,
                                 double*, const base::Executor&);
template std::size_t scratch_bytes(const SortArgs<float>&);
template std::size_t scratch_bytes(const SortArgs<double>&);

}  // namespace pliant::sorting
