// tests/render/image_test.cpp — colours beside a direct float64 evaluation and finite differences
#include "pliant/render/image.h"

#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <string>
#include <vector>

#include "pliant/render/visible.h"
#include "tests/render/brute_force.h"
#include "tests/render/meshes.h"

namespace {

using namespace pliant;  // NOLINT(google-build-using-namespace)
using render::Blend;
using render::Shading;
using render::TextureKind;

constexpr std::size_t kChannels = 2;
constexpr std::size_t kResolution = 3;
constexpr std::size_t kSide = 7;

/// Everything that image() takes, owned.
template <class T>
struct Scene {
  meshes::Mesh<T> mesh;
  std::vector<T> texture;
  render::Coverage coverage;
  Shading shading;
  std::size_t height = kSide, width = kSide;

  Scene(const meshes::Mesh<T>& triangles, const Shading& given, double tau = 0.2)
      : mesh(triangles),
        coverage{{.family = math::family_index("logistic"), .scale = 1 / tau},
                 {.family = math::t_norm_index("probabilistic")}},
        shading(given) {
    base::Random random(17, 0, 0);
    const auto screen = mesh.screen();
    const bool surface = shading.texture == TextureKind::kSurface;
    const std::size_t points = surface ? screen.faces * kResolution * kResolution : screen.vertices;
    texture.resize(screen.batch * points * kChannels);
    for (T& t : texture) t = static_cast<T>(random.uniform());
  }

  [[nodiscard]] render::ImageArgs<T> args() const {
    return {.mesh = mesh.screen(),
            .coverage = coverage,
            .size = {height, width},
            .shading = shading,
            .texture = texture.data(),
            .channels = kChannels,
            .resolution = kResolution};
  }
};

template <class T>
struct Picture {
  std::vector<T> color, alpha, background, folded, top, total;

  explicit Picture(const Scene<T>& scene,
                   const base::Executor& executor = base::serial_executor()) {
    const std::size_t n = scene.mesh.batch * scene.height * scene.width;
    color.resize(n * kChannels);
    for (auto* plane : {&alpha, &background, &folded, &top, &total}) plane->resize(n);
    render::image<T>(
        scene.args(),
        {color.data(), alpha.data(), background.data(), folded.data(), top.data(), total.data()},
        executor);
  }

  [[nodiscard]] render::ImageKept<T> kept() const {
    return {color.data(), background.data(), folded.data(), top.data(), total.data()};
  }
};

/// Weights of a loss for all that image() gives.
struct Weights {
  std::vector<double> color, alpha, background;

  explicit Weights(std::size_t pixels) {
    base::Random random(23, 0, 0);
    color.resize(pixels * kChannels);
    alpha.resize(pixels);
    background.resize(pixels);
    for (auto* plane : {&color, &alpha, &background}) {
      for (double& w : *plane) w = 2 * random.uniform() - 1;
    }
  }

