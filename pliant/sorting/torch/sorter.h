// pliant/sorting/torch/sorter.h — the modes of sorting on rows of keys, through a network, by a
// relaxed matrix or by projection; private to sorting/torch
#pragma once

#include <ATen/core/Tensor.h>

#include <string>
#include <string_view>
#include <tuple>
#include <utility>

#include "pliant/sorting/method.h"
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
  /// Ranks (batch, n) from 1, P·(1 … n); descending: P·(n … 1).
  [[nodiscard]] virtual at::Tensor ranks(const at::Tensor& keys, bool descending) const;
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
class MatrixSorter : public Sorter {
 public:
  [[nodiscard]] std::tuple<at::Tensor, at::Tensor> sort(const at::Tensor& keys) const override;
  [[nodiscard]] at::Tensor values(const at::Tensor& keys) const override;
  [[nodiscard]] at::Tensor apply(const at::Tensor& keys, const at::Tensor& payload,
                                 bool to_ranks) const override;
  [[nodiscard]] at::Tensor loss(const at::Tensor& keys, const at::Tensor& first,
                                const at::Tensor& last, std::string_view kind) const override;

 private:
  /// P (batch, n, n) of keys that are no halves.
  [[nodiscard]] virtual at::Tensor permutation(const at::Tensor& keys) const = 0;
};

/// By a relaxation of sorting::relaxations().
class RelaxationSorter final : public MatrixSorter {
 public:
  /// @param steepness  float64 on the CPU, (1) or (batch)
  RelaxationSorter(const sorting::RelaxationOptions& options, at::Tensor steepness)
      : options_(options), steepness_(std::move(steepness)) {}

 private:
  [[nodiscard]] at::Tensor permutation(const at::Tensor& keys) const override;

  sorting::RelaxationOptions options_;
  at::Tensor steepness_;
};

/// By the differences of neighbouring top-k masks (sorting/lap_sum.h).
class LapSorter final : public MatrixSorter {
 public:
  /// @param steepness  float64 on the CPU, (1) or (batch)
  explicit LapSorter(at::Tensor steepness) : steepness_(std::move(steepness)) {}

 private:
  [[nodiscard]] at::Tensor permutation(const at::Tensor& keys) const override;

  at::Tensor steepness_;
};

/// By projection (sorting/fast_sort.h): values and ranks; all else throws c10::ValueError.
class ProjectionSorter final : public Sorter {
 public:
  /// @param method     of the kind "projection"
  /// @param steepness  float64 on the CPU, (1)
  ProjectionSorter(const char* caller, const sorting::Method& method, at::Tensor steepness)
      : caller_(caller), method_(method), steepness_(std::move(steepness)) {}

  [[nodiscard]] std::tuple<at::Tensor, at::Tensor> sort(const at::Tensor& keys) const override;
  [[nodiscard]] at::Tensor values(const at::Tensor& keys) const override;
  [[nodiscard]] at::Tensor apply(const at::Tensor& keys, const at::Tensor& payload,
                                 bool to_ranks) const override;
  [[nodiscard]] at::Tensor ranks(const at::Tensor& keys, bool descending) const override;
  [[nodiscard]] at::Tensor loss(const at::Tensor& keys, const at::Tensor& first,
                                const at::Tensor& last, std::string_view kind) const override;

 private:
  [[nodiscard]] at::Tensor projected(const char* op_name, const at::Tensor& keys) const;
  [[noreturn]] void refuse() const;

  const char* caller_;
  const sorting::Method& method_;
  at::Tensor steepness_;
};

}  // namespace pliant
