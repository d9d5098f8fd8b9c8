// tests/render/silhouette_test.cpp — coverage and its gradient beside golden values, the
// brute-force loop and finite differences
#include "pliant/render/silhouette.h"

#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <string>
#include <vector>

#include "pliant/base/simd_target.h"
#include "tests/render/brute_force.h"
#include "tests/render/meshes.h"

namespace {

using namespace pliant;  // NOLINT(google-build-using-namespace)
using render::Coverage;

Coverage coverage(const char* distribution, double tau, bool squared = false,
                  const char* t_norm = "probabilistic", double p = 0) {
  return {.distribution = {.family = math::family_index(distribution),
                           .scale = 1 / tau,
                           .power = squared ? 2. : 1.},
          .t_norm = {.family = math::t_norm_index(t_norm), .p = p}};
}

template <class T>
struct Drawn {
  std::vector<T> alpha, folded;
};

template <class T>
render::SilhouetteArgs<T> args_of(const meshes::Mesh<T>& mesh, const Coverage& coverage,
                                  std::size_t height, std::size_t width) {
  return {mesh.screen(), coverage, {height, width}};
}

template <class T>
Drawn<T> draw(const render::SilhouetteArgs<T>& args,
              const base::Executor& executor = base::serial_executor()) {
  const std::size_t n = args.mesh.batch * args.size.height * args.size.width;
  Drawn<T> out{std::vector<T>(n), std::vector<T>(n)};
  render::silhouette(args, out.alpha.data(), out.folded.data(), executor);
  return out;
}

/// The gradient of Σ weight·alpha; without weights of Σ alpha.
template <class T>
std::vector<T> gradient(const render::SilhouetteArgs<T>& args, std::vector<T> weight = {},
                        const base::Executor& executor = base::serial_executor()) {
  const Drawn<T> drawn = draw(args, executor);
  if (weight.empty()) weight.assign(drawn.alpha.size(), 1);
  std::vector<T> out(args.mesh.batch * args.mesh.vertices * 3, T(7));
  render::silhouette_backward<T>(args, drawn.folded.data(), weight.data(), {.vertex = out.data()},
                                 executor);
  return out;
}

template <class T>
T sum(const std::vector<T>& values) {
  T total = 0;
  for (const T v : values) total += v;
  return total;
}

struct Golden {
  Coverage coverage;
  double total;
  std::array<double, 4> row;
  std::array<double, 12> gradient;
};

}  // namespace

TEST_CASE("golden silhouettes of two triangles") {
  std::vector<Golden> golden = {
      {coverage("logistic", 0.1),
       3.5697324,
       {.2489255, .6264109, .7237737, .0863397},
       {-1.6903408, .1054877, 1.9467543, -.9417709, .3270826, 1.5137649, -.8612284, .1131362,
        .8338055, 1.6840293, -.6979186, 2.2186214}},
      {coverage("logistic", 0.02, true),
       3.2758751,
       {.3486452, .6221422, .7455687, .0374771},
       {-2.4066558, .9682291, 2.7422101, -.4929093, -1.0159196, 1.2166364, -1.1445211, .4963638,
        .9322137, .5459154, -1.1073299, .8798747}},
      {coverage("uniform", 0.3),
       3.3750361,
       {.3136610, .6456430, .7321826, .0750817},
       {-2.6733414, 1.2012898, 1.9231526, -.4669568, .6429268, 2.2600418, -.7453560, .3726780,
        1.7277866, 1.3552007, -.6509188, 1.4114870}}};
  const auto mesh = meshes::two_triangles<double>();
  for (Golden& g : golden) {
    g.coverage.dist_eps = 1e10;
    const auto args = args_of(mesh, g.coverage, 4, 4);
    const auto drawn = draw(args);
    // The golden values know no cut-off; ours drops coverages up to 1e-6.
    CHECK(sum(drawn.alpha) == doctest::Approx(g.total).epsilon(2e-6));
    for (std::size_t c = 0; c < 4; ++c) {
      CHECK(drawn.alpha[4 + c] == doctest::Approx(g.row[c]).epsilon(2e-6));
    }
    const auto slopes = gradient(args);
    for (std::size_t i = 0; i < 12; ++i) {
      CAPTURE(i);
      CHECK(std::abs(slopes[i / 2 * 3 + i % 2] - g.gradient[i]) < 2e-5);
    }
  }
}

