// pliant/render/blend.cpp — softmax over depth, or the nearest face (no torch)
#include "pliant/render/blend.h"

#include <algorithm>
#include <limits>

#include "pliant/render/array.h"

namespace pliant::render {

template <class T>
ColoredPair<T> color_pair(const ImageArgs<T>& args, const ShadedFace<T>& face,
                          const Pairs<T>& pairs, std::size_t i) {
  ColoredPair<T> out{shade(args.shading, face, barycentric(pairs, i))};
  if (face.texels != nullptr && out.shade.visible) out.texel = texel(out.shade, args.resolution);
  return out;
}

template <class T>
TileBlend<T>::TileBlend(const ImageArgs<T>& args)
    : args_(args), color_(kTilePixels * args.channels), colored_(Pairs<T>::kRoom) {
  clear();
}

template <class T>
void TileBlend<T>::clear() {
  std::fill(color_.begin(), color_.end(), T(0));
  background_.fill(1);
  if (args_.shading.blend == Blend::kSoftmax) {
    top_.fill(static_cast<T>(background_nearness(args_.shading)));
    total_.fill(1);
  } else {
    top_.fill(std::numeric_limits<T>::infinity());
    total_.fill(1);
  }
}

template <class T>
void TileBlend<T>::add(const TileView<T>& tile, std::size_t image, const Pairs<T>& pairs,
                       const T* coverage) {
  if (args_.shading.blend == Blend::kSoftmax) {
    add_soft(tile, image, pairs, coverage);
  } else {
    add_hard(tile, image, pairs);
  }
}

template <class T>
void TileBlend<T>::add_soft(const TileView<T>& tile, std::size_t image, const Pairs<T>& pairs,
                            const T* coverage) {
  const std::size_t channels = args_.channels;
  const T inverse_gamma = static_cast<T>(1 / args_.shading.gamma);
  const std::array<T, kTilePixels> before = top_;
  for_each_face(pairs, [&](std::size_t s, std::size_t begin, std::size_t end) {
    const ShadedFace<T> face = shaded_face(args_, tile.faces, image, face_of(tile, pairs, s));
    for (std::size_t i = begin; i < end; ++i) {
      colored_[i] = color_pair(args_, face, pairs, i);
      if (!colored_[i].shade.visible) continue;
      T& top = top_[static_cast<std::size_t>(pairs.pixel[i])];
      top = std::max(top, nearness(args_.shading, colored_[i].shade.z));
    }
  });
  alignas(64) std::array<T, kTilePixels> shrink;
  for (std::size_t k = 0; k < kTilePixels; ++k) shrink[k] = (before[k] - top_[k]) * inverse_gamma;
  exp_in_place(shrink.data(), kTilePixels);
  for (std::size_t k = 0; k < kTilePixels; ++k) {
    total_[k] *= shrink[k];
    background_[k] *= shrink[k];
    for (std::size_t c = 0; c < channels; ++c) color_[k * channels + c] *= shrink[k];
  }
  for (std::size_t i = 0; i < pairs.count; ++i) {
    const T top = top_[static_cast<std::size_t>(pairs.pixel[i])];
    weight_[i] = colored_[i].shade.visible
                     ? (nearness(args_.shading, colored_[i].shade.z) - top) * inverse_gamma
                     : -std::numeric_limits<T>::infinity();
  }
  exp_in_place(weight_.data(), pairs.count);
  for_each_face(pairs, [&](std::size_t s, std::size_t begin, std::size_t end) {
    const ShadedFace<T> face = shaded_face(args_, tile.faces, image, face_of(tile, pairs, s));
    for (std::size_t i = begin; i < end; ++i) {
      if (!colored_[i].shade.visible) continue;
      const T weight = weight_[i] * coverage[i];
      const auto pixel = static_cast<std::size_t>(pairs.pixel[i]);
      total_[pixel] += weight;
      for (std::size_t c = 0; c < channels; ++c) {
        color_[pixel * channels + c] += weight * color_of(face, colored_[i], channels, c);
      }
    }
  });
}

template <class T>
void TileBlend<T>::add_hard(const TileView<T>& tile, std::size_t image, const Pairs<T>& pairs) {
  const std::size_t channels = args_.channels;
  for_each_face(pairs, [&](std::size_t s, std::size_t begin, std::size_t end) {
    const ShadedFace<T> face = shaded_face(args_, tile.faces, image, face_of(tile, pairs, s));
    for (std::size_t i = begin; i < end; ++i) {
      const auto pixel = static_cast<std::size_t>(pairs.pixel[i]);
      if (!is_inside(pairs, i)) continue;
      const ColoredPair<T> pair = color_pair(args_, face, pairs, i);
      if (!pair.shade.visible || !(pair.shade.z < top_[pixel])) continue;
      top_[pixel] = pair.shade.z;
      background_[pixel] = 0;
      for (std::size_t c = 0; c < channels; ++c) {
        color_[pixel * channels + c] = color_of(face, pair, channels, c);
      }
    }
  });
}

template <class T>
void TileBlend<T>::finish(T* color, T* background) const {
  const std::size_t channels = args_.channels;
  for (std::size_t k = 0; k < kTilePixels; ++k) {
    background[k] = background_[k] / total_[k];
    for (std::size_t c = 0; c < channels; ++c) {
      color[c * kTilePixels + k] = color_[k * channels + c] / total_[k];
    }
  }
}

template ColoredPair<float> color_pair(const ImageArgs<float>&, const ShadedFace<float>&,
                                       const Pairs<float>&, std::size_t);
template ColoredPair<double> color_pair(const ImageArgs<double>&, const ShadedFace<double>&,
                                        const Pairs<double>&, std::size_t);
template class TileBlend<float>;
template class TileBlend<double>;

}  // namespace pliant::render
