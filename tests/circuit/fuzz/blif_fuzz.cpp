// tests/circuit/fuzz/blif_fuzz.cpp — libFuzzer's way into fuzz_blif
#include "tests/circuit/fuzz/entries.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  pliant::circuit::fuzz_blif({data, size});
  return 0;
}
