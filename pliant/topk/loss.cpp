// pliant/topk/loss.cpp — the top-k cross-entropy: candidates, softmax, network, gradient (no torch)
#include "pliant/topk/loss.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "pliant/base/aligned.h"
#include "pliant/base/errors.h"
#include "pliant/math/choice.h"
#include "pliant/sorting/columns.h"
#include "pliant/sorting/run.h"

namespace pliant::selection {
namespace {

using base::AlignedArray;

/// How a target's place among the top K becomes its loss.
class LossRule {
 public:
  LossRule(std::span<const double> p_k, TopOne top_one)
      : p_k_(p_k), top_one_(top_one), rank_weights_(p_k.size()) {
    double sum = 0;
    for (std::size_t k = p_k.size(); k-- > 0;) {
      if (k > 0 || top_one == TopOne::kSort) sum += p_k[k];
      rank_weights_[k] = sum;
    }
  }

  /// Σ_{k≥j} P_K(k), of those k whose term is taken from A: what the loss makes of A[y, j].
  [[nodiscard]] const std::vector<double>& rank_weights() const { return rank_weights_; }

  /// Whether the loss looks at A at all.
  [[nodiscard]] bool needs_ranks() const { return rank_weights_[0] != 0; }
  [[nodiscard]] bool needs_softmax() const { return top_one_ != TopOne::kSort; }

  struct Value {
    double loss;
    double by_ranks;    ///< d loss / d q, q = Σ_j rank_weights[j]·A[y, j]
    double by_softmax;  ///< d loss / d ln softmax_y
  };

  /// @param log_softmax  ln softmax_y
  [[nodiscard]] Value operator()(double q, double log_softmax) const {
    const double first = p_k_[0];
    if (top_one_ == TopOne::kSoftmaxCrossEntropy) {
      const double rest = 1 - first;
      const double within = kept(q);
      return {-first * log_softmax - (rest > 0 ? rest * std::log(within) : 0),
              -rest * kKept / within, -first};
    }
    const double softmax = needs_softmax() ? first * std::exp(log_softmax) : 0;
    const double within = kept(q + softmax);
    const double by_probability = -kKept / within;
    return {-std::log(within), by_probability, by_probability * softmax};
  }

  /// Adds weight·d loss / d P_K(k).   @param ranks  A[y, j], j = 1 … K
  template <class T>
  void add_p_k_gradient(const T* ranks, double log_softmax, double weight, double* gradient) const {
    double q = 0;
    for (std::size_t j = 0; j < p_k_.size(); ++j) q += rank_weights_[j] * ranks[j];
    const Value value = (*this)(q, log_softmax);
    double within = 0;
    for (std::size_t k = 0; k < p_k_.size(); ++k) {
      within += ranks[k];
      if (k > 0 || top_one_ == TopOne::kSort) gradient[k] += weight * value.by_ranks * within;
    }
    if (top_one_ == TopOne::kSoftmax)
      gradient[0] += weight * value.by_ranks * std::exp(log_softmax);
    if (top_one_ == TopOne::kSoftmaxCrossEntropy)
      gradient[0] += weight * (std::log(kept(q)) - log_softmax);
  }

 private:
  static constexpr double kFloor = 1e-7;
  static constexpr double kKept = 1 - 2 * kFloor;
  static double kept(double probability) { return probability * kKept + kFloor; }

  std::span<const double> p_k_;
  TopOne top_one_;
  std::vector<double> rank_weights_;
};

/// The targets of a batch, a fixed number of rows a sample: what candidate each is, and what its
/// loss counts. With label smoothing every candidate is a target.
template <class T>
struct Targets {
  std::size_t per_sample = 0;
  std::vector<std::uint32_t> candidate;  ///< (batch, per_sample)
  std::vector<double> weight;            ///< (batch, per_sample); 0: there is none
  std::vector<double> log_softmax;       ///< (batch, per_sample)
  std::vector<double> by_softmax;        ///< (batch, per_sample): weight·d loss / d ln softmax
  std::vector<double> loss;              ///< (batch, per_sample): weight·loss
};

/// The scores of the candidates, and which of them are targets.
template <class T>
class Problem {
 public:
  Problem(const TopKLossArgs<T>& args, std::int64_t* index, const base::Executor& executor)
      : args_(args),
        rule_(args.p_k, args.top_one),
        index_(all() ? nullptr : index),
        x_(args.from.batch * args.candidates),
        log_total_(args.from.batch) {
    const std::size_t nan =
        all() ? all_as_candidates(args.from, x_.data(), executor)
              : select_candidates(args.from, args.candidates, index, x_.data(), executor);
    if (nan < args.from.batch) report_nan(nan);
    place_targets();
    if (rule_.needs_softmax()) compute_softmax(executor);
  }

  [[nodiscard]] const TopKLossArgs<T>& args() const { return args_; }
  [[nodiscard]] const LossRule& rule() const { return rule_; }
  [[nodiscard]] const T* x() const { return x_.data(); }
  [[nodiscard]] T log_total(std::size_t sample) const { return log_total_[sample]; }
  [[nodiscard]] Targets<T>& targets() { return targets_; }
  [[nodiscard]] const Targets<T>& targets() const { return targets_; }

