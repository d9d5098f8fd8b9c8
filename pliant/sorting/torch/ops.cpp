// pliant/sorting/torch/ops.cpp — the sorting ops: schemas, checks, CPU and Meta kernels
#include <ATen/Functions.h>

#include <cstring>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "pliant/base/torch/executor.h"
#include "pliant/base/torch/op.h"
#include "pliant/base/torch/transforms.h"
#include "pliant/base/torch/working_type.h"
#include "pliant/math/torch/parameters.h"
#include "pliant/sorting/metrics.h"
#include "pliant/sorting/network.h"
#include "pliant/sorting/sort.h"
#include "pliant/sorting/torch/check_keys.h"
#include "pliant/sorting/torch/comparators.h"

namespace pliant {
namespace {

using at::Tensor;
using OptionalTensor = std::optional<Tensor>;

void check_same(const Tensor& given, const Tensor& like, at::IntArrayRef shape, const char* op,
                const char* name) {
  TORCH_CHECK_VALUE(given.sizes() == shape, op, ": ", name, " must have shape ", shape, ", got ",
                    given.sizes());
  TORCH_CHECK_TYPE(given.scalar_type() == like.scalar_type(), op, ": ", name,
                   " must have the dtype of x, ", like.scalar_type(), ", got ",
                   given.scalar_type());
}

/// The call's arguments, checked, with x in the type that the kernels work in.
struct Call {
  const char* op;
  Tensor x;
  Comparators network;
  math::Distribution distribution;

  Call(const char* op_name, const Tensor& keys, const Tensor& comparators, std::string_view family,
       const Tensor& parameters)
      : op(op_name),
        x((check_keys(keys, op_name), working(keys))),
        network(comparators, keys.size(1), op_name),
        distribution(distribution_of(family, parameters, op_name, "steepness")) {}

