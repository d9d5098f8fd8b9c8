// pliant/render/pairs.cpp — signed distances of pixels to a face, a vector of pixels at a time (no
// torch)
#include "pliant/render/pairs.h"

#include <algorithm>
#include <limits>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "pliant/render/pairs.cpp"
#include "pliant/base/simd.h"
// After simd.h, which re-reads this file for every target.
#include "pliant/math/lane_sums-inl.h"
#include "pliant/math/value.h"
#include "pliant/render/open_pixels-inl.h"

HWY_BEFORE_NAMESPACE();
namespace pliant::render::HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;
using math::HWY_NAMESPACE::Vector;

template <class T>
using Tag = hn::ScalableTag<T>;
template <class T>
using Number = Vector<Tag<T>>;

/// The nearest point of the boundary.
template <class V>
struct Nearest {
  V distance2;
  V along;
  V x;  ///< p − q
  V y;
};

/// An edge and the corner that it starts from, each number in all lanes.
template <class T>
struct WideEdge {
  using V = Number<T>;
  V x, y, edge_x, edge_y, inverse_length2;

  HWY_INLINE WideEdge(const ScreenFace<T>& face, std::size_t i)
      : x(hn::Set(Tag<T>(), face.x[i])),
        y(hn::Set(Tag<T>(), face.y[i])),
        edge_x(hn::Set(Tag<T>(), face.edge_x[i])),
        edge_y(hn::Set(Tag<T>(), face.edge_y[i])),
        inverse_length2(hn::Set(Tag<T>(), face.inverse_length2[i])) {}
};

/// A face. No array of edges: the compiler would leave one in memory.
template <class T>
struct WideFace {
  WideEdge<T> edge_0, edge_1, edge_2;
  Number<T> inverse_area2;

  HWY_INLINE explicit WideFace(const ScreenFace<T>& face)
      : edge_0(face, 0),
        edge_1(face, 1),
        edge_2(face, 2),
        inverse_area2(hn::Set(Tag<T>(), face.inverse_area2)) {}
};

/// The pixels of a tile as places on the screen.
template <class T>
struct TilePixels {
  using V = Number<T>;
  V offset_x, offset_y, inverse_side, tile_left, tile_top;
  alignas(64) T inverse[kTile + 1];  ///< 1/width of every box in a tile

  HWY_INLINE explicit TilePixels(const TileView<T>& tile)
      : offset_x(1 - static_cast<double>(tile.size.width)),
        offset_y(static_cast<double>(tile.size.height) - 1),
        inverse_side(1 / static_cast<double>(std::min(tile.size.width, tile.size.height))),
        tile_left(tile.box.left),
        tile_top(tile.box.top) {
    for (int width = 1; width <= kTile; ++width) inverse[width] = T(1) / static_cast<T>(width);
  }
};

/// The pixels of a box in a tile, row by row without gaps.
template <class T>
struct BoxPixels {
  using V = Number<T>;
  const TilePixels<T>& tile;
  V inverse_width, width, left, top;

  HWY_INLINE BoxPixels(const TilePixels<T>& pixels, const Box& box) : tile(pixels) {
    const Tag<T> d;
    const std::int32_t columns = box.right - box.left;
    inverse_width = hn::Set(d, pixels.inverse[columns]);
    width = hn::Set(d, static_cast<T>(columns));
    left = hn::Set(d, static_cast<T>(box.left));
    top = hn::Set(d, static_cast<T>(box.top));
  }

  /// @param lane  number of each pixel in the box
  HWY_INLINE void at(V lane, V& x, V& y, V& pixel) const {
    const V row(hn::Floor(((lane + V(0.5)) * inverse_width).raw));
    const V column = fma(-row, width, lane) + left, row_of_image = row + top;
    x = fma(V(2), column, tile.offset_x) * tile.inverse_side;
    y = fma(V(-2), row_of_image, tile.offset_y) * tile.inverse_side;
    pixel = fma(row_of_image - tile.tile_top, V(kTile), column - tile.tile_left);
  }
};

/// A vector of pixels beside a face.
template <class V>
struct Measured {
  Nearest<V> nearest;
  V barycentric_0, barycentric_1, barycentric_2;  ///< all > 0 inside
};

