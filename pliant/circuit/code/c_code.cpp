// pliant/circuit/code/c_code.cpp — a circuit as C for computers with an operating system (no torch)
#include "pliant/circuit/c_code.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <string_view>

#include "pliant/base/errors.h"
#include "pliant/circuit/code/c_frame.h"
#include "pliant/circuit/code/c_gates.h"

namespace pliant::circuit {
namespace {

constexpr std::array<std::string_view, 84> kWords = {
    "alignas",   "alignof",    "and",      "and_eq",      "asm",      "auto",
    "bitand",    "bitor",      "bool",     "break",       "case",     "catch",
    "char",      "char16_t",   "char32_t", "class",       "compl",    "const",
    "constexpr", "const_cast", "continue", "decltype",    "default",  "delete",
    "do",        "double",     "else",     "enum",        "explicit", "export",
    "extern",    "false",      "float",    "for",         "friend",   "goto",
    "if",        "inline",     "int",      "long",        "mutable",  "namespace",
    "new",       "noexcept",   "not",      "not_eq",      "nullptr",  "operator",
    "or",        "or_eq",      "private",  "protected",   "public",   "register",
    "return",    "short",      "signed",   "sizeof",      "static",   "static_assert",
    "struct",    "switch",     "template", "this",        "throw",    "thread_local",
    "true",      "try",        "typedef",  "typeid",      "typename", "union",
    "unsigned",  "using",      "virtual",  "void",        "volatile", "wchar_t",
    "while",     "xor",        "xor_eq",   "static_cast", "std",      "main"};

}  // namespace

void check_name(std::string_view function, const std::string& name) {
  const auto part = [](unsigned char c) { return c < 128 && (std::isalnum(c) != 0 || c == '_'); };
  base::require(
      !name.empty() && name.size() <= 63 && std::isalpha(part(name[0]) ? name[0] : 0) &&
          std::all_of(name.begin(), name.end(), part) && name.find("__") == std::string::npos,
      function,
      ": name must be an identifier of at most 63 letters, digits and single _ that begins with a "
      "letter, got '",
      name, "'");
  base::require(std::find(kWords.begin(), kWords.end(), name) == kWords.end(), function, ": name '",
                name, "' is a word of the language");
}

std::string c_code(const Circuit& circuit, const CodeOptions& options) {
  check_circuit(circuit);
  check_name("c_code", options.name);
  const std::uint32_t lanes = options.lanes;
  base::require(64 <= lanes && lanes <= 4096 && (lanes & (lanes - 1)) == 0,
                "c_code: lanes must be a power of two from 64 to 4096, got ", lanes);
  base::require(options.nodes_per_function >= 1,
                "c_code: nodes_per_function must be at least 1, got 0");
  const GateCode gates = gate_code(circuit, options.nodes_per_function);
  return c_head(circuit, options, gates.nodes, gates.work) + with_names(gates.text, options) +
         c_foot(circuit, options);
}

}  // namespace pliant::circuit
