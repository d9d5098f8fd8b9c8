// pliant/circuit/proof/adder_proof.cpp — reference modules and a script for yosys (no torch)
#include "pliant/circuit/proof/adder_proof.h"

#include <bit>

#include "pliant/circuit/code/joined.h"
#include "pliant/circuit/proof/external_program.h"
#include "pliant/circuit/verilog.h"

namespace pliant::circuit {
namespace {

/// Adders of up to as many bits are compared with a loop.
constexpr std::size_t kDirect = 8;

std::string range(std::size_t bits) { return "[" + std::to_string(bits - 1) + ":0]"; }
std::size_t width_of(std::size_t n) { return static_cast<std::size_t>(std::bit_width(n)); }

std::string loop_reference(std::size_t n) {
  const std::string bits = std::to_string(n);
  return "module reference_" + bits + "(input wire " + range(n) + " bits, output wire " +
         range(width_of(n)) +
         " sum);\n  integer i;\n  reg [31:0] s;\n  always @* begin\n    s = 0;\n    for (i = 0; i "
         "< " +
         bits + "; i = i + 1) s = s + bits[i];\n  end\n  assign sum = s;\nendmodule\n";
}

/// The halves as `expose -evert` turns them out: their sums come in, their bits go out.
std::string halves_reference(std::size_t n) {
  const std::size_t low = n / 2;
  const std::size_t high = n - low;
  return "module reference_" + std::to_string(n) + "(input wire " + range(n) +
         " bits, input wire " + range(width_of(low)) + " \\low.sum , input wire " +
         range(width_of(high)) + " \\high.sum , output wire " + range(low) +
         " \\low.bits , output wire " + range(high) + " \\high.bits , output wire " +
         range(width_of(low)) + " a, output wire " + range(width_of(high)) + " b, output wire " +
         range(width_of(n)) + " sum);\n  assign \\low.bits = bits[" + std::to_string(low - 1) +
         ":0];\n  assign \\high.bits = bits[" + std::to_string(n - 1) + ":" + std::to_string(low) +
         "];\n  assign a = \\low.sum ;\n  assign b = \\high.sum ;\n  wire [31:0] s = \\low.sum + "
         "\\high.sum ;\n  assign sum = s;\nendmodule\n";
}

std::string script_of(const std::string& name, const std::vector<std::size_t>& sizes) {
  std::string script = "read_verilog code.v reference.v; proc; opt_clean; design -save all";
  for (const std::size_t n : sizes) {
    const std::string module = name + "_sum_" + std::to_string(n);
    script += joined("; design -load all; hierarchy -top ", module, "; ",
                     n <= kDirect ? "flatten" : joined("expose -evert ", module),
                     "; design -stash gate; design -load all; design -copy-from gate -as gate ",
                     module, "; miter -equiv -flatten reference_", n,
                     " gate miter; sat -verify -prove trigger 0 miter");
  }
  return script;
}

}  // namespace

ProofStep prove_adders(const std::string& code, const std::string& name, const ClassSums& sums,
                       double seconds) {
  using State = ProofStep::State;
  ProofStep step;
  step.part = "adders";
  const std::vector<std::size_t> sizes = verilog_sum_sizes(sums);
  if (sizes.empty()) {
    step.state = State::kProved;
    step.text = "there are none";
    return step;
  }
  std::string references;
  for (const std::size_t n : sizes)
    references += n <= kDirect ? loop_reference(n) : halves_reference(n);
  const TemporaryFolder folder;
  folder.write("code.v", code);
  folder.write("reference.v", references);
  const ProgramResult result =
      run_program({"yosys", "-q", "-p", script_of(name, sizes)}, seconds, folder.path());
  const std::string modules = "the modules " + name + "_sum_n of the exported Verilog, n up to " +
                              std::to_string(sizes.back());
  if (!result.found) {
    step.state = State::kNotRun;
    step.text = "yosys is not installed";
  } else if (result.timed_out) {
    step.text = modules + ": yosys did not end within " + std::to_string(seconds) + " s";
  } else if (result.code == 0) {
    step.state = State::kProved;
    step.text = modules +
                ", count the ones among n bits (yosys sat: up to 8 bits against a loop, "
                "larger ones as the sum of their halves, by induction)";
  } else if (result.output.find("proof did fail") != std::string::npos) {
    step.state = State::kRefuted;
    step.text = modules + ": one does not count ones, says yosys";
  } else {
    step.text = modules + ": yosys failed: " + result.output.substr(0, 300);
  }
  return step;
}

}  // namespace pliant::circuit
