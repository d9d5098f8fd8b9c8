// tests/render/awkward_test.cpp — random meshes of awkward numbers: results stay finite and in
// range, for the sanitizers too
#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "pliant/render/clip.h"
#include "pliant/render/image.h"
#include "pliant/render/visible.h"
#include "tests/render/meshes.h"

namespace {

using namespace pliant;  // NOLINT(google-build-using-namespace)

/// Coordinates that meet each other, pixels, and the ends of the range of numbers.
template <class T>
T awkward_number(base::Random& random) {
  constexpr auto kInf = std::numeric_limits<T>::infinity();
  constexpr auto kLargest = std::numeric_limits<T>::max();
  const std::array<T, 16> special = {
      0,       T(-0.0),  T(0.125), T(-0.125), T(0.25),         1,         -1,     T(1e-30),
      T(1e30), kLargest, kInf,     -kInf,     T(std::nan("")), T(-1e-40), T(0.5), T(1 + 1e-6)};
  const std::uint32_t which = random.below(24);
  return which < special.size() ? special[which] : static_cast<T>(2 * random.uniform() - 1);
}

template <class T>
meshes::Mesh<T> awkward_mesh(base::Random& random) {
  meshes::Mesh<T> mesh;
  const std::uint32_t vertices = 1 + random.below(8), faces = random.below(10);
  for (std::uint32_t i = 0; i < 3 * vertices; ++i) {
    mesh.vertex.push_back(awkward_number<T>(random));
  }
  for (std::uint32_t i = 0; i < 3 * faces; ++i) {
    mesh.face.push_back(static_cast<std::int32_t>(random.below(vertices)));
  }
  return mesh;
}

render::Coverage random_coverage(base::Random& random) {
  const auto& family =
      math::families()[random.below(static_cast<std::uint32_t>(math::families().size()))];
  const auto& norm =
      math::t_norms()[random.below(static_cast<std::uint32_t>(math::t_norms().size()))];
  const double p =
      norm.p_high <= 0 ? -std::exp(4 * random.uniform() - 2) : std::exp(6 * random.uniform() - 3);
  return {.distribution = {.family = math::family_index(family.name),
                           .scale = std::exp(20 * random.uniform() - 5),
                           .power = random.below(2) == 0 ? 1. : 2.,
                           .shift = family.symmetric ? 0. : 0.3},
          .t_norm = {.family = math::t_norm_index(norm.name), .p = norm.has_p ? p : 0}};
}

template <class T>
bool all_finite(const std::vector<T>& values) {
  for (const T v : values) {
    if (!std::isfinite(v)) return false;
  }
  return true;
}

template <class T>
void check_image(const meshes::Mesh<T>& mesh, const render::Coverage& coverage,
                 base::Random& random) {
  constexpr std::size_t kHeight = 8, kWidth = 19, kPixels = kHeight * kWidth;
  const bool surface = random.below(2) == 0;
  const render::ScreenMesh<T> screen = mesh.screen();
  const render::Shading shading = {
      .texture = surface ? render::TextureKind::kSurface : render::TextureKind::kVertex,
      .blend = random.below(2) == 0 ? render::Blend::kSoftmax : render::Blend::kHard,
      .gamma = std::exp(-10 * random.uniform()),
      .near = 0.1,
      .far = 10,
      .double_side = random.below(2) == 0,
      .perspective = random.below(2) == 0,
      .compat = random.below(2) == 0};
  const std::vector<T> texture((surface ? screen.faces * 4 : screen.vertices) * 3, T(0.5));
  const render::ImageArgs<T> args = {screen, coverage, {kHeight, kWidth}, shading, texture.data(),
                                     3,      2};
  std::vector<T> color(3 * kPixels), alpha(kPixels), background(kPixels), folded(kPixels);
  std::vector<T> top(kPixels), total(kPixels);
  render::image<T>(
      args,
      {color.data(), alpha.data(), background.data(), folded.data(), top.data(), total.data()},
      base::serial_executor());
  CHECK(all_finite(color));
  CHECK(all_finite(background));
  for (const T a : alpha) CHECK((a >= 0 && a <= 1));
  std::vector<T> vertex(mesh.vertex.size()), grad_texture(texture.size());
  const std::vector<T> ones(3 * kPixels, T(1));
  render::image_backward<T>(
      args, {color.data(), background.data(), folded.data(), top.data(), total.data()},
      {ones.data(), ones.data(), ones.data()}, {{.vertex = vertex.data()}, grad_texture.data()},
      base::serial_executor());
  CHECK(all_finite(vertex));
  CHECK(all_finite(grad_texture));
}

template <class T>
void check_silhouette(const meshes::Mesh<T>& mesh, const render::Coverage& coverage) {
  constexpr std::size_t kHeight = 21, kWidth = 8, kPixels = kHeight * kWidth;
  const render::SilhouetteArgs<T> args = {mesh.screen(), coverage, {kHeight, kWidth}};
  std::vector<T> alpha(kPixels), folded(kPixels), vertex(mesh.vertex.size());
  render::silhouette<T>(args, alpha.data(), folded.data(), base::serial_executor());
  for (const T a : alpha) CHECK((a >= 0 && a <= 1));
  const std::vector<T> ones(kPixels, T(1));
  std::array<double, 4> by_distribution{};
  double by_p = 0;
  render::silhouette_backward<T>(
      args, folded.data(), ones.data(),
      {.vertex = vertex.data(), .distribution = by_distribution.data(), .t_norm = &by_p},
      base::serial_executor());
  CHECK(all_finite(vertex));
  CHECK(std::isfinite(by_p));
  for (const double g : by_distribution) CHECK(std::isfinite(g));
}

template <class T>
void check_all(std::uint64_t seed) {
  base::Random random(seed, 0, 0);
  const meshes::Mesh<T> mesh = awkward_mesh<T>(random);
  const render::Coverage coverage = random_coverage(random);
  CAPTURE(seed);
  CAPTURE(math::families()[static_cast<std::size_t>(coverage.distribution.family)].name);
  CAPTURE(math::t_norms()[static_cast<std::size_t>(coverage.t_norm.family)].name);
  check_silhouette(mesh, coverage);
  check_image(mesh, coverage, random);
  const auto clipped = render::clip_faces(mesh.screen(), 0.1);
  for (const auto& image : clipped.images) {
    const auto vertices = static_cast<std::int32_t>(mesh.screen().vertices + image.from.size());
    for (const std::int32_t v : image.face) CHECK((v >= 0 && v < vertices));
  }
}

}  // namespace

TEST_CASE("random meshes of awkward numbers give finite results") {
  for (std::uint64_t seed = 0; seed < 500; ++seed) {
    check_all<float>(seed);
    check_all<double>(seed);
  }
}