namespace {

constexpr bool kBoth[] = {false, true};

/// A p for each T-conorm that is none of its limits.
double some_p(const math::TNormFamily& family) {
  if (!family.has_p) return 0;
  return family.p_high <= 0 ? -1.5 : 1.7;
}

/// fn(coverage, text) for every distribution, T-conorm and kind of distance.
template <class Fn>
void for_each_coverage(double tau, const Fn& fn) {
  for (const math::Family& family : math::families()) {
    for (const math::TNormFamily& t_norm : math::t_norms()) {
      for (const bool squared : kBoth) {
        Coverage c = coverage(family.name.data(), squared ? tau * tau : tau, squared,
                              t_norm.name.data(), some_p(t_norm));
        c.distribution.shift = family.symmetric ? 0 : 0.4;
        c.distribution.shape = 1.3;
        fn(c,
           std::string(family.name) + " " + std::string(t_norm.name) + (squared ? " squared" : ""));
      }
    }
  }
}

template <class T>
void agrees_with_brute_force(const meshes::Mesh<T>& mesh, const Coverage& coverage, T tolerance) {
  constexpr std::size_t kSide = 40;
  const auto args = args_of(mesh, coverage, kSide, kSide);
  const auto drawn = draw(args);
  const brute::Silhouette<T, brute::Any<T>> reference(
      {coverage}, mesh.screen(), kSide, static_cast<T>(render::outer_radius(coverage)));
  std::vector<T> alpha(drawn.alpha.size()), folded(alpha.size());
  reference.forward(alpha.data(), folded.data());
  T worst = 0;
  for (std::size_t i = 0; i < alpha.size(); ++i) {
    worst = std::max(worst, std::abs(alpha[i] - drawn.alpha[i]));
  }
  CHECK(worst <= tolerance);

  std::vector<T> weight(alpha.size());
  for (std::size_t i = 0; i < weight.size(); ++i) weight[i] = static_cast<T>(i % 7) - 3;
  std::vector<T> expected(mesh.vertex.size());
  reference.backward(folded.data(), weight.data(), expected.data());
  const auto slopes = gradient(args, weight);
  T largest = 0, off = 0;
  for (std::size_t i = 0; i < slopes.size(); ++i) {
    largest = std::max(largest, std::abs(expected[i]));
    off = std::max(off, std::abs(expected[i] - slopes[i]));
  }
  CHECK(off <= tolerance * (1 + largest));
}

/// A loss with a weight for each pixel.
double loss(const meshes::Mesh<double>& mesh, const Coverage& coverage,
            const std::vector<double>& weight, std::size_t side) {
  const auto drawn = draw(args_of(mesh, coverage, side, side));
  double total = 0;
  for (std::size_t i = 0; i < weight.size(); ++i) total += weight[i] * drawn.alpha[i];
  return total;
}

/// (f(h) − f(−h))/2h
template <class Fn>
double central(const Fn& f, double h) {
  return (f(h) - f(-h)) / (2 * h);
}

}  // namespace

TEST_CASE("every distribution and T-conorm agrees with the brute-force loop") {
  // Every distance is drawn from a continuous law: no pixel lies on an edge.
  const auto mesh = meshes::triangles<double>(2, 12, 1);
  for_each_coverage(0.05, [&](const Coverage& c, const std::string& name) {
    CAPTURE(name);
    agrees_with_brute_force(mesh, c, 1e-11);
  });
}

TEST_CASE("float and every SIMD target agree with the brute-force loop") {
  const auto mesh = meshes::triangles<float>(2, 12, 1);
  for (const auto& target : base::simd_targets()) {
    CAPTURE(target);
    base::set_simd_target(target);
    for (const char* t_norm : {"max", "probabilistic", "yager"}) {
      for (const char* family : {"logistic", "uniform", "cauchy", "gamma_rev"}) {
        CAPTURE(t_norm);
        CAPTURE(family);
        agrees_with_brute_force(mesh, coverage(family, 0.05, false, t_norm, 2), 2e-4F);
      }
    }
  }
  base::set_simd_target(base::simd_targets().front());
}

