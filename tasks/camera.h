// tasks/camera.h — the task of finding where a camera stood (no torch)
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "pliant/train/options.h"
#include "tasks/coverage_choice.h"

namespace pliant {
class Task;
}

namespace pliant::tasks {

struct CameraTaskOptions {
  std::string mesh = "chair";
  double mesh_size = 1;
  std::int64_t size = 64;
  CoverageChoice coverage;
  std::optional<double> tau;
  std::optional<double> tau_end;
  std::optional<double> softness_end;
  double beta1 = 0.5;
  double beta2 = 0.99;

  template <class Option>
  void declare(Option&& option) {
    option("mesh", mesh,
           "sphere, box, cylinder, torus, an object (pliant render --help lists them), or an OBJ "
           "file");
    option("mesh-size", mesh_size, "Longest side that the mesh is scaled to; 0: as it is");
    option("size", size, "Pixels a side");
    coverage.declare(option);
    option("tau", tau, "Scale of the coverage at the first step; default: 0.1");
    option("tau-end", tau_end,
           "Scale at the last step, by the same factor each step; default: 1e-7");
    option("softness-end", softness_end, "Softness at the last step, instead of tau-end");
    option("beta1", beta1, "Of Adam: how much of its past the mean gradient keeps");
    option("beta2", beta2, "Of Adam: how much of its past the mean square keeps");
  }
};

/// `batch` pictures of one mesh by unknown cameras, and for each a camera that begins elsewhere and
/// learns its distance, elevation, azimuth and field of view from the silhouette (GenDR, CVPR 2022,
/// its camera pose optimisation). The true cameras have distances U[2.5, 4], elevations and
/// azimuths N(0, 60°) and half a field of view of 20°; the others begin at distances U[2, 10] and
/// angles U[10, 30]°, turned away from the true direction by 15 … 35°, 35 … 55° and 55 … 75° in
/// equal numbers. All is drawn from (seed, number of the picture).
///
/// Figures: success, the share whose elevation and azimuth end within 5° of the true ones
/// (e² + a² < 25), for all and for each of the three (success_15, success_35, success_55);
/// hard_loss, the IoU loss without softness. There is no other set to test on: the test's figures
/// are those of the best validation.
struct Camera {
  static constexpr std::string_view name = "camera";
  static constexpr std::string_view summary = "find where a camera stood from a silhouette";
  using Options = CameraTaskOptions;

  static void suggest(train::Options& training) { training.log_every = 10; }
  /// @throws std::invalid_argument that names the option, what was expected and what came
  static void settle(Options& options, train::Options& training);
  /// The softness does.
  static bool steps_decide(const Options&) { return true; }
  /// @param options, training  settled
  static std::shared_ptr<Task> make(const Options& options, const train::Options& training);
};

}  // namespace pliant::tasks
