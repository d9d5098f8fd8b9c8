// tests/circuit/fuzz/aiger_fuzz.cpp — libFuzzer's way into fuzz_aiger
#include "tests/circuit/fuzz/entries.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  pliant::circuit::fuzz_aiger({data, size});
  return 0;
}
