// tasks/paths.h — the task of learning what terrain costs from nothing but cheapest paths (no
// torch)
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "pliant/train/options.h"
#include "tasks/program_choice.h"

namespace pliant {
class Task;
}

namespace pliant::tasks {

/// "program", "blackbox", "identity", "perturbed", "labels".
std::vector<std::string_view> path_method_names();

/// "l1", "l2", "hamming", "fenchel_young", "bce".
std::vector<std::string_view> path_loss_names();

/// What is empty here is filled in by Paths::settle.
struct PathsOptions {
  std::string data = "terrain";
  int cells = 12;
  std::int64_t maps = 10'000;
  std::int64_t evaluation = 0;
  std::int64_t channels = 0;
  std::int64_t blocks = 1;
  std::string method = "program";
  std::string loss;
  ProgramChoice program;
  std::string loop = "for";
  bool leaky_source = false;
  double interpolation = 20;
  double sigma = 0.3;
  std::int64_t samples = 16;

  template <class Option>
  void declare(Option&& option) {
    option("data", data, "terrain: drawn here; or the folder of the Warcraft archive");
    option("cells", cells, "Of terrain, a side, 2 … 16");
    option("maps", maps, "Of terrain, for training");
    option("evaluation", evaluation, "Maps in a validation and in the test at most; 0: all");
    option("channels", channels, "Of the network; 0: 16 for terrain, 64 (as published) otherwise");
    option("blocks", blocks, "Residual blocks of the network");
    option("method", method, "What gives the network a gradient", path_method_names());
    option("loss", loss, "Of the predicted path; default: the method's", path_loss_names());
    program.declare(option);
    option("loop", loop, "Of the program's way back: for or while");
    option("leaky-source", leaky_source, "The program as published: mass leaves the source");
    option("interpolation", interpolation, "Of blackbox: λ");
    option("sigma", sigma, "Of perturbed: standard deviation of the noise");
    option("samples", samples, "Of perturbed: of the noise");
  }
};

/// A network sees the picture of a map and says what each cell costs; it is taught by nothing but
/// the cheapest path from corner to corner. The gradient comes through the relaxed program
/// "shortest_path" (Petersen et al., NeurIPS 2021), or around the exact solver by one of the ways
/// of pliant/program/torch/solvers.h; `labels` is a network that draws the path itself, cell by
/// cell.
///
/// Figures: exact, the share of maps whose relaxed path (of labels: whose marks), rounded, is the
/// right one; exact_hard, of those whose exact path by the predicted costs is; cost_ratio, the mean
/// cost of that path (of labels: of the marks that connect the corners) over the cheapest's; valid,
/// the share of maps whose rounded marks connect the corners. A method has those that it can have.
struct Paths {
  static constexpr std::string_view name = "paths";
  static constexpr std::string_view summary =
      "learn what terrain costs, taught by nothing but cheapest paths";
  using Options = PathsOptions;

  /// @throws std::invalid_argument that names the option, what was expected and what came
  static void settle(Options& options, train::Options& training);
  static bool steps_decide(const Options&) { return false; }
  /// @param options, training  settled   @throws as load_path_data if the data is not here
  static std::shared_ptr<Task> make(const Options& options, const train::Options& training);
};

}  // namespace pliant::tasks
