// pliant/sorting/torch/sort_call.h — what all sorting functions do around their op: shapes,
// steepness, ragged sets; private to sorting/torch
#pragma once

#include <ATen/core/Tensor.h>

#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <vector>

#include "pliant/sorting/method.h"
#include "pliant/sorting/torch/ops.h"
#include "pliant/sorting/torch/sorter.h"

namespace pliant {

/// What a dimension of a result after the batch is.
enum class Axis : std::uint8_t { kItem, kRank };

/// The sets of one call as rows (batch, n).
class Rows {
 public:
  /// @throws c10::ValueError that names `caller` if x has no items
  Rows(const char* caller, const at::Tensor& x);

  [[nodiscard]] int64_t n() const { return n_; }

  /// (batch shape…, n, …) as (batch, n, …).
  [[nodiscard]] at::Tensor rows(const at::Tensor& tensor) const;
  /// Which items take part, (batch, n) bool, at least one in every set; undefined = all.
  /// @throws c10::ValueError, c10::TypeError that name the caller and the argument
  [[nodiscard]] at::Tensor valid_items(const Ragged& ragged) const;

 protected:
  const char* caller_;
  std::vector<int64_t> batch_shape_;
  int64_t n_;
};

/// The keys of one call as rows (batch, n), what sorts them, and the way back to the caller's
/// shape.
class SortCall : public Rows {
 public:
  /// @throws c10::ValueError, c10::TypeError that name `caller` and the argument
  SortCall(const char* caller, const at::Tensor& x, const SortOptions& options,
           const at::Tensor& steepness, const Ragged& ragged);

  /// A mode of sorting on rows: (keys (batch, n), sorter, tensors (batch, n, …)).
  using Mode = std::function<std::vector<at::Tensor>(const at::Tensor&, const Sorter&,
                                                     const std::vector<at::Tensor>&)>;

  /// The results of `mode`, each (batch, …). Sets of one length go together; what no set fills is
  /// 0.
  /// @param axes    of each result
  /// @param others  (batch, n, …), taken apart in ragged sets as the keys are
  [[nodiscard]] std::vector<at::Tensor> run(const Mode& mode,
                                            const std::vector<std::vector<Axis>>& axes,
                                            const std::vector<at::Tensor>& others = {}) const;

  [[nodiscard]] const at::Tensor& keys() const { return keys_; }

  /// (batch, …) as (batch shape…, …), in the dtype of the caller's keys.
  [[nodiscard]] at::Tensor unrows(const at::Tensor& rows) const;
  /// Keys as the ops have them, (batch, n), as the caller has them.
  [[nodiscard]] at::Tensor unkeys(const at::Tensor& keys) const;

 private:
  /// Which items of each row take part.
  struct Items {
    at::Tensor lengths;    ///< (batch)
    at::Tensor positions;  ///< (batch, n): of those that take part, in order, then of the others
  };

  [[nodiscard]] bool is_each_sample(const at::Tensor& steepness) const;
  [[nodiscard]] at::Tensor parameters(const at::Tensor& steepness);
  [[nodiscard]] at::Tensor steepness_of_rows(const at::Tensor& steepness) const;
  void stretch_keys(const at::Tensor& steepness);
  /// For n keys a row; of the rows `chosen`, where they are given.
  [[nodiscard]] std::unique_ptr<Sorter> sorter(int64_t n, const at::Tensor& chosen = {}) const;

  const SortOptions& options_;
  at::ScalarType dtype_;
  at::Tensor keys_;
  at::Tensor stretch_;  ///< (batch, 1): what the keys were multiplied by; undefined = nothing
  const sorting::Method& method_;
  at::Tensor parameters_;  ///< of a network's comparison; of others the steepness, (1) or (batch)
  std::optional<Items> items_;
};

}  // namespace pliant
