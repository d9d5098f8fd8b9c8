// pliant/render/image.cpp — coverage and colours, tile by tile (no torch)
#include "pliant/render/image.h"

#include <array>
#include <cmath>
#include <memory>
#include <vector>

#include "pliant/base/errors.h"
#include "pliant/render/blend.h"
#include "pliant/render/decisions.h"
#include "pliant/render/pairs.h"
#include "pliant/render/planes.h"
#include "pliant/render/screen.h"
#include "pliant/render/tile_fold.h"

namespace pliant::render {
namespace {

/// What a thread works in, forward.
template <class T>
struct Drawing {
  explicit Drawing(const ImageArgs<T>& args)
      : decisions(args.coverage),
        fold(args.coverage.t_norm),
        blend(args),
        color(args.channels * kTilePixels) {}

  Pairs<T> pairs;
  Decisions<T> decisions;
  TileFold<T> fold;
  TileBlend<T> blend;
  std::vector<T> color;
  alignas(64) TileNumbers<T> alpha, background;
};

template <class T>
void draw_tile(const ImageArgs<T>& args, const TileView<T>& tile, std::size_t image,
               Drawing<T>& drawing) {
  drawing.fold.clear();
  drawing.blend.clear();
  for (std::size_t next = 0; next < tile.count;) {
    next = collect(tile, next, nullptr, Detail::kBarycentric, drawing.pairs);
    drawing.decisions.decide(drawing.pairs, {.p = true});
    drawing.fold.add(drawing.pairs, drawing.decisions.terms(drawing.pairs));
    drawing.blend.add(tile, image, drawing.pairs, drawing.decisions.p());
  }
  math::combine<T>(args.coverage.t_norm, drawing.fold.folded(), kTilePixels, drawing.alpha.data(),
                   nullptr);
  drawing.blend.finish(drawing.color.data(), drawing.background.data());
}

}  // namespace

void check(const Shading& shading, std::string_view caller) {
  const auto positive = [&](double value, std::string_view name) {
    base::require(value > 0 && std::isfinite(value), caller, ": ", name,
                  " must be > 0 and finite, got ", value);
  };
  positive(shading.gamma, "gamma");
  positive(shading.near, "near");
  base::require(shading.epsilon >= 0 && std::isfinite(shading.epsilon), caller,
                ": epsilon must be >= 0 and finite, got ", shading.epsilon);
  base::require(shading.far > shading.near && std::isfinite(shading.far), caller,
                ": far must be finite and > near = ", shading.near, ", got ", shading.far);
}

template <class T>
void image(const ImageArgs<T>& args, const ImageResults<T>& results,
           const base::Executor& executor) {
  const Reach reach = reach_of(args.coverage);
  const Screen<T> screen(args.mesh, args.size, reach.outer, executor);
  const Planes<T> planes(args);
  executor(screen.tiles().size(), 1, [&](std::size_t begin, std::size_t end) {
    const auto drawing = std::make_unique<Drawing<T>>(args);
    for (std::size_t i = begin; i < end; ++i) {
      const TileId id = screen.tiles()[i];
      const auto image = static_cast<std::size_t>(id.image);
      const TileView<T> tile = view(screen, id, reach);
      draw_tile(args, tile, image, *drawing);
      const auto write = [&](const T* from, T* to) { write_tile(from, args.size, tile.box, to); };
      write(drawing->alpha.data(), planes.one(results.alpha, image));
      write(drawing->fold.folded(), planes.one(results.folded, image));
      write(drawing->background.data(), planes.one(results.background, image));
      write(drawing->blend.top(), planes.one(results.top, image));
      write(drawing->blend.total(), planes.one(results.total, image));
      for (std::size_t c = 0; c < args.channels; ++c) {
        write(drawing->color.data() + c * kTilePixels, planes.color(results.color, image, c));
      }
    }
  });
}

template void image(const ImageArgs<float>&, const ImageResults<float>&, const base::Executor&);
template void image(const ImageArgs<double>&, const ImageResults<double>&, const base::Executor&);

}  // namespace pliant::render
