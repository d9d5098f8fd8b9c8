// pliant/logic/torch/conv_functions.cpp — the C++ functions over the ops of convolutions of gates
#include "pliant/logic/torch/conv_functions.h"

#include <ATen/Functions.h>

#include <tuple>
#include <vector>

#include "pliant/base/torch/find_op.h"
#include "pliant/base/torch/op.h"

namespace pliant {
namespace {

using at::Tensor;

std::vector<std::int32_t> made_taps(std::string_view kind, const logic::TapOptions& options) {
  return logic::make_conv_taps(kind, options);
}

}  // namespace

Tensor conv_taps(std::string_view kind, const logic::TapOptions& options) {
  const auto taps = detail::Checked<&made_taps>::call(kind, options);
  return at::tensor(taps, at::kInt)
      .reshape({3, static_cast<int64_t>(options.kernels), int64_t{1} << options.depth});
}

Tensor logic_conv2d(const Tensor& x, const Tensor& taps, const Tensor& coefficients,
                    const LogicConv2dCallOptions& options) {
  static const auto call_op =
      op<std::tuple<Tensor, Tensor>(const Tensor&, const Tensor&, const Tensor&, at::IntArrayRef,
                                    at::IntArrayRef, at::IntArrayRef, int64_t, bool, double)>(
          "pliant::logic_conv2d");
  return std::get<0>(call_op.call(x, taps, coefficients, options.kernel_size, options.stride,
                                  options.padding, options.pool, options.sigmoid,
                                  options.grad_factor));
}

Tensor or_pool2d(const Tensor& x, int64_t size) {
  static const auto call_op =
      op<std::tuple<Tensor, Tensor>(const Tensor&, int64_t)>("pliant::or_pool2d");
  return std::get<0>(call_op.call(x, size));
}

Tensor wiring_candidates(int64_t in_features, int64_t slots, int64_t candidates,
                         std::uint64_t seed) {
  static const auto call_op =
      op<Tensor(int64_t, int64_t, int64_t, int64_t)>("pliant::wiring_candidates");
  return call_op.call(in_features, slots, candidates, static_cast<int64_t>(seed));
}

Tensor logic_select(const Tensor& x, const Tensor& candidates, const Tensor& weights, bool hard) {
  static const auto call_op =
      op<Tensor(const Tensor&, const Tensor&, const Tensor&, bool)>("pliant::logic_select");
  return call_op.call(x, candidates, weights, hard);
}

}  // namespace pliant
