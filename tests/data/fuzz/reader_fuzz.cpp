// tests/data/fuzz/reader_fuzz.cpp — libFuzzer's way into the reader that PLIANT_READER names
#include <algorithm>

#include "tests/data/fuzz/readers.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const pliant::data::Reader reader =
      *std::ranges::find(pliant::data::readers(), PLIANT_READER, &pliant::data::Reader::name);
  reader.read({data, size});
  return 0;
}
