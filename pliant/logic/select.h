// pliant/logic/select.h — learned wiring: each slot chooses among candidate features (no torch)
//
// In training a slot is a weighted sum of its candidates, or one of them with the gradient of that
// sum; afterwards it is one of them, and nothing of the choice is left. (Top-K wiring: LILogicNet,
// 2025; Mommen et al., 2025.)
#pragma once

#include <cstddef>
#include <cstdint>

#include "pliant/base/parallel.h"
#include "pliant/logic/dense.h"

namespace pliant::logic {

/// T is float or double.
template <class T>
struct SelectArgs {
  std::size_t batch = 0;
  std::size_t inputs = 0;  ///< features of x
  std::size_t slots = 0;
  std::size_t candidates = 0;              ///< of each slot, ≥ 1
  Samples<T> x;                            ///< (batch, inputs)
  const std::int32_t* features = nullptr;  ///< (candidates, slots), in 0 … inputs − 1
  const T* weights = nullptr;              ///< (candidates, slots)
  bool hard = false;                       ///< the candidate of the largest weight, the first of
                                           ///< equal ones; else the weighted sum
};

/// y, feature-major: slot s of sample b at y[s·padded(batch) + b]; what is beyond the batch is
/// written too.   Cost: a line of 64 bytes and a multiply-add for a candidate and 16 samples
template <class T>
void select_features(const SelectArgs<T>& args, T* y, const base::Executor& executor);

/// The gradient of the weighted sum, whether `hard` or not (straight through).
/// @param grad_y        (batch, slots)
/// @param grad_x        (inputs, padded(batch)), written; or null: not wanted
/// @param grad_weights  (candidates, slots), written; or null
/// Bits do not depend on the threads.   Cost: about three times the weighted sum; scratch one
/// number a candidate for each of up to 16 parts of the batch
template <class T>
void select_features_backward(const SelectArgs<T>& args, const Samples<T>& grad_y, T* grad_x,
                              T* grad_weights, const base::Executor& executor);

}  // namespace pliant::logic
