// pliant/render/open_pixels-inl.h — which pixels of a tile see more faces, a bit each; private to
// render/ (no torch)
#if defined(PLIANT_RENDER_OPEN_PIXELS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef PLIANT_RENDER_OPEN_PIXELS_INL_H_
#undef PLIANT_RENDER_OPEN_PIXELS_INL_H_
#else
#define PLIANT_RENDER_OPEN_PIXELS_INL_H_
#endif

#include <cstddef>
#include <cstdint>

#include "pliant/base/simd.h"
#include "pliant/render/pairs.h"

HWY_BEFORE_NAMESPACE();
namespace pliant::render::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

/// Looked up in a register where the numbers of a vector are 8 or more floats, which takes a
/// fraction of what a gather takes; in memory elsewhere.
template <class T>
class OpenPixels {
  using D = hn::ScalableTag<T>;
  using Whole = hn::Rebind<Index<T>, D>;
  static constexpr bool kBits = sizeof(T) == 4 && hn::MaxLanes(D()) >= 8;

 public:
  /// @param open  (kTilePixels) 0 = closed; null: all are open
  HWY_INLINE explicit OpenPixels(const T* open) : open_(open) {
    if constexpr (kBits) {
      if (open == nullptr) return;
      const D d;
      for (std::size_t k = 0; k < kTilePixels; k += hn::Lanes(d)) {
        const auto is_open = hn::Ne(hn::Load(d, open + k), hn::Zero(d));
        hn::StoreMaskBits(d, is_open, bytes_ + k / 8);
      }
    }
  }

  /// Those of `mask` that are open.   @param pixel  in the tile, in all lanes
  HWY_INLINE hn::Mask<D> of(hn::Mask<D> mask, hn::Vec<Whole> pixel) const {
    const D d;
    if (open_ == nullptr) return mask;
    if constexpr (kBits) {
      const hn::RebindToUnsigned<D> bits;
      const auto at = hn::BitCast(bits, pixel);
      const auto words = hn::Load(bits, reinterpret_cast<const std::uint32_t*>(bytes_));
      const auto word =
          hn::TableLookupLanes(words, hn::IndicesFromVec(bits, hn::ShiftRight<5>(at)));
      const auto bit = hn::Shl(hn::Set(bits, 1), hn::And(at, hn::Set(bits, 31)));
      return hn::And(mask, hn::RebindMask(d, hn::TestBit(word, bit)));
    } else {
      return hn::And(mask, hn::Ne(hn::GatherIndex(d, open_, pixel), hn::Zero(d)));
    }
  }

  /// Whether a pixel of the box may be open.   @param box  in the tile
  HWY_INLINE bool any(const Box& box) const {
    if constexpr (kBits) {
      if (open_ == nullptr) return true;
      const unsigned columns = (1U << box.right) - (1U << box.left);
      unsigned found = 0;
      for (std::int32_t row = box.top; row < box.bottom; ++row) {
        found |= bytes_[2 * row] | static_cast<unsigned>(bytes_[2 * row + 1]) << 8;
      }
      return (found & columns) != 0;
    } else {
      return true;
    }
  }

 private:
  const T* open_;
  alignas(64) std::uint8_t bytes_[64];  ///< the first kTilePixels / 8; the rest fills a vector
};

}  // namespace pliant::render::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif  // PLIANT_RENDER_OPEN_PIXELS_INL_H_
