// tasks/silhouette.h — the task of seeing a shape in one picture, taught through a program that
// draws silhouettes (no torch)
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "pliant/train/options.h"
#include "tasks/program_choice.h"
#include "tasks/reconstruct.h"

namespace pliant {
class Task;
}

namespace pliant::tasks {

/// "three_edges", "directed_distance".
std::vector<std::string_view> silhouette_program_names();

/// What is empty here is filled in by Silhouette::settle.
struct SilhouetteOptions {
  std::string drawn_by = "three_edges";
  ProgramChoice program;
  /// Its data, network and regularisation; smaller than Reconstruct's, since a program asks every
  /// pixel of every triangle.
  ReconstructOptions scene = small_scene();

  static ReconstructOptions small_scene() {
    ReconstructOptions options;
    options.size = 16;
    options.level = 1;
    return options;
  }

  template <class Option>
  void declare(Option&& option) {
    option("program", drawn_by, "What draws the silhouettes", silhouette_program_names());
    program.declare(option);
    option("data", scene.data, "objects: drawn here; or the folder of ShapeNet's archive of views");
    option("classes", scene.classes, "Families of objects, or synsets; default: all");
    option("objects", scene.objects,
           "Of a class for training; default: 50 drawn, all of the archive");
    option("evaluation", scene.evaluation,
           "Objects of a class in validation and test; default: 10 drawn, all of the archive");
    option("size", scene.size, "Pixels a side, a multiple of 8; the archive has 64");
    option("level", scene.level, "Of the template, an icosphere: 10 × 4^level + 2 vertices");
    option("channels", scene.channels, "Of the three convolutions");
    option("hidden", scene.hidden,
           "Neurons of the hidden layers; 0: 256 of objects, 1024 of the archive");
    option("code", scene.code, "Numbers between encoder and decoder; 0: half of hidden");
    option("laplacian", scene.laplacian, "Weight of the Laplacian loss");
    option("flatten", scene.flatten, "Weight of the flatten loss");
  }
};

/// Reconstruct's task, taught through the silhouettes of Petersen et al., Learning with Algorithmic
/// Supervision via Continuous Relaxations, NeurIPS 2021: for each pixel and triangle, if the pixel
/// is inside, it is seen. three_edges is the relaxed program "silhouette", where inside is the
/// inner side of three edges; directed_distance has the chance F(±β·distance to the triangle's
/// edge) and is drawn by the renderer, whose probabilistic T-conorm is that very "if". Figures as
/// Reconstruct's.
struct Silhouette {
  static constexpr std::string_view name = "silhouette";
  static constexpr std::string_view summary =
      "see a shape in one picture, taught through a program that draws silhouettes";
  using Options = SilhouetteOptions;

  /// @throws std::invalid_argument that names the option, what was expected and what came
  static void settle(Options& options, train::Options& training);
  static bool steps_decide(const Options&) { return false; }
  /// @param options, training  settled   @throws as read_objects if the data is not here
  static std::shared_ptr<Task> make(const Options& options, const train::Options& training);
};

}  // namespace pliant::tasks
