// pliant/sorting/torch/ranking_ops.cpp — the losses of soft ranks as ops: schemas, checks, CPU and
// Meta kernels
#include <ATen/Functions.h>

#include <cmath>
#include <optional>
#include <string_view>
#include <tuple>

#include "pliant/base/torch/executor.h"
#include "pliant/base/torch/op.h"
#include "pliant/base/torch/transforms.h"
#include "pliant/base/torch/working_type.h"
#include "pliant/sorting/ranking_loss.h"
#include "pliant/sorting/torch/check_keys.h"

namespace pliant {
namespace {

using at::Tensor;
using OptionalTensor = std::optional<Tensor>;

constexpr const char* kSpearman = "spearman_loss";
constexpr const char* kNdcg = "ndcg_loss";

/// losses (batch), their gradient (batch, n), and that of the steepness (batch), float64.
using Losses = std::tuple<Tensor, Tensor, Tensor>;

/// Scored sets, checked, and where their losses go.
class Call {
 public:
  Call(const char* op, const Tensor& scores, const OptionalTensor& valid, const Tensor& steepness)
      : op_(op), dtype_(scores.scalar_type()) {
    check_rows(scores, op, "scores");
    if (valid) {
      TORCH_CHECK_TYPE(valid->scalar_type() == at::kBool, op, ": valid must be bool, got ",
                       valid->scalar_type());
      check_shape(*valid, scores, "valid");
      valid_ = valid->contiguous();
    }
    steepness_ = steepness_of(steepness, op);
    scores_ = working(scores);
  }

  void check_shape(const Tensor& given, const Tensor& scores, const char* name) const {
    TORCH_CHECK_VALUE(given.sizes() == scores.sizes(), op_, ": ", name,
                      " must have the shape of scores, ", scores.sizes(), ", got ", given.sizes());
  }

  [[nodiscard]] const Tensor& scores() const { return scores_; }
  [[nodiscard]] const bool* valid() const { return data_or_null<bool>(valid_); }
  [[nodiscard]] std::size_t batch() const { return static_cast<std::size_t>(scores_.size(0)); }
  [[nodiscard]] std::size_t n() const { return static_cast<std::size_t>(scores_.size(1)); }

  /// check(number, text of the place) of every number whose item takes part.
  template <class Check>
  void for_valid(const Tensor& numbers, const Check& check) const {
    const double* number = numbers.const_data_ptr<double>();
    for (std::size_t i = 0; i < batch() * n(); ++i) {
      if (valid() == nullptr || valid()[i]) check(number[i]);
    }
  }

  /// kernel(sets, losses) on the scores.
  template <class Kernel>
  [[nodiscard]] Losses run(const Kernel& kernel) const {
    const Tensor losses = at::empty({scores_.size(0)}, scores_.options());
    const Tensor gradient = at::empty_like(scores_);
    const Tensor of_steepness = at::empty({scores_.size(0)}, scores_.options().dtype(at::kDouble));
    with_type(scores_, [&]<class T>(T) {
      const sorting::ScoredSets<T> sets{batch(), n(), scores_.const_data_ptr<T>(), valid(),
                                        steepness_};
      kernel(sets,
             sorting::SetLosses<T>{losses.mutable_data_ptr<T>(), gradient.mutable_data_ptr<T>(),
                                   of_steepness.mutable_data_ptr<double>()});
    });
    return {losses.to(dtype_), gradient, of_steepness};
  }

