// pliant/train/torch/processes.cpp — the processes that train one model together
#include "pliant/train/torch/processes.h"

#include <cstdlib>
#include <string_view>

#include "pliant/base/errors.h"

namespace pliant {

std::unique_ptr<Processes> processes_of_environment() {
  const char* world = std::getenv("WORLD_SIZE");
  base::require(world == nullptr || std::string_view(world) == "1",
                "WORLD_SIZE: training runs in one process, got ", world == nullptr ? "" : world,
                "; unset it, or start the program without torchrun");
  return std::make_unique<SingleProcess>();
}

}  // namespace pliant
