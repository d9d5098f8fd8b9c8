// pliant/logic/torch/thermometer.cpp — thermometer bits from ATen's ops, as ops and as a module
#include "pliant/logic/torch/thermometer.h"

#include <ATen/Functions.h>

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "pliant/base/errors.h"
#include "pliant/base/torch/find_op.h"
#include "pliant/base/torch/op.h"
#include "pliant/base/torch/transforms.h"
#include "pliant/logic/encoder.h"
#include "pliant/math/torch/parameters.h"

namespace pliant {
namespace {

using at::Tensor;

void check_floating(const Tensor& tensor, const char* caller, const char* argument) {
  TORCH_CHECK_TYPE(tensor.is_floating_point(), caller, ": ", argument,
                   " must be floating point, got ", tensor.scalar_type());
}

/// thresholds (T, …) as (T, C, …) that broadcasts over x (N, C, …).
Tensor aligned(const Tensor& x, const Tensor& thresholds) {
  check_floating(x, "thermometer", "x");
  check_floating(thresholds, "thermometer", "thresholds");
  TORCH_CHECK_VALUE(x.dim() >= 2, "thermometer: x must be (N, C, …), got shape ", x.sizes());
  const int64_t dim = thresholds.dim();
  bool fits = dim == 1 || dim == 2 || dim == x.dim();
  for (int64_t d = 1; fits && d < dim; ++d) fits = thresholds.size(d) == x.size(d);
  TORCH_CHECK_VALUE(fits,
                    "thermometer: thresholds must be (T), (T, C) or (T, C, …) for x (N, C, …)",
                    ", got ", thresholds.sizes(), " for x of shape ", x.sizes());
  std::vector<int64_t> shape = thresholds.sizes().vec();
  shape.resize(static_cast<std::size_t>(x.dim()), 1);
  return thresholds.reshape(shape);
}

Tensor step(const Tensor& x, const Tensor& thresholds) {
  const Tensor levels = aligned(x, thresholds);
  return x.unsqueeze(1).gt(levels).to(x.scalar_type()).flatten(1, 2);
}

Tensor relaxed(const Tensor& x, const Tensor& thresholds, std::string_view distribution,
               const Tensor& parameters) {
  static const auto decide =
      op<Tensor(const Tensor&, std::string_view, const Tensor&)>("pliant::decide");
  const Tensor levels = aligned(x, thresholds).to(x.scalar_type());
  return decide.call(x.unsqueeze(1) - levels, distribution, parameters).flatten(1, 2);
}

Tensor running(const Tensor& lowest, const Tensor& gaps) {
  check_floating(lowest, "ordered_thresholds", "lowest");
  check_floating(gaps, "ordered_thresholds", "gaps");
  TORCH_CHECK_VALUE(gaps.dim() == lowest.dim() + 1 && gaps.sizes().slice(1) == lowest.sizes(),
                    "ordered_thresholds: gaps must be (T − 1, …) for lowest (…), got ",
                    gaps.sizes(), " and ", lowest.sizes());
  const Tensor first = lowest.unsqueeze(0);
  return at::cat({first, first + at::softplus(gaps).cumsum(0)});
}

/// Checks (T, …) and gives them as float64.
Tensor checked_thresholds(const Tensor& thresholds) {
  check_floating(thresholds, "Thermometer", "thresholds");
  TORCH_CHECK_VALUE(thresholds.dim() >= 1 && thresholds.size(0) >= 1,
                    "Thermometer: thresholds must be (T, …) with T ≥ 1, got shape ",
                    thresholds.sizes());
  const Tensor numbers = thresholds.detach().to(at::kDouble);
  const Tensor here = numbers.cpu().contiguous();
  const auto count = static_cast<std::size_t>(here.size(0));
  logic::check_thresholds(here.const_data_ptr<double>(), count,
                          static_cast<std::size_t>(here.numel()) / count);
  return numbers;
}

Tensor gaps_of(const Tensor& thresholds) {
  // softplus⁻¹(g) = ln(eᵍ − 1) = g + ln(1 − e⁻ᵍ), which does not overflow.
  const Tensor gaps = checked_thresholds(thresholds).diff(1, 0);
  return gaps + (-(-gaps).expm1()).log();
}

/// The distribution's parameters (math/torch/parameters.h).
Tensor distribution_parameters(const std::string& distribution, double steepness) {
  Tensor parameters = at::tensor({steepness, 1.0, 0.0, 1.0}, at::kDouble);
  distribution_of(distribution, parameters, "Thermometer", "steepness");
  return parameters;
}

std::vector<std::string> threshold_methods() {
  const auto names = logic::threshold_methods();
  return {names.begin(), names.end()};
}

/// The shape of the thresholds of one level, and how many values of a sample share each.
std::vector<int64_t> groups(const Tensor& values, std::string_view per) {
  if (per == "feature") return values.sizes().slice(1).vec();
  if (per == "channel") return {values.size(1)};
  base::require(per == "global", "choose_thresholds: per must be feature, channel or global, got '",
                per, "'");
  return {};
}

Tensor chosen(std::string_view method, int64_t count, const std::optional<Tensor>& values,
              std::string_view per, double low, double high) {
  base::require(count >= 1 && count <= 65536, "choose_thresholds: count must be in 1 … 65536, got ",
                count);
  const Tensor given = values.value_or(Tensor());
  logic::ThresholdArgs args;
  args.count = static_cast<int>(count);
  args.low = low;
  args.high = high;
  Tensor numbers;
  std::vector<int64_t> shape;
  if (given.defined()) {
    check_floating(given, "choose_thresholds", "values");
    TORCH_CHECK_VALUE(given.dim() >= 2, "choose_thresholds: values must be (N, C, …), got shape ",
                      given.sizes());
    shape = groups(given, per);
    numbers = given.detach().to(at::kCPU, at::kDouble).contiguous();
    args.values = numbers.const_data_ptr<double>();
    args.samples = static_cast<std::size_t>(given.size(0));
    args.groups = static_cast<std::size_t>(c10::multiply_integers(shape));
    const int64_t features = c10::multiply_integers(given.sizes().slice(1));
    args.each = static_cast<std::size_t>(features) / std::max<std::size_t>(args.groups, 1);
  }
  const std::vector<double> thresholds = logic::choose_thresholds(method, args);
  shape.insert(shape.begin(), count);
  return at::tensor(thresholds, at::kDouble).reshape(shape);
}

}  // namespace

Tensor choose_thresholds(std::string_view method, int64_t count, const Tensor& values,
                         const ThresholdOptions& options) {
  return checked<&chosen>(method, count, values.defined() ? std::optional(values) : std::nullopt,
                          options.per, options.low, options.high);
}

Tensor thermometer(const Tensor& x, const Tensor& thresholds) { return step(x, thresholds); }

Tensor relaxed_thermometer(const Tensor& x, const Tensor& thresholds, std::string_view distribution,
                           const Tensor& parameters) {
  return relaxed(x, thresholds, distribution, parameters);
}

Tensor ordered_thresholds(const Tensor& lowest, const Tensor& gaps) {
  return running(lowest, gaps);
}

Tensor threshold_gaps(const Tensor& thresholds) { return checked<&gaps_of>(thresholds); }

ThermometerImpl::ThermometerImpl(const torch::Tensor& initial, ThermometerOptions module_options)
    : options(std::move(module_options)) {
  const Tensor numbers = checked<&checked_thresholds>(initial);
  if (!options.learnable) {
    thresholds = register_buffer("thresholds", numbers.clone());
    return;
  }
  checked<&distribution_parameters>(options.distribution, options.steepness);
  lowest = register_parameter("lowest", numbers.select(0, 0).clone());
  gaps = register_parameter("gaps", threshold_gaps(numbers));
}

torch::Tensor ThermometerImpl::current_thresholds() const {
  return options.learnable ? ordered_thresholds(lowest, gaps) : thresholds;
}

torch::Tensor ThermometerImpl::forward(const torch::Tensor& x) {
  if (!options.learnable || !is_training()) return thermometer(x, current_thresholds().detach());
  return relaxed_thermometer(x, current_thresholds(), options.distribution,
                             distribution_parameters(options.distribution, options.steepness));
}

TORCH_LIBRARY_FRAGMENT(pliant, library) {
  library.def("threshold_methods() -> str[]", &threshold_methods);
  library.def(
      "choose_thresholds(str method, int count, Tensor? values, str per, float low, float high)"
      " -> Tensor thresholds",
      checked<&chosen>);
  define_composite(library, "thermometer(Tensor x, Tensor thresholds) -> Tensor bits", &step);
  define_composite(
      library,
      "relaxed_thermometer(Tensor x, Tensor thresholds, str distribution, Tensor parameters)"
      " -> Tensor bits",
      &relaxed);
  define_composite(library, "ordered_thresholds(Tensor lowest, Tensor gaps) -> Tensor thresholds",
                   &running);
  library.def("threshold_gaps(Tensor thresholds) -> Tensor gaps", checked<&gaps_of>);
}

}  // namespace pliant