 private:
  const char* op_;
  at::ScalarType dtype_;
  Tensor scores_;
  Tensor valid_;  ///< undefined = all
  double steepness_ = 1;
};

Losses spearman_loss_cpu(const Tensor& scores, const Tensor& targets, const OptionalTensor& valid,
                         const Tensor& steepness) {
  const Call call(kSpearman, scores, valid, steepness);
  call.check_shape(targets, scores, "targets");
  const Tensor ranks = at::empty(scores.sizes(), scores.options().dtype(at::kDouble));
  const auto rank = [&](const auto* labels) {
    sorting::mean_ranks(labels, call.valid(), call.batch(), call.n(),
                        ranks.mutable_data_ptr<double>(), torch_executor());
  };
  if (targets.is_floating_point()) {
    const Tensor labels = targets.to(at::kDouble).contiguous();
    call.for_valid(labels, [](double label) {
      TORCH_CHECK_VALUE(!std::isnan(label), kSpearman, ": targets must not be NaN");
    });
    rank(labels.const_data_ptr<double>());
  } else {
    const Tensor labels = targets.to(at::kLong).contiguous();
    rank(labels.const_data_ptr<int64_t>());
  }
  return call.run([&](const auto& sets, const auto& losses) {
    sorting::spearman_loss(sets, ranks.const_data_ptr<double>(), losses, torch_executor());
  });
}

Losses ndcg_loss_cpu(const Tensor& scores, const Tensor& relevance, const OptionalTensor& valid,
                     const Tensor& steepness, std::string_view gain, int64_t k) {
  const Call call(kNdcg, scores, valid, steepness);
  call.check_shape(relevance, scores, "relevance");
  TORCH_CHECK_VALUE(gain == "exponential" || gain == "linear", kNdcg, ": unknown gain '", gain,
                    "'; there are: exponential, linear");
  TORCH_CHECK_VALUE(k >= 1, kNdcg, ": k must be >= 1, got ", k);
  const Tensor worth = relevance.to(at::kDouble).contiguous();
  call.for_valid(worth, [](double number) {
    TORCH_CHECK_VALUE(!std::isnan(number), kNdcg, ": relevance must not be NaN");
    TORCH_CHECK_VALUE(number >= 0, kNdcg, ": relevance must be >= 0, got ", number);
    TORCH_CHECK_VALUE(std::isfinite(number), kNdcg, ": relevance must be finite, got ", number);
  });
  const sorting::Gains gains{worth.const_data_ptr<double>(), gain == "exponential",
                             static_cast<std::size_t>(k)};
  return call.run([&](const auto& sets, const auto& losses) {
    sorting::ndcg_loss(sets, gains, losses, torch_executor());
  });
}

/// The gradients that the forward pass found, times the upstream one of each set.
std::tuple<Tensor, Tensor> times_upstream(const char* op, const Tensor& grad_losses,
                                          const Tensor& scores, const Tensor& steepness,
                                          const Tensor& gradient, const Tensor& of_steepness) {
  TORCH_CHECK_VALUE(grad_losses.dim() == 1 && grad_losses.size(0) == gradient.size(0), op,
                    ": grad_losses must have shape (", gradient.size(0), "), got ",
                    grad_losses.sizes());
  const Tensor upstream = working(grad_losses.to(gradient.scalar_type()));
  const Tensor found = gradient.contiguous(), each = of_steepness.contiguous();
  const Tensor grad_scores = at::empty_like(found), grad_steepness = at::empty_like(steepness);
  double sum = 0;
  with_type(found, [&]<class T>(T) {
    const T* g = upstream.const_data_ptr<T>();
    const T* from = found.const_data_ptr<T>();
    T* to = grad_scores.mutable_data_ptr<T>();
    for (int64_t b = 0; b < found.size(0); ++b) {
      sum += each.const_data_ptr<double>()[b] * static_cast<double>(g[b]);
      for (int64_t i = 0; i < found.size(1); ++i) *to++ = *from++ * g[b];
    }
  });
  *grad_steepness.mutable_data_ptr<double>() = sum;
  return {grad_scores.to(scores.scalar_type()), grad_steepness};
}

std::tuple<Tensor, Tensor> spearman_loss_backward_cpu(
    const Tensor& grad_losses, const Tensor& scores, const Tensor&, const OptionalTensor&,
    const Tensor& steepness, const Tensor& gradient, const Tensor& of_steepness) {
  return times_upstream(kSpearman, grad_losses, scores, steepness, gradient, of_steepness);
}

std::tuple<Tensor, Tensor> ndcg_loss_backward_cpu(const Tensor& grad_losses, const Tensor& scores,
                                                  const Tensor&, const OptionalTensor&,
                                                  const Tensor& steepness, std::string_view,
                                                  int64_t, const Tensor& gradient,
                                                  const Tensor& of_steepness) {
  return times_upstream(kNdcg, grad_losses, scores, steepness, gradient, of_steepness);
}

Losses losses_meta(const Tensor& scores, const char* op) {
  check_rows(scores, op, "scores");
  const auto kept = scores.scalar_type() == at::kDouble ? at::kDouble : at::kFloat;
  const auto batch = scores.sym_size(0);
  return {at::empty_symint({batch}, scores.options()),
          at::empty_symint(scores.sym_sizes(), scores.options().dtype(kept)),
          at::empty_symint({batch}, scores.options().dtype(at::kDouble))};
}

Losses spearman_loss_meta(const Tensor& scores, const Tensor&, const OptionalTensor&,
                          const Tensor&) {
  return losses_meta(scores, kSpearman);
}

Losses ndcg_loss_meta(const Tensor& scores, const Tensor&, const OptionalTensor&, const Tensor&,
                      std::string_view, int64_t) {
  return losses_meta(scores, kNdcg);
}

std::tuple<Tensor, Tensor> backward_meta(const Tensor& scores, const Tensor& steepness) {
  return {at::empty_like(scores, at::MemoryFormat::Contiguous), at::empty_like(steepness)};
}

std::tuple<Tensor, Tensor> spearman_loss_backward_meta(const Tensor&, const Tensor& scores,
                                                       const Tensor&, const OptionalTensor&,
                                                       const Tensor& steepness, const Tensor&,
                                                       const Tensor&) {
  return backward_meta(scores, steepness);
}

std::tuple<Tensor, Tensor> ndcg_loss_backward_meta(const Tensor&, const Tensor& scores,
                                                   const Tensor&, const OptionalTensor&,
                                                   const Tensor& steepness, std::string_view,
                                                   int64_t, const Tensor&, const Tensor&) {
  return backward_meta(scores, steepness);
}

}  // namespace

// `valid` says which items take part. `steepness` is float64, one number. The gradients are found
// in the forward pass, where the ranks are.
TORCH_LIBRARY_FRAGMENT(pliant, library) {
  define_op(library,
            "spearman_loss(Tensor scores, Tensor targets, Tensor? valid, Tensor steepness) -> "
            "(Tensor losses, Tensor gradient, Tensor of_steepness)",
            {.rows = {{"scores", "targets", "valid"}}});
  define_op(library,
            "spearman_loss_backward(Tensor grad_losses, Tensor scores, Tensor targets, Tensor? "
            "valid, Tensor steepness, Tensor gradient, Tensor of_steepness) -> (Tensor "
            "grad_scores, Tensor grad_steepness)");
  define_op(library,
            "ndcg_loss(Tensor scores, Tensor relevance, Tensor? valid, Tensor steepness, str gain, "
            "int k) -> (Tensor losses, Tensor gradient, Tensor of_steepness)",
            {.rows = {{"scores", "relevance", "valid"}}});
  define_op(library,
            "ndcg_loss_backward(Tensor grad_losses, Tensor scores, Tensor relevance, Tensor? "
            "valid, Tensor steepness, str gain, int k, Tensor gradient, Tensor of_steepness) -> "
            "(Tensor grad_scores, Tensor grad_steepness)");
}

TORCH_LIBRARY_IMPL(pliant, CPU, library) {
  library.impl("spearman_loss", checked<&spearman_loss_cpu>);
  library.impl("spearman_loss_backward", checked<&spearman_loss_backward_cpu>);
  library.impl("ndcg_loss", checked<&ndcg_loss_cpu>);
  library.impl("ndcg_loss_backward", checked<&ndcg_loss_backward_cpu>);
}

TORCH_LIBRARY_IMPL(pliant, Meta, library) {
  library.impl("spearman_loss", checked<&spearman_loss_meta>);
  library.impl("spearman_loss_backward", checked<&spearman_loss_backward_meta>);
  library.impl("ndcg_loss", checked<&ndcg_loss_meta>);
  library.impl("ndcg_loss_backward", checked<&ndcg_loss_backward_meta>);
}

}  // namespace pliant