TEST_CASE("gradients are the derivatives, for every distribution, T-conorm and distance") {
  constexpr std::size_t kSide = 6;
  const auto mesh = meshes::triangles<double>(1, 4, 5);
  base::Random random(3, 0, 0);
  std::vector<double> weight(kSide * kSide), direction(mesh.vertex.size());
  for (double& w : weight) w = 2 * random.uniform() - 1;
  for (std::size_t i = 0; i < direction.size(); ++i) {
    direction[i] = i % 3 < 2 ? 2 * random.uniform() - 1 : 0;
  }
  for_each_coverage(0.3, [&](const Coverage& c, const std::string& name) {
    CAPTURE(name);
    const auto args = args_of(mesh, c, kSide, kSide);
    const auto drawn = draw(args);
    std::vector<double> slopes(mesh.vertex.size());
    std::array<double, 4> by_distribution{};
    double by_p = 0;
    render::silhouette_backward<double>(
        args, drawn.folded.data(), weight.data(),
        {.vertex = slopes.data(), .distribution = by_distribution.data(), .t_norm = &by_p},
        base::serial_executor());
    double along = 0;
    for (std::size_t i = 0; i < slopes.size(); ++i) along += slopes[i] * direction[i];
    const double by_corners = central(
        [&](double h) {
          auto moved = mesh;
          for (std::size_t i = 0; i < direction.size(); ++i) moved.vertex[i] += h * direction[i];
          return loss(moved, c, weight, kSide);
        },
        1e-6);
    CHECK(along == doctest::Approx(by_corners).epsilon(2e-5).scale(0.1));
    const auto with = [&](const Coverage& other) { return loss(mesh, other, weight, kSide); };
    const double by_scale = central(
        [&](double h) {
          Coverage other = c;
          other.distribution.scale += h;
          return with(other);
        },
        1e-5);
    CHECK(by_distribution[0] == doctest::Approx(by_scale).epsilon(2e-5).scale(0.1));
    if (math::t_norms()[static_cast<std::size_t>(c.t_norm.family)].has_p) {
      const double difference = central(
          [&](double h) {
            Coverage other = c;
            other.t_norm.p += h;
            return with(other);
          },
          1e-5);
      CHECK(by_p == doctest::Approx(difference).epsilon(2e-5).scale(0.1));
    } else {
      CHECK(by_p == 0);
    }
  });
}

TEST_CASE("the same bits for any number of threads") {
  const auto mesh = meshes::triangles<float>(3, 300, 2);
  const auto args = args_of(mesh, coverage("logistic", 1e-3, true), 100, 77);
  const auto serial = draw(args);
  const auto slopes = gradient(args);
  for (const unsigned threads : {2U, 3U, 8U}) {
    const auto executor = base::thread_executor(threads);
    CHECK(draw(args, executor).alpha == serial.alpha);
    CHECK(gradient(args, {}, executor) == slopes);
  }
}

TEST_CASE("the order of faces does not matter") {
  auto mesh = meshes::triangles<double>(1, 200, 8);
  const auto c = coverage("gaussian", 0.02);
  const auto forward = draw(args_of(mesh, c, 48, 48)).alpha;
  std::vector<std::int32_t> turned;
  for (std::size_t f = mesh.face.size() / 3; f-- > 0;) {
    for (std::size_t k = 0; k < 3; ++k) turned.push_back(mesh.face[3 * f + k]);
  }
  mesh.face = turned;
  const auto backward = draw(args_of(mesh, c, 48, 48)).alpha;
  double worst = 0;
  for (std::size_t i = 0; i < forward.size(); ++i) {
    worst = std::max(worst, std::abs(forward[i] - backward[i]));
  }
  CHECK(worst < 1e-12);
}

