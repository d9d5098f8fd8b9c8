// pliant/optim/torch/conditioned_product.cpp — Gᵀ·X·(I + XᵀX/β)⁻¹, in float32 or else float64
#include "pliant/optim/torch/conditioned_product.h"

#include <ATen/Functions.h>

#include <limits>
#include <type_traits>
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
  bool rounded;  ///< whether that was asked for

  /// @param source  the tensor that x is a view of, as the layer got it
  FactorKey(const Tensor& source, const Tensor& x, Side of, double scale, bool rounds)
      : storage(source.storage().getWeakStorageImpl()),
        data(x.const_data_ptr()),
        version(source._version()),
        sizes(x.sizes().vec()),
        strides(x.strides().vec()),
        side(of),
        beta(scale),
        rounded(rounds) {}

  bool operator==(const FactorKey& other) const {
    return !storage.expired() && storage == other.storage && data == other.data &&
           version == other.version && sizes == other.sizes && strides == other.strides &&
           side == other.side && beta == other.beta && rounded == other.rounded;
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

/// Adds X·Xᵀ/β or XᵀX/β, rounded to bfloat16 where that is asked for and safe.
template <class T>
Conditioning add_to(Gram<T>& gram, const Tensor& x, Side side, double beta,
                    const IsaacSettings& settings) {
  const Tensor rows = rows_of(x, side);
  if constexpr (std::is_same_v<T, float>) {
    if (settings.bfloat16_gram) {
      const optim::RoundedRows rounded(rows.const_data_ptr<float>(),
                                       static_cast<std::size_t>(rows.stride(0)),
                                       static_cast<std::size_t>(rows.size(0)),
                                       static_cast<std::size_t>(rows.size(1)), torch_executor());
      if (rounding_is_safe(side, rounded.rounding(), beta, settings)) {
        gram.add(rounded, 1 / beta);
        return Conditioning::kRoundedGram;
      }
      gram.add(rows, 1 / beta);
      return Conditioning::kUnroundedGram;
    }
  }
  gram.add(rows, 1 / beta);
  return Conditioning::kConditioned;
}

/// The factor of I + X·Xᵀ/β or I + XᵀX/β; null where it does not exist in T.
/// @param source  what the layer read, where other layers that read it may take the same factor
template <class T>
const Gram<T>* factor_of(const Tensor& source, const Tensor& x, Side side, double beta,
                         const IsaacSettings& settings, Conditioning& how) {
  auto& kept = KeptFactor<T>::of_thread();
  std::optional<FactorKey> key;
  if (source.defined() && !source.is_inference() && source.is_alias_of(x) &&
      process_count(settings) == 1)
    key.emplace(source, x, side, beta, settings.bfloat16_gram);
  if (key && kept.key && *kept.key == *key) {
    how = Conditioning::kSharedFactor;
    return &kept.gram;
  }
  kept.key.reset();
  kept.gram.start(side == Side::kRows ? x.size(0) : x.size(1));
  how = add_to(kept.gram, x, side, beta, settings);
  if (sums_travel(settings)) kept.gram.add_others(*settings.processes);
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

int64_t process_count(const IsaacSettings& settings) {
  return settings.processes == nullptr ? 1 : settings.processes->size();
}

bool rows_travel(const IsaacSettings& settings) {
  return settings.gathers && process_count(settings) > 1;
}

bool sums_travel(const IsaacSettings& settings) {
  return !settings.gathers && process_count(settings) > 1;
}

Tensor gathered(const Tensor& rows, const IsaacSettings& settings) {
  const Tensor own = at::scalar_tensor(rows.size(0), at::kLong);
  for (const Tensor& count : settings.processes->all_gather(own)) {
    TORCH_CHECK_VALUE(count.item<int64_t>() == rows.size(0),
                      "isaac: every process must have as many rows of layer '", settings.layer,
                      "', got ", rows.size(0), " and ", count.item<int64_t>());
  }
  return at::cat(settings.processes->all_gather(rows));
}

bool rounding_is_safe(Side side, optim::Rounding rounding, double beta,
                      const IsaacSettings& settings) {
  if (sums_travel(settings)) {
    const Tensor sums = at::tensor({rounding.squares, rounding.errors}, at::kDouble);
    settings.processes->all_reduce_sum(sums);
    rounding = {sums[0].item<double>(), sums[1].item<double>()};
  }
  return optim::rounding_bound(side, rounding, beta) <= optim::kRoundingTolerance;
}

template <class T>
Tensor ConditionedProduct::attempt(const IsaacSettings& settings, Conditioning& how) const {
  const Tensor& own = gram.defined() ? gram : x;
  const Tensor& from = everyone.defined() ? everyone : own;
  const int64_t rows = own.size(0) * process_count(settings);
  const Side side =
      gram.defined() || sums_travel(settings) || rows > x.size(1) ? Side::kInputs : Side::kRows;
  const double beta = static_cast<double>(rows) * settings.damping;
  const Gram<T>* factor = factor_of<T>(source, from, side, beta, settings, how);
  if (factor == nullptr) return {};
  if (side == Side::kRows) {
    const int64_t first = everyone.defined() ? settings.processes->rank() * own.size(0) : 0;
    const auto of_own = [&](const Tensor& solved) { return solved.narrow(0, first, own.size(0)); };
    if (grad.size(1) <= x.size(1)) {
      const Tensor all = everyone.defined() ? gathered(grad, settings) : grad;
      return at::mm(of_own(factor->solve(with_contiguous_rows(all))).t(), x);
    }
    return at::mm(grad.t(), of_own(factor->solve(with_contiguous_rows(from))));
  }
  if (gram.defined() || grad.size(1) <= x.size(0))
    return factor->solve(at::mm(x.t(), grad)).t().contiguous();
  return at::mm(grad.t(), factor->solve(rows_of(x, side)).t());
}

std::optional<Tensor> ConditionedProduct::value(const IsaacSettings& settings) const {
  if (x.numel() == 0 || grad.numel() == 0) return at::zeros({grad.size(1), x.size(1)}, x.options());
  const auto as = [](const Tensor& t, at::ScalarType type) { return t.defined() ? t.to(type) : t; };
  const auto of_type = [&](at::ScalarType type) {
    return ConditionedProduct{as(x, type), as(grad, type), as(gram, type), source,
                              as(everyone, type)};
  };
  Conditioning how = Conditioning::kConditioned;
  Tensor result;
  if (x.scalar_type() != at::kDouble) result = of_type(at::kFloat).attempt<float>(settings, how);
  if (!result.defined()) {
    result = of_type(at::kDouble).attempt<double>(settings, how);
    if (x.scalar_type() != at::kDouble) how = Conditioning::kDoublePrecision;
  }
  if (!result.defined()) {
    note_not_finite(settings);
    return std::nullopt;
  }
  note_conditioning(settings.record, how);
  return result.to(x.scalar_type());
}

}  // namespace pliant
