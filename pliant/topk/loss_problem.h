// pliant/topk/loss_problem.h — what a batch's top-k losses are computed from: the candidates'
// scores, which of them are targets, and how a place among the top K becomes a loss; private to
// topk (no torch)
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "pliant/base/aligned.h"
#include "pliant/base/errors.h"
#include "pliant/math/choice.h"
#include "pliant/topk/loss.h"

namespace pliant::selection {

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
  base::AlignedArray<T> x_;   // (batch, candidates)
  std::vector<T> log_total_;  // (batch): ln Σ exp of what the softmax is over
  Targets<T> targets_;
};

}  // namespace pliant::selection
