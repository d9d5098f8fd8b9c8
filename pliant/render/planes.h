// pliant/render/planes.h — pictures as planes of pixels, cut into tiles; private to render/ (no
// torch)
#pragma once

#include <array>
#include <cstddef>

#include "pliant/render/image.h"
#include "pliant/render/screen.h"

namespace pliant::render {

/// A number for each pixel of a tile.
template <class T>
using TileNumbers = std::array<T, kTilePixels>;

/// tile[row·kTile + column] = the plane's pixels in `box`; others keep what they had.
template <class T>
void read_tile(const T* plane, const Size& size, const Box& box, T* tile) {
  for (std::int32_t row = box.top; row < box.bottom; ++row) {
    const T* from = plane + static_cast<std::size_t>(row) * size.width;
    T* to = tile + (row - box.top) * kTile;
    for (std::int32_t c = box.left; c < box.right; ++c) to[c - box.left] = from[c];
  }
}

/// The other way.
template <class T>
void write_tile(const T* tile, const Size& size, const Box& box, T* plane) {
  for (std::int32_t row = box.top; row < box.bottom; ++row) {
    const T* from = tile + (row - box.top) * kTile;
    T* to = plane + static_cast<std::size_t>(row) * size.width;
    for (std::int32_t c = box.left; c < box.right; ++c) to[c] = from[c - box.left];
  }
}

/// Where the planes of image() lie.
template <class T>
struct Planes {
  std::size_t pixels;
  std::size_t channels;

  explicit Planes(const ImageArgs<T>& args)
      : pixels(args.size.height * args.size.width), channels(args.channels) {}

  template <class P>
  P* one(P* plane, std::size_t image) const {
    return plane + image * pixels;
  }
  template <class P>
  P* color(P* planes, std::size_t image, std::size_t channel) const {
    return planes + (image * channels + channel) * pixels;
  }
};

}  // namespace pliant::render
