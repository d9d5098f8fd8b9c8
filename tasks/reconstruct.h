// tasks/reconstruct.h — the task of seeing a shape in one picture (no torch)
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

/// What is empty here is filled in by Reconstruct::settle.
struct ReconstructOptions {
  std::string data = "objects";
  std::vector<std::string> classes;
  std::int64_t objects = 0;
  std::int64_t evaluation = 0;
  std::int64_t size = 64;
  int level = 3;
  std::vector<std::int64_t> channels;
  std::int64_t hidden = 0;
  std::int64_t code = 0;
  CoverageChoice coverage = far_seeing();
  std::optional<double> tau;
  std::optional<double> tau_end;
  std::optional<double> softness_end;
  double laplacian = 5e-3;
  double flatten = 5e-4;

  /// As the published experiments have it.
  static CoverageChoice far_seeing() {
    CoverageChoice choice;
    choice.dist_eps = 300;
    return choice;
  }

  template <class Option>
  void declare(Option&& option) {
    option("data", data, "objects: drawn here; or the folder of ShapeNet's archive of views");
    option("classes", classes, "Families of objects, or synsets; default: all");
    option("objects", objects, "Of a class for training; default: 50 drawn, all of the archive");
    option("evaluation", evaluation,
           "Objects of a class in validation and test; default: 10 drawn, all of the archive");
    option("size", size, "Pixels a side, a multiple of 8; the archive has 64");
    option("level", level, "Of the template, an icosphere: 10 × 4^level + 2 vertices");
    option("channels", channels, "Of the three convolutions");
    option("hidden", hidden,
           "Neurons of the hidden layers; 0: 256 of objects, 1024 of the archive");
    option("code", code, "Numbers between encoder and decoder; 0: half of hidden");
    coverage.declare(option);
    option("tau", tau, "Scale of the coverage; default: the distribution's");
    option("tau-end", tau_end, "Scale at the last step, by the same factor each step");
    option("softness-end", softness_end, "Softness at the last step, instead of tau-end");
    option("laplacian", laplacian, "Weight of the Laplacian loss");
    option("flatten", flatten, "Weight of the flatten loss");
  }
};

/// A network looks at one picture of an object and deforms a sphere; it is taught by silhouettes of
/// two views (SoftRas, ICCV 2019; GenDR, CVPR 2022, single-view reconstruction). A sample is an
/// object of a class, both drawn evenly, in two of its 24 views: the shapes seen in either are
/// drawn into both, and the loss is the mean of the four IoU losses + Laplacian + flatten loss.
///
/// Figures: voxel_iou, the IoU of 32³ solid voxels from each of the 24 views, the mean over the
/// classes' means; class_<name> for each; silhouette_loss, hard, in the view that was looked at.
struct Reconstruct {
  static constexpr std::string_view name = "reconstruct";
  static constexpr std::string_view summary = "see a shape in one picture, taught by silhouettes";
  using Options = ReconstructOptions;

  /// @throws std::invalid_argument that names the option, what was expected and what came
  static void settle(Options& options, train::Options& training);
  /// Whether the number of steps changes what a step does: then a run cannot be given more of them.
  static bool steps_decide(const Options& options) { return options.tau_end.has_value(); }
  /// @param options, training  settled   @throws as read_objects if the data is not here
  static std::shared_ptr<Task> make(const Options& options, const train::Options& training);
};

}  // namespace pliant::tasks