  [[nodiscard]] double loss(const Scene<double>& scene) const {
    const Picture<double> picture(scene);
    double total = 0;
    for (std::size_t i = 0; i < color.size(); ++i) total += color[i] * picture.color[i];
    for (std::size_t i = 0; i < alpha.size(); ++i) {
      total += alpha[i] * picture.alpha[i] + background[i] * picture.background[i];
    }
    return total;
  }
};

struct Gradients {
  std::vector<double> vertex, texture;
  std::array<double, 4> distribution{};
};

Gradients gradients_of(const Scene<double>& scene, const Weights& weights) {
  const Picture<double> picture(scene);
  Gradients out{std::vector<double>(scene.mesh.vertex.size()),
                std::vector<double>(scene.texture.size())};
  render::image_backward<double>(
      scene.args(), picture.kept(),
      {weights.color.data(), weights.alpha.data(), weights.background.data()},
      {{.vertex = out.vertex.data(), .distribution = out.distribution.data()}, out.texture.data()},
      base::serial_executor());
  return out;
}

/// The directional derivative of the loss when `change(scene, h)` is done to it.
template <class Fn>
double difference(const Scene<double>& scene, const Weights& weights, const Fn& change) {
  constexpr double kStep = 1e-6;
  Scene<double> up = scene, down = scene;
  change(up, kStep);
  change(down, -kStep);
  return (weights.loss(up) - weights.loss(down)) / (2 * kStep);
}

std::vector<double> random_direction(std::size_t n) {
  base::Random random(29, 0, 0);
  std::vector<double> direction(n);
  for (double& d : direction) d = 2 * random.uniform() - 1;
  return direction;
}

double dot(const std::vector<double>& a, const std::vector<double>& b) {
  double total = 0;
  for (std::size_t i = 0; i < a.size(); ++i) total += a[i] * b[i];
  return total;
}

std::string text(const Shading& shading) {
  return std::string(shading.texture == TextureKind::kSurface ? "surface" : "vertex") +
         (shading.blend == Blend::kHard ? " hard" : " softmax") +
         (shading.perspective ? " perspective" : "") + (shading.double_side ? " double" : "") +
         (shading.compat ? " compat" : "");
}

/// fn(shading) for every kind of texture, blend, camera and side. γ is large: at the usual one a
/// pixel has but one colour.
template <class Fn>
void for_each_shading(bool compat, const Fn& fn) {
  for (const auto texture : {TextureKind::kSurface, TextureKind::kVertex}) {
    for (const auto blend : {Blend::kSoftmax, Blend::kHard}) {
      for (const bool perspective : {false, true}) {
        for (const bool double_side : {false, true}) {
          fn(Shading{.texture = texture,
                     .blend = blend,
                     .gamma = 0.02,
                     .epsilon = 0.9,
                     .near = 1,
                     .far = 8,
                     .double_side = double_side,
                     .perspective = perspective,
                     .compat = compat});
        }
      }
    }
  }
}

}  // namespace

TEST_CASE("gradients of pictures are the derivatives, for every shading") {
  const auto mesh = meshes::triangles<double>(2, 4, 5);
  const Weights weights(2 * kSide * kSide);
  for_each_shading(false, [&](const Shading& shading) {
    CAPTURE(text(shading));
    const Scene<double> scene(mesh, shading);
    const Gradients slopes = gradients_of(scene, weights);
    const auto along = random_direction(mesh.vertex.size());
    const double by_corners = difference(scene, weights, [&](Scene<double>& s, double h) {
      for (std::size_t i = 0; i < along.size(); ++i) s.mesh.vertex[i] += h * along[i];
    });
    CHECK(dot(slopes.vertex, along) == doctest::Approx(by_corners).epsilon(1e-5));
    const auto across = random_direction(scene.texture.size());
    const double by_texture = difference(scene, weights, [&](Scene<double>& s, double h) {
      for (std::size_t i = 0; i < across.size(); ++i) s.texture[i] += h * across[i];
    });
    CHECK(dot(slopes.texture, across) == doctest::Approx(by_texture).epsilon(1e-6));
    const double by_scale = difference(
        scene, weights, [](Scene<double>& s, double h) { s.coverage.distribution.scale += h; });
    CHECK(slopes.distribution[0] == doctest::Approx(by_scale).epsilon(1e-5));
  });
}