  template <class T>
  [[nodiscard]] sorting::SortArgs<T> args() const {
    return {network.list(), distribution, static_cast<std::size_t>(x.size(0)),
            static_cast<std::size_t>(x.size(1)), x.const_data_ptr<T>()};
  }
};

/// An upstream gradient in the kernels' dtype; undefined stays undefined.
Tensor upstream(const OptionalTensor& gradient) {
  return gradient && gradient->defined() ? working(*gradient) : Tensor();
}

double* parameters_gradient(const Tensor& gradient, bool needed) {
  return needed ? gradient.mutable_data_ptr<double>() : nullptr;
}

Tensor sort_values_cpu(const Tensor& x, const Tensor& network, std::string_view distribution,
                       const Tensor& parameters) {
  const Call call("sort_values", x, network, distribution, parameters);
  const Tensor values = at::empty_like(call.x);
  with_type(call.x, [&]<class T>(T) {
    sorting::sort_values(call.args<T>(), values.mutable_data_ptr<T>(), torch_executor());
  });
  return values.to(x.scalar_type());
}

std::tuple<Tensor, Tensor> sort_values_backward_cpu(const Tensor& grad_values, const Tensor& x,
                                                    const Tensor& network,
                                                    std::string_view distribution,
                                                    const Tensor& parameters,
                                                    c10::List<bool> needed) {
  const Call call("sort_values", x, network, distribution, parameters);
  const Tensor grad_x = at::empty_like(call.x);
  const Tensor grad_parameters = at::zeros_like(parameters);
  const Tensor g = working(grad_values);
  with_type(call.x, [&]<class T>(T) {
    sorting::sort_values_backward(
        call.args<T>(), g.const_data_ptr<T>(), grad_x.mutable_data_ptr<T>(),
        parameters_gradient(grad_parameters, needed.get(1)), torch_executor());
  });
  return {grad_x.to(x.scalar_type()), grad_parameters};
}

std::tuple<Tensor, Tensor> sort_cpu(const Tensor& x, const Tensor& network,
                                    std::string_view distribution, const Tensor& parameters) {
  const Call call("sort", x, network, distribution, parameters);
  const Tensor values = at::empty_like(call.x);
  const Tensor permutation = at::empty({x.size(0), x.size(1), x.size(1)}, call.x.options());
  with_type(call.x, [&]<class T>(T) {
    sorting::sort(call.args<T>(), values.mutable_data_ptr<T>(), permutation.mutable_data_ptr<T>(),
                  torch_executor());
  });
  return {values.to(x.scalar_type()), permutation.to(x.scalar_type())};
}

std::tuple<Tensor, Tensor> sort_backward_cpu(const OptionalTensor& grad_values,
                                             const OptionalTensor& grad_permutation,
                                             const Tensor& x, const Tensor& network,
                                             std::string_view distribution,
                                             const Tensor& parameters, c10::List<bool> needed) {
  const Call call("sort", x, network, distribution, parameters);
  const Tensor grad_x = at::empty_like(call.x);
  const Tensor grad_parameters = at::zeros_like(parameters);
  const Tensor g_values = upstream(grad_values);
  const Tensor g_permutation = upstream(grad_permutation);
  with_type(call.x, [&]<class T>(T) {
    sorting::sort_backward(call.args<T>(), data_or_null<T>(g_values),
                           data_or_null<T>(g_permutation), grad_x.mutable_data_ptr<T>(),
                           parameters_gradient(grad_parameters, needed.get(1)), torch_executor());
  });
  return {grad_x.to(x.scalar_type()), grad_parameters};
}

sorting::Direction direction_of(bool to_ranks) {
  return to_ranks ? sorting::Direction::kToRanks : sorting::Direction::kToItems;
}

void check_payload(const Tensor& payload, const Tensor& x, const char* op) {
  TORCH_CHECK_VALUE(payload.dim() == 3, op,
                    ": payload must have 3 dimensions (batch, n, columns), got shape ",
                    payload.sizes());
  check_same(payload, x, {x.size(0), x.size(1), payload.size(2)}, op, "payload");
}

Tensor sort_apply_cpu(const Tensor& x, const Tensor& payload, const Tensor& network,
                      std::string_view distribution, const Tensor& parameters, bool to_ranks) {
  const Call call("sort_apply", x, network, distribution, parameters);
  check_payload(payload, x, call.op);
  const Tensor from = working(payload);
  const Tensor out = at::empty_like(from);
  with_type(call.x, [&]<class T>(T) {
    sorting::sort_apply(call.args<T>(), direction_of(to_ranks),
                        static_cast<std::size_t>(payload.size(2)), from.const_data_ptr<T>(),
                        out.mutable_data_ptr<T>(), torch_executor());
  });
  return out.to(x.scalar_type());
}

std::tuple<Tensor, Tensor, Tensor> sort_apply_backward_cpu(const Tensor& grad_out, const Tensor& x,
                                                           const Tensor& payload,
                                                           const Tensor& network,
                                                           std::string_view distribution,
                                                           const Tensor& parameters, bool to_ranks,
                                                           c10::List<bool> needed) {
  const Call call("sort_apply", x, network, distribution, parameters);
  const Tensor from = working(payload);
  const Tensor g = working(grad_out);
  const Tensor grad_x = at::empty_like(call.x);
  const Tensor grad_payload = at::empty_like(from);
  const Tensor grad_parameters = at::zeros_like(parameters);
  with_type(call.x, [&]<class T>(T) {
    sorting::sort_apply_backward(
        call.args<T>(), direction_of(to_ranks), static_cast<std::size_t>(payload.size(2)),
        from.const_data_ptr<T>(), g.const_data_ptr<T>(), grad_x.mutable_data_ptr<T>(),
        grad_payload.mutable_data_ptr<T>(), parameters_gradient(grad_parameters, needed.get(2)),
        torch_executor());
  });
  return {grad_x.to(x.scalar_type()), grad_payload.to(x.scalar_type()), grad_parameters};
}

sorting::Loss loss_of(std::string_view loss) {
  TORCH_CHECK_VALUE(loss == "bce" || loss == "cross_entropy", "sort_loss: unknown loss '", loss,
                    "'; there are: bce, cross_entropy");
  return loss == "bce" ? sorting::Loss::kBinaryCrossEntropy : sorting::Loss::kCrossEntropy;
}

/// The target's intervals of ranks, checked.
struct Target {
  Tensor first;
  Tensor last;

