// pliant/render/image_backward.cpp — from the gradients of a picture to corners, textures and
// parameters, tile by tile (no torch)
#include <algorithm>
#include <array>
#include <memory>
#include <vector>

#include "pliant/render/array.h"
#include "pliant/render/blend.h"
#include "pliant/render/decisions.h"
#include "pliant/render/image.h"
#include "pliant/render/pairs.h"
#include "pliant/render/parameter_sums.h"
#include "pliant/render/planes.h"
#include "pliant/render/records.h"
#include "pliant/render/screen.h"
#include "pliant/render/tile_fold.h"

namespace pliant::render {
namespace {

constexpr std::size_t kGeometry = 9;  ///< numbers of a record before those of the texture

/// What a thread works in, backward.
template <class T>
struct DrawingBack {
  explicit DrawingBack(const ImageArgs<T>& args)
      : decisions(args.coverage),
        fold(args.coverage.t_norm),
        grad_color(args.channels * kTilePixels) {}

  Pairs<T> pairs;
  Decisions<T> decisions;
  TileFold<T> fold;
  std::vector<T> grad_color;  ///< (channels, kTilePixels)
  std::vector<ColoredPair<T>> colored = std::vector<ColoredPair<T>>(Pairs<T>::kRoom);
  alignas(64) TileNumbers<T> folded{}, grad_alpha{}, top{}, total{};
  alignas(64) TileNumbers<T> mean{};  ///< Σ gradient·result of colours and background
  alignas(64) std::array<T, Pairs<T>::kRoom> weight, share;
  std::array<bool, kTilePixels> taken;
  std::array<bool, kTilePixels> shown;  ///< kHard: the pixel's nearest face was met

