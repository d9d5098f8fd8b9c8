// tasks/program_sort.h — the task of learning to read numbers from how often a sort has to swap (no
// torch)
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "pliant/data/image_set.h"
#include "pliant/train/options.h"
#include "tasks/program_choice.h"

namespace pliant {
class Task;
}

namespace pliant::tasks {

/// What is empty here is filled in by ProgramSort::settle.
struct ProgramSortOptions {
  std::string data = "digits";
  bool half_resolution = false;
  int digits = 4;
  int n = 5;
  std::string supervision = "swaps";
  ProgramChoice program;
  std::vector<std::int64_t> channels;
  bool bfloat16 = false;
  std::int64_t groups = 1000;

  template <class Option>
  void declare(Option&& option) {
    option("data", data, "Data set", data::image_set_names());
    option("half-resolution", half_resolution, "Halve height and width of the images");
    option("digits", digits, "Digit images side by side in one number");
    option("n", n, "Numbers in a set");
    option("supervision", supervision,
           "What is to be 0: swaps, their number, or any, the chance of one");
    program.declare(option);
    option("channels", channels, "Channels of the two convolutions");
    option("bfloat16", bfloat16,
           "Convolutions in bfloat16; slower where pliant info says emulated");
    option("groups", groups, "Sets in a validation and in the test");
  }
};

/// The data, network and figures of Sorting, taught by the relaxed bubble sort: the scores of a set
/// that stands in its true order go through the program, and how often it swaps is the loss
/// (Petersen et al., Learning with Algorithmic Supervision via Continuous Relaxations, NeurIPS
/// 2021, its sorting supervision).
struct ProgramSort {
  static constexpr std::string_view name = "program-sort";
  static constexpr std::string_view summary =
      "read numbers in images, taught by how often bubble sort swaps them";
  using Options = ProgramSortOptions;

  /// @throws std::invalid_argument that names the option, what was expected and what came
  static void settle(Options& options, train::Options& training);
  static bool steps_decide(const Options&) { return false; }
  /// @param options, training  settled   @throws as load_image_set if the data is not here
  static std::shared_ptr<Task> make(const Options& options, const train::Options& training);
};

}  // namespace pliant::tasks
