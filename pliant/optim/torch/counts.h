// pliant/optim/torch/counts.h — what became of the gradients of a conditioned layer
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace pliant {

/// What one backward pass of a conditioned layer did.
enum class Conditioning {
  kConditioned,      ///< as asked
  kSharedFactor,     ///< as asked, with the factor of another layer that has the same input
  kDoublePrecision,  ///< float32 left its range: in float64
  kPlainByCost,      ///< the plain gradient, since the overhead is above the cap
  kPlainByDamping,   ///< the plain gradient, since the damping is infinite
  kPlainNotFinite,   ///< the plain gradient, since an input of the layer is NaN or infinite
  kRoundedGram,      ///< as asked, by a Gram matrix of bfloat16 numbers
  kUnroundedGram,    ///< bfloat16 was asked for, but λ is too small for it: float32
  kCount
};

using ConditioningCounts = std::array<std::int64_t, static_cast<std::size_t>(Conditioning::kCount)>;

/// The name of each count, as reports show it.
std::string_view conditioning_name(std::size_t index);

/// A new record, > 0; records live as long as the process.
std::int64_t new_conditioning_record();

/// Notes that it happened; record 0 is nobody's.
void note_conditioning(std::int64_t record, Conditioning what);

/// The counts of a record; zeros for one that nothing was noted of.
ConditioningCounts conditioning_counts(std::int64_t record);

}  // namespace pliant
