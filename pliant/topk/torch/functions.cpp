// pliant/topk/torch/functions.cpp — the C++ functions over the top-k ops
#include "pliant/topk/torch/functions.h"

#include <ATen/Functions.h>

#include <algorithm>
#include <limits>
#include <map>
#include <mutex>
#include <optional>
#include <utility>

#include "pliant/base/torch/find_op.h"
#include "pliant/sorting/method.h"
#include "pliant/sorting/torch/fast.h"
#include "pliant/sorting/torch/sort_call.h"
#include "pliant/topk/selection.h"

namespace pliant {
namespace {

using at::Tensor;

std::optional<Tensor> optional(const Tensor& tensor) {
  return tensor.defined() ? std::optional(tensor) : std::nullopt;
}

/// The last k of ranks (…, n), the highest first.
Tensor highest(const Tensor& ranks, int64_t k) {
  return ranks.slice(-1, ranks.size(-1) - k).flip(-1);
}

constexpr std::string_view kLapSum = "lapsum";

/// What ranks the k largest of n, as the ops take it.
struct Ranker {
  Tensor network;
  std::string family;
  Tensor parameters;       ///< of a relaxation the first is its steepness
  std::string relaxation;  ///< "" for a network

  Ranker(const SortOptions& options, int64_t n, int64_t k, const Tensor& steepness)
      : family(options.distribution) {
    if (is_network(options.method)) {
      network = selection_network(options.method, n, k);
      parameters = comparison_parameters(options, steepness);
      return;
    }
    relaxation = options.method;
    if (relaxation != kLapSum) static_cast<void>(options.relaxation());  // checks it
    network = at::empty({0, 3}, at::kInt);
    SortOptions plain;
    plain.steepness = options.steepness;
    family = plain.distribution;
    parameters = comparison_parameters(plain, steepness);
  }

 private:
  static bool is_network(std::string_view method) {
    const auto networks = selection::selection_names();
    if (std::ranges::find(networks, method) != networks.end()) return true;
    std::string known;
    for (const auto name : networks) known += std::string(name) + ", ";
    for (const auto& each : sorting::methods()) {
      if (each.kind == "network" || !each.permutation) continue;
      if (each.name == method) return false;
      known += std::string(each.name) + ", ";
    }
    TORCH_CHECK_VALUE(false, "topk: unknown method '", method,
                      "'; there are: ", known.substr(0, known.size() - 2));
  }
};

/// One call of topk or apply_topk: its keys as rows (batch, n), and the k largest of each.
class TopKCall {
 public:
  TopKCall(const char* caller, const Tensor& x, int64_t k, const TopKOptions& options,
           const Tensor& steepness)
      : sets_(caller, x), k_(k), options_(options) {
    TORCH_CHECK_VALUE(k >= 1 && k <= n(), caller, ": k must be in 1 … ", n(),
                      ", the number of values, got ", k);
    x_ = sets_.rows(x);
    by_.emplace(options, n(), k, steepness);
  }

  /// Values (batch, k) and attribution (batch, n, k).
  [[nodiscard]] std::tuple<Tensor, Tensor> select() const {
    static const auto select =
        op<std::tuple<Tensor, Tensor>(const Tensor&, const Tensor&, std::string_view, const Tensor&,
                                      int64_t, bool)>("pliant::topk");
    if (by_->relaxation.empty()) {
      return select.call(x_, by_->network, by_->family, by_->parameters, k_, options_.largest);
    }
    const Tensor weights = columns();
    const Tensor values = at::matmul(x_.unsqueeze(1).to(weights.scalar_type()), weights).squeeze(1);
    return {values.to(x_.scalar_type()), weights.to(x_.scalar_type())};
  }

  /// (batch, k, columns) from payload (batch shape…, n, columns).
  [[nodiscard]] Tensor apply(const Tensor& payload) const {
    const Tensor rows = sets_.rows(payload);
    if (!by_->relaxation.empty()) return carried(rows);
    return highest(moved(rows).transpose(1, 2), k_).transpose(1, 2);
  }

 private:
  [[nodiscard]] int64_t n() const { return sets_.n(); }

  /// What ascends to what is wanted.
  [[nodiscard]] Tensor keys() const { return options_.largest ? x_ : -x_; }

  /// Through the network.
  [[nodiscard]] Tensor moved(const Tensor& payload) const {
    static const auto sort_apply =
        op<Tensor(const Tensor&, const Tensor&, const Tensor&, std::string_view, const Tensor&,
                  bool)>("pliant::sort_apply");
    return sort_apply.call(keys(), payload, by_->network, by_->family, by_->parameters, true);
  }

  /// The attribution by a relaxation, (batch, n, k); LapSum's of halves is float32.
  [[nodiscard]] Tensor columns() const {
    static const auto relaxed_permutation =
        op<Tensor(const Tensor&, std::string_view, const Tensor&, c10::SymInt, c10::SymInt, double,
                  double, int64_t, bool)>("pliant::relaxed_permutation");
    const Tensor scale = by_->parameters.slice(0, 0, 1);
    const int64_t first = n() - k_;
    if (by_->relaxation == kLapSum) return lap_permutation(keys(), scale, first, k_).flip(-1);
    return relaxed_permutation
        .call(keys(), by_->relaxation, scale, first, k_, options_.power, options_.tolerance,
              options_.iterations, options_.implicit)
        .flip(-1);
  }

  /// The attribution by a relaxation, transposed, times payload (batch, n, columns).
  [[nodiscard]] Tensor carried(const Tensor& payload) const {
    const Tensor attribution = columns();
    return at::matmul(attribution.transpose(1, 2), payload.to(attribution.scalar_type()))
        .to(x_.scalar_type());
  }

