// pliant/sorting/torch/sorter.h — the modes of sorting on rows of keys, through a network or by a
// relaxed matrix; private to sorting/torch
#pragma once

#include <ATen/core/Tensor.h>

#include <string>
#include <string_view>
#include <tuple>
#include <utility>

#include "pliant/sorting/relaxation.h"

namespace pliant {

/// What sorts the rows of a call: keys (batch, n); P[…, i, r] is the weight of key i at rank r.
class Sorter {
 public:
  virtual ~Sorter() = default;

  /// Values (batch, n) and P (batch, n, n).
  [[nodiscard]] virtual std::tuple<at::Tensor, at::Tensor> sort(const at::Tensor& keys) const = 0;
  [[nodiscard]] virtual at::Tensor values(const at::Tensor& keys) const = 0;
  /// Pᵀ·payload, for payload (batch, n, columns); not to_ranks: P·payload.
  [[nodiscard]] virtual at::Tensor apply(const at::Tensor& keys, const at::Tensor& payload,
                                         bool to_ranks) const = 0;
  /// The cross-entropy (batch) of P against ranks shared evenly from first to last, (batch, n).
  [[nodiscard]] virtual at::Tensor loss(const at::Tensor& keys, const at::Tensor& first,
                                        const at::Tensor& last, std::string_view kind) const = 0;
};

/// Through a comparator network, by the ops for it.
class NetworkSorter final : public Sorter {
 public:
  /// @param network, family, parameters  as the ops take them
  NetworkSorter(at::Tensor network, std::string family, at::Tensor parameters)
      : network_(std::move(network)),
        family_(std::move(family)),
        parameters_(std::move(parameters)) {}

  [[nodiscard]] std::tuple<at::Tensor, at::Tensor> sort(const at::Tensor& keys) const override;
  [[nodiscard]] at::Tensor values(const at::Tensor& keys) const override;
  [[nodiscard]] at::Tensor apply(const at::Tensor& keys, const at::Tensor& payload,
                                 bool to_ranks) const override;
  [[nodiscard]] at::Tensor loss(const at::Tensor& keys, const at::Tensor& first,
                                const at::Tensor& last, std::string_view kind) const override;

 private:
  at::Tensor network_;
  std::string family_;
  at::Tensor parameters_;
};

/// By a relaxed permutation matrix and matrix products.
class MatrixSorter final : public Sorter {
 public:
  /// @param steepness  float64 on the CPU, (1) or (batch)
  MatrixSorter(const sorting::RelaxationOptions& options, at::Tensor steepness)
      : options_(options), steepness_(std::move(steepness)) {}

  [[nodiscard]] std::tuple<at::Tensor, at::Tensor> sort(const at::Tensor& keys) const override;
  [[nodiscard]] at::Tensor values(const at::Tensor& keys) const override;
  [[nodiscard]] at::Tensor apply(const at::Tensor& keys, const at::Tensor& payload,
                                 bool to_ranks) const override;
  [[nodiscard]] at::Tensor loss(const at::Tensor& keys, const at::Tensor& first,
                                const at::Tensor& last, std::string_view kind) const override;

 private:
  [[nodiscard]] at::Tensor permutation(const at::Tensor& keys) const;

  sorting::RelaxationOptions options_;
  at::Tensor steepness_;
};

}  // namespace pliant
