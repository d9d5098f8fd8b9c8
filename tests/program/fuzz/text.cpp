// tests/program/fuzz/text.cpp — any bytes as a program, or as a WHILE program
#include "tests/program/fuzz/text.h"

#include <optional>
#include <stdexcept>
#include <string>

#include "pliant/program/program.h"
#include "pliant/program/while_language.h"

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

void fuzz_while(std::string_view text) {
  try {
    while_variables(text);
  } catch (const std::invalid_argument& error) {
    const std::string message = error.what();
    if (!message.starts_with("while: line ")) throw std::domain_error("refused as: " + message);
    return;
  }
  for (const LoopPolicy policy : {LoopPolicy::kGated, LoopPolicy::kMixture}) {
    for (const Subtraction subtraction : {Subtraction::kTruncated, Subtraction::kPlain}) {
      std::string own;
      try {
        own = parse_while(text, {.policy = policy, .subtraction = subtraction}).text();
      } catch (const std::invalid_argument& error) {
        throw std::domain_error(std::string("what was read is no program: ") + error.what());
      }
      fuzz_text(own);
    }
  }
}

}  // namespace pliant::program
