// pliant/render/blend.h — the colours of a tile's pixels, put together face by face; private to
// render/ (no torch)
#pragma once

#include <array>
#include <cstddef>
#include <vector>

#include "pliant/render/image.h"
#include "pliant/render/pairs.h"
#include "pliant/render/shade.h"

namespace pliant::render {

/// A shaded point and the colour there.
template <class T>
struct ColoredPair {
  Shade<T> shade;
  std::size_t texel = 0;  ///< kSurface
};

/// The colour of a pair, one of `channels` at a time.
template <class T>
T color_of(const ShadedFace<T>& face, const ColoredPair<T>& pair, std::size_t channels,
           std::size_t channel) {
  if (face.texels != nullptr) return face.texels[pair.texel * channels + channel];
  T sum = 0;
  for (std::size_t k = 0; k < 3; ++k)
    sum += pair.shade.color_weight[k] * face.corner_color[k][channel];
  return sum;
}

/// Whether the pixel lies in the face or on its edge.
template <class T>
bool is_inside(const Pairs<T>& pairs, std::size_t i) {
  return pairs.distance[i] >= 0;
}

template <class T>
std::array<T, 3> barycentric(const Pairs<T>& pairs, std::size_t i) {
  return {pairs.barycentric[0][i], pairs.barycentric[1][i], pairs.barycentric[2][i]};
}

/// How near a point is: 1 at `near`, 0 at `far`.
template <class T>
T nearness(const Shading& shading, T z) {
  return (static_cast<T>(shading.far) - z) / static_cast<T>(shading.far - shading.near);
}

/// The nearness that the background is weighed with.
inline double background_nearness(const Shading& shading) {
  return shading.compat ? 2 * shading.epsilon : shading.epsilon;
}

/// Colours, weights and the nearest of all faces for each pixel of a tile.
template <class T>
class TileBlend {
 public:
  explicit TileBlend(const ImageArgs<T>& args);

  void clear();

  /// Adds the pairs, in their order.
  /// @param coverage  (pairs) a
  void add(const TileView<T>& tile, std::size_t image, const Pairs<T>& pairs, const T* coverage);

  /// What image() writes of the tile: each (kTilePixels), colours channel by channel.
  void finish(T* color, T* background) const;
  [[nodiscard]] const T* top() const { return top_.data(); }
  [[nodiscard]] const T* total() const { return total_.data(); }

 private:
  void add_soft(const TileView<T>& tile, std::size_t image, const Pairs<T>& pairs,
                const T* coverage);
  void add_hard(const TileView<T>& tile, std::size_t image, const Pairs<T>& pairs);

  const ImageArgs<T>& args_;
  std::vector<T> color_;  ///< (kTilePixels, channels)
  alignas(64) std::array<T, kTilePixels> top_, total_, background_;
  std::vector<ColoredPair<T>> colored_;
  alignas(64) std::array<T, Pairs<T>::kRoom> weight_;
};

/// The pair's point, shaded.
template <class T>
ColoredPair<T> color_pair(const ImageArgs<T>& args, const ShadedFace<T>& face,
                          const Pairs<T>& pairs, std::size_t i);

}  // namespace pliant::render
