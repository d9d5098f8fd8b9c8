// tests/circuit/fuzz/plc_fuzz.cpp — libFuzzer's way into fuzz_plc
#include "tests/circuit/fuzz/entries.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  pliant::circuit::fuzz_plc({data, size});
  return 0;
}
