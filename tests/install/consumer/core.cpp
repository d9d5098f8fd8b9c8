// tests/install/consumer/core.cpp — a user's program on the installed core
#include <all_headers.h>  // Every installed header of the part; made by check.cmake.

#include <cstdio>
#include <vector>

int main() {
  const pliant::data::Composites digits(
      pliant::data::load_image_set("digits", pliant::data::Split::kTest), {.set_size = 3});
  std::vector<float> images(std::size_t{3} * 8 * 32);
  std::vector<std::int64_t> labels(3);
  digits.draw(0, 0, images.data(), labels.data());
  const auto network = pliant::sorting::make_network("odd_even", 3);
  std::printf("%lld %lld %lld, %zu comparators\n", static_cast<long long>(labels[0]),
              static_cast<long long>(labels[1]), static_cast<long long>(labels[2]),
              network.comparators.size());
  return network.comparators.size() == 3 && pliant::sorting::sorts(network) ? 0 : 1;
}
