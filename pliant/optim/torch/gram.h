// pliant/optim/torch/gram.h — Gram matrices of tensors, their factors, and what is solved with them
#pragma once

#include <ATen/core/Tensor.h>

#include <concepts>
#include <cstddef>

#include "pliant/base/aligned.h"
#include "pliant/base/torch/communicator.h"
#include "pliant/base/torch/executor.h"
#include "pliant/base/torch/working_type.h"
#include "pliant/optim/definite.h"
#include "pliant/optim/gram.h"
#include "pliant/optim/rounded_gram.h"

namespace pliant {

/// The tensor (a, b), or a copy whose rows are contiguous.
inline at::Tensor with_contiguous_rows(const at::Tensor& matrix) {
  const bool fits = matrix.stride(1) == 1 && matrix.stride(0) >= matrix.size(1);
  return fits || matrix.numel() == 0 ? matrix : matrix.contiguous();
}

/// I + α·X·Xᵀ, and once it is factorised its Cholesky factor. Memory is kept from one use to the
/// next, but not much more than that one needs.
template <class T>
class Gram {
 public:
  /// I.   @param size  of the system
  void start(int64_t size) {
    size_ = static_cast<std::size_t>(size);
    pitch_ = optim::matrix_pitch(size_);
    const std::size_t needed = size_ * pitch_;
    const bool too_large = capacity_ > kKept && needed < capacity_ / 4;
    if (needed > capacity_ || too_large) {
      matrix_ = base::AlignedArray<T>(needed);
      capacity_ = needed;
    }
    empty_ = true;
  }

  /// Adds scale·rows·rowsᵀ.   @param rows  (size, any), rows contiguous
  void add(const at::Tensor& rows, double scale) {
    optim::GramArgs<T> args{};
    args.x = rows.const_data_ptr<T>();
    args.stride = static_cast<std::size_t>(rows.stride(0));
    args.rows = size_;
    args.columns = static_cast<std::size_t>(rows.size(1));
    args.scale = static_cast<T>(scale);
    args.add = !empty_;
    args.gram = matrix_.data();
    args.pitch = pitch_;
    optim::gram_of_rows(args, torch_executor());
    empty_ = false;
  }

  /// Adds scale·rows·rowsᵀ of rows that were rounded.
  void add(const optim::RoundedRows& rows, double scale)
    requires std::same_as<T, float>
  {
    rows.gram(static_cast<float>(scale), !empty_, matrix_.data(), pitch_, torch_executor());
    empty_ = false;
  }

  /// Adds what the other processes added to theirs.
  void add_others(const Communicator& processes);

  /// False where the matrix has a NaN, or left the range of T.
  [[nodiscard]] bool factorise() { return optim::factorise(matrix_.data(), size_, pitch_); }

  /// The inverse times `right` (size, any), rows contiguous; a new tensor.
  [[nodiscard]] at::Tensor solve(const at::Tensor& right) const;

  [[nodiscard]] std::size_t size() const { return size_; }

 private:
  static constexpr std::size_t kKept = std::size_t{1} << 22;  ///< numbers, whatever is needed next

  base::AlignedArray<T> matrix_;
  std::size_t capacity_ = 0;
  std::size_t size_ = 0;
  std::size_t pitch_ = 0;
  bool empty_ = true;
};

}  // namespace pliant
