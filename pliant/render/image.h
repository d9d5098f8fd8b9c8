// pliant/render/image.h — colours and coverage of each pixel, and back to corners, textures and
// parameters (no torch)
#pragma once

#include <cstddef>
#include <string_view>

#include "pliant/base/parallel.h"
#include "pliant/render/raster.h"
#include "pliant/render/silhouette.h"

namespace pliant::render {

/// How the colour of a face at a point is found.
enum class TextureKind {
  kSurface,  ///< (batch, faces, R·R, channels): R·R texels a face, the nearest counts
  kVertex    ///< (batch, vertices, channels): by barycentric weights
};

/// How the colours of the faces that cover a pixel are put together.
enum class Blend {
  kSoftmax,  ///< weights a·e^(ζ/γ), ζ = (far − z)/(far − near), beside e^(ε/γ) for the background
             ///< (SoftRas, ICCV 2019, eq. 6)
  kHard  ///< the nearest face that the pixel is inside of
};

struct Shading {
  TextureKind texture = TextureKind::kSurface;
  Blend blend = Blend::kSoftmax;
  double gamma = 1e-3;    ///< γ > 0
  double epsilon = 1e-3;  ///< ε ≥ 0
  double near = 1;        ///< > 0; faces have colours where near ≤ z ≤ far
  double far = 100;       ///< > near
  bool double_side =
      true;  ///< else only faces whose corners go clockwise on the screen have colours
  /// Depths and colours between corners as a perspective camera has them; else linear on the
  /// screen.
  bool perspective = true;
  /// The constants of the published code: the background weighs e^(2ε/γ); depths are harmonic and
  /// colours linear whatever the camera; nothing flows through barycentric weights; coverage
  /// outside near … far has no gradient.
  bool compat = false;
};

/// @throws std::invalid_argument that names `caller`, the parameter, its range and the value
void check(const Shading& shading, std::string_view caller);

template <class T>
struct ImageArgs {
  ScreenMesh<T> mesh;
  Coverage coverage;
  Size size;
  Shading shading;
  const T* texture = nullptr;
  std::size_t channels = 3;
  std::size_t resolution = 1;  ///< R of kSurface
};

/// What image() writes.
template <class T>
struct ImageResults {
  T* color;       ///< (batch, channels, height, width): without the background's share
  T* alpha;       ///< (batch, height, width): as silhouette()
  T* background;  ///< (batch, height, width): the weight that the background has in the colour
  T* folded;      ///< (batch, height, width): for the way back, as silhouette()
  T* top;         ///< (batch, height, width): the largest ζ; or the depth of the nearest face
  T* total;       ///< (batch, height, width): Σ of the weights, relative to that of `top`
};

/// The picture is color + background·(what is behind). A pixel's barycentric weights are clamped to
/// [0, 1] and divided by their sum where it lies outside of the face. A face without an area has no
/// colour, nor has one with a corner in the plane of a perspective camera. The same bits for any
/// executor. Cost: with three channels about 30 ns a pair of a pixel and a face that it
/// sees, and core.
template <class T>
void image(const ImageArgs<T>& args, const ImageResults<T>& results,
           const base::Executor& executor);

/// Of these, what the way back needs.
template <class T>
struct ImageKept {
  const T* color;
  const T* background;
  const T* folded;
  const T* top;
  const T* total;
};

/// Gradients of what image() wrote; none may be null.
template <class T>
struct ImageUpstream {
  const T* color;
  const T* alpha;
  const T* background;
};

template <class T>
struct ImageGradients {
  SilhouetteGradients<T> coverage;  ///< z of the vertices gets its gradient too
  T* texture = nullptr;             ///< as the textures, written; null = not wanted
};

/// @param kept  as image() wrote it, for the same arguments
/// The exact derivative of all that image() computes, but for kinks, or what the published code
/// takes for it (`compat`). Cost: about 150 ns a pair and core. Memory: 9 + 3·channels (kVertex) or
/// 9 + R²·channels (kSurface) numbers for each pair of a tile and a face.
template <class T>
void image_backward(const ImageArgs<T>& args, const ImageKept<T>& kept,
                    const ImageUpstream<T>& upstream, const ImageGradients<T>& gradients,
                    const base::Executor& executor);

}  // namespace pliant::render