/// The nearest point of edge kEdge, kept if it is the nearest so far.   @return  the barycentric
/// coordinate of the corner that the edge does not touch
template <int kEdge, bool kNormal, class T, class V>
HWY_INLINE V measure_edge(const WideEdge<T>& edge, V inverse_area2, V x, V y, Nearest<V>& best) {
  const V ax = x - edge.x, ay = y - edge.y, ex = edge.edge_x, ey = edge.edge_y;
  const V t = min(V(1), max(V(0), fma(ax, ex, ay * ey) * edge.inverse_length2));
  const V dx = fma(-t, ex, ax), dy = fma(-t, ey, ay);
  const V distance2 = fma(dx, dx, dy * dy), along = t + V(kEdge);
  if constexpr (kEdge == 0) {
    best = {distance2, along, dx, dy};
  } else {
    const auto nearer = distance2 < best.distance2;
    best.distance2 = min(distance2, best.distance2);
    if constexpr (kNormal) {
      best.along = select(nearer, along, best.along);
      best.x = select(nearer, dx, best.x);
      best.y = select(nearer, dy, best.y);
    }
  }
  return fma(ex, ay, -(ey * ax)) * inverse_area2;
}

template <bool kNormal, class T, class V>
HWY_INLINE Measured<V> measure(const WideFace<T>& face, V x, V y) {
  Measured<V> out;
  const V area = face.inverse_area2;
  out.barycentric_2 = measure_edge<0, kNormal>(face.edge_0, area, x, y, out.nearest);
  out.barycentric_0 = measure_edge<1, kNormal>(face.edge_1, area, x, y, out.nearest);
  out.barycentric_1 = measure_edge<2, kNormal>(face.edge_2, area, x, y, out.nearest);
  return out;
}

HWY_INLINE Box in_tile(const Box& box, const Box& tile) {
  return {box.left - tile.left, box.top - tile.top, box.right - tile.left, box.bottom - tile.top};
}

/// As far from an edge as rounding may take a pixel that lies on it.
template <class T>
inline constexpr double kEdge = 4.0 * std::numeric_limits<T>::epsilon();

template <class T, bool kNormal, bool kBarycentric>
HWY_INLINE void collect_face(const TileView<T>& tile, const TilePixels<T>& tile_pixels,
                             std::size_t entry, const OpenPixels<T>& open, Pairs<T>& pairs) {
  using V = Number<T>;
  const Tag<T> d;
  const hn::Rebind<Index<T>, Tag<T>> whole;
  const std::int32_t f = tile.entries[entry].face;
  const Box box = intersection(tile.boxes[f], tile.box);
  if (box.empty() || !open.any(in_tile(box, tile.box))) return;
  const int total = (box.right - box.left) * (box.bottom - box.top);
  const WideFace<T> face(tile.faces[f]);
  const BoxPixels<T> pixels(tile_pixels, box);
  const V outer2(tile.reach.outer * tile.reach.outer), on_edge(tile.reach.on_edge);
  const std::size_t begin = pairs.count;
  std::size_t count = begin;
  const V end(static_cast<double>(total));
  V lane(hn::Iota(d, T(0)));
  for (int i = 0; i < total; i += static_cast<int>(hn::Lanes(d))) {
    V x, y, place;
    pixels.at(lane, x, y, place);
    const auto inside_box = lane < end;
    lane = lane + V(static_cast<double>(hn::Lanes(d)));
    const Measured<V> m = measure<kNormal>(face, x, y);
    const auto inside = min(m.barycentric_0, min(m.barycentric_1, m.barycentric_2)) > V(0);
    const auto at_edge = m.nearest.distance2 <= V(kEdge<T> * kEdge<T>);
    const auto near = hn::Or(at_edge, m.nearest.distance2 < outer2);
    auto sees = hn::And(inside_box, hn::Or(inside, near));
    if (hn::AllFalse(d, sees)) continue;
    const auto pixel = hn::ConvertTo(whole, hn::IfThenElseZero(inside_box, place.raw));
    sees = open.of(sees, pixel);
    const V distance = sqrt(m.nearest.distance2);
    const V sign = select(inside, V(1), V(-1));
    // Lanes beyond the last kept one are written too, and overwritten by the next vector: a store
    // under a mask takes some processors a hundred cycles.
    hn::StoreU(hn::Compress(pixel, hn::RebindMask(whole, sees)), whole, pairs.pixel.data() + count);
    const auto keep = [&](V value, T* to)
                          HWY_ATTR { hn::StoreU(hn::Compress(value.raw, sees), d, to + count); };
    if constexpr (kNormal) {
      const V factor = select(distance > V(0), -sign / distance, V(0));
      keep(m.nearest.along, pairs.along.data());
      keep(m.nearest.x * factor, pairs.normal_x.data());
      keep(m.nearest.y * factor, pairs.normal_y.data());
    }
    if constexpr (kBarycentric) {
      keep(m.barycentric_0, pairs.barycentric[0].data());
      keep(m.barycentric_1, pairs.barycentric[1].data());
      keep(m.barycentric_2, pairs.barycentric[2].data());
    }
    keep(select(at_edge, on_edge, distance * sign), pairs.distance.data());
    count += hn::CountTrue(d, sees);
  }
  if (count == begin) return;
  pairs.entry[pairs.faces] = static_cast<std::int32_t>(entry);
  pairs.begin[pairs.faces++] = static_cast<std::int32_t>(begin);
  pairs.begin[pairs.faces] = static_cast<std::int32_t>(count);
  pairs.count = count;
}