namespace {

/// One pixel of image() in the words of its documentation, without regard to speed or overflow.
struct Direct {
  double color[kChannels] = {};
  double background = 0;
};

Direct evaluate(const Scene<double>& scene, std::size_t image, double x, double y) {
  const auto mesh = scene.mesh.screen();
  const Shading& shading = scene.shading;
  const bool linear_depth = !shading.perspective && !shading.compat;
  const double exponent = (shading.compat ? 2 : 1) * shading.epsilon / shading.gamma;
  Direct out;
  double total = std::exp(exponent), nearest = INFINITY;
  out.background = shading.blend == Blend::kHard ? 1 : std::exp(exponent);
  for (std::size_t f = 0; f < mesh.faces; ++f) {
    std::array<const double*, 3> v{};
    for (std::size_t k = 0; k < 3; ++k) {
      v[k] = mesh.vertex +
             (image * mesh.vertices + static_cast<std::size_t>(mesh.face[3 * f + k])) * 3;
    }
    const double area =
        (v[1][0] - v[0][0]) * (v[2][1] - v[0][1]) - (v[1][1] - v[0][1]) * (v[2][0] - v[0][0]);
    if (area > 0 && !shading.double_side) continue;
    const auto at = brute::foot<double>(v, x, y);
    const double distance = at.inside ? at.distance : -at.distance;
    double w[3], clamped = 0;
    bool within = true;
    for (std::size_t k = 0; k < 3; ++k) {
      const double *a = v[(k + 1) % 3], *b = v[(k + 2) % 3];
      w[k] = ((b[0] - a[0]) * (y - a[1]) - (b[1] - a[1]) * (x - a[0])) / area;
      within = within && w[k] >= 0;
      w[k] = std::clamp(w[k], 0., 1.);
      clamped += w[k];
    }
    double depth = 0;
    for (std::size_t k = 0; k < 3; ++k) {
      w[k] /= clamped;
      depth += linear_depth ? w[k] * v[k][2] : w[k] / v[k][2];
    }
    if (!linear_depth) depth = 1 / depth;
    if (depth < shading.near || depth > shading.far) continue;
    double color[kChannels] = {};
    if (shading.texture == TextureKind::kVertex) {
      for (std::size_t k = 0; k < 3; ++k) {
        const double share = shading.perspective && !shading.compat ? w[k] * depth / v[k][2] : w[k];
        const std::size_t vertex =
            image * mesh.vertices + static_cast<std::size_t>(mesh.face[3 * f + k]);
        for (std::size_t c = 0; c < kChannels; ++c) {
          color[c] += share * scene.texture[vertex * kChannels + c];
        }
      }
    } else {
      const auto r = static_cast<double>(kResolution);
      const double i = std::min(std::floor(w[0] * r), r - 1),
                   j = std::min(std::floor(w[1] * r), r - 1);
      // Rounding must not throw a point of the third edge over it.
      const bool lower = (w[0] + w[1]) * r - i - j <= 1 || i + j + 1 >= r;
      const double texel = lower ? j * r + i : (r - 1 - j) * r + (r - 1 - i);
      const std::size_t place =
          (image * mesh.faces + f) * kResolution * kResolution + static_cast<std::size_t>(texel);
      for (std::size_t c = 0; c < kChannels; ++c) color[c] = scene.texture[place * kChannels + c];
    }
    if (shading.blend == Blend::kHard) {
      if (!within || depth >= nearest) continue;
      nearest = depth;
      total = 1;
      out.background = 0;
      for (std::size_t c = 0; c < kChannels; ++c) out.color[c] = color[c];
      continue;
    }
    const double covered = 1 / (1 + std::exp(-distance * scene.coverage.distribution.scale));
    if (distance < -render::outer_radius(scene.coverage)) continue;
    const double zeta = (shading.far - depth) / (shading.far - shading.near);
    const double weight = covered * std::exp(zeta / shading.gamma);
    total += weight;
    for (std::size_t c = 0; c < kChannels; ++c) out.color[c] += weight * color[c];
  }
  if (shading.blend == Blend::kHard) return out;
  for (double& c : out.color) c /= total;
  out.background /= total;
  return out;
}

}  // namespace

