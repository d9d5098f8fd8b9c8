// tests/program/fuzz/text.cpp — any bytes as a program
#include "tests/program/fuzz/text.h"

#include <optional>
#include <stdexcept>
#include <string>

#include "pliant/program/program.h"

namespace pliant::program {
namespace {

std::optional<Program> read(std::string_view text) {
  try {
    return Program::parse(text);
  } catch (const std::invalid_argument&) {
    return std::nullopt;
  }
}

}  // namespace

void fuzz_text(std::string_view text) {
  const auto program = read(text);
  if (!program) return;
  const std::string own = program->text();
  const auto again = read(own);
  if (!again) throw std::domain_error("a program's own text is refused: " + own);
  if (again->text() != own)
    throw std::domain_error("a program's own text reads differently: " + own);
}

}  // namespace pliant::program