template <class T, bool kNormal, bool kBarycentric>
HWY_NOINLINE std::size_t collect_as(const TileView<T>& tile, std::size_t first, const T* open,
                                    Pairs<T>& pairs) {
  const TilePixels<T> pixels(tile);
  const OpenPixels<T> open_pixels(open);
  pairs.count = pairs.faces = 0;
  while (first < tile.count && pairs.count < Pairs<T>::kFull) {
    collect_face<T, kNormal, kBarycentric>(tile, pixels, first++, open_pixels, pairs);
  }
  return first;
}

template <class T>
std::size_t collect_here(const TileView<T>& tile, std::size_t first, const T* open, Detail detail,
                         Pairs<T>& pairs) {
  switch (detail) {
    case Detail::kDistance:
      return collect_as<T, false, false>(tile, first, open, pairs);
    case Detail::kNormal:
      return collect_as<T, true, false>(tile, first, open, pairs);
    case Detail::kBarycentric:
      return collect_as<T, false, true>(tile, first, open, pairs);
    default:
      return collect_as<T, true, true>(tile, first, open, pairs);
  }
}

std::size_t collect_float(const TileView<float>& tile, std::size_t first, const float* open,
                          Detail detail, Pairs<float>& pairs) {
  return collect_here(tile, first, open, detail, pairs);
}
std::size_t collect_double(const TileView<double>& tile, std::size_t first, const double* open,
                           Detail detail, Pairs<double>& pairs) {
  return collect_here(tile, first, open, detail, pairs);
}

/// Whole vectors: there is room, and pixel 0 stands in for the pairs that there are not.
template <class T>
HWY_NOINLINE void gather_here(const Pairs<T>& pairs, const T* tile, T* out) {
  const Tag<T> d;
  const hn::Rebind<Index<T>, Tag<T>> whole;
  for (std::size_t i = 0; i < pairs.count; i += hn::Lanes(d)) {
    const auto at = hn::IfThenElseZero(hn::FirstN(whole, pairs.count - i),
                                       hn::LoadU(whole, pairs.pixel.data() + i));
    hn::StoreU(hn::GatherIndex(d, tile, at), d, out + i);
  }
}

void gather_float(const Pairs<float>& pairs, const float* tile, float* out) {
  gather_here(pairs, tile, out);
}
void gather_double(const Pairs<double>& pairs, const double* tile, double* out) {
  gather_here(pairs, tile, out);
}

/// How much corner k takes part in the point `along` the boundary: 1 at it, 0 at the other two.
template <int k, class V>
HWY_INLINE V share(V along) {
  const V to = k == 0 ? min(along, V(3) - along) : abs(along - V(k));
  return max(V(0), V(1) - to);
}

