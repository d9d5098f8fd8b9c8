// examples/cpp/six_lines.cpp — sort softly, and ask how to mend the order
#include <torch/torch.h>

#include <iostream>

#include "pliant/sorting/torch/ops.h"

int main() {
  const auto x = torch::tensor({0.3F, -1.2F, 0.8F}).requires_grad_();
  const auto [values, permutation] = pliant::sort(x, {.steepness = 10});
  std::cout << "relaxed order\n" << values;
  const auto loss = pliant::permutation_loss(x, torch::tensor({2, 3, 1}));
  loss.backward();
  std::cout << "\nthe gradient of its error\n" << x.grad() << '\n';
}
