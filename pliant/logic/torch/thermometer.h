// pliant/logic/torch/thermometer.h — numbers as thermometer bits: functions and a module
#pragma once

#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>
#include <torch/nn/pimpl.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace pliant {

/// Options of choose_thresholds.
struct ThresholdOptions {
  std::string per = "feature";  ///< who shares thresholds: "feature", "channel" or "global"
  double low = 0;               ///< of "uniform"
  double high = 1;              ///< of "uniform"
};

/// `count` thresholds by a method of logic::threshold_methods(), as thermometer takes them, float64
/// on the CPU.
/// @param values  training values (N, C, …), floating point; undefined is enough for "uniform",
///                which has one set of thresholds (T) for all
/// @returns (T, C, …) per feature, (T, C) per channel, (T) for "global"
/// @throws c10::ValueError, c10::TypeError that name the argument; equal thresholds are an error
///         that names the feature (the place in a row-major (C, …))
at::Tensor choose_thresholds(std::string_view method, int64_t count, const at::Tensor& values = {},
                             const ThresholdOptions& options = {});

/// The thermometer code: bit [n, t·C + c, …] = (x[n, c, …] > thresholds[t, …]), so the bits of the
/// first threshold come first, as logic gate networks have them: (threshold, channel, row, column).
/// @param x           (N, C, …), floating point
/// @param thresholds  (T), (T, C) or (T, C, …), floating point: for all, per channel, per feature
/// @returns 0 or 1 in the dtype of x, (N, T·C, …). x and threshold are compared as the numbers that
///          they are, whatever their dtypes; what is equal gives 0, and so does NaN.
/// @throws c10::ValueError, c10::TypeError that name the argument. Gradient: none, the answer is a
///         step. Cost: O(N · T · C · …).
at::Tensor thermometer(const at::Tensor& x, const at::Tensor& thresholds);

/// The same, relaxed: F(steepness · (x − threshold)), F the CDF of a distribution (pliant::decide).
/// @param parameters  of the distribution, the steepness as its scale (math/torch/parameters.h)
/// Gradient: x, thresholds, parameters.
at::Tensor relaxed_thermometer(const at::Tensor& x, const at::Tensor& thresholds,
                               std::string_view distribution, const at::Tensor& parameters);

/// Thresholds that increase whatever the parameters are: lowest + the running sum of
/// softplus(gaps).
/// @param lowest  (…) the first thresholds   @param gaps  (T − 1, …)
/// @returns (T, …). Gradient: lowest, gaps.
at::Tensor ordered_thresholds(const at::Tensor& lowest, const at::Tensor& gaps);

/// The gaps from which ordered_thresholds makes these thresholds, (T, …) → (T − 1, …).
at::Tensor threshold_gaps(const at::Tensor& thresholds);

/// Options of Thermometer.
struct ThermometerOptions {
  bool learnable = false;                 ///< thresholds are trained, relaxed in training
  std::string distribution = "logistic";  ///< what relaxes a learnable comparison in training
  double steepness = 10;                  ///< > 0, in 1/unit of x; → ∞ is the step
};

/// Numbers as bits: forward(x (N, C, …)) → (N, T·C, …), as pliant::thermometer; a learnable one is
/// pliant::relaxed_thermometer in training and exactly pliant::thermometer in evaluation.
class ThermometerImpl : public torch::nn::Module {
 public:
  /// @param initial  thresholds (T), (T, C) or (T, C, …), increasing along T; kept as float64.
  ///                 Fixed: the buffer "thresholds". Learnable: the parameters "lowest" and "gaps"
  ///                 of ordered_thresholds, where they start.
  /// @throws c10::ValueError that names the feature whose thresholds do not increase, or the option
  explicit ThermometerImpl(const torch::Tensor& initial, ThermometerOptions options = {});
  torch::Tensor forward(const torch::Tensor& x);
  /// The thresholds as they are now, (T, …).
  [[nodiscard]] torch::Tensor current_thresholds() const;

  ThermometerOptions options;
  torch::Tensor thresholds;  ///< undefined if learnable
  torch::Tensor lowest;      ///< undefined unless learnable
  torch::Tensor gaps;        ///< undefined unless learnable
};
TORCH_MODULE(Thermometer);

}  // namespace pliant
