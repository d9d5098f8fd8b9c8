// tests/program/fuzz/while_fuzz.cpp — libFuzzer's way into fuzz_while
#include <cstddef>
#include <cstdint>

#include "tests/program/fuzz/text.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  pliant::program::fuzz_while({reinterpret_cast<const char*>(data), size});
  return 0;
}