TEST_CASE("a quarter turn of the mesh turns the picture, and its corners' order does not matter") {
  const auto mesh = meshes::triangles<double>(1, 20, 4);
  auto turned = mesh;
  for (std::size_t i = 0; i < mesh.vertex.size(); i += 3) {
    turned.vertex[i] = -mesh.vertex[i + 1];
    turned.vertex[i + 1] = mesh.vertex[i];
  }
  for (std::size_t f = 0; f < turned.face.size(); f += 3)
    std::swap(turned.face[f], turned.face[f + 2]);
  const auto c = coverage("cauchy", 1e-3, true);
  const std::size_t side = 33;
  const auto before = draw(args_of(mesh, c, side, side)).alpha;
  const auto after = draw(args_of(turned, c, side, side)).alpha;
  double worst = 0;
  for (std::size_t row = 0; row < side; ++row) {
    for (std::size_t column = 0; column < side; ++column) {
      // (x, y) → (−y, x): from the right edge to the top.
      const double there = after[(side - 1 - column) * side + row];
      worst = std::max(worst, std::abs(before[row * side + column] - there));
    }
  }
  CHECK(worst < 1e-12);
}

TEST_CASE("a picture that is not square shows more at the sides of the longer one") {
  const auto mesh = meshes::triangles<float>(1, 30, 6);
  const auto c = coverage("logistic", 0.05);
  const auto square = draw(args_of(mesh, c, 20, 20)).alpha;
  const auto wide = draw(args_of(mesh, c, 20, 50)).alpha;
  const auto high = draw(args_of(mesh, c, 50, 20)).alpha;
  for (std::size_t row = 0; row < 20; ++row) {
    for (std::size_t column = 0; column < 20; ++column) {
      CHECK(wide[row * 50 + column + 15] ==
            doctest::Approx(square[row * 20 + column]).epsilon(1e-5));
      CHECK(high[(row + 15) * 20 + column] ==
            doctest::Approx(square[row * 20 + column]).epsilon(1e-5));
    }
  }
}

TEST_CASE("the silhouette of a disk has its area as tau goes to 0") {
  meshes::Mesh<double> disk;
  constexpr int kCorners = 400;
  disk.vertex = {0, 0, 1};
  for (int i = 0; i < kCorners; ++i) {
    const double angle = 2 * M_PI * i / kCorners + 0.123;  // no edge through many pixels
    disk.vertex.insert(disk.vertex.end(), {0.7 * std::cos(angle), 0.7 * std::sin(angle), 1});
    disk.face.insert(disk.face.end(), {0, 1 + i, 1 + (i + 1) % kCorners});
  }
  constexpr std::size_t kSide = 400;
  for (const char* family : {"hard", "uniform", "logistic", "gaussian"}) {
    CAPTURE(family);
    const auto drawn = draw(args_of(disk, coverage(family, 1e-7), kSide, kSide));
    CHECK(sum(drawn.alpha) * 4 / kSide / kSide == doctest::Approx(M_PI * 0.49).epsilon(1e-3));
  }
}

TEST_CASE("a hard silhouette of faces that share edges has no holes on them") {
  // The middle column and row of an odd picture lie on the diagonals of this square.
  meshes::Mesh<float> square{
      1, {0, 0, 1, 1, 0, 1, 0, 1, 1, -1, 0, 1, 0, -1, 1}, {0, 1, 2, 0, 2, 3, 0, 3, 4, 0, 4, 1}};
  const auto drawn = draw(args_of(square, coverage("hard", 1), 33, 33));
  for (std::size_t i = 1; i < 32; ++i) {
    CHECK(drawn.alpha[16 * 33 + i] == 1);
    CHECK(drawn.alpha[i * 33 + 16] == 1);
  }
  // Pixels on the diagonal of a square whose corners are rounded.
  for (const float half : {0.7F, 0.61803399F, 0.9F, 1.0F / 3}) {
    meshes::Mesh<float> rounded{
        1, {-half, -half, 1, half, -half, 1, half, half, 1, -half, half, 1}, {0, 1, 2, 0, 2, 3}};
    for (const bool squared : kBoth) {
      const auto picture = draw(args_of(rounded, coverage("hard", 1, squared), 32, 32)).alpha;
      for (std::size_t i = 0; i < 32; ++i) {
        const float x = (2 * static_cast<float>(i) + 1 - 32) / 32;
        CHECK(picture[(31 - i) * 32 + i] == static_cast<float>(std::abs(x) < half));
      }
    }
  }
}

