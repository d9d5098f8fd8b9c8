// tasks/shape.h — the task of finding a shape from its silhouettes (no torch)
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pliant/train/options.h"
#include "tasks/coverage_choice.h"

namespace pliant {
class Task;
}

namespace pliant::tasks {

/// What is empty here is filled in by Shape::settle.
struct ShapeOptions {
  std::string target = "airplane";
  double target_size = 1;
  std::string cameras;
  std::string template_mesh = "icosphere";
  int level = 3;
  double template_size = 1;
  std::string parametrization = "logit";
  std::int64_t views = 24;
  std::vector<double> elevations = {30};
  double distance = 2.732;
  double viewing_angle = 15;
  std::int64_t size = 64;
  CoverageChoice coverage;
  std::optional<double> tau;
  std::optional<double> tau_end;
  std::optional<double> softness_end;
  double laplacian = 0.03;
  double flatten = 0.0003;
  double beta1 = 0.5;
  double beta2 = 0.95;

  template <class Option>
  void declare(Option&& option) {
    option("target", target,
           "sphere, box, cylinder, torus, an object (pliant render --help lists them), an OBJ "
           "file, or a folder of silhouettes *.png with their cameras");
    option("target-size", target_size, "Longest side that a target mesh is scaled to; 0: as it is");
    option("cameras", cameras,
           "Of a folder: .npy (N, 3) of distance, elevation, azimuth; default: its cameras.npy");
    option("template", template_mesh, "What is deformed: icosphere, or a mesh as for target");
    option("level", level, "Of the icosphere: 10 × 4^level + 2 vertices");
    option("template-size", template_size, "Longest side that the template is scaled to");
    option("parametrization", parametrization, "Of the vertices: logit or offset");
    option("views", views, "Views of a target mesh, around it");
    option("elevations", elevations, "Of the rings of views, in degrees");
    option("distance", distance, "Of the cameras from the middle");
    option("viewing-angle", viewing_angle, "Half of the field of view in degrees");
    option("size", size, "Pixels a side");
    coverage.declare(option);
    option("tau", tau, "Scale of the coverage; default: the distribution's");
    option("tau-end", tau_end, "Scale at the last step, by the same factor each step");
    option("softness-end", softness_end, "Softness at the last step, instead of tau-end");
    option("laplacian", laplacian, "Weight of the Laplacian loss");
    option("flatten", flatten, "Weight of the flatten loss");
    option("beta1", beta1, "Of Adam: how much of its past the mean gradient keeps");
    option("beta2", beta2, "Of Adam: how much of its past the mean square keeps");
  }
};

/// A template is deformed until its soft silhouettes are those of the target: mean IoU loss +
/// Laplacian + flatten loss (SoftRas, ICCV 2019; GenDR, CVPR 2022, its shape optimisation). A step
/// sees all views, or as many as `batch` says, drawn anew each step.
///
/// Figures: hard_loss, the mean IoU loss of silhouettes without softness (the score of the
/// experiments is its least), soft_loss, and voxel_iou with a target mesh. Validation is on the
/// views that are learned from; the test of a target mesh is on 24 views spread evenly over the
/// sphere. The best shape is written to the run's folder as results/shape.obj.
struct Shape {
  static constexpr std::string_view name = "shape";
  static constexpr std::string_view summary = "find a shape from its silhouettes";
  using Options = ShapeOptions;

  /// What these trainings have as defaults.
  static void suggest(train::Options& training) { training.log_every = 1; }
  /// @throws std::invalid_argument that names the option, what was expected and what came
  static void settle(Options& options, train::Options& training);
  /// Whether the number of steps changes what a step does: then a run cannot be given more of them.
  static bool steps_decide(const Options& options) { return options.tau_end.has_value(); }
  /// @param options, training  settled
  static std::shared_ptr<Task> make(const Options& options, const train::Options& training);
};

}  // namespace pliant::tasks
