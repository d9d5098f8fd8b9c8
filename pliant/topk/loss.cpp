// pliant/topk/loss.cpp — the top-k cross-entropy: candidates, softmax, network, gradient (no torch)
#include "pliant/topk/loss.h"

#include <algorithm>
#include <memory>
#include <vector>

#include "pliant/base/aligned.h"
#include "pliant/math/choice.h"
#include "pliant/sorting/columns.h"
#include "pliant/sorting/lap_row.h"
#include "pliant/sorting/run.h"
#include "pliant/topk/loss_problem.h"

namespace pliant::selection {
namespace {

using base::AlignedArray;

/// The loss of each target from its ranks, and what their gradients are multiples of.
template <class T>
class TargetLoss {
 public:
  /// @param grad_loss   (batch): what the gradients are weighted with; null: 1
  /// @param grad_p_k    (batch, targets, K), added to; null: not wanted
  TargetLoss(Problem<T>& problem, const T* grad_loss, double* grad_p_k)
      : problem_(problem), grad_loss_(grad_loss), grad_p_k_(grad_p_k) {}

  [[nodiscard]] Problem<T>& problem() const { return problem_; }

  /// Notes the loss of a target.
  /// @param ranks  A[y, j], j = 1 … K
  /// @returns what the gradient of A[y, j] is rank_weights()[j] times
  [[nodiscard]] T operator()(std::size_t target, const T* ranks) const {
    Targets<T>& targets = problem_.targets();
    const double weight = targets.weight[target];
    if (weight == 0) return 0;
    const LossRule& rule = problem_.rule();
    const std::vector<double>& rank_weights = rule.rank_weights();
    double q = 0;
    for (std::size_t j = 0; j < rank_weights.size(); ++j) q += rank_weights[j] * ranks[j];
    const auto value = rule(q, targets.log_softmax[target]);
    targets.loss[target] = weight * value.loss;
    targets.by_softmax[target] = weight * value.by_softmax;
    const double upstream = grad_loss_ != nullptr ? grad_loss_[target / targets.per_sample] : 1.0;
    if (grad_p_k_ != nullptr) {
      rule.add_p_k_gradient(ranks, targets.log_softmax[target], weight * upstream,
                            grad_p_k_ + target * rank_weights.size());
    }
    return static_cast<T>(weight * value.by_ranks * upstream);
  }

 private:
  Problem<T>& problem_;
  const T* grad_loss_;
  double* grad_p_k_;
};

/// The targets' rows of A through a network: a 1 that starts at a target's wire ends at its ranks.
/// On the way back the loss is computed where they are.
template <class T>
class TargetColumns final : public sorting::Columns<T> {
 public:
  explicit TargetColumns(const TargetLoss<T>& loss)
      : sorting::Columns<T>(loss.problem().args().from.batch, loss.problem().args().candidates,
                            loss.problem().targets().per_sample),
        loss_(loss),
        targets_(loss.problem().targets()) {}

  void load(const sorting::ColumnTile& tile, T* panel) const override {
    std::fill(panel, panel + this->n_ * tile.groups * kGroup, T{0});
    for_lanes(tile, panel, [&](std::size_t target, std::size_t, T* lane) {
      lane[targets_.candidate[target] * tile.template wire_stride<T>()] = 1;
    });
  }

  void load_gradient(const sorting::ColumnTile& tile, T* panel) const override {
    const std::size_t stride = tile.template wire_stride<T>();
    const std::vector<double>& weights = loss_.problem().rule().rank_weights();
    const std::size_t k = weights.size();
    std::vector<T> factors(tile.groups * kGroup);
    std::vector<T> ranks(k);
    for_lanes(tile, panel, [&](std::size_t target, std::size_t slot, T* lane) {
      for (std::size_t j = 0; j < k; ++j) ranks[j] = lane[(this->n_ - 1 - j) * stride];
      factors[slot] = loss_(target, ranks.data());
    });
    std::fill(panel, panel + this->n_ * tile.groups * kGroup, T{0});
    for_lanes(tile, panel, [&](std::size_t, std::size_t slot, T* lane) {
      for (std::size_t j = 0; j < k; ++j)
        lane[(this->n_ - 1 - j) * stride] = factors[slot] * static_cast<T>(weights[j]);
    });
  }

  void store(const sorting::ColumnTile&, const T*) override {}
  void store_gradient(const sorting::ColumnTile&, const T*) override {}

 private:
  static constexpr std::size_t kGroup = sorting::kLanes<T>;