  void load(const ImageArgs<T>& args, const ImageKept<T>& kept, const ImageUpstream<T>& upstream,
            const Box& box, std::size_t image);
};

template <class T>
void DrawingBack<T>::load(const ImageArgs<T>& args, const ImageKept<T>& kept,
                          const ImageUpstream<T>& upstream, const Box& box, std::size_t image) {
  const Planes<T> planes(args);
  const auto read = [&](const T* picture, T* tile) { read_tile(picture, args.size, box, tile); };
  read(planes.one(kept.folded, image), folded.data());
  read(planes.one(kept.top, image), top.data());
  read(planes.one(kept.total, image), total.data());
  read(planes.one(upstream.alpha, image), grad_alpha.data());
  TileNumbers<T> gradient{}, result{};
  read(planes.one(upstream.background, image), gradient.data());
  read(planes.one(kept.background, image), result.data());
  for (std::size_t k = 0; k < kTilePixels; ++k) mean[k] = gradient[k] * result[k];
  for (std::size_t c = 0; c < args.channels; ++c) {
    T* const to = grad_color.data() + c * kTilePixels;
    read(planes.color(upstream.color, image, c), to);
    read(planes.color(kept.color, image, c), result.data());
    for (std::size_t k = 0; k < kTilePixels; ++k) mean[k] += to[k] * result[k];
  }
  fold.load(folded.data());
  taken.fill(false);
  shown.fill(false);
}

/// Adds what the colour of pair i sends to its texture.
/// @param share  the weight of the face in the pixel
template <class T>
void add_texture_gradient(const ImageArgs<T>& args, const ShadedFace<T>& face,
                          const ColoredPair<T>& pair, const T* grad_color, T share, T* row) {
  for (std::size_t c = 0; c < args.channels; ++c) {
    const T g = grad_color[c * kTilePixels] * share;
    if (face.texels != nullptr) {
      row[pair.texel * args.channels + c] += g;
      continue;
    }
    for (std::size_t k = 0; k < 3; ++k) {
      row[k * args.channels + c] += g * pair.shade.color_weight[k];
    }
  }
}

/// What the weights of the corners' colours get.
template <class T>
std::array<T, 3> gradient_of_weights(const ImageArgs<T>& args, const ShadedFace<T>& face,
                                     const T* grad_color, T share) {
  std::array<T, 3> gradient{};
  if (face.texels != nullptr) return gradient;
  for (std::size_t k = 0; k < 3; ++k) {
    for (std::size_t c = 0; c < args.channels; ++c) {
      gradient[k] += grad_color[c * kTilePixels] * share * face.corner_color[k][c];
    }
  }
  return gradient;
}

/// The pass of one face's pairs: textures, depths, and what the coverage gets from the colours.
template <class T>
void send_back_face(const ImageArgs<T>& args, const ShadedFace<T>& face, std::size_t begin,
                    std::size_t end, DrawingBack<T>& back, T* row) {
  const Shading& shading = args.shading;
  const T per_depth = static_cast<T>(-1 / (shading.gamma * (shading.far - shading.near)));
  const bool soft = shading.blend == Blend::kSoftmax;
  FaceGradient<T> gradient{};
  for (std::size_t i = begin; i < end; ++i) {
    const ColoredPair<T>& pair = back.colored[i];
    if (!pair.shade.visible) continue;
    const auto pixel = static_cast<std::size_t>(back.pairs.pixel[i]);
    const T* const grad_color = back.grad_color.data() + pixel;
    T share = 1, grad_z = 0;
    if (soft) {
      share = back.share[i] * back.decisions.p()[i];
      T gain = -back.mean[pixel];
      for (std::size_t c = 0; c < args.channels; ++c) {
        gain += grad_color[c * kTilePixels] * color_of(face, pair, args.channels, c);
      }
      back.weight[i] += gain * back.share[i];
      grad_z = gain * share * per_depth;
    } else {
      if (back.shown[pixel] || pair.shade.z != back.top[pixel] || !is_inside(back.pairs, i))
        continue;
      back.shown[pixel] = true;
    }
    add_shade_gradient(shading, face, barycentric(back.pairs, i), pair.shade, grad_z,
                       gradient_of_weights(args, face, grad_color, share), gradient);
    add_texture_gradient(args, face, pair, grad_color, share, row + gradient.size());
  }
  for (std::size_t k = 0; k < gradient.size(); ++k) row[k] += gradient[k];
}

/// @param rows  the image's records
template <class T>
void draw_tile_backward(const ImageArgs<T>& args, const TileView<T>& tile, std::size_t image,
                        DrawingBack<T>& back, T* rows, std::size_t width, ParameterSums* sums) {
  const Shading& shading = args.shading;
  const T inverse_gamma = static_cast<T>(1 / shading.gamma);
  Pairs<T>& pairs = back.pairs;
  if (sums != nullptr) {
    sums->add_values(args.coverage.t_norm, back.fold.folded(), back.grad_alpha.data());
  }
  for (std::size_t next = 0; next < tile.count;) {
    next = collect(tile, next, nullptr, Detail::kAll, pairs);
    back.decisions.decide(pairs, {.p = true, .density = true});
    T* const slopes = back.decisions.slopes(pairs, back.fold.folded());
    if (math::fold(args.coverage.t_norm) == math::Fold::kMax) {
      keep_first(pairs, back.taken, slopes);
    }
    for_each_face(pairs, [&](std::size_t s, std::size_t begin, std::size_t end) {
      const ShadedFace<T> face = shaded_face(args, tile.faces, image, face_of(tile, pairs, s));
      for (std::size_t i = begin; i < end; ++i) {
        back.colored[i] = color_pair(args, face, pairs, i);
        const auto pixel = static_cast<std::size_t>(pairs.pixel[i]);
        const bool open = back.fold.is_open(pixel);
        const T z = back.colored[i].shade.z;
        const bool in_range = z >= static_cast<T>(shading.near) && z <= static_cast<T>(shading.far);
        const bool dropped = shading.compat && !in_range;
        back.weight[i] = open && !dropped ? slopes[i] * back.grad_alpha[pixel] : 0;
        back.share[i] = (nearness(shading, z) - back.top[pixel]) * inverse_gamma;
      }
    });
    if (sums != nullptr) {
      sums->add_t_norm(args.coverage, pairs, back.decisions, back.grad_alpha.data());
    }
    exp_in_place(back.share.data(), pairs.count);
    for (std::size_t i = 0; i < pairs.count; ++i) {
      back.share[i] /= back.total[static_cast<std::size_t>(pairs.pixel[i])];
    }
    for_each_face(pairs, [&](std::size_t s, std::size_t begin, std::size_t end) {
      const ShadedFace<T> face = shaded_face(args, tile.faces, image, face_of(tile, pairs, s));
      const auto slot = static_cast<std::size_t>(tile.entries[pairs.entry[s]].slot);
      send_back_face(args, face, begin, end, back, rows + slot * width);
    });
    if (sums != nullptr) sums->add_distribution(args.coverage, pairs, back.weight.data());
    for (std::size_t i = 0; i < pairs.count; ++i) back.weight[i] *= back.decisions.density()[i];
    add_corner_gradients(tile, pairs, back.weight.data(), rows, width, 3);
  }
}

/// The sums of the texture's part of each face's records.
template <class T>
void gather_textures(const ImageArgs<T>& args, const Records<T>& records, T* texture,
                     const base::Executor& executor) {
  const ScreenMesh<T>& mesh = args.mesh;
  const bool surface = args.shading.texture == TextureKind::kSurface;
  executor(mesh.batch, 1, [&](std::size_t first, std::size_t last) {
    std::vector<T> sum(records.width());
    for (std::size_t image = first; image < last; ++image) {
      const std::size_t rest = records.width() - kGeometry;
      const std::size_t per_image = surface ? mesh.faces * rest : mesh.vertices * args.channels;
      T* const to = texture + image * per_image;
      std::fill_n(to, per_image, T(0));
      const std::int32_t* index = mesh.face + (mesh.own_faces ? image * mesh.faces * 3 : 0);
      for (std::size_t f = 0; f < mesh.faces; ++f, index += 3) {
        records.sum_of_face(image, f, sum.data());
        if (surface) {
          std::copy_n(sum.data() + kGeometry, rest, to + f * rest);
          continue;
        }
        for (std::size_t k = 0; k < 3; ++k) {
          T* const vertex = to + static_cast<std::size_t>(index[k]) * args.channels;
          const T* const from = sum.data() + kGeometry + k * args.channels;
          for (std::size_t c = 0; c < args.channels; ++c) vertex[c] += from[c];
        }
      }
    }
  });
}

}  // namespace

template <class T>
void image_backward(const ImageArgs<T>& args, const ImageKept<T>& kept,
                    const ImageUpstream<T>& upstream, const ImageGradients<T>& gradients,
                    const base::Executor& executor) {
  const Reach reach = reach_of(args.coverage);
  const Screen<T> screen(args.mesh, args.size, reach.outer, executor);
  const bool surface = args.shading.texture == TextureKind::kSurface;
  const std::size_t texels = surface ? args.resolution * args.resolution : 3;
  const std::size_t width = kGeometry + texels * args.channels;
  Records<T> records(screen, args.mesh.batch, args.mesh.faces, width);
  const SilhouetteGradients<T>& scalars = gradients.coverage;
  const bool parameters = scalars.distribution != nullptr || scalars.t_norm != nullptr;
  std::vector<ParameterSums> sums(parameters ? screen.tiles().size() : 0);
  executor(screen.tiles().size(), 1, [&](std::size_t begin, std::size_t end) {
    const auto back = std::make_unique<DrawingBack<T>>(args);
    for (std::size_t i = begin; i < end; ++i) {
      const TileId id = screen.tiles()[i];
      const auto image = static_cast<std::size_t>(id.image);
      const TileView<T> tile = view(screen, id, reach);
      if (tile.count == 0) continue;
      back->load(args, kept, upstream, tile.box, image);
      draw_tile_backward(args, tile, image, *back, records.of_image(image), width,
                         parameters ? &sums[i] : nullptr);
    }
  });
  if (scalars.vertex != nullptr) {
    scatter_to_vertices(records, args.mesh, 3, scalars.vertex, executor);
  }
  if (gradients.texture != nullptr) gather_textures(args, records, gradients.texture, executor);
  write_sums(sums, scalars.distribution, scalars.t_norm);
}

template void image_backward(const ImageArgs<float>&, const ImageKept<float>&,
                             const ImageUpstream<float>&, const ImageGradients<float>&,
                             const base::Executor&);
template void image_backward(const ImageArgs<double>&, const ImageKept<double>&,
                             const ImageUpstream<double>&, const ImageGradients<double>&,
                             const base::Executor&);

}  // namespace pliant::render
