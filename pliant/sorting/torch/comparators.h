// pliant/sorting/torch/comparators.h — a comparator network as an op receives it: an int32 tensor
// of rows
#pragma once

#include <ATen/Functions.h>
#include <ATen/core/Tensor.h>
#include <c10/core/impl/LocalDispatchKeySet.h>
#include <c10/util/Exception.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

#include "pliant/sorting/network.h"

namespace pliant {

static_assert(sizeof(sorting::Comparator) == 3 * sizeof(int32_t),
              "a row of the network tensor is a Comparator");

/// A network tensor, (comparators, 3) int32, checked for n values.
class Comparators {
 public:
  /// @throws TypeError, ValueError that name `op` and what is wrong
  Comparators(const at::Tensor& network, int64_t n, const char* op) {
    TORCH_CHECK_TYPE(network.scalar_type() == at::kInt, op, ": network must be int32, got ",
                     network.scalar_type());
    TORCH_CHECK_VALUE(network.dim() == 2 && network.size(1) == 3, op,
                      ": network must have shape (comparators, 3), got ", network.sizes());
    rows_ = network.contiguous();
    sorting::check_network(list(), static_cast<int>(n), op);
  }

  [[nodiscard]] std::span<const sorting::Comparator> list() const {
    return {reinterpret_cast<const sorting::Comparator*>(rows_.const_data_ptr<int32_t>()),
            static_cast<std::size_t>(rows_.size(0))};
  }

 private:
  at::Tensor rows_;
};

/// A network as a tensor: always a real one on the CPU, also under modes such as FakeTensorMode
/// that would trace its making.
inline at::Tensor network_tensor(const sorting::Network& network) {
  const c10::impl::ExcludeDispatchKeyGuard no_modes(c10::DispatchKey::Python);
  at::Tensor rows = at::empty({static_cast<int64_t>(network.comparators.size()), 3},
                              at::TensorOptions().dtype(at::kInt).device(at::kCPU));
  std::copy(network.comparators.begin(), network.comparators.end(),
            reinterpret_cast<sorting::Comparator*>(rows.mutable_data_ptr<int32_t>()));
  return rows;
}

}  // namespace pliant