  /// fn(target, its place among the lanes, its lane on wire 0) for every target in the panel.
  template <class Fn>
  void for_lanes(const sorting::ColumnTile& tile, T* panel, const Fn& fn) const {
    for (std::size_t g = 0; g < tile.groups; ++g) {
      T* group = panel + tile.template group_offset<T>(g, this->n_);
      const std::size_t column = tile.column + g * (tile.samples_in_lanes ? 1 : kGroup);
      if (column >= this->count_) continue;
      const std::size_t valid =
          tile.samples_in_lanes ? this->batch_ - tile.sample : this->count_ - column;
      for (std::size_t lane = 0; lane < std::min(kGroup, valid); ++lane) {
        const std::size_t sample = tile.sample + (tile.samples_in_lanes ? lane : 0);
        fn(sample * this->count_ + column + (tile.samples_in_lanes ? 0 : lane), g * kGroup + lane,
           group + lane);
      }
    }
  }

  const TargetLoss<T>& loss_;
  const Targets<T>& targets_;
};

/// Losses, and gradients of the candidates' scores, through a network.
template <class T>
void run_network(const TargetLoss<T>& loss, T* gradient, double* grad_parameters,
                 const base::Executor& executor) {
  const TopKLossArgs<T>& args = loss.problem().args();
  TargetColumns<T> columns(loss);
  const sorting::SortArgs<T> sort{args.network, args.distribution, args.from.batch, args.candidates,
                                  loss.problem().x()};
  sorting::Run<T>(sort, {.columns = &columns,
                         .backward = true,
                         .grad_x = gradient,
                         .grad_parameters = grad_parameters})(executor);
}

/// What makes the last K columns of a row of candidates.
template <class T>
std::unique_ptr<sorting::RowRelaxation<T>> row_relaxation(const TopKLossArgs<T>& args) {
  const std::size_t m = args.candidates;
  const std::size_t k = args.p_k.size();
  if (!args.lap_steepness && args.relaxation)
    return sorting::make_row_relaxation<T>(*args.relaxation, m, m - k, k);
  return sorting::make_lap_row<T>(args.lap_steepness.value_or(1), m, m - k, k);
}

/// The same through a relaxation, of which the last K columns are made, row by row.
template <class T>
void run_rows(const TargetLoss<T>& loss, T* gradient, double* grad_parameters,
              const base::Executor& executor) {
  const TopKLossArgs<T>& args = loss.problem().args();
  const Targets<T>& targets = loss.problem().targets();
  const std::vector<double>& weights = loss.problem().rule().rank_weights();
  const std::size_t m = args.candidates;
  const std::size_t k = weights.size();
  std::vector<double> by_steepness(args.from.batch, 0.0);
  executor(args.from.batch, 1 + 500 / m, [&](std::size_t begin, std::size_t end) {
    const auto relaxation = row_relaxation(args);
    std::vector<T> columns(m * k);
    std::vector<T> grad_columns(m * k);
    std::vector<T> ranks(k);
    for (std::size_t sample = begin; sample < end; ++sample) {
      relaxation->forward(loss.problem().x() + sample * m, columns.data());
      std::fill(grad_columns.begin(), grad_columns.end(), T{0});
      const std::size_t first = sample * targets.per_sample;
      for (std::size_t t = first; t < first + targets.per_sample; ++t) {
        const T* row = columns.data() + targets.candidate[t] * k;
        std::reverse_copy(row, row + k, ranks.begin());
        const T factor = loss(t, ranks.data());
        for (std::size_t j = 0; j < k; ++j)
          grad_columns[targets.candidate[t] * k + k - 1 - j] += factor * static_cast<T>(weights[j]);
      }
      relaxation->backward(grad_columns.data(), gradient + sample * m,
                           grad_parameters != nullptr ? &by_steepness[sample] : nullptr);
    }
  });
  if (grad_parameters == nullptr) return;
  std::fill(grad_parameters, grad_parameters + 4, 0.0);
  for (const double each : by_steepness) grad_parameters[0] += each;
}

template <class T>
void run_ranks(const TargetLoss<T>& loss, T* gradient, double* grad_parameters,
               const base::Executor& executor) {
  const TopKLossArgs<T>& args = loss.problem().args();
  if (args.relaxation || args.lap_steepness) {
    run_rows(loss, gradient, grad_parameters, executor);
  } else {
    run_network(loss, gradient, grad_parameters, executor);
  }
}

/// The same where the loss looks at the softmax alone.
template <class T>
void run_softmax_alone(Problem<T>& problem, T* gradient) {
  const TopKLossArgs<T>& args = problem.args();
  std::fill(gradient, gradient + args.from.batch * args.candidates, T{0});
  Targets<T>& targets = problem.targets();
  for (std::size_t t = 0; t < targets.weight.size(); ++t) {
    if (targets.weight[t] == 0) continue;
    const auto value = problem.rule()(0, targets.log_softmax[t]);
    targets.loss[t] = targets.weight[t] * value.loss;
    targets.by_softmax[t] = targets.weight[t] * value.by_softmax;
  }
}

/// Adds the softmax's part of the gradients, and sums the losses.
template <class T>
void finish(const Problem<T>& problem, const TopKLossResults<T>& results,
            const base::Executor& executor) {
  const TopKLossArgs<T>& args = problem.args();
  const Targets<T>& targets = problem.targets();
  const std::size_t m = args.candidates;
  executor(args.from.batch, 1 + 10000 / m, [&](std::size_t begin, std::size_t end) {
    std::vector<T> softmax(m);
    for (std::size_t sample = begin; sample < end; ++sample) {
      double loss = 0;
      double by_softmax = 0;
      T* gradient = results.gradient + sample * m;
      const std::size_t first = sample * targets.per_sample;
      for (std::size_t t = first; t < first + targets.per_sample; ++t) {
        loss += targets.loss[t];
        by_softmax += targets.by_softmax[t];
        gradient[targets.candidate[t]] += static_cast<T>(targets.by_softmax[t]);
      }
      results.loss[sample] = static_cast<T>(loss);
      results.weight[sample] = static_cast<T>(problem.mean_weight(sample));
      results.softmax[2 * sample] = problem.log_total(sample);
      results.softmax[2 * sample + 1] =
          args.softmax_over_classes ? static_cast<T>(-by_softmax) : T{0};
      if (by_softmax == 0 || args.softmax_over_classes) continue;
      math::exp_minus(problem.x() + sample * m, m, problem.log_total(sample), softmax.data());
      for (std::size_t k = 0; k < m; ++k) gradient[k] -= static_cast<T>(by_softmax) * softmax[k];
    }
  });
}

}  // namespace

template <class T>
void topk_loss(const TopKLossArgs<T>& args, const TopKLossResults<T>& results,
               const base::Executor& executor) {
  Problem<T> problem(args, results.index, executor);
  if (problem.rule().needs_ranks()) {
    run_ranks<T>({problem, nullptr, nullptr}, results.gradient, nullptr, executor);
  } else {
    run_softmax_alone(problem, results.gradient);
  }
  finish(problem, results, executor);
}

template <class T>
void topk_loss_backward(const TopKLossArgs<T>& args, const KeptForGradient<T>& kept,
                        const T* grad_loss, T* grad_scores, const base::Executor& executor) {
  const std::size_t classes = args.from.classes;
  const std::size_t m = args.candidates;
  executor(args.from.batch, 1 + 20000 / classes, [&](std::size_t begin, std::size_t end) {
    for (std::size_t sample = begin; sample < end; ++sample) {
      T* row = grad_scores + sample * classes;
      const T* gradient = kept.gradient + sample * m;
      const T by_softmax = kept.softmax[2 * sample + 1];
      if (by_softmax != 0) {
        math::exp_minus(args.from.scores + sample * classes, classes, kept.softmax[2 * sample],
                        row);
        for (std::size_t c = 0; c < classes; ++c) row[c] *= by_softmax * grad_loss[sample];
      } else {
        std::fill(row, row + classes, T{0});
      }
      for (std::size_t k = 0; k < m; ++k) {
        const std::size_t c =
            m == classes ? k : static_cast<std::size_t>(kept.index[sample * m + k]);
        row[c] += gradient[k] * grad_loss[sample];
      }
    }
  });
}

template <class T>
void topk_loss_parameters_backward(const TopKLossArgs<T>& args, const T* grad_loss,
                                   double* grad_parameters, double* grad_p_k,
                                   const base::Executor& executor) {
  const std::size_t k = args.p_k.size();
  std::fill(grad_parameters, grad_parameters + 4, 0.0);
  std::fill(grad_p_k, grad_p_k + k, 0.0);
  std::vector<std::int64_t> index(args.from.batch * args.candidates);
  Problem<T> problem(args, index.data(), executor);
  const Targets<T>& targets = problem.targets();
  std::vector<double> by_target(targets.weight.size() * k, 0.0);
  const AlignedArray<T> gradient(args.from.batch * args.candidates);
  run_ranks<T>({problem, grad_loss, by_target.data()}, gradient.data(), grad_parameters, executor);
  for (std::size_t t = 0; t < targets.weight.size(); ++t) {
    for (std::size_t j = 0; j < k; ++j) grad_p_k[j] += by_target[t * k + j];
  }
}

template void topk_loss(const TopKLossArgs<float>&, const TopKLossResults<float>&,
                        const base::Executor&);
template void topk_loss(const TopKLossArgs<double>&, const TopKLossResults<double>&,
                        const base::Executor&);
template void topk_loss_backward(const TopKLossArgs<float>&, const KeptForGradient<float>&,
                                 const float*, float*, const base::Executor&);
template void topk_loss_backward(const TopKLossArgs<double>&, const KeptForGradient<double>&,
                                 const double*, double*, const base::Executor&);
template void topk_loss_parameters_backward(const TopKLossArgs<float>&, const float*, double*,
                                            double*, const base::Executor&);
template void topk_loss_parameters_backward(const TopKLossArgs<double>&, const double*, double*,
                                            double*, const base::Executor&);

}  // namespace pliant::selection
