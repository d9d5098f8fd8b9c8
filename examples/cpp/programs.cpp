// examples/cpp/programs.cpp — an algorithm written in C++, run hard, relaxed, and backwards
#include "examples/cpp/programs.h"

#include <array>
#include <cstdio>

#include "pliant/base/parallel.h"

namespace {

using Numbers = pliant::program::Array<double>;
using Given = pliant::program::Array<const double>;

}  // namespace

int main() {
  const pliant::program::Program sort = examples::bubble_sort();
  std::printf("%s\n", sort.text().c_str());

  const std::array<double, 4> xs = {0.3, -0.1, 0.2, 0.25};
  std::array<double, 4> ys{}, by_xs{};
  double any = 0, swaps = 0;
  const Given inputs[] = {{{4}, xs.data()}};
  const Numbers outputs[] = {{{4}, ys.data()}, {{}, &any}, {{}, &swaps}};

  pliant::program::Options options;
  options.distribution = {.family = pliant::math::family_index("logistic"), .scale = 8};
  options.t_norm.family = pliant::math::t_norm_index("probabilistic");
  pliant::program::run<double>(sort, options, 1, inputs, outputs, pliant::base::serial_executor());
  std::printf("swaps, relaxed: %.4f\n", swaps);

  const double one = 1;
  const Given upstream[] = {{{4}, nullptr}, {{}, nullptr}, {{}, &one}};
  const Numbers gradients[] = {{{4}, by_xs.data()}};
  pliant::program::run_backward<double>(sort, options, 1, inputs, upstream, gradients, nullptr,
                                        pliant::base::serial_executor());
  for (const double slope : by_xs) std::printf("%.4f ", slope);

  options.mode = pliant::program::Mode::kHard;
  pliant::program::run<double>(sort, options, 1, inputs, outputs, pliant::base::serial_executor());
  std::printf("\nswaps, hard: %.0f\n", swaps);
}
