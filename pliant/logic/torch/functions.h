// pliant/logic/torch/functions.h — logic gates on tensors, as pliant's Python functions
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "pliant/logic/parametrization.h"
#include "pliant/logic/wiring.h"

namespace pliant {

/// The sources (fan_in, gates), int32, that logic::make_wiring gives.
/// @throws c10::ValueError if the kind is unknown or the sizes cannot be wired
at::Tensor logic_wiring(std::string_view kind, const logic::WiringOptions& options);

/// How gates become of parameters.
struct GateOptions {
  std::string parametrization = "light";  ///< logic::parametrizations()
  int64_t fan_in = 2;                     ///< inputs of a gate, 1 … 6
  double temperature = 0;                 ///< > 0; 0: the parametrisation's own
  std::string hardening = "gate";         ///< "gate" or "table" (logic::Hardening)

  /// The temperature to use.
  [[nodiscard]] double tau() const;
  /// The entry of logic::parametrizations().   @throws c10::ValueError if there is none
  [[nodiscard]] const logic::Parametrization& entry() const;
  /// Whether soft gates are a sigmoid of their multilinear form.
  [[nodiscard]] bool sigmoid() const;
};

/// The coefficients (2^fan_in, gates) of gates with parameters (P, gates): soft ones, or hard ones,
/// whose gradient then is that of the soft tables (straight through).
/// @throws c10::ValueError, c10::TypeError that name the argument
at::Tensor gate_coefficients(const at::Tensor& parameters, const GateOptions& options = {},
                             bool hard = false);

/// The table entries (2^fan_in, gates), int64 0 / 1, of the gates that parameters (P, gates) mean.
/// @throws c10::ValueError, c10::TypeError that name the argument
at::Tensor hard_tables(const at::Tensor& parameters, const GateOptions& options = {});

/// Layers of gates, each reading the one before.
struct LogicDenseOptions {
  std::vector<int64_t> widths;  ///< gates of each layer; empty: one layer
  bool sigmoid = false;         ///< the gates' outputs are σ of their multilinear form
  int64_t groups = 0;           ///< > 0: sums of so many groups of the last layer
  double grad_factor = 1;       ///< multiplies the gradient of each layer's input
};

/// x (batch, features) through the gates: (batch, gates of the last layer), or (batch, groups). The
/// result is stored by feature: its strides are (1, the batch rounded up to 16).
/// @param wiring        (fan_in, gates) int32: features of each layer's input
/// @param coefficients  (2^fan_in, gates)
/// @throws c10::ValueError, c10::TypeError that name the argument
at::Tensor logic_dense(const at::Tensor& x, const at::Tensor& wiring,
                       const at::Tensor& coefficients, const LogicDenseOptions& options = {});

/// Sums of k contiguous groups of the last dimension's features, over τ: (…, k).
/// @throws c10::ValueError if k does not divide the features
at::Tensor group_sum(const at::Tensor& x, int64_t k, double tau = 1);

}  // namespace pliant
