// pliant/render/pairs.h — the pairs of a pixel and a face that it sees, collected tile by tile;
// private to render/ (no torch)
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "pliant/render/raster.h"
#include "pliant/render/screen.h"

namespace pliant::render {

/// Which faces a pixel sees: those that it is inside of, or at a distance below `outer`, or on the
/// edge of, but for rounding. `on_edge` ≥ 0 stands for the distance of such a pixel.
struct Reach {
  double outer;
  double on_edge;
};

/// A hard edge belongs to the face, so that a closed mesh has no holes.
Reach reach_of(const Coverage& coverage);

/// A whole number as wide as T, so that both fill the same vectors.
template <class T>
using Index = std::conditional_t<sizeof(T) == 4, std::int32_t, std::int64_t>;

/// Pairs of a pixel and a face, face by face in the order of the faces. All distances are in units
/// of the screen.
template <class T>
struct Pairs {
  static constexpr std::size_t kFull = 512;  ///< collecting stops after the face that reaches this
  static constexpr std::size_t kRoom = kFull + kTilePixels + 64;

  std::size_t count = 0;
  std::size_t faces = 0;                          ///< that have a pair
  std::array<std::int32_t, kFull + 1> entry;      ///< of the tile's list, for each such face
  std::array<std::int32_t, kFull + 2> begin;      ///< of its pairs; and the end of the last
  alignas(64) std::array<Index<T>, kRoom> pixel;  ///< row·kTile + column in the tile
  alignas(64) std::array<T, kRoom> distance;      ///< s·d: > 0 inside
  alignas(64) std::array<T, kRoom> along;         ///< nearest point of the boundary: edge + t
  alignas(64) std::array<T, kRoom> normal_x;  ///< s·(q − p)/d, from the pixel to it; 0 at d = 0
  alignas(64) std::array<T, kRoom> normal_y;
  alignas(64) std::array<std::array<T, kRoom>, 3> barycentric;  ///< w, not clamped
};

/// One tile of one image.
template <class T>
struct TileView {
  const ScreenFace<T>* faces;
  const Box* boxes;
  const Entry* entries;
  std::size_t count;  ///< entries
  Box box;            ///< its pixels
  Size size;
  Reach reach;
};

template <class T>
TileView<T> view(const Screen<T>& screen, const TileId& id, const Reach& reach);

/// The face that has the pairs begin[s] … begin[s + 1] − 1.
template <class T>
std::size_t face_of(const TileView<T>& tile, const Pairs<T>& pairs, std::size_t s) {
  return static_cast<std::size_t>(tile.entries[pairs.entry[s]].face);
}

/// fn(s, begin, end) with the pairs of each collected face.
template <class T, class Fn>
void for_each_face(const Pairs<T>& pairs, const Fn& fn) {
  for (std::size_t s = 0; s < pairs.faces; ++s) {
    fn(s, static_cast<std::size_t>(pairs.begin[s]), static_cast<std::size_t>(pairs.begin[s + 1]));
  }
}

/// What collect() finds out beside pixel and distance.
enum class Detail { kDistance, kNormal, kBarycentric, kAll };

/// Collects the pairs of the tile's entries from `first` on, until `pairs` is full or the list
/// ends.
/// @param open  (kTilePixels) pixels with a 0 see nothing more; null: all see
/// @return  the next entry
template <class T>
std::size_t collect(const TileView<T>& tile, std::size_t first, const std::type_identity_t<T>* open,
                    Detail detail, Pairs<T>& pairs);

/// out[i] = tile[pixel of pair i].   @param tile  (kTilePixels)
template <class T>
void gather(const Pairs<T>& pairs, const T* tile, T* out);

/// The gradient of Σ weight·distance with respect to the corners of each collected face, added to
/// its record at rows + stride·slot: x and y of corner k to numbers components·k and components·k
/// + 1.
template <class T>
void add_corner_gradients(const TileView<T>& tile, const Pairs<T>& pairs, const T* weight, T* rows,
                          std::size_t stride, std::size_t components);

}  // namespace pliant::render
