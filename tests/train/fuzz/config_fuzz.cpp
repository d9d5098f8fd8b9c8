// tests/train/fuzz/config_fuzz.cpp — libFuzzer's way into fuzz_config
#include <cstddef>
#include <cstdint>

#include "tests/train/fuzz/config.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  pliant::train::fuzz_config({reinterpret_cast<const char*>(data), size});
  return 0;
}
