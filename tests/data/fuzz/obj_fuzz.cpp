// tests/data/fuzz/obj_fuzz.cpp — libFuzzer's way into fuzz_obj
#include "tests/data/fuzz/obj.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  pliant::data::fuzz_obj({data, size});
  return 0;
}
