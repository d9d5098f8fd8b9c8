// pliant/render/screen.cpp — setting up faces, and sorting them into tiles (no torch)
#include "pliant/render/screen.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "pliant/base/errors.h"

namespace pliant::render {
namespace {

/// Where pixels are: x = (2c + 1 − width)/side, y = (height − 1 − 2r)/side.
struct PixelGrid {
  double side;
  double width;
  double height;

  explicit PixelGrid(const Size& size)
      : side(static_cast<double>(std::min(size.height, size.width))),
        width(static_cast<double>(size.width)),
        height(static_cast<double>(size.height)) {}

  [[nodiscard]] double column(double x) const { return (x * side + width - 1) / 2; }
  [[nodiscard]] double row(double y) const { return (height - 1 - y * side) / 2; }
  [[nodiscard]] double x(double column) const { return (2 * column + 1 - width) / side; }
  [[nodiscard]] double y(double row) const { return (height - 1 - 2 * row) / side; }
};

/// Boxes are this much larger than they have to be, in pixels: the distance decides, not they.
constexpr double kMargin = 1e-2;

// Of values: the standard ones take references, and g++ makes branches of them that no CPU
// foresees.
template <class T>
T smaller(T a, T b) {
  return a < b ? a : b;
}
template <class T>
T larger(T a, T b) {
  return a > b ? a : b;
}

template <class T>
ScreenFace<T> place_face(const T* const corner[3]) {
  ScreenFace<T> face;
  T longest = 0;
  for (std::size_t i = 0; i < 3; ++i) {
    const T* const next = corner[(i + 1) % 3];
    face.x[i] = corner[i][0];
    face.y[i] = corner[i][1];
    face.edge_x[i] = next[0] - corner[i][0];
    face.edge_y[i] = next[1] - corner[i][1];
    const T length2 = face.edge_x[i] * face.edge_x[i] + face.edge_y[i] * face.edge_y[i];
    const bool has_length = length2 >= std::numeric_limits<T>::min();
    face.inverse_length2[i] = has_length ? 1 / length2 : 0;
    longest = larger(longest, length2);
  }
  const T area2 = face.edge_x[0] * face.edge_y[1] - face.edge_y[0] * face.edge_x[1];
  const bool has_area = std::abs(area2) > 8 * std::numeric_limits<T>::epsilon() * longest &&
                        std::abs(area2) >= std::numeric_limits<T>::min();
  face.inverse_area2 = has_area ? 1 / area2 : 0;
  return face;
}

/// The pixels within `outer` of the smallest rectangle around the corners.
template <class T>
Box box_of(const ScreenFace<T>& face, const PixelGrid& grid, double outer) {
  const double left = smaller(face.x[0], smaller(face.x[1], face.x[2]));
  const double right = larger(face.x[0], larger(face.x[1], face.x[2]));
  const double bottom = smaller(face.y[0], smaller(face.y[1], face.y[2]));
  const double top = larger(face.y[0], larger(face.y[1], face.y[2]));
  // The first whole number not below `at`, and the one past the last not above it.
  const auto first = [](double at, double end) {
    return static_cast<std::int32_t>(smaller(larger(at + (1 - kMargin), 0.0), end));
  };
  const auto past = [](double at, double end) {
    return static_cast<std::int32_t>(smaller(larger(at + (1 + kMargin), 0.0), end));
  };
  return {first(grid.column(left - outer), grid.width), first(grid.row(top + outer), grid.height),
          past(grid.column(right + outer), grid.width),
          past(grid.row(bottom - outer), grid.height)};
}

/// Whether a point is inside the face or within `reach` of it.
template <class T>
bool reaches(const ScreenFace<T>& face, double x, double y, double reach) {
  bool inside = face.inverse_area2 != 0;
  for (std::size_t i = 0; i < 3; ++i) {
    const double ax = x - face.x[i], ay = y - face.y[i];
    const double ex = face.edge_x[i], ey = face.edge_y[i];
    const double t = std::clamp((ax * ex + ay * ey) * face.inverse_length2[i], 0.0, 1.0);
    const double dx = ax - t * ex, dy = ay - t * ey;
    if (dx * dx + dy * dy <= reach * reach) return true;
    inside = inside && (ex * ay - ey * ax) * face.inverse_area2 > 0;
  }
  return inside;
}

/// i with its lowest `bits` bits in reverse.
std::size_t reversed(std::size_t i, int bits) {
  std::size_t out = 0;
  for (int bit = 0; bit < bits; ++bit) out |= (i >> bit & 1) << (bits - 1 - bit);
  return out;
}

}  // namespace

Box intersection(const Box& a, const Box& b) {
  return {std::max(a.left, b.left), std::max(a.top, b.top), std::min(a.right, b.right),
          std::min(a.bottom, b.bottom)};
}

template <class T>
Screen<T>::Screen(const ScreenMesh<T>& mesh, const Size& size, double outer,
                  const base::Executor& executor)
    : size_(size),
      face_count_(mesh.faces),
      columns_(static_cast<std::int32_t>((size.width + kTile - 1) / kTile)),
      rows_(static_cast<std::int32_t>((size.height + kTile - 1) / kTile)),
      faces_(mesh.batch * mesh.faces),
      boxes_(mesh.batch * mesh.faces),
      lists_(mesh.batch) {
  executor(mesh.batch, 1, [&](std::size_t begin, std::size_t end) {
    for (std::size_t image = begin; image < end; ++image) {
      place(mesh, image, outer);
      make_lists(image, outer);
    }
  });
  deal_tiles();
}

template <class T>
Box Screen<T>::box(std::int32_t tile) const {
  const std::int32_t left = tile % columns_ * kTile, top = tile / columns_ * kTile;
  return intersection(
      {left, top, left + kTile, top + kTile},
      {0, 0, static_cast<std::int32_t>(size_.width), static_cast<std::int32_t>(size_.height)});
}

template <class T>
void Screen<T>::place(const ScreenMesh<T>& mesh, std::size_t image, double outer) {
  const PixelGrid grid(size_);
  const std::int32_t* index = mesh.face + (mesh.own_faces ? image * mesh.faces * 3 : 0);
  const T* const vertices = mesh.vertex + image * mesh.vertices * 3;
  for (std::size_t f = 0; f < mesh.faces; ++f, index += 3) {
    const T* const corner[3] = {vertices + static_cast<std::size_t>(index[0]) * 3,
                                vertices + static_cast<std::size_t>(index[1]) * 3,
                                vertices + static_cast<std::size_t>(index[2]) * 3};
    T zero = 0;  // x − x is NaN for an x that is not finite
    for (const T* at : corner) zero += (at[0] - at[0]) + (at[1] - at[1]) + (at[2] - at[2]);
    const bool finite = zero == 0;
    ScreenFace<T>& face = faces_[image * mesh.faces + f];
    face = finite ? place_face(corner) : ScreenFace<T>{};
    boxes_[image * mesh.faces + f] = finite ? box_of(face, grid, outer) : Box{};
  }
}

template <class T>
void Screen<T>::make_lists(std::size_t image, double outer) {
  const PixelGrid grid(size_);
  TileLists& lists = lists_[image];
  const auto tile_count = static_cast<std::size_t>(columns_) * static_cast<std::size_t>(rows_);
  lists.begin.assign(tile_count + 1, 0);
  lists.slot_begin.resize(face_count_ + 1);
  // Half the diagonal of a tile, from its first to its last pixel.
  const double reach = outer + (kTile - 1) * std::sqrt(2.0) / grid.side * (1 + 1e-6);
  std::vector<std::int32_t> tile_of;  // the tiles that faces reach, face by face
  tile_of.reserve(face_count_ * 2);
  for (std::size_t f = 0; f < face_count_; ++f) {
    lists.slot_begin[f] = static_cast<std::int32_t>(tile_of.size());
    const Box& box = boxes(image)[f];
    if (box.empty()) continue;
    const std::int32_t left = box.left / kTile, right = (box.right - 1) / kTile;
    const std::int32_t top = box.top / kTile, bottom = (box.bottom - 1) / kTile;
    // A look at the distance pays where it may save more than a few vectors of pixels.
    const bool look = (box.right - box.left) * (box.bottom - box.top) > kTilePixels;
    for (std::int32_t row = top; row <= bottom; ++row) {
      for (std::int32_t column = left; column <= right; ++column) {
        if (look && !reaches(faces(image)[f], grid.x(column * kTile + (kTile - 1) / 2.0),
                             grid.y(row * kTile + (kTile - 1) / 2.0), reach)) {
          continue;
        }
        const std::int32_t tile = row * columns_ + column;
        tile_of.push_back(tile);
        ++lists.begin[static_cast<std::size_t>(tile) + 1];
      }
    }
    base::require(tile_of.size() <= std::numeric_limits<std::int32_t>::max(),
                  "render: more than 2^31 pairs of a face and a tile; lower tau or dist_eps, or "
                  "draw a smaller picture");
  }
  lists.slot_begin[face_count_] = static_cast<std::int32_t>(tile_of.size());
  std::partial_sum(lists.begin.begin(), lists.begin.end(), lists.begin.begin());
  lists.entries.resize(tile_of.size());
  std::vector<std::int32_t> next(lists.begin.begin(), lists.begin.end() - 1);
  for (std::size_t f = 0; f < face_count_; ++f) {
    for (std::int32_t slot = lists.slot_begin[f]; slot < lists.slot_begin[f + 1]; ++slot) {
      const auto tile = static_cast<std::size_t>(tile_of[static_cast<std::size_t>(slot)]);
      lists.entries[static_cast<std::size_t>(next[tile]++)] = {static_cast<std::int32_t>(f), slot};
    }
  }
}

template <class T>
void Screen<T>::deal_tiles() {
  std::vector<TileId> by_length;
  for (std::size_t image = 0; image < lists_.size(); ++image) {
    for (std::int32_t tile = 0; tile < columns_ * rows_; ++tile) {
      by_length.push_back({static_cast<std::int32_t>(image), tile});
    }
  }
  const auto length = [&](const TileId& id) {
    const auto& begin = lists_[static_cast<std::size_t>(id.image)].begin;
    return begin[static_cast<std::size_t>(id.tile) + 1] - begin[static_cast<std::size_t>(id.tile)];
  };
  std::stable_sort(by_length.begin(), by_length.end(),
                   [&](const TileId& a, const TileId& b) { return length(a) > length(b); });
  // Ranks in the order of their reversed bits: every range of these has an even sample of ranks.
  int bits = 0;
  while (std::size_t{1} << bits < by_length.size()) ++bits;
  tiles_.reserve(by_length.size());
  for (std::size_t i = 0; i < std::size_t{1} << bits; ++i) {
    const std::size_t rank = reversed(i, bits);
    if (rank < by_length.size()) tiles_.push_back(by_length[rank]);
  }
}

template class Screen<float>;
template class Screen<double>;

}  // namespace pliant::render
