// pliant/topk/torch/functions.h — relaxed top-k and its losses on tensors, as pliant's Python
// functions
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "pliant/sorting/torch/ops.h"

namespace pliant {

/// The comparators of the selection network `kind` that bring the k largest of `size` values to the
/// last wires (selection::make_selection), an int32 tensor (comparators, 3), made once for each
/// kind, size and k.
/// @throws c10::ValueError if the kind is unknown, or size or k out of its range
at::Tensor selection_network(std::string_view kind, int64_t size, int64_t k);

/// Options of sorting with the defaults of top-k: method is one of selection::selection_names(), or
/// of sorting::permutation_method_names() without a network.
struct TopKOptions : SortOptions {
  TopKOptions() { method = "splitter_selection"; }
  bool largest = true;  ///< of topk and apply_topk; false takes the smallest
};

/// The k largest (or smallest) values of x (…, n), relaxed, (…, k), the largest (smallest) first;
/// and the attribution (…, n, k), [.., i, j] = weight of item i for being the (j + 1)-th. Columns
/// sum to 1.
/// @param options    `descending` is not looked at
/// @param steepness  a tensor of one element instead of options.steepness, which gets a gradient
/// @throws c10::ValueError, c10::TypeError that name the argument
std::tuple<at::Tensor, at::Tensor> topk(const at::Tensor& x, int64_t k,
                                        const TopKOptions& options = {},
                                        const at::Tensor& steepness = {});

/// The payloads of the k items with the largest (or smallest) keys, relaxed: attributionᵀ·payload,
/// (…, k, columns), that of the largest (smallest) key first; a network forms no attribution.
/// @param key      (…, n)
/// @param payload  (…, n, columns), the dtype of key; gets a gradient too
/// @param options, steepness  as of topk
/// @throws c10::ValueError, c10::TypeError that name the argument
at::Tensor apply_topk(const at::Tensor& key, const at::Tensor& payload, int64_t k,
                      const TopKOptions& options = {}, const at::Tensor& steepness = {});

/// Options of topk_cross_entropy, as those of pliant.topk_cross_entropy.
struct TopKCrossEntropyOptions : TopKOptions {
  TopKCrossEntropyOptions() {
    distribution = "logistic";
    steepness = 1;
  }
  std::vector<double> p_k = {0.2, 0.2, 0.2, 0.2, 0.2};
  int64_t m = 0;  ///< candidates; 0: all classes
  std::string top1_mode = "sm";
  bool softmax_over_classes = false;
  int64_t ignore_index = -100;
  double label_smoothing = 0;
  std::string reduction = "mean";
};

/// Cross-entropy of the event that the label is among the k largest scores, k drawn from P_K.
/// @param scores     (batch, classes)
/// @param target     (batch) int64; or (batch, targets a sample) int64 with ignore_index where
/// there is none: the loss is averaged over a sample's targets
/// @param weight     (classes), a factor for each class; undefined: 1
/// @param steepness  a tensor of one element instead of options.steepness, which gets a gradient
/// @param p_k        a tensor (K) instead of options.p_k, which gets a gradient
/// @returns a scalar, or (batch) for the reduction "none"
/// @throws c10::ValueError, c10::TypeError that name the argument
at::Tensor topk_cross_entropy(const at::Tensor& scores, const at::Tensor& target,
                              const TopKCrossEntropyOptions& options = {},
                              const at::Tensor& weight = {}, const at::Tensor& steepness = {},
                              const at::Tensor& p_k = {});

/// The smooth top-k SVM loss (selection::SmoothSvmArgs), (batch): scores (batch, classes), target
/// (batch) int64.
/// @throws c10::ValueError, c10::TypeError that name the argument
at::Tensor smooth_topk_svm(const at::Tensor& scores, const at::Tensor& target, int64_t k,
                           double tau = 1);

/// The truncated top-k entropy, (batch): ln(1 + Σ_J exp(o_j − o_y)), J the classes but the label
/// without the k − 1 largest of them (Lapin et al., Loss Functions for Top-k Error, CVPR 2016). k =
/// 1: cross-entropy.
/// @throws c10::ValueError if k is not in 1 … classes − 1
at::Tensor truncated_topk_entropy(const at::Tensor& scores, const at::Tensor& target, int64_t k);

}  // namespace pliant
