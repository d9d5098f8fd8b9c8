// tests/render/silhouette_test.cpp — coverage and its gradient beside golden values, the brute-force
// loop and finite differences
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
