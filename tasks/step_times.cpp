// tasks/step_times.cpp — how the time of a training step is shared between the network and what
// follows it
#include "tasks/step_times.h"

#include <torch/torch.h>

#include <algorithm>
#include <chrono>
#include <vector>

#include "pliant/train/metrics_log.h"
#include "pliant/train/run_folder.h"

namespace pliant::tasks {
namespace {

using Clock = std::chrono::steady_clock;

double milliseconds_since(Clock::time_point start) {
  return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::ranges::nth_element(values, middle);
  return *middle;
}

}  // namespace

void write_step_times(const std::filesystem::path& folder, torch::nn::Module& network,
                      const std::function<at::Tensor()>& outputs,
                      const std::function<at::Tensor(const at::Tensor&)>& loss,
                      std::int64_t repetitions) {
  const torch::AutoGradMode with_gradients(true);
  const bool training = network.is_training();
  network.eval();  // so that no running mean changes
  std::vector<double> of_network, of_program;
  for (std::int64_t i = 0; i <= repetitions; ++i) {
    const auto start = Clock::now();
    const at::Tensor found = outputs();
    const double there = milliseconds_since(start);
    const at::Tensor leaf = found.detach().requires_grad_();
    const auto middle = Clock::now();
    loss(leaf).backward();
    const double program = milliseconds_since(middle);
    const auto back = Clock::now();
    static_cast<void>(torch::autograd::grad({found}, network.parameters(), {leaf.grad()},
                                            /*retain_graph=*/false, /*create_graph=*/false,
                                            /*allow_unused=*/true));
    if (i == 0) continue;  // what is done once only
    of_network.push_back(there + milliseconds_since(back));
    of_program.push_back(program);
  }
  network.train(training);
  const double network_ms = median(of_network), program_ms = median(of_program);
  train::Event event{"times", 0, {}};
  event.add({{"network_ms", network_ms},
             {"program_ms", program_ms},
             {"program_share", program_ms / (network_ms + program_ms)}});
  std::filesystem::create_directories(folder);
  train::RunFolder::write_text(folder / "times.json", train::to_json(event) + "\n");
}

}  // namespace pliant::tasks
