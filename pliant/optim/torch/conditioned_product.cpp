// pliant/optim/torch/conditioned_product.cpp — Gᵀ·X·(I + XᵀX/β)⁻¹, in float32 or else float64
#include "pliant/optim/torch/conditioned_product.h"

#include <ATen/Functions.h>

#include <limits>
#include <vector>

#include "pliant/optim/torch/counts.h"
#include "pliant/optim/torch/gram.h"

namespace pliant {
namespace {

using at::Tensor;
using optim::Side;

/// Which factor this is: the matrix, its version, the side, and β. The storage is held weakly:
/// it may be freed, and no other can then stand at its address.
struct FactorKey {
  c10::weak_intrusive_ptr<c10::StorageImpl> storage;
  const void* data;
  std::uint32_t version;
  std::vector<int64_t> sizes;
  std::vector<int64_t> strides;
  Side side;
  double beta;

  /// @param source  the tensor that x is a view of, as the layer got it
  FactorKey(const Tensor& source, const Tensor& x, Side of, double scale)
      : storage(source.storage().getWeakStorageImpl()),
        data(x.const_data_ptr()),
        version(source._version()),
        sizes(x.sizes().vec()),
        strides(x.strides().vec()),
        side(of),
        beta(scale) {}

  bool operator==(const FactorKey& other) const {
    return !storage.expired() && storage == other.storage && data == other.data &&
           version == other.version && sizes == other.sizes && strides == other.strides &&
           side == other.side && beta == other.beta;
  }
};

/// The last factor of a thread.
template <class T>
struct KeptFactor {
  Gram<T> gram;
  std::optional<FactorKey> key;  ///< none: what stands in gram is of no use

  static KeptFactor& of_thread() {
    thread_local KeptFactor kept;
    return kept;
  }
};

/// X (R, n) as the rows whose scalar products make the system of the side.
Tensor rows_of(const Tensor& x, Side side) {
  return with_contiguous_rows(side == Side::kRows ? x : x.t());
}

/// The factor of I + X·Xᵀ/β or I + Xᵀ·X/β; null where it does not exist in T.
template <class T>
const Gram<T>* factor_of(const Tensor& source, const Tensor& x, Side side, double beta,
                         bool& shared) {
  auto& kept = KeptFactor<T>::of_thread();
  std::optional<FactorKey> key;
  if (source.defined() && !source.is_inference() && source.is_alias_of(x))
    key.emplace(source, x, side, beta);
  shared = key && kept.key && *kept.key == *key;
  if (shared) return &kept.gram;
  kept.key.reset();
  kept.gram.start(side == Side::kRows ? x.size(0) : x.size(1));
  kept.gram.add(rows_of(x, side), 1 / beta);
  if (!kept.gram.factorise()) return nullptr;
  kept.key = std::move(key);
  return &kept.gram;
}

}  // namespace

void check_damping(const char* caller, double damping) {
  TORCH_CHECK_VALUE(damping > 0, caller, ": damping must be > 0, got ", damping);
}

bool is_plain(const optim::Cost& cost, const IsaacSettings& settings) {
  if (settings.damping == std::numeric_limits<double>::infinity()) {
    note_conditioning(settings.record, Conditioning::kPlainByDamping);
    return true;
  }
  if (cost.overhead > settings.overhead_cap) {
    note_conditioning(settings.record, Conditioning::kPlainByCost);
    return true;
  }
  return false;
}

void note_not_finite(const IsaacSettings& settings) {
  note_conditioning(settings.record, Conditioning::kPlainNotFinite);
  TORCH_CHECK_VALUE(!settings.raise_not_finite, "isaac: the input of layer '", settings.layer,
                    "' must be finite, got a NaN or an infinity");
}

template <class T>
Tensor ConditionedProduct::attempt(bool& shared) const {
  const Tensor& from = gram.defined() ? gram : x;
  const int64_t rows = from.size(0);
  const Side side = gram.defined() || rows > x.size(1) ? Side::kInputs : Side::kRows;
  const Gram<T>* factor =
      factor_of<T>(source, from, side, static_cast<double>(rows) * damping, shared);
  if (factor == nullptr) return {};
  if (side == Side::kRows) {
    if (grad.size(1) <= x.size(1)) return at::mm(factor->solve(with_contiguous_rows(grad)).t(), x);
    return at::mm(grad.t(), factor->solve(with_contiguous_rows(x)));
  }
  if (gram.defined() || grad.size(1) <= rows)
    return factor->solve(at::mm(x.t(), grad)).t().contiguous();
  return at::mm(grad.t(), factor->solve(rows_of(x, side)).t());
}

std::optional<Tensor> ConditionedProduct::value(const IsaacSettings& settings) const {
  if (x.numel() == 0 || grad.numel() == 0) return at::zeros({grad.size(1), x.size(1)}, x.options());
  const auto as = [](const Tensor& t, at::ScalarType type) { return t.defined() ? t.to(type) : t; };
  const auto of_type = [&](at::ScalarType type) {
    return ConditionedProduct{as(x, type), as(grad, type), as(gram, type), damping, source};
  };
  bool shared = false;
  if (x.scalar_type() != at::kDouble) {
    const Tensor result = of_type(at::kFloat).attempt<float>(shared);
    if (result.defined()) {
      note_conditioning(settings.record,
                        shared ? Conditioning::kSharedFactor : Conditioning::kConditioned);
      return result.to(x.scalar_type());
    }
  }
  const Tensor result = of_type(at::kDouble).attempt<double>(shared);
  if (!result.defined()) {
    note_not_finite(settings);
    return std::nullopt;
  }
  note_conditioning(settings.record, x.scalar_type() != at::kDouble ? Conditioning::kDoublePrecision
                                     : shared                       ? Conditioning::kSharedFactor
                                                                    : Conditioning::kConditioned);
  return result.to(x.scalar_type());
}

}  // namespace pliant
