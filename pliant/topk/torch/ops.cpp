// pliant/topk/torch/ops.cpp — the top-k ops: schemas, checks, CPU and Meta kernels
#include <ATen/Functions.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "pliant/base/torch/executor.h"
#include "pliant/base/torch/op.h"
#include "pliant/base/torch/transforms.h"
#include "pliant/base/torch/working_type.h"
#include "pliant/math/torch/parameters.h"
#include "pliant/sorting/relaxation.h"
#include "pliant/sorting/torch/comparators.h"
#include "pliant/topk/loss.h"
#include "pliant/topk/selection.h"
#include "pliant/topk/smooth_svm.h"

namespace pliant {
namespace {

using at::Tensor;
using OptionalTensor = std::optional<Tensor>;

constexpr const char* kLoss = "topk_loss";

selection::TopOne top_one_of(std::string_view mode) {
  if (mode == "sort") return selection::TopOne::kSort;
  if (mode == "sm") return selection::TopOne::kSoftmax;
  TORCH_CHECK_VALUE(mode == "smce", kLoss, ": unknown top1_mode '", mode,
                    "'; there are: sm, smce, sort");
  return selection::TopOne::kSoftmaxCrossEntropy;
}

void check_scores(const Tensor& scores, const Tensor& targets) {
  TORCH_CHECK_TYPE(scores.is_floating_point(), kLoss, ": scores must be floating point, got ",
                   scores.scalar_type());
  TORCH_CHECK_VALUE(scores.dim() == 2 && scores.size(1) > 0, kLoss,
                    ": scores must have 2 dimensions (batch, classes), got shape ", scores.sizes());
  TORCH_CHECK_TYPE(targets.scalar_type() == at::kLong, kLoss, ": targets must be int64, got ",
                   targets.scalar_type());
  TORCH_CHECK_VALUE(targets.dim() == 2 && targets.size(0) == scores.size(0), kLoss,
                    ": targets must have shape (", scores.size(0), ", targets a sample), got ",
                    targets.sizes());
}

/// Optional numbers as doubles, checked for their shape and to be finite and >= 0.
Tensor weights(const OptionalTensor& given, at::IntArrayRef shape, const char* name) {
  if (!given) return {};
  TORCH_CHECK_VALUE(given->sizes() == shape, kLoss, ": ", name, " must have shape ", shape,
                    ", got ", given->sizes());
  Tensor numbers = given->to(at::kCPU, at::kDouble).contiguous();
  const double* number = numbers.const_data_ptr<double>();
  for (int64_t i = 0; i < numbers.numel(); ++i) {
    TORCH_CHECK_VALUE(number[i] >= 0 && std::isfinite(number[i]), kLoss, ": ", name,
                      " must be finite and >= 0, got ", number[i], " at flat index ", i);
  }
  return numbers;
}

/// The arguments of the op, in the order of its schema.
struct Arguments {
  const Tensor& scores;
  const Tensor& targets;
  const OptionalTensor& target_weights;
  const OptionalTensor& class_weights;
  const Tensor& network;
  std::string_view distribution;
  const Tensor& parameters;
  std::string_view relaxation;
  double power;
  double tolerance;
  int64_t iterations;
  bool implicit;
  const Tensor& p_k;
  int64_t candidates;
  std::string_view top1_mode;
  bool softmax_over_classes;
  double label_smoothing;
  int64_t ignore_index;
};

/// A call of the op, checked, with scores in the type that the kernels work in.
class LossCall {
 public:
  explicit LossCall(const Arguments& given)
      : given_(given),
        scores_((check_scores(given.scores, given.targets), working(given.scores))),
        targets_(valid_targets()),
        target_weights_(weights(given.target_weights, given.targets.sizes(), "target_weights")),
        class_weights_(weights(given.class_weights, {given.scores.size(1)}, "class weights")),
        distribution_(distribution_of(given.distribution, given.parameters, kLoss, "steepness")),
        p_k_(given.p_k.contiguous()) {
    TORCH_CHECK_VALUE(given.label_smoothing >= 0 && given.label_smoothing <= 1, kLoss,
                      ": label_smoothing must be in [0, 1], got ", given.label_smoothing);
    top_one_of(given.top1_mode);
    check_candidates();
    check_p_k();
    if (given.relaxation.empty()) {
      comparators_.emplace(given.network, given.candidates, kLoss);
    } else if (given.relaxation == "lapsum") {
      sorting::check({.steepness = distribution_.scale}, kLoss);
    } else {
      relaxation_ =
          sorting::RelaxationOptions{.method = sorting::relaxation_index(given.relaxation),
                                     .steepness = distribution_.scale,
                                     .power = given.power,
                                     .tolerance = given.tolerance,
                                     .iterations = static_cast<int>(given.iterations),
                                     .implicit = given.implicit};
      sorting::check(*relaxation_, kLoss);
    }
  }

