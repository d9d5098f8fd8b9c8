// tests/circuit/fuzz/blif.cpp — any bytes as a BLIF file
#include "pliant/circuit/blif.h"

#include <stdexcept>
#include <string>

#include "tests/circuit/agree.h"
#include "tests/circuit/fuzz/entries.h"

namespace pliant::circuit {
namespace {

void require(bool ok, const char* what) {
  if (!ok) throw std::domain_error(what);
}

}  // namespace

void fuzz_blif(std::span<const std::uint8_t> bytes) {
  Circuit circuit;
  try {
    circuit = parse_blif({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, "f");
  } catch (const std::invalid_argument&) {
    return;
  }
  try {
    check_circuit(circuit);
    const std::string text = blif_text(circuit);
    const Circuit again = parse_blif(text, "again");
    require(agree(circuit.cell(), again.cell()), "the circuit that was written computes otherwise");
    // Writing has named the signals uniquely and left out what nobody reads.
    require(blif_text(again) == text, "written again, the text is another");
  } catch (const std::invalid_argument& error) {
    throw std::domain_error(error.what());
  }
}

}  // namespace pliant::circuit
