// pliant/render/visible.cpp — a depth buffer per tile (no torch)
#include "pliant/render/visible.h"

#include <array>
#include <limits>
#include <memory>

#include "pliant/render/blend.h"
#include "pliant/render/image.h"
#include "pliant/render/pairs.h"
#include "pliant/render/planes.h"
#include "pliant/render/screen.h"
#include "pliant/render/shade.h"

namespace pliant::render {
namespace {

/// Edges count as inside; nothing beyond them does.
constexpr Reach kWithEdges{.outer = 0, .on_edge = 0};

template <class T>
struct Nearest {
  Pairs<T> pairs;
  alignas(64) TileNumbers<T> depth;
  TileNumbers<std::int32_t> face;
  std::array<TileNumbers<T>, 3> weight;

  void clear() {
    depth.fill(std::numeric_limits<T>::infinity());
    face.fill(-1);
    for (auto& w : weight) w.fill(0);
  }
};

template <class T>
void find_nearest(const ImageArgs<T>& args, const TileView<T>& tile, std::size_t image,
                  Nearest<T>& nearest) {
  nearest.clear();
  Pairs<T>& pairs = nearest.pairs;
  for (std::size_t next = 0; next < tile.count;) {
    next = collect(tile, next, nullptr, Detail::kBarycentric, pairs);
    for_each_face(pairs, [&](std::size_t s, std::size_t begin, std::size_t end) {
      const std::size_t f = face_of(tile, pairs, s);
      const ShadedFace<T> face = shaded_face(args, tile.faces, image, f);
      for (std::size_t i = begin; i < end; ++i) {
        if (!is_inside(pairs, i)) continue;
        const auto pixel = static_cast<std::size_t>(pairs.pixel[i]);
        const Shade<T> point = shade(args.shading, face, barycentric(pairs, i));
        if (!point.visible || !(point.z < nearest.depth[pixel])) continue;
        nearest.depth[pixel] = point.z;
        nearest.face[pixel] = static_cast<std::int32_t>(f);
        for (std::size_t k = 0; k < 3; ++k) nearest.weight[k][pixel] = point.weight[k];
      }
    });
  }
}

}  // namespace

template <class T>
void visible(const VisibleArgs<T>& args, const VisibleResults<T>& results,
             const base::Executor& executor) {
  const ImageArgs<T> as_image{.mesh = args.mesh,
                              .coverage = {},
                              .size = args.size,
                              .shading = {.texture = TextureKind::kVertex,
                                          .blend = Blend::kHard,
                                          .near = args.near,
                                          .far = args.far,
                                          .double_side = args.double_side,
                                          .perspective = args.perspective},
                              .channels = 0};
  check(as_image.shading, "visible_faces");
  const Screen<T> screen(args.mesh, args.size, kWithEdges.outer, executor);
  const std::size_t pixels = args.size.height * args.size.width;
  executor(screen.tiles().size(), 1, [&](std::size_t begin, std::size_t end) {
    const auto nearest = std::make_unique<Nearest<T>>();
    for (std::size_t i = begin; i < end; ++i) {
      const TileId id = screen.tiles()[i];
      const auto image = static_cast<std::size_t>(id.image);
      const TileView<T> tile = view(screen, id, kWithEdges);
      find_nearest(as_image, tile, image, *nearest);
      const auto write = [&](const auto* from, auto* to) {
        write_tile(from, args.size, tile.box, to);
      };
      write(nearest->face.data(), results.face + image * pixels);
      write(nearest->depth.data(), results.depth + image * pixels);
      for (std::size_t k = 0; k < 3; ++k) {
        write(nearest->weight[k].data(), results.weight + (image * 3 + k) * pixels);
      }
    }
  });
}

template void visible(const VisibleArgs<float>&, const VisibleResults<float>&,
                      const base::Executor&);
template void visible(const VisibleArgs<double>&, const VisibleResults<double>&,
                      const base::Executor&);

}  // namespace pliant::render
