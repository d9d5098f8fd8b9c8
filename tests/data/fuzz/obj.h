// tests/data/fuzz/obj.h — what the fuzzer of the reader of meshes does with its bytes
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace pliant::data {

/// Reads the bytes as an OBJ file and as a .mtl file. A refusal (std::invalid_argument) is right,
/// and so is a mesh whose parts fit together and which comes back from writing and reading; all
/// else, a crash included, throws what is wrong as a std::domain_error.
void fuzz_obj(std::span<const std::uint8_t> bytes);

/// Valid OBJ and .mtl files, together all kinds of lines.
std::vector<std::string> small_meshes();

}  // namespace pliant::data