template <class T>
HWY_NOINLINE void add_corner_gradients_here(const TileView<T>& tile, const Pairs<T>& pairs,
                                            const T* weight, T* rows, std::size_t stride,
                                            std::size_t components) {
  using V = Number<T>;
  const Tag<T> d;
  for (std::size_t s = 0; s < pairs.faces; ++s) {
    const auto begin = static_cast<std::size_t>(pairs.begin[s]);
    const auto end = static_cast<std::size_t>(pairs.begin[s + 1]);
    V x_0(0), y_0(0), x_1(0), y_1(0), x_2(0), y_2(0);
    for (std::size_t i = begin; i < end; i += hn::Lanes(d)) {
      const auto mine = hn::FirstN(d, end - i);
      const auto load = [&](const T* from) HWY_ATTR {
        return V(hn::IfThenElseZero(mine, hn::LoadU(d, from + i)));
      };
      const V w = load(weight), along = load(pairs.along.data());
      const V x = w * load(pairs.normal_x.data()), y = w * load(pairs.normal_y.data());
      const V part_0 = share<0>(along), part_1 = share<1>(along), part_2 = share<2>(along);
      x_0 = fma(part_0, x, x_0);
      y_0 = fma(part_0, y, y_0);
      x_1 = fma(part_1, x, x_1);
      y_1 = fma(part_1, y, y_1);
      x_2 = fma(part_2, x, x_2);
      y_2 = fma(part_2, y, y_2);
    }
    const V all[8] = {x_0, y_0, x_1, y_1, x_2, y_2, V(0), V(0)};
    T sums[8];
    math::HWY_NAMESPACE::store_lane_sums(d, all, 8, false, sums);
    T* to = rows + static_cast<std::size_t>(tile.entries[pairs.entry[s]].slot) * stride;
    for (std::size_t k = 0; k < 3; ++k) {
      to[components * k] += sums[2 * k];
      to[components * k + 1] += sums[2 * k + 1];
    }
  }
}

void add_corner_gradients_float(const TileView<float>& tile, const Pairs<float>& pairs,
                                const float* weight, float* rows, std::size_t stride,
                                std::size_t components) {
  add_corner_gradients_here(tile, pairs, weight, rows, stride, components);
}
void add_corner_gradients_double(const TileView<double>& tile, const Pairs<double>& pairs,
                                 const double* weight, double* rows, std::size_t stride,
                                 std::size_t components) {
  add_corner_gradients_here(tile, pairs, weight, rows, stride, components);
}

}  // namespace
}  // namespace pliant::render::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace pliant::render {

HWY_EXPORT(collect_float);
HWY_EXPORT(collect_double);
HWY_EXPORT(gather_float);
HWY_EXPORT(gather_double);
HWY_EXPORT(add_corner_gradients_float);
HWY_EXPORT(add_corner_gradients_double);

Reach reach_of(const Coverage& coverage) {
  const math::Family& family =
      math::families()[static_cast<std::size_t>(coverage.distribution.family)];
  const bool is_step = family.support_low == family.support_high;
  constexpr double kInside = 1e-12;  // whose square is a number above 0 too
  return {outer_radius(coverage), is_step ? kInside : 0};
}

template <class T>
TileView<T> view(const Screen<T>& screen, const TileId& id, const Reach& reach) {
  const auto image = static_cast<std::size_t>(id.image), tile = static_cast<std::size_t>(id.tile);
  const TileLists& lists = screen.lists(image);
  const auto begin = static_cast<std::size_t>(lists.begin[tile]);
  return {screen.faces(image),
          screen.boxes(image),
          lists.entries.data() + begin,
          static_cast<std::size_t>(lists.begin[tile + 1]) - begin,
          screen.box(id.tile),
          screen.size(),
          reach};
}
template TileView<float> view(const Screen<float>&, const TileId&, const Reach&);
template TileView<double> view(const Screen<double>&, const TileId&, const Reach&);

template <>
std::size_t collect(const TileView<float>& tile, std::size_t first, const float* open,
                    Detail detail, Pairs<float>& pairs) {
  return HWY_DYNAMIC_DISPATCH(collect_float)(tile, first, open, detail, pairs);
}
template <>
std::size_t collect(const TileView<double>& tile, std::size_t first, const double* open,
                    Detail detail, Pairs<double>& pairs) {
  return HWY_DYNAMIC_DISPATCH(collect_double)(tile, first, open, detail, pairs);
}

template <>
void gather(const Pairs<float>& pairs, const float* tile, float* out) {
  HWY_DYNAMIC_DISPATCH(gather_float)(pairs, tile, out);
}
template <>
void gather(const Pairs<double>& pairs, const double* tile, double* out) {
  HWY_DYNAMIC_DISPATCH(gather_double)(pairs, tile, out);
}

template <>
void add_corner_gradients(const TileView<float>& tile, const Pairs<float>& pairs,
                          const float* weight, float* rows, std::size_t stride,
                          std::size_t components) {
  HWY_DYNAMIC_DISPATCH(add_corner_gradients_float)(tile, pairs, weight, rows, stride, components);
}
template <>
void add_corner_gradients(const TileView<double>& tile, const Pairs<double>& pairs,
                          const double* weight, double* rows, std::size_t stride,
                          std::size_t components) {
  HWY_DYNAMIC_DISPATCH(add_corner_gradients_double)(tile, pairs, weight, rows, stride, components);
}

}  // namespace pliant::render
#endif