  [[nodiscard]] int64_t batch() const { return scores_.size(0); }
  [[nodiscard]] const Tensor& scores() const { return scores_; }
  [[nodiscard]] bool all_classes() const { return given_.candidates == scores_.size(1); }

  template <class T>
  [[nodiscard]] selection::TopKLossArgs<T> args() const {
    return {.from = {static_cast<std::size_t>(batch()), static_cast<std::size_t>(scores_.size(1)),
                     static_cast<std::size_t>(targets_.size(1)), scores_.const_data_ptr<T>(),
                     targets_.const_data_ptr<int64_t>()},
            .target_weights = data_or_null<double>(target_weights_),
            .class_weights = data_or_null<double>(class_weights_),
            .label_smoothing = given_.label_smoothing,
            .candidates = static_cast<std::size_t>(given_.candidates),
            .network = comparators_ ? comparators_->list() : std::span<const sorting::Comparator>(),
            .distribution = distribution_,
            .relaxation = relaxation_,
            .lap_steepness =
                given_.relaxation == "lapsum" ? std::optional(distribution_.scale) : std::nullopt,
            .p_k = {p_k_.const_data_ptr<double>(), static_cast<std::size_t>(p_k_.numel())},
            .top_one = top_one_of(given_.top1_mode),
            .softmax_over_classes = given_.softmax_over_classes};
  }

 private:
  /// The targets with −1 instead of ignore_index; all others in range.
  [[nodiscard]] Tensor valid_targets() const {
    Tensor valid = given_.targets.clone(at::MemoryFormat::Contiguous);
    auto* target = valid.mutable_data_ptr<int64_t>();
    for (int64_t i = 0; i < valid.numel(); ++i) {
      if (target[i] == given_.ignore_index) {
        target[i] = -1;
        continue;
      }
      TORCH_CHECK_VALUE(target[i] >= 0 && target[i] < scores_.size(1), kLoss,
                        ": targets must be in 0 … ", scores_.size(1) - 1, " or ignore_index ",
                        given_.ignore_index, ", got ", target[i], " in sample ", i / valid.size(1));
    }
    return valid;
  }

  void check_candidates() const {
    const int64_t least = std::max<int64_t>(targets_.size(1), 1);
    TORCH_CHECK_VALUE(given_.candidates >= least && given_.candidates <= scores_.size(1), kLoss,
                      ": m must be at least the number of targets of a sample, ", least,
                      ", and at most the number of classes, ", scores_.size(1), ", got ",
                      given_.candidates);
  }

  void check_p_k() const {
    TORCH_CHECK_TYPE(p_k_.scalar_type() == at::kDouble && p_k_.is_cpu(), kLoss,
                     ": p_k must be a float64 tensor on the CPU, got ", p_k_.scalar_type(), " on ",
                     p_k_.device());
    TORCH_CHECK_VALUE(p_k_.dim() == 1 && p_k_.numel() >= 1, kLoss,
                      ": p_k must have shape (K), K >= 1, got ", p_k_.sizes());
    TORCH_CHECK_VALUE(p_k_.numel() <= given_.candidates, kLoss, ": p_k has ", p_k_.numel(),
                      " entries, and there are but ", given_.candidates, " candidates");
    const double* p = p_k_.const_data_ptr<double>();
    double sum = 0;
    for (int64_t k = 0; k < p_k_.numel(); ++k) {
      TORCH_CHECK_VALUE(p[k] >= 0, kLoss, ": p_k must not be negative, got ", p[k],
                        " for k = ", k + 1);
      sum += p[k];
    }
    TORCH_CHECK_VALUE(std::abs(sum - 1) <= 1e-4, kLoss, ": p_k must sum to 1, got the sum ", sum);
  }