TEST_CASE("pictures are what their documentation says, pixel by pixel") {
  const auto mesh = meshes::triangles<double>(2, 6, 11);
  for (const bool compat : {false, true}) {
    for_each_shading(compat, [&](const Shading& shading) {
      CAPTURE(text(shading));
      const Scene<double> scene(mesh, shading);
      const Picture<double> picture(scene);
      double worst = 0;
      for (std::size_t i = 0; i < picture.alpha.size(); ++i) {
        const std::size_t image = i / (kSide * kSide), pixel = i % (kSide * kSide);
        const double x = (2. * static_cast<double>(pixel % kSide) + 1 - kSide) / kSide;
        const double y = (kSide - 1 - 2. * static_cast<double>(pixel / kSide)) / kSide;
        const Direct expected = evaluate(scene, image, x, y);
        worst = std::max(worst, std::abs(expected.background - picture.background[i]));
        for (std::size_t c = 0; c < kChannels; ++c) {
          const std::size_t place = (image * kChannels + c) * kSide * kSide + pixel;
          worst = std::max(worst, std::abs(expected.color[c] - picture.color[place]));
        }
      }
      CHECK(worst < 1e-11);
    });
  }
}

TEST_CASE("the coverage of a picture is its silhouette") {
  const auto mesh = meshes::triangles<float>(1, 60, 3);
  Scene<float> scene(mesh, {.texture = TextureKind::kVertex}, 0.01);
  scene.height = 40;
  scene.width = 50;
  const Picture<float> picture(scene);
  std::vector<float> alpha(picture.alpha.size()), folded(alpha.size());
  render::silhouette<float>({mesh.screen(), scene.coverage, {40, 50}}, alpha.data(), folded.data(),
                            base::serial_executor());
  for (std::size_t i = 0; i < alpha.size(); ++i) {
    CHECK(picture.alpha[i] == doctest::Approx(alpha[i]).epsilon(1e-6));
  }
}

TEST_CASE("a small gamma neither overflows nor loses a colour") {
  const auto mesh = meshes::triangles<float>(1, 60, 3);
  for (const double gamma : {1e-3, 1e-5, 1e-8}) {
    const Scene<float> scene(mesh, {.texture = TextureKind::kVertex, .gamma = gamma});
    const Picture<float> picture(scene);
    for (const float c : picture.color) CHECK((c >= 0 && c <= 1.0001F));
    for (const float b : picture.background) CHECK((b >= 0 && b <= 1));
  }
}

TEST_CASE("pictures and their gradients have the same bits for any number of threads") {
  const auto mesh = meshes::triangles<float>(2, 200, 3);
  Scene<float> scene(mesh, {.texture = TextureKind::kVertex}, 0.01);
  scene.height = scene.width = 70;
  const auto run = [&](const base::Executor& executor) {
    const Picture<float> picture(scene, executor);
    std::vector<float> vertex(mesh.vertex.size()), texture(scene.texture.size());
    const std::vector<float> ones(picture.color.size(), 1);
    render::image_backward<float>(scene.args(), picture.kept(),
                                  {ones.data(), ones.data(), ones.data()},
                                  {{.vertex = vertex.data()}, texture.data()}, executor);
    vertex.insert(vertex.end(), texture.begin(), texture.end());
    vertex.insert(vertex.end(), picture.color.begin(), picture.color.end());
    return vertex;
  };
  const auto serial = run(base::serial_executor());
  CHECK(run(base::thread_executor(2)) == serial);
  CHECK(run(base::thread_executor(5)) == serial);
}

TEST_CASE("pixels in the wedge at a corner read and train a texel of their own face") {
  // Two faces, one texel each. The pixels around the second corner of the first face see nothing
  // else of it (published kernels read the next face's texel there).
  meshes::Mesh<double> mesh{
      1, {-.2, -.2, 2, .2, -.2, 2, 0, .2, 2, 5, 5, 2, 6, 5, 2, 5, 6, 2}, {0, 1, 2, 3, 4, 5}};
  Scene<double> scene(mesh, {.gamma = 0.1}, 0.05);
  const Weights weights(kSide * kSide);
  const Gradients slopes = gradients_of(scene, weights);
  const std::size_t per_face = kResolution * kResolution * kChannels;
  for (std::size_t i = per_face; i < 2 * per_face; ++i) CHECK(slopes.texture[i] == 0);
  double total = 0;
  for (std::size_t i = 0; i < per_face; ++i) total += std::abs(slopes.texture[i]);
  CHECK(total > 0.1);
}