TEST_CASE("degenerate faces give finite numbers") {
  constexpr auto kNaN = std::numeric_limits<float>::quiet_NaN();
  constexpr auto kInf = std::numeric_limits<float>::infinity();
  meshes::Mesh<float> mesh = meshes::triangles<float>(1, 3, 9);
  const auto add = [&](std::array<float, 9> corners) {
    const auto first = static_cast<std::int32_t>(mesh.vertex.size() / 3);
    mesh.vertex.insert(mesh.vertex.end(), corners.begin(), corners.end());
    mesh.face.insert(mesh.face.end(), {first, first + 1, first + 2});
  };
  add({.1F, .1F, 1, .1F, .1F, 1, .1F, .1F, 1});                    // a point
  add({0, 0, 1, .5F, .5F, 1, .25F, .25F, 1});                      // a line
  add({-.5F, 0, 1, -.5F, 0, 1, .5F, 0, 1});                        // an edge without a length
  add({kNaN, 0, 1, 1, 0, 1, 0, 1, 1});                             // not drawn
  add({kInf, 0, 1, 1, 0, 1, 0, 1, 1});                             // not drawn
  add({-1e30F, -1e30F, 1, 1e30F, -1e30F, 1, 0, 1e30F, 1});         // everywhere
  add({1e-40F, 0, 1, 0, 1e-40F, 1, 0, 0, 1});                      // denormal
  add({.125F, .125F, 1, .875F, .125F, 1, .125F, .875F, 1});        // corners on pixels
  add({.3F, .3F, -1, .4F, .3F, -1, .3F, .4F, 2});                  // across the camera
  mesh.face.insert(mesh.face.end(), {0, 1, 2, 0, 1, 2, 3, 3, 3});  // doubles
  for_each_coverage(0.1, [&](const Coverage& c, const std::string& name) {
    CAPTURE(name);
    const auto args = args_of(mesh, c, 8, 8);
    for (const float a : draw(args).alpha) CHECK((a >= 0 && a <= 1));
    for (const float g : gradient(args)) CHECK(std::isfinite(g));
  });
}

TEST_CASE("no faces, no images") {
  meshes::Mesh<float> empty{2, {0, 0, 1, 0, 0, 1}, {}};
  const auto args = args_of(empty, coverage("logistic", 0.1), 20, 20);
  for (const float a : draw(args).alpha) CHECK(a == 0);
  for (const float g : gradient(args)) CHECK(g == 0);
  meshes::Mesh<float> none{0, {}, {}};
  const render::SilhouetteArgs<float> no_images{
      {.batch = 0, .vertices = 3, .faces = 1, .face = empty.face.data()},
      coverage("logistic", 0.1),
      {4, 4}};
  CHECK(draw(no_images).alpha.empty());
}

TEST_CASE("parameters out of range are named") {
  Coverage c = coverage("logistic", 0.1);
  c.dist_eps = 0;
  CHECK_THROWS_WITH(render::check(c, "f"), "f: dist_eps must be > 0, got 0");
  c = coverage("logistic", -1);
  CHECK_THROWS_WITH(render::check(c, "f"), "f: 1/tau must be > 0 and finite, got -1");
  c = coverage("logistic", 1, false, "yager", -1);
  CHECK_THROWS_WITH(render::check(c, "f"), "f: p of yager must be > 0, got -1");
  c = coverage("logistic", 1);
  c.distribution.straight_through = true;
  CHECK_THROWS_WITH(render::check(c, "f"),
                    "f: a straight-through distribution has no relaxed coverage; take the "
                    "distribution 'hard'");
  CHECK_THROWS_WITH(render::check(render::Size{0, 4}, "f"),
                    "f: height must be 1 … 16384 pixels, got 0");
}
