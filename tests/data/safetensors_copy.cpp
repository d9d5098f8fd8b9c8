// tests/data/safetensors_copy.cpp — our safetensors reader, then our writer, for Python's test
#include <exception>
#include <iostream>
#include <stdexcept>

#include "pliant/data/safetensors.h"

int main(int argc, char** argv) try {
  if (argc != 3) throw std::invalid_argument("usage: safetensors_copy FROM TO");
  const auto file = pliant::data::SafetensorsFile::open(argv[1]);
  pliant::data::write_safetensors(argv[2], file.tensors(), file.metadata());
  return 0;
} catch (const std::exception& error) {
  std::cerr << error.what() << '\n';
  return 2;
}
