// examples/cpp/first.cpp — sort softly, then learn to score items from nothing but their order
#include <torch/torch.h>

#include <iostream>

#include "pliant/sorting/torch/ops.h"

int main() {
  const auto x = torch::tensor({0.3F, -1.2F, 0.8F, 0.1F, -0.4F}).requires_grad_();
  const auto [values, permutation] = pliant::sort(x, {.method = "odd_even", .steepness = 10});
  std::cout << "relaxed order\n" << values << '\n';  // values == x @ permutation

  torch::manual_seed(0);
  const auto truth = torch::tensor({2.0F, -1.0F, 0.5F});  // decides the order; never shown
  torch::nn::Linear model(torch::nn::LinearOptions(3, 1).bias(false));
  torch::optim::Adam optimizer(model->parameters(), 0.05);
  for (int step = 0; step < 200; ++step) {
    const auto items = torch::randn({32, 5, 3});  // 32 sets of 5 items
    const auto scores = model(items).squeeze(-1);
    const auto loss = pliant::permutation_loss(scores, items.matmul(truth), {.steepness = 10});
    optimizer.zero_grad();
    loss.backward();
    optimizer.step();
  }

  const auto items = torch::randn({1000, 5, 3});
  const auto metrics = pliant::ranking_metrics(model(items).squeeze(-1), items.matmul(truth));
  std::cout << "sets in perfect order: " << metrics.exact() << '\n';
}
