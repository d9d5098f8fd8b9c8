// pliant/render/screen.h — faces as they lie on the screen, and the tiles that each of them
// reaches; private to render/ (no torch)
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "pliant/base/aligned.h"
#include "pliant/base/parallel.h"
#include "pliant/render/raster.h"

namespace pliant::render {

/// The side of a tile, in pixels: what is worked on at a time.
inline constexpr int kTile = 16;
inline constexpr int kTilePixels = kTile * kTile;

/// A rectangle of pixels, half open.
struct Box {
  std::int32_t left = 0;
  std::int32_t top = 0;
  std::int32_t right = 0;
  std::int32_t bottom = 0;

  [[nodiscard]] bool empty() const { return left >= right || top >= bottom; }
};

Box intersection(const Box& a, const Box& b);

/// A triangle: corner i, edge i from corner i to the next one, 1/|edge|² (0 for an edge without a
/// length), and the inverse of twice the signed area (0 where that is lost in rounding).
template <class T>
struct ScreenFace {
  std::array<T, 3> x;
  std::array<T, 3> y;
  std::array<T, 3> edge_x;
  std::array<T, 3> edge_y;
  std::array<T, 3> inverse_length2;
  T inverse_area2;
};

/// A face that reaches a tile.
struct Entry {
  std::int32_t face;
  std::int32_t slot;  ///< its number among all entries of the image, which go by face, then by tile
};

/// The faces that reach each tile of one image, in their order, and where each face's entries are.
struct TileLists {
  std::vector<std::int32_t> begin;  ///< (tiles + 1) into entries
  std::vector<Entry> entries;
  std::vector<std::int32_t> slot_begin;  ///< (faces + 1): the slots of a face
};

/// A tile of an image.
struct TileId {
  std::int32_t image;
  std::int32_t tile;
};

/// A batch of meshes on their screens.
template <class T>
class Screen {
 public:
  /// @param outer  how far outside a face a pixel sees it, in units of the screen
  /// @throws std::invalid_argument if there are 2³¹ pairs of a tile and a face in an image
  Screen(const ScreenMesh<T>& mesh, const Size& size, double outer, const base::Executor& executor);

  [[nodiscard]] const Size& size() const { return size_; }
  [[nodiscard]] const ScreenFace<T>* faces(std::size_t image) const {
    return faces_.data() + image * face_count_;
  }
  [[nodiscard]] const Box* boxes(std::size_t image) const {
    return boxes_.data() + image * face_count_;
  }
  [[nodiscard]] const TileLists& lists(std::size_t image) const { return lists_[image]; }
  /// The pixels of a tile.
  [[nodiscard]] Box box(std::int32_t tile) const;
  /// All tiles of all images, dealt out so that any range of them has its share of the long lists.
  [[nodiscard]] const std::vector<TileId>& tiles() const { return tiles_; }

 private:
  void place(const ScreenMesh<T>& mesh, std::size_t image, double outer);
  void make_lists(std::size_t image, double outer);
  void deal_tiles();

  Size size_;
  std::size_t face_count_;
  std::int32_t columns_;
  std::int32_t rows_;
  base::AlignedArray<ScreenFace<T>> faces_;
  base::AlignedArray<Box> boxes_;
  std::vector<TileLists> lists_;
  std::vector<TileId> tiles_;
};

}  // namespace pliant::render
