// tests/program/fuzz/text.h — what the fuzzers of the readers of programs do with their bytes
#pragma once

#include <string_view>

namespace pliant::program {

/// Reads the text as a program. A refusal (std::invalid_argument) is right, and so is a program
/// whose own text is read back as the same; all else, a crash included, throws what is wrong as a
/// std::domain_error.
void fuzz_text(std::string_view text);

/// Reads the text as a WHILE program. A refusal that begins with "while: " is right; what is read
/// must be a program in every form, and pass fuzz_text.
void fuzz_while(std::string_view text);

}  // namespace pliant::program
