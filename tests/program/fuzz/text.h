// tests/program/fuzz/text.h — what the fuzzer of the reader of programs does with its bytes
#pragma once

#include <string_view>

namespace pliant::program {

/// Reads the text as a program. A refusal (std::invalid_argument) is right, and so is a program
/// whose own text is read back as the same; all else, a crash included, throws what is wrong as a
/// std::domain_error.
void fuzz_text(std::string_view text);

}  // namespace pliant::program
