// tests/install/consumer/torch.cpp — a user's program on the installed torch floor
#include <all_headers.h>  // Every installed header of the part; made by check.cmake.
#include <torch/torch.h>

#include <cstdio>

int main() {
  const torch::Tensor x = torch::tensor({{3.F, 1.F, 2.F}}, torch::requires_grad());
  const auto [values, permutation] = pliant::sort(x);
  values.select(1, 0).sum().backward();
  const bool right = (values.diff() > 0).all().item<bool>() &&
                     permutation.sizes() == torch::IntArrayRef({1, 3, 3}) && x.grad().defined();
  std::printf("%s\n", right ? "sorted" : "wrong");
  return right ? 0 : 1;
}
