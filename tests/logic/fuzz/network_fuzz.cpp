// tests/logic/fuzz/network_fuzz.cpp — libFuzzer's way into fuzz_network
#include <cstddef>
#include <cstdint>

#include "tests/logic/fuzz/network.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  pliant::logic::fuzz_network({reinterpret_cast<const char*>(data), size});
  return 0;
}