  Target(const Tensor& first_ranks, const Tensor& last_ranks, const Tensor& x) {
    for (const auto& [ranks, name] :
         {std::pair{&first_ranks, "first"}, std::pair{&last_ranks, "last"}}) {
      TORCH_CHECK_TYPE(ranks->scalar_type() == at::kLong, "sort_loss: ", name,
                       " must be int64, got ", ranks->scalar_type());
      TORCH_CHECK_VALUE(ranks->sizes() == x.sizes(), "sort_loss: ", name,
                        " must have the shape of x, ", x.sizes(), ", got ", ranks->sizes());
    }
    first = first_ranks.contiguous();
    last = last_ranks.contiguous();
    const int64_t* from = first.const_data_ptr<int64_t>();
    const int64_t* to = last.const_data_ptr<int64_t>();
    for (int64_t i = 0; i < first.numel(); ++i) {
      TORCH_CHECK_VALUE(0 <= from[i] && from[i] <= to[i] && to[i] < x.size(1),
                        "sort_loss: ranks must have 0 <= first <= last < ", x.size(1),
                        ", got first = ", from[i], " and last = ", to[i], " at flat index ", i);
    }
  }

  [[nodiscard]] sorting::LossTarget get() const {
    return {first.const_data_ptr<int64_t>(), last.const_data_ptr<int64_t>()};
  }
};

Tensor sort_loss_cpu(const Tensor& x, const Tensor& first, const Tensor& last,
                     const Tensor& network, std::string_view distribution, const Tensor& parameters,
                     std::string_view loss) {
  const Call call("sort_loss", x, network, distribution, parameters);
  const Target target(first, last, x);
  const Tensor out = at::empty({x.size(0)}, call.x.options());
  with_type(call.x, [&]<class T>(T) {
    sorting::sort_loss(call.args<T>(), loss_of(loss), target.get(), out.mutable_data_ptr<T>(),
                       torch_executor());
  });
  return out.to(x.scalar_type());
}

std::tuple<Tensor, Tensor> sort_loss_backward_cpu(const Tensor& grad_loss, const Tensor& x,
                                                  const Tensor& first, const Tensor& last,
                                                  const Tensor& network,
                                                  std::string_view distribution,
                                                  const Tensor& parameters, std::string_view loss,
                                                  c10::List<bool> needed) {
  const Call call("sort_loss", x, network, distribution, parameters);
  const Target target(first, last, x);
  const Tensor g = working(grad_loss);
  const Tensor grad_x = at::empty_like(call.x);
  const Tensor grad_parameters = at::zeros_like(parameters);
  with_type(call.x, [&]<class T>(T) {
    sorting::sort_loss_backward(call.args<T>(), loss_of(loss), target.get(), g.const_data_ptr<T>(),
                                grad_x.mutable_data_ptr<T>(),
                                parameters_gradient(grad_parameters, needed.get(1)),
                                torch_executor());
  });
  return {grad_x.to(x.scalar_type()), grad_parameters};
}

constexpr int64_t kCounts = sizeof(sorting::RankingCounts) / sizeof(int64_t);

void check_ranking(const Tensor& scores, const Tensor& labels, const OptionalTensor& mask) {
  constexpr const char* kOp = "ranking_metrics";
  check_keys(scores, kOp, "scores");
  const at::ScalarType type = labels.scalar_type();
  const bool is_integer = at::isIntegralType(type, /*includeBool=*/true) && type != at::kUInt64;
  TORCH_CHECK_TYPE(is_integer || labels.is_floating_point(), kOp,
                   ": labels must be integers (no uint64) or floating point, got ", type);
  TORCH_CHECK_VALUE(labels.sizes() == scores.sizes(), kOp,
                    ": labels must have the shape of scores, ", scores.sizes(), ", got ",
                    labels.sizes());
  if (!mask) return;
  TORCH_CHECK_TYPE(mask->scalar_type() == at::kBool, kOp, ": mask must be bool, got ",
                   mask->scalar_type());
  TORCH_CHECK_VALUE(mask->sizes() == scores.sizes(), kOp, ": mask must have the shape of scores, ",
                    scores.sizes(), ", got ", mask->sizes());
}

/// The counts in the order of sorting::RankingCounts.
Tensor ranking_metrics_cpu(const Tensor& scores, const Tensor& labels, const OptionalTensor& mask) {
  check_ranking(scores, labels, mask);
  const Tensor from = working(scores);
  const Tensor truth = labels.to(labels.is_floating_point() ? at::kDouble : at::kLong).contiguous();
  const Tensor valid = mask ? mask->contiguous() : Tensor();
  sorting::RankingCounts counts;
  const auto count = [&]<class Score, class Label>(Score, Label) {
    counts = sorting::ranking_metrics(from.const_data_ptr<Score>(), truth.const_data_ptr<Label>(),
                                      static_cast<std::size_t>(scores.size(0)),
                                      static_cast<std::size_t>(scores.size(1)),
                                      data_or_null<bool>(valid))
                 .counts;
  };
  with_type(from, [&]<class Score>(Score score) {
    if (truth.scalar_type() == at::kDouble) {
      count(score, double{});
    } else {
      count(score, int64_t{});
    }
  });
  const Tensor out = at::empty({kCounts}, at::kLong);
  std::memcpy(out.mutable_data_ptr<int64_t>(), &counts, sizeof(counts));
  return out;
}

// Meta: shapes and dtypes alone.
Tensor ranking_metrics_meta(const Tensor& scores, const Tensor& labels,
                            const OptionalTensor& mask) {
  check_ranking(scores, labels, mask);
  return at::empty({kCounts}, scores.options().dtype(at::kLong));
}

Tensor sort_values_meta(const Tensor& x, const Tensor&, std::string_view, const Tensor&) {
  check_keys(x, "sort_values");
  return at::empty_like(x, at::MemoryFormat::Contiguous);
}

std::tuple<Tensor, Tensor> sort_meta(const Tensor& x, const Tensor&, std::string_view,
                                     const Tensor&) {
  check_keys(x, "sort");
  return {at::empty_like(x, at::MemoryFormat::Contiguous),
          at::empty_symint({x.sym_size(0), x.sym_size(1), x.sym_size(1)}, x.options())};
}

Tensor sort_apply_meta(const Tensor& x, const Tensor& payload, const Tensor&, std::string_view,
                       const Tensor&, bool) {
  check_keys(x, "sort_apply");
  return at::empty_like(payload, at::MemoryFormat::Contiguous);
}

Tensor sort_loss_meta(const Tensor& x, const Tensor&, const Tensor&, const Tensor&,
                      std::string_view, const Tensor&, std::string_view) {
  check_keys(x, "sort_loss");
  return at::empty_symint({x.sym_size(0)}, x.options());
}

std::tuple<Tensor, Tensor> keys_and_parameters(const Tensor& x, const Tensor& parameters) {
  return {at::empty_like(x, at::MemoryFormat::Contiguous), at::empty_like(parameters)};
}

std::tuple<Tensor, Tensor> sort_values_backward_meta(const Tensor&, const Tensor& x, const Tensor&,
                                                     std::string_view, const Tensor& parameters,
                                                     c10::List<bool>) {
  return keys_and_parameters(x, parameters);
}

std::tuple<Tensor, Tensor> sort_backward_meta(const OptionalTensor&, const OptionalTensor&,
                                              const Tensor& x, const Tensor&, std::string_view,
                                              const Tensor& parameters, c10::List<bool>) {
  return keys_and_parameters(x, parameters);
}

std::tuple<Tensor, Tensor, Tensor> sort_apply_backward_meta(const Tensor&, const Tensor& x,
                                                            const Tensor& payload, const Tensor&,
                                                            std::string_view,
                                                            const Tensor& parameters, bool,
                                                            c10::List<bool>) {
  return {at::empty_like(x, at::MemoryFormat::Contiguous),
          at::empty_like(payload, at::MemoryFormat::Contiguous), at::empty_like(parameters)};
}

std::tuple<Tensor, Tensor> sort_loss_backward_meta(const Tensor&, const Tensor& x, const Tensor&,
                                                   const Tensor&, const Tensor&, std::string_view,
                                                   const Tensor& parameters, std::string_view,
                                                   c10::List<bool>) {
  return keys_and_parameters(x, parameters);
}

Tensor network_op(std::string_view kind, int64_t size) {
  TORCH_CHECK_VALUE(size >= 1 && size <= (1 << 20), "network: size must be in 1 … 1048576, got ",
                    size);
  return network_tensor(sorting::make_network(kind, static_cast<int>(size)));
}

std::vector<std::string> network_names_op() {
  const auto names = sorting::network_names();
  return {names.begin(), names.end()};
}

}  // namespace

TORCH_LIBRARY_FRAGMENT(pliant, library) {
  define_op(library,
            "sort_values(Tensor x, Tensor network, str distribution, Tensor parameters) -> Tensor",
            {.rows = {{"x"}}});
  define_op(library,
            "sort_values_backward(Tensor grad_values, Tensor x, Tensor network, str distribution, "
            "Tensor parameters, "
            "bool[] needed) -> (Tensor grad_x, Tensor grad_parameters)");
  define_op(library,
            "sort(Tensor x, Tensor network, str distribution, Tensor parameters) -> (Tensor "
            "values, Tensor "
            "permutation)",
            {.rows = {{"x"}}});
  define_op(library,
            "sort_backward(Tensor? grad_values, Tensor? grad_permutation, Tensor x, Tensor "
            "network, str distribution, "
            "Tensor parameters, bool[] needed) -> (Tensor grad_x, Tensor grad_parameters)");
  define_op(library,
            "sort_apply(Tensor x, Tensor payload, Tensor network, str distribution, Tensor "
            "parameters, bool to_ranks)"
            " -> Tensor",
            {.rows = {{"x", "payload"}}});
  define_op(
      library,
      "sort_apply_backward(Tensor grad_out, Tensor x, Tensor payload, Tensor network, str "
      "distribution, Tensor "
      "parameters, bool to_ranks, bool[] needed) -> (Tensor grad_x, Tensor grad_payload, Tensor "
      "grad_parameters)");
  define_op(library,
            "sort_loss(Tensor x, Tensor first, Tensor last, Tensor network, str distribution, "
            "Tensor parameters, str "
            "loss) -> Tensor",
            {.rows = {{"x", "first", "last"}}});
  define_op(library,
            "sort_loss_backward(Tensor grad_loss, Tensor x, Tensor first, Tensor last, Tensor "
            "network, str "
            "distribution, Tensor parameters, str loss, bool[] needed) -> (Tensor grad_x, Tensor "
            "grad_parameters)");
  define_op(library,
            "ranking_metrics(Tensor scores, Tensor labels, Tensor? mask) -> Tensor counts");
  library.def("network(str kind, int size) -> Tensor", checked<&network_op>);
  library.def("network_names() -> str[]", checked<&network_names_op>);
}

TORCH_LIBRARY_IMPL(pliant, CPU, library) {
  library.impl("sort_values", checked<&sort_values_cpu>);
  library.impl("sort_values_backward", checked<&sort_values_backward_cpu>);
  library.impl("sort", checked<&sort_cpu>);
  library.impl("sort_backward", checked<&sort_backward_cpu>);
  library.impl("sort_apply", checked<&sort_apply_cpu>);
  library.impl("sort_apply_backward", checked<&sort_apply_backward_cpu>);
  library.impl("sort_loss", checked<&sort_loss_cpu>);
  library.impl("sort_loss_backward", checked<&sort_loss_backward_cpu>);
  library.impl("ranking_metrics", checked<&ranking_metrics_cpu>);
}

TORCH_LIBRARY_IMPL(pliant, Meta, library) {
  library.impl("sort_values", checked<&sort_values_meta>);
  library.impl("sort_values_backward", checked<&sort_values_backward_meta>);
  library.impl("sort", checked<&sort_meta>);
  library.impl("sort_backward", checked<&sort_backward_meta>);
  library.impl("sort_apply", checked<&sort_apply_meta>);
  library.impl("sort_apply_backward", checked<&sort_apply_backward_meta>);
  library.impl("sort_loss", checked<&sort_loss_meta>);
  library.impl("sort_loss_backward", checked<&sort_loss_backward_meta>);
  library.impl("ranking_metrics", checked<&ranking_metrics_meta>);
}

}  // namespace pliant
