// tests/optim/joint_program.cpp — a training of several processes, for test_isaac_torchrun.py
//
// joint_program local|primal|dual: ten steps of descent on a batch of 24 of which each process has
// its share, in float64; the first process prints every parameter.
#include <torch/torch.h>

#include <cstdio>
#include <memory>
#include <string>

#include "pliant/base/torch/communicator.h"
#include "pliant/optim/torch/modules.h"

int main(int count, char** arguments) {
  const std::string mode = count > 1 ? arguments[1] : "local";
  const std::shared_ptr<pliant::Communicator> all = pliant::communicator_of_environment();
  torch::set_num_threads(1);
  torch::manual_seed(1);
  torch::nn::Sequential plain(torch::nn::Conv2d(2, 4, 3), torch::nn::Flatten(),
                              torch::nn::Linear(16, 30), torch::nn::Tanh(),
                              torch::nn::Linear(30, 3));
  plain->to(torch::kDouble);
  pliant::IsaacOptions options;
  options.damping = 0.3;
  if (mode != "local") options.processes = all;
  options.gathers = mode == "dual";
  auto network = pliant::isaac::condition(plain, options);
  const auto x = torch::randn({24, 2, 4, 4}, torch::kDouble).chunk(all->size())[all->rank()];
  const auto labels = (torch::arange(24) % 3).chunk(all->size())[all->rank()];
  torch::optim::SGD optimizer(network->parameters(), 0.5);
  for (int step = 0; step < 10; ++step) {
    optimizer.zero_grad();
    torch::cross_entropy_loss(network->forward(x), labels).backward();
    for (const auto& parameter : network->parameters()) {
      all->all_reduce_sum(parameter.grad());
      parameter.grad().div_(all->size());
    }
    optimizer.step();
  }
  if (all->rank() == 0) {
    for (const auto& parameter : network->parameters()) {
      const auto flat = parameter.detach().flatten();
      for (int64_t i = 0; i < flat.numel(); ++i) std::printf("%.17g\n", flat[i].item<double>());
    }
  }
  all->barrier();
}