  Rows sets_;
  int64_t k_;
  const TopKOptions& options_;
  Tensor x_;
  std::optional<Ranker> by_;
};

}  // namespace

Tensor selection_network(std::string_view kind, int64_t size, int64_t k) {
  static std::mutex mutex;
  static std::map<std::tuple<std::string, int64_t, int64_t>, Tensor> made;
  const std::lock_guard lock(mutex);
  Tensor& entry = made[{std::string(kind), size, k}];
  if (!entry.defined()) {
    // What is made in inference mode could not be saved for a gradient later.
    const c10::InferenceMode off(false);
    static const auto make =
        op<Tensor(std::string_view, int64_t, int64_t)>("pliant::selection_network");
    entry = make.call(kind, size, k);
  }
  return entry;
}

std::tuple<Tensor, Tensor> topk(const Tensor& x, int64_t k, const TopKOptions& options,
                                const Tensor& steepness) {
  const TopKCall call("topk", x, k, options, steepness);
  std::vector<int64_t> shape(x.sizes().begin(), x.sizes().end() - 1);
  shape.push_back(k);
  std::vector<int64_t> attribution_shape = x.sizes().vec();
  attribution_shape.push_back(k);
  const auto [values, attribution] = call.select();
  return {values.reshape(shape), attribution.reshape(attribution_shape)};
}

Tensor apply_topk(const Tensor& key, const Tensor& payload, int64_t k, const TopKOptions& options,
                  const Tensor& steepness) {
  const TopKCall call("apply_topk", key, k, options, steepness);
  TORCH_CHECK_VALUE(
      payload.dim() == key.dim() + 1 && payload.sizes().slice(0, key.sizes().size()) == key.sizes(),
      "apply_topk: payload must have the shape of key and one dimension more, got ",
      payload.sizes(), " for key ", key.sizes());
  TORCH_CHECK_TYPE(payload.scalar_type() == key.scalar_type(),
                   "apply_topk: payload must have the dtype of key, ", key.scalar_type(), ", got ",
                   payload.scalar_type());
  std::vector<int64_t> shape = payload.sizes().vec();
  shape[shape.size() - 2] = k;
  return call.apply(payload).reshape(shape);
}

Tensor topk_cross_entropy(const Tensor& scores, const Tensor& target,
                          const TopKCrossEntropyOptions& options, const Tensor& weight,
                          const Tensor& steepness, const Tensor& p_k) {
  using Loss = std::tuple<Tensor, Tensor, Tensor, Tensor, Tensor>(
      const Tensor&, const Tensor&, const std::optional<Tensor>&, const std::optional<Tensor>&,
      const Tensor&, std::string_view, const Tensor&, std::string_view, double, double, int64_t,
      bool, const Tensor&, int64_t, std::string_view, bool, double, int64_t);
  static const auto call_op = op<Loss>("pliant::topk_loss");
  const std::string& reduction = options.reduction;
  TORCH_CHECK_VALUE(reduction == "mean" || reduction == "sum" || reduction == "none",
                    "topk_cross_entropy: reduction must be 'mean', 'sum' or 'none', got '",
                    reduction, "'");
  TORCH_CHECK_VALUE(scores.dim() == 2,
                    "topk_cross_entropy: scores must have shape (batch, classes), got ",
                    scores.sizes());
  const Tensor numbers =
      p_k.defined() ? p_k.to(at::kCPU, at::kDouble) : at::tensor(options.p_k, at::kDouble);
  const int64_t k = numbers.numel();
  const int64_t m = options.m == 0 ? scores.size(1) : options.m;
  TORCH_CHECK_VALUE(
      1 <= k && k <= m && m <= scores.size(1),
      "topk_cross_entropy: there must be 1 <= len(p_k) <= m <= classes, got len(p_k) = ", k,
      ", m = ", m, " and ", scores.size(1), " classes");
  const Ranker by(options, m, k, steepness);
  const auto [loss, counts, index, gradient, softmax] = call_op.call(
      scores, target.dim() == 1 ? target.unsqueeze(1) : target, std::nullopt, optional(weight),
      by.network, by.family, by.parameters, by.relaxation, options.power, options.tolerance,
      options.iterations, options.implicit, numbers, m, options.top1_mode,
      options.softmax_over_classes, options.label_smoothing, options.ignore_index);
  if (reduction == "none") return loss;
  return reduction == "mean" ? loss.sum() / counts.sum() : loss.sum();
}

Tensor smooth_topk_svm(const Tensor& scores, const Tensor& target, int64_t k, double tau) {
  static const auto call_op =
      op<std::tuple<Tensor, Tensor>(const Tensor&, const Tensor&, int64_t, double)>(
          "pliant::smooth_topk_svm");
  return std::get<0>(call_op.call(scores, target, k, tau));
}

Tensor truncated_topk_entropy(const Tensor& scores, const Tensor& target, int64_t k) {
  TORCH_CHECK_VALUE(
      scores.dim() == 2 && target.dim() == 1 && target.size(0) == scores.size(0),
      "truncated_topk_entropy: scores must have shape (batch, classes) and target (batch), got ",
      scores.sizes(), " and ", target.sizes());
  TORCH_CHECK_VALUE(k >= 1 && k < scores.size(1), "truncated_topk_entropy: k must be in 1 … ",
                    scores.size(1) - 1, ", less than the number of classes, got ", k);
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  const Tensor label = target.unsqueeze(1);
  const Tensor others = scores.scatter(1, label, -kInfinity);
  const Tensor dropped = std::get<1>(others.topk(k - 1, 1));
  const Tensor rest = others.scatter(1, dropped, -kInfinity).logsumexp(1);
  return at::softplus(rest - scores.gather(1, label).squeeze(1));
}

}  // namespace pliant