  Arguments given_;
  Tensor scores_;
  Tensor targets_;
  Tensor target_weights_;
  Tensor class_weights_;
  math::Distribution distribution_;
  std::optional<Comparators> comparators_;
  std::optional<sorting::RelaxationOptions> relaxation_;
  Tensor p_k_;
};

/// loss, weight, index, gradient, softmax: selection::TopKLossResults.
using LossResults = std::tuple<Tensor, Tensor, Tensor, Tensor, Tensor>;

// The loss and its weight have the scores' dtype, what is kept for the gradient that of the
// kernels.
LossResults topk_loss_cpu(const Tensor& scores, const Tensor& targets,
                          const OptionalTensor& target_weights, const OptionalTensor& class_weights,
                          const Tensor& network, std::string_view distribution,
                          const Tensor& parameters, std::string_view relaxation, double power,
                          double tolerance, int64_t iterations, bool implicit, const Tensor& p_k,
                          int64_t candidates, std::string_view top1_mode, bool softmax_over_classes,
                          double label_smoothing, int64_t ignore_index) {
  const LossCall call({scores, targets, target_weights, class_weights, network, distribution,
                       parameters, relaxation, power, tolerance, iterations, implicit, p_k,
                       candidates, top1_mode, softmax_over_classes, label_smoothing, ignore_index});
  const auto numbers = [&](at::IntArrayRef shape) {
    return at::empty(shape, call.scores().options());
  };
  const Tensor loss = numbers({call.batch()});
  const Tensor weight = numbers({call.batch()});
  const Tensor index = at::empty({call.batch(), call.all_classes() ? 0 : candidates}, at::kLong);
  const Tensor gradient = numbers({call.batch(), candidates});
  const Tensor softmax = numbers({call.batch(), 2});
  with_type(call.scores(), [&]<class T>(T) {
    const selection::TopKLossResults<T> results = {
        loss.mutable_data_ptr<T>(), weight.mutable_data_ptr<T>(), index.mutable_data_ptr<int64_t>(),
        gradient.mutable_data_ptr<T>(), softmax.mutable_data_ptr<T>()};
    selection::topk_loss(call.args<T>(), results, torch_executor());
  });
  return {loss.to(scores.scalar_type()), weight.to(scores.scalar_type()), index, gradient, softmax};
}

std::tuple<Tensor, Tensor, Tensor> topk_loss_backward_cpu(
    const Tensor& grad_loss, const Tensor& scores, const Tensor& targets,
    const OptionalTensor& target_weights, const OptionalTensor& class_weights,
    const Tensor& network, std::string_view distribution, const Tensor& parameters,
    std::string_view relaxation, double power, double tolerance, int64_t iterations, bool implicit,
    const Tensor& p_k, int64_t candidates, std::string_view top1_mode, bool softmax_over_classes,
    double label_smoothing, int64_t ignore_index, const Tensor&, const Tensor& index,
    const Tensor& gradient, const Tensor& softmax, c10::List<bool> needed) {
  const LossCall call({scores, targets, target_weights, class_weights, network, distribution,
                       parameters, relaxation, power, tolerance, iterations, implicit, p_k,
                       candidates, top1_mode, softmax_over_classes, label_smoothing, ignore_index});
  const Tensor upstream = working(grad_loss);
  const Tensor kept_index = index.contiguous();
  const Tensor kept_gradient = gradient.contiguous();
  const Tensor kept_softmax = softmax.contiguous();
  const Tensor grad_scores = at::empty_like(call.scores());
  const Tensor grad_parameters = at::zeros_like(parameters);
  const Tensor grad_p_k = at::zeros_like(p_k);
  with_type(call.scores(), [&]<class T>(T) {
    const auto args = call.args<T>();
    selection::topk_loss_backward(args,
                                  {.index = kept_index.const_data_ptr<int64_t>(),
                                   .gradient = kept_gradient.const_data_ptr<T>(),
                                   .softmax = kept_softmax.const_data_ptr<T>()},
                                  upstream.const_data_ptr<T>(), grad_scores.mutable_data_ptr<T>(),
                                  torch_executor());
    if (!needed.get(1) && !needed.get(2)) return;
    selection::topk_loss_parameters_backward(args, upstream.const_data_ptr<T>(),
                                             grad_parameters.mutable_data_ptr<double>(),
                                             grad_p_k.mutable_data_ptr<double>(), torch_executor());
  });
  return {grad_scores.to(scores.scalar_type()), grad_parameters, grad_p_k};
}

LossResults topk_loss_meta(const Tensor& scores, const Tensor& targets, const OptionalTensor&,
                           const OptionalTensor&, const Tensor&, std::string_view, const Tensor&,
                           std::string_view, double, double, int64_t, bool, const Tensor&,
                           int64_t candidates, std::string_view, bool, double, int64_t) {
  check_scores(scores, targets);
  const auto batch = scores.sym_size(0);
  const bool all = candidates == scores.size(1);
  const auto kept =
      scores.options().dtype(scores.scalar_type() == at::kDouble ? at::kDouble : at::kFloat);
  return {at::empty_symint({batch}, scores.options()), at::empty_symint({batch}, scores.options()),
          at::empty_symint({batch, all ? 0 : candidates}, scores.options().dtype(at::kLong)),
          at::empty_symint({batch, candidates}, kept), at::empty_symint({batch, 2}, kept)};
}

std::tuple<Tensor, Tensor, Tensor> topk_loss_backward_meta(
    const Tensor&, const Tensor& scores, const Tensor&, const OptionalTensor&,
    const OptionalTensor&, const Tensor&, std::string_view, const Tensor& parameters,
    std::string_view, double, double, int64_t, bool, const Tensor& p_k, int64_t, std::string_view,
    bool, double, int64_t, const Tensor&, const Tensor&, const Tensor&, const Tensor&,
    c10::List<bool>) {
  return {at::empty_like(scores, at::MemoryFormat::Contiguous), at::empty_like(parameters),
          at::empty_like(p_k)};
}

void check_svm(const Tensor& scores, const Tensor& targets, int64_t k, double tau) {
  constexpr const char* kOp = "smooth_topk_svm";
  TORCH_CHECK_TYPE(scores.is_floating_point(), kOp, ": scores must be floating point, got ",
                   scores.scalar_type());
  TORCH_CHECK_VALUE(scores.dim() == 2, kOp, ": scores must have shape (batch, classes), got ",
                    scores.sizes());
  TORCH_CHECK_TYPE(targets.scalar_type() == at::kLong, kOp, ": target must be int64, got ",
                   targets.scalar_type());
  TORCH_CHECK_VALUE(targets.dim() == 1 && targets.size(0) == scores.size(0), kOp,
                    ": target must have shape (", scores.size(0), "), got ", targets.sizes());
  TORCH_CHECK_VALUE(k >= 1 && k < scores.size(1), kOp, ": k must be in 1 … ", scores.size(1) - 1,
                    ", less than the number of classes, got ", k);
  TORCH_CHECK_VALUE(tau > 0 && std::isfinite(tau), kOp, ": tau must be > 0 and finite, got ", tau);
}

std::tuple<Tensor, Tensor> smooth_topk_svm_cpu(const Tensor& scores, const Tensor& targets,
                                               int64_t k, double tau) {
  check_svm(scores, targets, k, tau);
  const Tensor from = working(scores);
  const Tensor labels = targets.contiguous();
  const auto classes = from.size(1);
  for (int64_t i = 0; i < labels.numel(); ++i) {
    const auto label = labels.const_data_ptr<int64_t>()[i];
    TORCH_CHECK_VALUE(label >= 0 && label < classes, "smooth_topk_svm: target must be in 0 … ",
                      classes - 1, ", got ", label, " in sample ", i);
  }
  TORCH_CHECK_VALUE(from.isfinite().all().item<bool>(),
                    "smooth_topk_svm: scores must be finite, got NaN or an infinity");
  const Tensor loss = at::empty({from.size(0)}, from.options());
  const Tensor gradient = at::empty_like(from);
  with_type(from, [&]<class T>(T) {
    selection::smooth_topk_svm<T>({static_cast<std::size_t>(from.size(0)),
                                   static_cast<std::size_t>(classes), static_cast<std::size_t>(k),
                                   tau, from.const_data_ptr<T>(), labels.const_data_ptr<int64_t>()},
                                  loss.mutable_data_ptr<T>(), gradient.mutable_data_ptr<T>(),
                                  torch_executor());
  });
  return {loss.to(scores.scalar_type()), gradient};
}

Tensor smooth_topk_svm_backward_cpu(const Tensor& grad_loss, const Tensor& scores, const Tensor&,
                                    int64_t, double, const Tensor& gradient) {
  return (gradient * working(grad_loss).unsqueeze(1)).to(scores.scalar_type());
}

std::tuple<Tensor, Tensor> smooth_topk_svm_meta(const Tensor& scores, const Tensor& targets,
                                                int64_t k, double tau) {
  check_svm(scores, targets, k, tau);
  const auto kept = scores.scalar_type() == at::kDouble ? at::kDouble : at::kFloat;
  return {at::empty_symint({scores.sym_size(0)}, scores.options()),
          at::empty_symint(scores.sym_sizes(), scores.options().dtype(kept))};
}

Tensor smooth_topk_svm_backward_meta(const Tensor&, const Tensor& scores, const Tensor&, int64_t,
                                     double, const Tensor&) {
  return at::empty_like(scores, at::MemoryFormat::Contiguous);
}

Tensor selection_network_op(std::string_view kind, int64_t size, int64_t k) {
  TORCH_CHECK_VALUE(size >= 1 && size <= (1 << 20),
                    "selection_network: size must be in 1 … 1048576, got ", size);
  TORCH_CHECK_VALUE(k >= 1 && k <= size, "selection_network: k must be in 1 … ", size, ", got ", k);
  return network_tensor(
      selection::make_selection(kind, static_cast<int>(size), static_cast<int>(k)));
}

std::vector<std::string> selection_names_op() {
  const auto names = selection::selection_names();
  return {names.begin(), names.end()};
}

Tensor without_dead_comparators_op(const Tensor& network, int64_t size, int64_t k) {
  const Comparators comparators(network, size, "without_dead_comparators");
  TORCH_CHECK_VALUE(k >= 1 && k <= size, "without_dead_comparators: k must be in 1 … ", size,
                    ", got ", k);
  return network_tensor(selection::without_dead_comparators(
      comparators.list(), static_cast<int>(size), static_cast<int>(k)));
}

}  // namespace

TORCH_LIBRARY_FRAGMENT(pliant, library) {
  define_op(library,
            "topk_loss(Tensor scores, Tensor targets, Tensor? target_weights, Tensor? "
            "class_weights, Tensor network, str distribution, Tensor parameters, str relaxation, "
            "float power, float tolerance, int iterations, bool implicit, Tensor p_k, int "
            "candidates, str top1_mode, bool softmax_over_classes, float label_smoothing, int "
            "ignore_index) -> (Tensor loss, Tensor weight, Tensor index, Tensor gradient, Tensor "
            "softmax)",
            {.rows = {{"scores", "targets", "target_weights"}}});
  define_op(library,
            "topk_loss_backward(Tensor grad_loss, Tensor scores, Tensor targets, Tensor? "
            "target_weights, Tensor? class_weights, Tensor network, str distribution, Tensor "
            "parameters, str relaxation, float power, float tolerance, int iterations, bool "
            "implicit, Tensor p_k, int candidates, str top1_mode, bool softmax_over_classes, "
            "float label_smoothing, int ignore_index, Tensor weight, Tensor index, Tensor "
            "gradient, Tensor softmax, bool[] needed) -> (Tensor grad_scores, Tensor "
            "grad_parameters, Tensor grad_p_k)");
  define_op(library,
            "smooth_topk_svm(Tensor scores, Tensor targets, int k, float tau) -> (Tensor loss, "
            "Tensor gradient)",
            {.rows = {{"scores", "targets"}}});
  define_op(library,
            "smooth_topk_svm_backward(Tensor grad_loss, Tensor scores, Tensor targets, int k, "
            "float tau, Tensor gradient) -> Tensor grad_scores");
  library.def("selection_network(str kind, int size, int k) -> Tensor",
              checked<&selection_network_op>);
  library.def("selection_names() -> str[]", checked<&selection_names_op>);
  library.def("without_dead_comparators(Tensor network, int size, int k) -> Tensor",
              checked<&without_dead_comparators_op>);
}

TORCH_LIBRARY_IMPL(pliant, CPU, library) {
  library.impl("topk_loss", checked<&topk_loss_cpu>);
  library.impl("topk_loss_backward", checked<&topk_loss_backward_cpu>);
  library.impl("smooth_topk_svm", checked<&smooth_topk_svm_cpu>);
  library.impl("smooth_topk_svm_backward", checked<&smooth_topk_svm_backward_cpu>);
}

TORCH_LIBRARY_IMPL(pliant, Meta, library) {
  library.impl("topk_loss", checked<&topk_loss_meta>);
  library.impl("topk_loss_backward", checked<&topk_loss_backward_meta>);
  library.impl("smooth_topk_svm", checked<&smooth_topk_svm_meta>);
  library.impl("smooth_topk_svm_backward", checked<&smooth_topk_svm_backward_meta>);
}

}  // namespace pliant
