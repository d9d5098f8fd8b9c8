// pliant/topk/smooth_svm.h — the smooth top-k SVM loss, exact, with its gradient (no torch)
#pragma once

#include <cstddef>
#include <cstdint>

#include "pliant/base/parallel.h"

namespace pliant::selection {

/// With z = score/(k·τ) and σ_i the i-th elementary symmetric polynomial of the exp(z_j), j ≠ y:
/// loss = τ·ln(1 + exp(1/τ − z_y)·σ_k/σ_{k−1})   (Berrada et al., Smooth Loss Functions for Deep
/// Top-k Classification, ICLR 2018; margin 1).
template <class T>
struct SmoothSvmArgs {
  std::size_t batch = 0;
  std::size_t classes = 0;
  std::size_t k = 1;                      ///< 1 … classes − 1
  double tau = 1;                         ///< temperature, > 0
  const T* scores = nullptr;              ///< (batch, classes)
  const std::int64_t* targets = nullptr;  ///< (batch), in 0 … classes − 1
};

/// loss (batch) and its gradient (batch, classes), both written. In double, with the polynomials
/// scaled by their largest term, so that no term overflows and none is subtracted. Cost:
/// O(classes·k) a sample; scratch classes·(k + 1) doubles a thread.
template <class T>
void smooth_topk_svm(const SmoothSvmArgs<T>& args, T* loss, T* gradient,
                     const base::Executor& executor);

}  // namespace pliant::selection