  /// What a mean over the batch divides by, for one sample: the class weight of its target; with
  /// weights of targets 1.
  [[nodiscard]] double mean_weight(std::size_t sample) const {
    const std::int64_t* given = args_.from.targets + sample * args_.from.targets_per_sample;
    double sum = 0;
    std::size_t count = 0;
    for (std::size_t r = 0; r < args_.from.targets_per_sample; ++r) {
      if (given[r] < 0) continue;
      sum += class_weight(given[r]);
      ++count;
    }
    if (count == 0) return 0;
    return args_.target_weights != nullptr ? 1 : sum / static_cast<double>(count);
  }

 private:
  [[nodiscard]] bool all() const { return args_.candidates == args_.from.classes; }

  [[nodiscard]] double class_weight(std::int64_t c) const {
    return args_.class_weights != nullptr ? args_.class_weights[c] : 1;
  }

  [[noreturn]] void report_nan(std::size_t sample) const {
    const T* row = args_.from.scores + sample * args_.from.classes;
    const T* at = std::find_if(row, row + args_.from.classes, [](T x) { return x != x; });
    base::fail("topk_loss: scores must not be NaN, got NaN in sample ", sample, ", class ",
               at - row);
  }

  void place_targets() {
    const std::size_t given = args_.from.targets_per_sample;
    const bool smooth = args_.label_smoothing > 0;
    targets_.per_sample = smooth ? args_.candidates : given;
    const std::size_t rows = args_.from.batch * targets_.per_sample;
    targets_.candidate.assign(rows, 0);
    targets_.weight.assign(rows, 0);
    targets_.log_softmax.assign(rows, 0);
    targets_.by_softmax.assign(rows, 0);
    targets_.loss.assign(rows, 0);
    for (std::size_t sample = 0; sample < args_.from.batch; ++sample) {
      const std::int64_t* classes = args_.from.targets + sample * given;
      const auto count = static_cast<std::size_t>(
          std::count_if(classes, classes + given, [](auto c) { return c >= 0; }));
      if (count == 0) continue;
      const std::size_t first = sample * targets_.per_sample;
      double sum = 0;
      std::size_t place = 0;  // of those there are; candidates begin with the targets
      for (std::size_t r = 0; r < given; ++r) {
        if (classes[r] < 0) continue;
        const std::size_t candidate = all() ? static_cast<std::size_t>(classes[r]) : place;
        const std::size_t row = first + (smooth ? candidate : r);
        const double weight = args_.target_weights != nullptr
                                  ? args_.target_weights[sample * given + r]
                                  : 1.0 / static_cast<double>(count);
        targets_.candidate[row] = static_cast<std::uint32_t>(candidate);
        targets_.weight[row] = weight * class_weight(classes[r]) * (1 - args_.label_smoothing);
        sum += weight;
        ++place;
      }
      if (smooth) add_smoothing(sample, sum);
    }
  }

  void add_smoothing(std::size_t sample, double sum) {
    const double share = args_.label_smoothing * sum / static_cast<double>(args_.candidates);
    for (std::size_t k = 0; k < args_.candidates; ++k) {
      const std::size_t row = sample * args_.candidates + k;
      targets_.candidate[row] = static_cast<std::uint32_t>(k);
      const std::int64_t c = all() ? static_cast<std::int64_t>(k) : index_[row];
      targets_.weight[row] += share * class_weight(c);
    }
  }

  void compute_softmax(const base::Executor& executor) {
    const std::size_t classes = args_.from.classes;
    const std::size_t among = args_.softmax_over_classes ? classes : args_.candidates;
    executor(args_.from.batch, 1 + 10000 / among, [&](std::size_t begin, std::size_t end) {
      for (std::size_t sample = begin; sample < end; ++sample) {
        const T* x = x_.data() + sample * args_.candidates;
        log_total_[sample] = args_.softmax_over_classes
                                 ? math::log_sum_exp(args_.from.scores + sample * classes, classes)
                                 : math::log_sum_exp(x, args_.candidates);
        const std::size_t first = sample * targets_.per_sample;
        for (std::size_t r = first; r < first + targets_.per_sample; ++r) {
          if (targets_.weight[r] == 0) continue;
          targets_.log_softmax[r] = static_cast<double>(x[targets_.candidate[r]]) -
                                    static_cast<double>(log_total_[sample]);
        }
      }
    });
  }

  const TopKLossArgs<T>& args_;
  LossRule rule_;
  const std::int64_t* index_;
  AlignedArray<T> x_;         // (batch, candidates)
  std::vector<T> log_total_;  // (batch): ln Σ exp of what the softmax is over
  Targets<T> targets_;
};

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
    const auto relaxation = sorting::make_row_relaxation<T>(*args.relaxation, m, m - k, k);
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
  if (loss.problem().args().relaxation) {
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