TEST_CASE("degenerate faces give finite pictures and gradients") {
  constexpr auto kNaN = std::numeric_limits<double>::quiet_NaN();
  meshes::Mesh<double> mesh = meshes::triangles<double>(1, 3, 9);
  const auto add = [&](std::array<double, 9> corners) {
    const auto first = static_cast<std::int32_t>(mesh.vertex.size() / 3);
    mesh.vertex.insert(mesh.vertex.end(), corners.begin(), corners.end());
    mesh.face.insert(mesh.face.end(), {first, first + 1, first + 2});
  };
  add({.1, .1, 2, .1, .1, 2, .1, .1, 2});
  add({0, 0, 2, .5, .5, 2, .25, .25, 2});
  add({kNaN, 0, 2, 1, 0, 2, 0, 1, 2});
  add({-.5, -.5, 0, .5, -.5, 2, 0, .5, 2});   // a corner at the camera
  add({-.5, -.5, -1, .5, -.5, 2, 0, .5, 2});  // across it
  add({-1e30, -1e30, 2, 1e30, -1e30, 2, 0, 1e30, 2});
  const Weights weights(kSide * kSide);
  for_each_shading(false, [&](const Shading& shading) {
    CAPTURE(text(shading));
    const Scene<double> scene(mesh, shading);
    for (const double c : Picture<double>(scene).color) CHECK(std::isfinite(c));
    const Gradients slopes = gradients_of(scene, weights);
    for (const double g : slopes.vertex) CHECK(std::isfinite(g));
    for (const double g : slopes.texture) CHECK(std::isfinite(g));
  });
}

TEST_CASE("the nearest face of a pixel, its depth and weights") {
  meshes::Mesh<double> mesh{
      1, {-1, -1, 4, 1, -1, 4, 0, 1, 4, -.5, -.5, 2, .5, -.5, 3, 0, .5, 6}, {0, 1, 2, 3, 4, 5}};
  constexpr std::size_t kPixels = 8 * 8;
  std::vector<std::int32_t> face(kPixels);
  std::vector<double> depth(kPixels), weight(3 * kPixels);
  render::visible<double>({mesh.screen(), {8, 8}}, {face.data(), depth.data(), weight.data()},
                          base::serial_executor());
  CHECK(face[0] == -1);
  CHECK(depth[0] == INFINITY);
  const std::size_t low = 5 * 8 + 3;  // x = −1/8, y = −3/8: both faces; the second one is nearer
  CHECK(face[low] == 1);
  double sum = 0, inverse = 0;
  for (std::size_t k = 0; k < 3; ++k) {
    sum += weight[k * kPixels + low];
    inverse += weight[k * kPixels + low] / mesh.vertex[(3 + k) * 3 + 2];
  }
  CHECK(sum == doctest::Approx(1));
  CHECK(depth[low] == doctest::Approx(1 / inverse));
  const std::size_t high = 2 * 8 + 4;  // x = 1/8, y = 3/8: in both; the second one is at about 5
  CHECK(face[high] == 0);
  CHECK(depth[high] == doctest::Approx(4));
  render::visible<double>({mesh.screen(), {8, 8}, 1, 100, false},
                          {face.data(), depth.data(), weight.data()}, base::serial_executor());
  CHECK(face[low] == -1);  // both are counter-clockwise: seen from behind
}

TEST_CASE("shading out of range is named") {
  CHECK_THROWS_WITH(render::check(Shading{.gamma = 0}, "f"),
                    "f: gamma must be > 0 and finite, got 0");
  CHECK_THROWS_WITH(render::check(Shading{.epsilon = -1}, "f"),
                    "f: epsilon must be >= 0 and finite, got -1");
  CHECK_THROWS_WITH(render::check(Shading{.near = 2, .far = 1}, "f"),
                    "f: far must be finite and > near = 2, got 1");
}
