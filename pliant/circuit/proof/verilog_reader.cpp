// pliant/circuit/proof/verilog_reader.cpp — generated Verilog back to a circuit, by way of yosys
// (no torch)
#include <cctype>

#include "pliant/base/errors.h"
#include "pliant/circuit/blif.h"
#include "pliant/circuit/proof.h"
#include "pliant/circuit/proof/external_program.h"

namespace pliant::circuit {
namespace {

/// NAME of the module NAME_bits.
std::string name_in(const std::string& text) {
  for (std::size_t at = text.find("module "); at != std::string::npos;
       at = text.find("module ", at + 1)) {
    std::size_t end = at + 7;
    while (end < text.size() &&
           (std::isalnum(static_cast<unsigned char>(text[end])) != 0 || text[end] == '_'))
      ++end;
    std::string name = text.substr(at + 7, end - at - 7);
    if (name.size() > 5 && name.ends_with("_bits")) return name;
  }
  base::fail("Verilog: there is no module NAME_bits as generated files have it");
}

}  // namespace

Circuit circuit_of_verilog(const std::string& text, double seconds) {
  const std::string module = name_in(text);
  const TemporaryFolder folder;
  folder.write("code.v", text);
  const ProgramResult result = run_program({"yosys", "-q", "-p",
                                            "read_verilog code.v; hierarchy -check -top " + module +
                                                "; proc; flatten; opt_clean; simplemap; splitnets "
                                                "-ports; opt_clean; write_blif out.blif"},
                                           seconds, folder.path());
  base::require(result.found, "Verilog: yosys, which reads it, is not installed");
  base::require(!result.timed_out, "Verilog: yosys did not end within ", seconds, " s");
  base::require(result.code == 0, "Verilog: yosys says: ", result.output.substr(0, 500));
  return read_blif(folder.path() / "out.blif");
}

}  // namespace pliant::circuit
