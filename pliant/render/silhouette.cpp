// pliant/render/silhouette.cpp — coverage without colours, tile by tile (no torch)
#include "pliant/render/silhouette.h"

#include <algorithm>
#include <memory>
#include <vector>

#include "pliant/render/array.h"
#include "pliant/render/decisions.h"
#include "pliant/render/pairs.h"
#include "pliant/render/parameter_sums.h"
#include "pliant/render/planes.h"
#include "pliant/render/records.h"
#include "pliant/render/screen.h"
#include "pliant/render/tile_fold.h"

namespace pliant::render {
namespace {

/// Numbers of a record: x and y of three corners.
constexpr std::size_t kCorners = 6;

/// What a thread works in.
template <class T>
struct Scratch {
  explicit Scratch(const Coverage& coverage) : decisions(coverage), fold(coverage.t_norm) {}

  Pairs<T> pairs;
  Decisions<T> decisions;
  TileFold<T> fold;
  alignas(64) std::array<T, kTilePixels> alpha;
  alignas(64) std::array<T, kTilePixels> folded;
  alignas(64) std::array<T, kTilePixels> upstream{};
  alignas(64) std::array<T, Pairs<T>::kRoom> weight;
  std::array<bool, kTilePixels> taken;
};

template <class T>
void draw_tile(const TileView<T>& tile, const Coverage& coverage, Scratch<T>& scratch) {
  scratch.fold.clear();
  for (std::size_t next = 0; next < tile.count && !scratch.fold.closed();) {
    next = collect(tile, next, scratch.fold.open(), Detail::kDistance, scratch.pairs);
    scratch.decisions.decide(scratch.pairs, {});
    scratch.fold.add(scratch.pairs, scratch.decisions.terms(scratch.pairs));
  }
  math::combine<T>(coverage.t_norm, scratch.fold.folded(), kTilePixels, scratch.alpha.data(),
                   nullptr);
}

/// @param rows  the image's records   @param sums  of this tile
template <class T>
void draw_tile_backward(const TileView<T>& tile, const Coverage& coverage, Scratch<T>& scratch,
                        T* rows, ParameterSums* sums) {
  scratch.fold.load(scratch.folded.data());
  scratch.taken.fill(false);
  const bool is_max = math::fold(coverage.t_norm) == math::Fold::kMax;
  if (sums != nullptr) {
    sums->add_values(coverage.t_norm, scratch.fold.folded(), scratch.upstream.data());
  }
  for (std::size_t next = 0; next < tile.count && !scratch.fold.closed();) {
    Pairs<T>& pairs = scratch.pairs;
    next = collect(tile, next, scratch.fold.open(), Detail::kNormal, pairs);
    scratch.decisions.decide(pairs, {.density = true});
    T* const slopes = scratch.decisions.slopes(pairs, scratch.fold.folded());
    if (is_max) keep_first(pairs, scratch.taken, slopes);
    gather(pairs, scratch.upstream.data(), scratch.weight.data());
    multiply(slopes, scratch.weight.data(), pairs.count, slopes);
    multiply(slopes, scratch.decisions.density(), pairs.count, scratch.weight.data());
    if (sums != nullptr) {
      sums->add_t_norm(coverage, pairs, scratch.decisions, scratch.upstream.data());
      sums->add_distribution(coverage, pairs, slopes);
    }
    add_corner_gradients(tile, pairs, scratch.weight.data(), rows, kCorners, 2);
  }
}

}  // namespace

template <class T>
void silhouette(const SilhouetteArgs<T>& args, T* alpha, T* folded,
                const base::Executor& executor) {
  const Reach reach = reach_of(args.coverage);
  const Screen<T> screen(args.mesh, args.size, reach.outer, executor);
  const std::size_t pixels = args.size.height * args.size.width;
  executor(screen.tiles().size(), 1, [&](std::size_t begin, std::size_t end) {
    const auto scratch = std::make_unique<Scratch<T>>(args.coverage);
    for (std::size_t i = begin; i < end; ++i) {
      const TileId id = screen.tiles()[i];
      const TileView<T> tile = view(screen, id, reach);
      const std::size_t image = static_cast<std::size_t>(id.image) * pixels;
      draw_tile(tile, args.coverage, *scratch);
      write_tile(scratch->alpha.data(), args.size, tile.box, alpha + image);
      write_tile(scratch->fold.folded(), args.size, tile.box, folded + image);
    }
  });
}

template <class T>
void silhouette_backward(const SilhouetteArgs<T>& args, const T* folded, const T* grad_alpha,
                         const SilhouetteGradients<T>& gradients, const base::Executor& executor) {
  const Reach reach = reach_of(args.coverage);
  const Screen<T> screen(args.mesh, args.size, reach.outer, executor);
  const std::size_t pixels = args.size.height * args.size.width;
  Records<T> records(screen, args.mesh.batch, args.mesh.faces, kCorners);
  const bool parameters = gradients.distribution != nullptr || gradients.t_norm != nullptr;
  std::vector<ParameterSums> sums(parameters ? screen.tiles().size() : 0);
  executor(screen.tiles().size(), 1, [&](std::size_t begin, std::size_t end) {
    const auto scratch = std::make_unique<Scratch<T>>(args.coverage);
    for (std::size_t i = begin; i < end; ++i) {
      const TileId id = screen.tiles()[i];
      const TileView<T> tile = view(screen, id, reach);
      if (tile.count == 0) continue;
      const auto image = static_cast<std::size_t>(id.image);
      scratch->folded.fill(0);
      read_tile(folded + image * pixels, args.size, tile.box, scratch->folded.data());
      scratch->upstream.fill(0);
      read_tile(grad_alpha + image * pixels, args.size, tile.box, scratch->upstream.data());
      draw_tile_backward(tile, args.coverage, *scratch, records.of_image(image),
                         parameters ? &sums[i] : nullptr);
    }
  });
  if (gradients.vertex != nullptr) {
    scatter_to_vertices(records, args.mesh, 2, gradients.vertex, executor);
  }
  write_sums(sums, gradients.distribution, gradients.t_norm);
}

template void silhouette(const SilhouetteArgs<float>&, float*, float*, const base::Executor&);
template void silhouette(const SilhouetteArgs<double>&, double*, double*, const base::Executor&);
template void silhouette_backward(const SilhouetteArgs<float>&, const float*, const float*,
                                  const SilhouetteGradients<float>&, const base::Executor&);
template void silhouette_backward(const SilhouetteArgs<double>&, const double*, const double*,
                                  const SilhouetteGradients<double>&, const base::Executor&);

}  // namespace pliant::render
