// pliant/sorting/torch/fast.cpp — the C++ functions over the ops of sorting without a matrix
#include "pliant/sorting/torch/fast.h"

#include <ATen/Functions.h>

#include <string_view>
#include <tuple>
#include <vector>

#include "pliant/base/torch/find_op.h"
#include "pliant/sorting/torch/sort_call.h"

namespace pliant {
namespace {

using at::Tensor;

/// A steepness as the ops take it: `value`, or the tensor that replaces it.
Tensor number(double value, const Tensor& given = {}) {
  if (!given.defined()) return at::full({1}, value, at::kDouble);
  TORCH_CHECK_VALUE(given.numel() == 1, "steepness must be one number, got shape ", given.sizes());
  return given.reshape({1}).to(at::kCPU, at::kDouble);
}

/// The rows of one call with their order.
struct OrderedCall {
  Tensor x;
  Tensor order;

  OrderedCall(const char* caller, const Tensor& values) {
    static const auto call_op = op<Tensor(const Tensor&)>("pliant::ascending_order");
    x = Rows(caller, values).rows(values);
    order = call_op.call(x.detach());
  }

  static at::IntArrayRef batch_shape(const Tensor& values) {
    return values.sizes().slice(0, static_cast<std::size_t>(values.dim() - 1));
  }
};

Tensor masks(const OrderedCall& call, const Tensor& k, const Tensor& steepness) {
  static const auto call_op =
      op<Tensor(const Tensor&, const Tensor&, const Tensor&, const Tensor&)>("pliant::lap_mask");
  return call_op.call(call.x, call.order, k, steepness);
}

/// Keys (batch, n) times a steepness of each row. Of an infinite key times it, even a gradient of 0
/// would be none.
Tensor stretched(const Tensor& keys, const Tensor& steepness) {
  const Tensor infinite = keys.isinf();
  const Tensor stretch = steepness.reshape({-1, 1}).to(keys.options());
  return at::where(infinite, keys, at::where(infinite, 0, keys) * stretch);
}

}  // namespace

Tensor fast_sort(const Tensor& x, const FastSortOptions& options) {
  static const auto call_op =
      op<Tensor(const Tensor&, const Tensor&, const Tensor&, std::string_view)>(
          "pliant::fast_sort");
  const OrderedCall call("fast_sort", x);
  const Tensor values =
      call_op.call(call.x, call.order, number(options.steepness), options.regularization);
  return (options.descending ? values.flip(-1) : values).reshape(x.sizes());
}

Tensor fast_rank(const Tensor& x, const FastSortOptions& options) {
  static const auto call_op =
      op<Tensor(const Tensor&, const Tensor&, const Tensor&, std::string_view)>(
          "pliant::fast_rank");
  const OrderedCall call("fast_rank", options.descending ? -x : x);
  return call_op.call(call.x, call.order, number(options.steepness), options.regularization)
      .reshape(x.sizes());
}

Tensor soft_topk_mask(const Tensor& x, const Tensor& k, const SelectOptions& options,
                      const Tensor& steepness) {
  const OrderedCall call("soft_topk_mask", options.largest ? x : -x);
  TORCH_CHECK_VALUE(k.dim() == 0 || k.sizes() == call.batch_shape(x),
                    "soft_topk_mask: k must be one number or have the batch shape ",
                    call.batch_shape(x), ", got shape ", k.sizes());
  const Tensor rows = k.to(x.device(), at::kDouble).reshape({-1, 1});
  const Tensor masses = k.dim() == 0 ? rows.expand({call.x.size(0), 1}) : rows;
  return masks(call, masses, number(options.steepness, steepness)).reshape(x.sizes());
}

Tensor soft_topk_mask(const Tensor& x, double k, const SelectOptions& options,
                      const Tensor& steepness) {
  return soft_topk_mask(x, at::scalar_tensor(k, at::kDouble), options, steepness);
}

Tensor soft_quantile(const Tensor& x, double q, double steepness) {
  static const auto call_op =
      op<std::tuple<Tensor, Tensor, Tensor>(const Tensor&, const Tensor&, const Tensor&)>(
          "pliant::soft_quantile");
  const Tensor rows = Rows("soft_quantile", x).rows(x);
  const auto found = call_op.call(rows, at::full({1}, q, at::kDouble), number(steepness));
  return std::get<0>(found).reshape(OrderedCall::batch_shape(x));
}

Tensor lap_permutation(const Tensor& x, const Tensor& steepness, int64_t first, int64_t count) {
  const bool one = steepness.numel() == 1;
  const bool half = x.scalar_type() == at::kHalf || x.scalar_type() == at::kBFloat16;
  const Tensor keys = half ? x.to(at::kFloat) : x;
  const OrderedCall call("lap_permutation",
                         one ? keys : stretched(Rows("lap_permutation", x).rows(keys), steepness));
  const int64_t n = x.size(-1);
  const auto options = call.x.options().dtype(at::kDouble).requires_grad(false);
  const Tensor k = at::arange(n - first, n - first - count - 1, -1, options);
  const Tensor found =
      masks(call, k.expand({call.x.size(0), count + 1}), number(1, one ? steepness : Tensor()));
  const Tensor columns = (found.slice(1, 0, count) - found.slice(1, 1)).transpose(1, 2);
  std::vector<int64_t> shape = x.sizes().vec();
  shape.push_back(count);
  return columns.reshape(shape);
}

Tensor lap_rank(const Tensor& x, double steepness) {
  static const auto call_op =
      op<Tensor(const Tensor&, const Tensor&, const Tensor&)>("pliant::lap_rank");
  const OrderedCall call("lap_rank", x);
  return call_op.call(call.x, call.order, number(steepness)).reshape(x.sizes());
}

}  // namespace pliant
